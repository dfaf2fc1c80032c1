"""How traders did over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import strawberry

from resolvers.errors import BadInput
from resolvers.scalars import BigInt, exact
from resolvers.series import (
    Fill,
    FillArgument,
    From,
    IncludeOpen,
    Interval,
    IntervalArgument,
    To,
    Window,
    filled,
    window,
)

if TYPE_CHECKING:
    from resolvers.context import RequestContext

Figures = tuple[
    Decimal | None, Decimal | None, Decimal | None, int | None, Decimal | None, Decimal | None
]
_NOTHING: Figures = (None,) * 6


@strawberry.type(description="How a trader stood at the end of one bucket.")
class TraderPoint:
    """How a trader stood at the end of one bucket."""

    t: datetime = strawberry.field(description="Start of the bucket.")
    pnl_usd: Decimal | None = strawberry.field(description="Profit so far, US dollars.")
    roi: Decimal | None = strawberry.field(description="Return on what was put in, as a ratio.")
    win_rate: Decimal | None = strawberry.field(description="Share of trades with profit, 0 to 1.")
    trades: BigInt | None = strawberry.field(description="Trades so far.")
    volume_usd: Decimal | None = strawberry.field(description="Traded so far, US dollars.")
    max_drawdown: Decimal | None = strawberry.field(
        description="Deepest fall from a peak so far, 0 to 1."
    )


@strawberry.type(
    description="How a trader did over time, oldest first, as columns or points. Select the "
    "columns for charts, they are much smaller."
)
class TraderPerformance:
    """How a trader did over time."""

    interval: Interval = strawberry.field(description="Length of a bucket.")
    t: list[datetime] = strawberry.field(description="Starts of the buckets.")
    pnl_usd: list[Decimal | None] = strawberry.field(
        description="Profit so far, US dollars, one for each entry of `t`; null when unknown."
    )
    roi: list[Decimal | None] = strawberry.field(
        description="Return on what was put in, as a ratio."
    )
    win_rate: list[Decimal | None] = strawberry.field(
        description="Share of trades with profit, 0 to 1."
    )
    trades: list[BigInt | None] = strawberry.field(description="Trades so far.")
    volume_usd: list[Decimal | None] = strawberry.field(description="Traded so far, US dollars.")
    max_drawdown: list[Decimal | None] = strawberry.field(
        description="Deepest fall from a peak so far, 0 to 1."
    )

    @strawberry.field(description="The same as a list.")  # type: ignore[untyped-decorator]
    def points(self) -> list[TraderPoint]:
        """The same as a list."""
        columns = (
            *(self.t, self.pnl_usd, self.roi, self.win_rate),
            *(self.trades, self.volume_usd, self.max_drawdown),
        )
        return [
            TraderPoint(
                t=t,
                pnl_usd=pnl,
                roi=roi,
                win_rate=wins,
                trades=trades,
                volume_usd=volume,
                max_drawdown=drawdown,
            )
            for t, pnl, roi, wins, trades, volume, drawdown in zip(*columns, strict=True)
        ]


async def trader_performance(
    context: RequestContext,
    keys: list[UUID],
    *,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    fill: FillArgument = Fill.NONE,
    include_open: IncludeOpen = False,
) -> Mapping[UUID, TraderPerformance]:
    """Performance of traders, one statement."""
    if fill is Fill.ZERO:
        raise BadInput("`fill: ZERO` would say that all was lost.", hint="Use PREVIOUS.")
    asked = window(
        context.clock(), from_=from_, to=to, interval=interval, fill=fill, include_open=include_open
    )
    found: defaultdict[UUID, list[tuple[datetime, Figures]]] = defaultdict(list)
    if asked.start < asked.end:
        values = {
            "keys": [str(key) for key in keys],
            "start": asked.read_from,
            "end": asked.end,
            "step_s": interval.value,
        }
        rows: list[Any] = await context.clickhouse(
            "trading.trader_performance", values, keys=len(keys)
        )
        for key, t, pnl, roi, wins, trades, volume, drawdown in rows:
            figures = (pnl, exact(roi), exact(wins), trades, volume, exact(drawdown))
            found[key].append((t, figures))
    return {key: _performance(asked, found[key]) for key in keys}


def _performance(asked: Window, rows: Sequence[tuple[datetime, Figures]]) -> TraderPerformance:
    buckets = filled(asked, rows, _NOTHING)
    figures = [row or _NOTHING for _, row in buckets]
    return TraderPerformance(
        interval=asked.interval,
        t=[t for t, _ in buckets],
        pnl_usd=[row[0] for row in figures],
        roi=[row[1] for row in figures],
        win_rate=[row[2] for row in figures],
        trades=[None if row[3] is None else BigInt(row[3]) for row in figures],
        volume_usd=[row[4] for row in figures],
        max_drawdown=[row[5] for row in figures],
    )
