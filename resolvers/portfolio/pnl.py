"""Gains taken and not yet taken, as the stores hold them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry

from resolvers.errors import BadInput
from resolvers.tax.enums import CostBasisMethod

if TYPE_CHECKING:
    from resolvers.context import RequestContext

_FIRST: Final = datetime(2009, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_PERCENT: Final = Decimal("0.000001")

MethodArgument = Annotated[
    CostBasisMethod,
    strawberry.argument(description="Which purchases sales are set against."),
]
FromArgument = Annotated[
    datetime | None,
    strawberry.argument(name="from", description="Sales from this instant on; all when absent."),
]
ToArgument = Annotated[
    datetime | None, strawberry.argument(description="Sales before this instant; all when absent.")
]


@strawberry.type(
    description="Gains of a portfolio. Those taken come from sales of the tax ledger that belong "
    "to it and were set against purchases by the method asked for; null when there are none."
)
class PortfolioPnl:
    """Gains of a portfolio."""

    method: CostBasisMethod = strawberry.field(
        description="Which purchases sales were set against."
    )
    realized_usd: Decimal | None = strawberry.field(description="Gains taken, US dollars.")
    long_term_usd: Decimal | None = strawberry.field(
        description="Part of them on what was held for more than 365 days, US dollars."
    )
    short_term_usd: Decimal | None = strawberry.field(description="The rest, US dollars.")
    proceeds_usd: Decimal | None = strawberry.field(
        description="What the sales brought, US dollars."
    )
    disposal_count: int = strawberry.field(description="Sales out of single purchases.")
    fees_usd: Decimal | None = strawberry.field(
        description="Fees paid on confirmed entries of the ledger, US dollars; gains of the tax "
        "ledger are net of theirs."
    )
    unrealized_usd: Decimal | None = strawberry.field(
        description="Gains not taken yet, now, US dollars; over positions of which worth and cost "
        "are known."
    )
    unrealized_pct: Decimal | None = strawberry.field(
        description="The same in percent of what those positions cost."
    )
    unknown_count: int = strawberry.field(
        description="Positions left out, because their worth or cost is unknown."
    )
    total_usd: Decimal | None = strawberry.field(
        description="Gains taken and not taken, US dollars; null when both are unknown."
    )


async def pnls(
    context: RequestContext,
    keys: list[UUID],
    *,
    method: MethodArgument = CostBasisMethod.FIFO,
    from_: FromArgument = None,
    to: ToArgument = None,
) -> Mapping[UUID, PortfolioPnl]:
    """Gains of the viewer's portfolios, three statements whatever their number."""
    start, end = from_ or _FIRST, to or _LAST
    if start >= end:
        raise BadInput("`from` is not before `to`.")
    user = context.viewer.user_id

    async def read(query: str, *values: object) -> dict[UUID, Any]:
        rows: list[Any] = await context.postgres(query, *values, keys=len(keys), as_viewer=True)
        return {row[0]: row for row in rows}

    open_ = await read("portfolio.unrealized", keys, user)
    taken = await read("portfolio.realized", keys, user, method.value, start, end)
    fees = await read("portfolio.fees", keys, user, start, end)
    return {
        key: _pnl(method, open_.get(key), taken.get(key), fees.get(key))
        for key in keys
        if key in open_ or key in taken or key in fees
    }


def _pnl(method: CostBasisMethod, open_: Any, taken: Any, fees: Any) -> PortfolioPnl:
    gain, cost, unknown = (None, None, 0) if open_ is None else tuple(open_)[1:]
    _, realized, long, short, proceeds, count = taken or (None, None, None, None, None, 0)
    percent = None
    if gain is not None and cost:
        percent = (gain / abs(cost) * 100).quantize(_PERCENT)
    known = [each for each in (gain, realized) if each is not None]
    return PortfolioPnl(
        method=method,
        realized_usd=realized,
        long_term_usd=long,
        short_term_usd=short,
        proceeds_usd=proceeds,
        disposal_count=count,
        fees_usd=None if fees is None else fees[1],
        unrealized_usd=gain,
        unrealized_pct=percent,
        unknown_count=unknown,
        total_usd=sum(known, Decimal(0)) if known else None,
    )
