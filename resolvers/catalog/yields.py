"""Yields of pools over time."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from resolvers.catalog.bars import buckets
from resolvers.catalog.spans import WindowArgument, span_values
from resolvers.errors import BadInput
from resolvers.scalars import exact
from resolvers.series import (
    Change,
    Fill,
    FillArgument,
    From,
    IncludeOpen,
    Interval,
    IntervalArgument,
    To,
    Window,
    change_of,
    window,
)

if TYPE_CHECKING:
    from resolvers.context import RequestContext

PoolKey = tuple[UUID, UUID]
"""Ids of a pool and of its protocol, which stands first in the key of the series."""


@strawberry.enum(description="What is measured about pools.")
class PoolMetric(enum.Enum):
    """What is measured about pools."""

    APY = strawberry.enum_value(
        "apy",
        description="Yield a year, percent; its change is in percentage points, and `pct` in "
        "percent of the earlier yield.",
    )
    TVL = strawberry.enum_value("tvl", description="Value locked, US dollars.")


@strawberry.type(description="Yield and value of a pool in one bucket.")
class YieldPoint:
    """Yield and value of a pool in one bucket."""

    t: datetime = strawberry.field(description="Start of the bucket.")
    apy_pct: Decimal | None = strawberry.field(description="Whole yield a year, percent.")
    apy_base_pct: Decimal | None = strawberry.field(
        description="Part of the yield from fees or interest, percent a year."
    )
    apy_reward_pct: Decimal | None = strawberry.field(
        description="Part of the yield paid in reward tokens, percent a year."
    )
    tvl_usd: Decimal | None = strawberry.field(description="Value locked, US dollars.")


@strawberry.type(
    description="Yield and value of a pool over time, oldest first, as columns or as points: the "
    "last known figures of each bucket."
)
class YieldSeries:
    """Yield and value of a pool over time."""

    interval: Interval = strawberry.field(description="Length of a bucket.")
    t: list[datetime] = strawberry.field(description="Starts of the buckets.")
    apy_pct: list[Decimal | None] = strawberry.field(
        description="Whole yields a year, percent, one for each entry of `t`; null when unknown."
    )
    apy_base_pct: list[Decimal | None] = strawberry.field(
        description="Parts of the yield from fees or interest, percent a year."
    )
    apy_reward_pct: list[Decimal | None] = strawberry.field(
        description="Parts of the yield paid in reward tokens, percent a year."
    )
    tvl_usd: list[Decimal | None] = strawberry.field(description="Values locked, US dollars.")

    @strawberry.field(description="The same as a list.")  # type: ignore[untyped-decorator]
    def points(self) -> list[YieldPoint]:
        """The same as a list."""
        columns = (self.t, self.apy_pct, self.apy_base_pct, self.apy_reward_pct, self.tvl_usd)
        return [
            YieldPoint(t=t, apy_pct=apy, apy_base_pct=base, apy_reward_pct=reward, tvl_usd=tvl)
            for t, apy, base, reward, tvl in zip(*columns, strict=True)
        ]


async def yield_histories(
    context: RequestContext,
    keys: list[PoolKey],
    *,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    fill: FillArgument = Fill.NONE,
    include_open: IncludeOpen = False,
) -> Mapping[PoolKey, YieldSeries]:
    """Yields of pools over time, one statement."""
    if fill is Fill.ZERO:
        raise BadInput("`fill: ZERO` would say that the yield was zero.", hint="Use PREVIOUS.")
    asked = window(
        context.clock(), from_=from_, to=to, interval=interval, fill=fill, include_open=include_open
    )
    found: dict[UUID, list[Any]] = {}
    if asked.start < asked.end:
        values = {
            **_keys(keys),
            "start": asked.read_from,
            "end": asked.end,
            "step_s": asked.interval.value,
        }
        for row in await context.clickhouse("yields.history", values, keys=len(keys)):
            found.setdefault(_uuid(row[0]), []).append(row[1:])
    return {key: _series(asked, found.get(key[0], ())) for key in keys}


async def yield_changes(
    context: RequestContext,
    keys: list[PoolKey],
    *,
    metric: Annotated[PoolMetric, strawberry.argument(description="What is measured.")],
    window: WindowArgument,
) -> Mapping[PoolKey, Change | None]:
    """Changes of yields or values of pools, one statement."""
    values = {**_keys(keys), **span_values(window)}
    rows: list[Any] = await context.clickhouse("yields.changes", values, keys=len(keys))
    place = 1 if metric is PoolMetric.APY else 3
    found = {row[0]: change_of(exact(row[place]), exact(row[place + 1])) for row in rows}
    return {key: found.get(key[0]) for key in keys}


def _keys(keys: Sequence[PoolKey]) -> dict[str, object]:
    return {
        "keys": [str(pool) for pool, _ in keys],
        "protocol_ids": [str(protocol) for protocol in dict.fromkeys(key[1] for key in keys)],
    }


def _uuid(value: Any) -> UUID:
    found: UUID = value
    return found


def _series(asked: Window, rows: Sequence[Sequence[Any]]) -> YieldSeries:
    placed = buckets(asked, rows)

    def column(place: int) -> list[Decimal | None]:
        return [exact(row[place]) if row else None for _, row, _ in placed]

    return YieldSeries(
        interval=asked.interval,
        t=[t for t, _, _ in placed],
        apy_pct=column(1),
        apy_base_pct=column(2),
        apy_reward_pct=column(3),
        tvl_usd=column(4),
    )
