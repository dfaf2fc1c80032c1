"""Series of prices as bars: open, high, low, close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from resolvers.errors import BadInput
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


@strawberry.type(description="Prices of one bucket.")
class PriceBar:
    """Prices of one bucket."""

    t: datetime = strawberry.field(description="Start of the bucket.")
    open: Decimal | None = strawberry.field(description="First price, US dollars.")
    high: Decimal | None = strawberry.field(description="Highest price, US dollars.")
    low: Decimal | None = strawberry.field(description="Lowest price, US dollars.")
    close: Decimal | None = strawberry.field(description="Last price, US dollars.")
    volume_24h_usd: Decimal | None = strawberry.field(
        name="volume24hUsd",
        description="Traded over the 24 hours before the last price, US dollars: a rolling "
        "figure, not to be added up; null when unknown.",
    )


@strawberry.type(
    description="Prices over time from one source, oldest first, as columns or as bars. Select "
    "the columns for charts, they are much smaller."
)
class PriceSeries:
    """Prices over time from one source."""

    interval: Interval = strawberry.field(description="Length of a bucket.")
    source: str | None = strawberry.field(
        description="The one source of the whole series; null when there is no price in range."
    )
    t: list[datetime] = strawberry.field(description="Starts of the buckets.")
    open: list[Decimal | None] = strawberry.field(
        description="First prices, US dollars, one for each entry of `t`; null when unknown."
    )
    high: list[Decimal | None] = strawberry.field(description="Highest prices, US dollars.")
    low: list[Decimal | None] = strawberry.field(description="Lowest prices, US dollars.")
    close: list[Decimal | None] = strawberry.field(description="Last prices, US dollars.")
    volume_24h_usd: list[Decimal | None] = strawberry.field(
        name="volume24hUsd",
        description="Traded over the 24 hours before each last price, US dollars: a rolling "
        "figure, not to be added up.",
    )

    @strawberry.field(description="The same as a list of bars.")  # type: ignore[untyped-decorator]
    def bars(self) -> list[PriceBar]:
        """The same as a list of bars."""
        return self._listed()

    @strawberry.field(description="The same as `bars`.")  # type: ignore[untyped-decorator]
    def points(self) -> list[PriceBar]:
        """The same as `bars`, under the name that other series use."""
        return self._listed()

    def _listed(self) -> list[PriceBar]:
        columns = (self.t, self.open, self.high, self.low, self.close, self.volume_24h_usd)
        return [
            PriceBar(t=t, open=o, high=h, low=low, close=c, volume_24h_usd=v)
            for t, o, h, low, c, v in zip(*columns, strict=True)
        ]


def roll_up(interval: Interval) -> str:
    """Which roll-up answers an interval: the coarsest that still divides it."""
    if interval.step < Interval.HOUR.step:
        return "minutes"
    return "hours" if interval.step < Interval.DAY.step else "days"


async def price_histories(
    context: RequestContext,
    keys: list[UUID],
    *,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    fill: FillArgument = Fill.NONE,
    include_open: IncludeOpen = False,
    source: Annotated[
        str | None,
        strawberry.argument(
            description="Only from this source; the one with the most buckets in range when not "
            "given."
        ),
    ] = None,
) -> Mapping[UUID, PriceSeries]:
    """Prices over time, one statement for all assets."""
    if fill is Fill.ZERO:
        raise BadInput("`fill: ZERO` would say that the price was zero.", hint="Use PREVIOUS.")
    asked = window(
        context.clock(), from_=from_, to=to, interval=interval, fill=fill, include_open=include_open
    )
    rows: list[Any] = []
    if asked.start < asked.end:
        values = {**series_values(asked, keys), "source": source or ""}
        query = f"prices.bars_of_{roll_up(interval)}"
        rows = await context.clickhouse(query, values, keys=len(keys))
    found = {row[0]: _series(asked, row[1], row[2]) for row in rows}
    return {key: found.get(key) or _series(asked, None, ()) for key in keys}


def series_values(asked: Window, keys: Sequence[object]) -> dict[str, object]:
    """The parameters of a named query that answers with the bars of one source for each key."""
    return {
        "keys": [key if isinstance(key, int) else str(key) for key in keys],
        "start": asked.read_from,
        "from_ts": asked.start,
        "end": asked.end,
        "step_s": asked.interval.value,
    }


def buckets(asked: Window, rows: Sequence[Sequence[Any]]) -> list[tuple[datetime, Any, bool]]:
    """Start, row and whether the row was measured there, for each bucket; rows begin with time."""
    placed = filled(asked, [(row[0], row) for row in rows], ())
    return [(t, row, row is not None and row[0] == t) for t, row in placed]


def _series(asked: Window, source: str | None, rows: Sequence[Sequence[Any]]) -> PriceSeries:
    bars = [_bar(*bucket) for bucket in buckets(asked, rows)]
    t, opens, highs, lows, closes, volumes = zip(*bars, strict=True) if bars else ((),) * 6
    known = any(close is not None for close in closes)
    return PriceSeries(
        interval=asked.interval,
        source=source if known else None,
        t=list(t),
        open=list(opens),
        high=list(highs),
        low=list(lows),
        close=list(closes),
        volume_24h_usd=list(volumes),
    )


def _bar(t: datetime, row: Any, measured: bool) -> tuple[Any, ...]:
    if measured:
        return (t, *row[1:])
    close = row[4] if row else None  # a price that is carried on neither rises nor falls
    return (t, close, close, close, close, None)
