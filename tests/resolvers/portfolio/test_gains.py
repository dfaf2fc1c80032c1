"""Gains of a portfolio by method."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from stores.lifecycle import Stores
from tests.resolvers.portfolio.figures import VOID, figures_of

pytestmark = pytest.mark.usefixtures("figures")


PNL = """method realizedUsd longTermUsd shortTermUsd proceedsUsd disposalCount feesUsd unrealizedUsd
  unrealizedPct unknownCount totalUsd"""


def _numbers(pnl: dict[str, Any]) -> list[Any]:
    return [
        value if value is None or isinstance(value, int) else Decimal(value)
        for name, value in pnl.items()
        if name != "method"
    ]


async def test_gains_by_method_are_those_by_hand(stores: Stores) -> None:
    found = await figures_of(
        stores,
        f"fifo: pnl {{ {PNL} }} lifo: pnl(method: LIFO) {{ {PNL} }}"
        f' later: pnl(from: "2025-03-04T00:00:00Z") {{ {PNL} }}',
    )
    # 500 - 400 + 200 - 250 + 100 - 90 + 50 - 10 = 100 over a cost of 750.
    open_ = [100, Decimal("13.333333"), 2]
    assert _numbers(found["fifo"]) == [10, 15, -5, 50, 2, 2, *open_, 110]
    assert _numbers(found["lifo"]) == [10, None, 10, 40, 1, 2, *open_, 110]
    assert _numbers(found["later"]) == [None, None, None, None, 0, None, *open_, 100]
    assert (await figures_of(stores, f"pnl {{ {PNL} }}", VOID))["pnl"] is None
