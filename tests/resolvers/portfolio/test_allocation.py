"""Spread of a portfolio over assets, and its drift from the target."""

from __future__ import annotations

from decimal import Decimal

import pytest

from resolvers.portfolio.allocation import allocation
from stores.lifecycle import Stores
from tests.resolvers.portfolio.figures import VOID, figures_of

pytestmark = pytest.mark.usefixtures("figures")


async def test_spread_and_drift_are_those_by_hand(stores: Stores) -> None:
    found = await figures_of(
        stores,
        "allocation { totalValueUsd driftPct"
        " entries { name valueUsd sharePct targetPct driftPct adjustUsd } }",
    )
    whole = found["allocation"]
    assert [Decimal(whole[name]) for name in ("totalValueUsd", "driftPct")] == [1000, 25]
    names = ("valueUsd", "sharePct", "targetPct", "driftPct", "adjustUsd")
    entries = [(e["name"], *(Decimal(e[name]) for name in names)) for e in whole["entries"]]
    assert entries == [
        ("TETH", 700, 70, 50, 20, -200),
        ("stablecoins", 250, 25, 40, -15, 150),
        ("TCOIN", 50, 5, 0, 5, -50),
        ("TBTC", 0, 0, 10, -10, 100),
    ]


async def test_an_empty_portfolio_is_spread_over_nothing(stores: Stores) -> None:
    found = await figures_of(stores, "allocation { totalValueUsd driftPct entries { name } }", VOID)
    assert found["allocation"] == {"totalValueUsd": None, "driftPct": None, "entries": []}


def test_without_a_target_there_is_no_drift() -> None:
    made = allocation({"A": (Decimal(3), False), "B": (Decimal(1), True)}, {})
    assert [(e.name, e.share_pct, e.target_pct, e.adjust_usd) for e in made.entries] == [
        ("A", Decimal(75), None, None),
        ("B", Decimal(25), None, None),
    ]
    assert made.drift_pct is None


def test_more_debt_than_worth_has_no_shares() -> None:
    made = allocation({"A": (Decimal(3), False), "B": (Decimal(-5), True)}, {"A": 1, "odd": "x"})
    assert made.total_value_usd == -2
    assert [(e.name, e.share_pct, e.target_pct, e.drift_pct) for e in made.entries] == [
        ("A", None, Decimal(100), None),
        ("B", None, Decimal(0), None),
    ]
