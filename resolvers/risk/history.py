"""Scores and health over time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from resolvers.catalog.chains import ChainArgument, optional_chain_number
from resolvers.errors import BadInput
from resolvers.plan import BatchFunction
from resolvers.risk.enums import ProtocolHealthStatus, RiskDimension, RiskTargetType
from resolvers.risk.ownership import own_portfolios
from resolvers.series import (
    Fill,
    FillArgument,
    From,
    IncludeOpen,
    Interval,
    IntervalArgument,
    Series,
    To,
    filled,
    histories,
    window,
)

if TYPE_CHECKING:
    from resolvers.context import RequestContext

DimensionArgument = Annotated[
    RiskDimension, strawberry.argument(description="Which danger is measured.")
]


def score_histories(target: RiskTargetType) -> BatchFunction:
    """A batch function: scores of one danger of things of a kind over time, one statement.

    Of portfolios only the viewer's own are asked for; everything else is public.
    """

    async def found(
        context: RequestContext,
        keys: list[UUID],
        *,
        dimension: DimensionArgument = RiskDimension.OVERALL,
        from_: From = None,
        to: To = None,
        interval: IntervalArgument = Interval.DAY,
        fill: FillArgument = Fill.NONE,
        include_open: IncludeOpen = False,
    ) -> Mapping[UUID, Series]:
        if fill is Fill.ZERO:
            raise BadInput("`fill: ZERO` would say that it was safe.", hint="Use PREVIOUS.")
        asked = window(
            context.clock(),
            from_=from_,
            to=to,
            interval=interval,
            fill=fill,
            include_open=include_open,
        )
        if target is RiskTargetType.PORTFOLIO:
            keys = await own_portfolios(context, keys)
        if not keys:
            return {}
        kind, danger = target.value, dimension.value
        return await histories(
            context, "risk.scores", keys, asked, target_type=kind, dimension=danger
        )

    return found


@strawberry.type(description="How a protocol was in one bucket.")
class ProtocolHealthPoint:
    """How a protocol was in one bucket."""

    t: datetime = strawberry.field(description="Start of the bucket.")
    status: ProtocolHealthStatus | None = strawberry.field(
        description="Last status of the bucket; null when unknown."
    )
    uptime: Decimal | None = strawberry.field(
        description="Share of checks it answered, 0 to 1; null when unknown."
    )
    tvl_usd: Decimal | None = strawberry.field(
        description="Value locked, US dollars; null when unknown."
    )


@strawberry.type(
    description="How a protocol was over time, oldest first, as columns or as points: the last "
    "check of each bucket."
)
class ProtocolHealthSeries:
    """How a protocol was over time."""

    interval: Interval = strawberry.field(description="Length of a bucket.")
    t: list[datetime] = strawberry.field(description="Starts of the buckets.")
    status: list[ProtocolHealthStatus | None] = strawberry.field(
        description="Statuses, one for each entry of `t`; null when unknown."
    )
    uptime: list[Decimal | None] = strawberry.field(
        description="Shares of checks it answered, 0 to 1; null when unknown."
    )
    tvl_usd: list[Decimal | None] = strawberry.field(
        description="Values locked, US dollars; null when unknown."
    )

    @strawberry.field(description="The same as a list.")  # type: ignore[untyped-decorator]
    def points(self) -> list[ProtocolHealthPoint]:
        """The same as a list."""
        return [
            ProtocolHealthPoint(t=t, status=status, uptime=uptime, tvl_usd=tvl)
            for t, status, uptime, tvl in zip(
                self.t, self.status, self.uptime, self.tvl_usd, strict=True
            )
        ]


async def health_histories(
    context: RequestContext,
    keys: list[UUID],
    *,
    chain: ChainArgument = None,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.HOUR,
    fill: FillArgument = Fill.NONE,
    include_open: IncludeOpen = False,
) -> Mapping[UUID, ProtocolHealthSeries]:
    """How protocols were over time, one statement."""
    if fill is Fill.ZERO:
        raise BadInput("`fill: ZERO` has no meaning for a status.", hint="Use PREVIOUS.")
    asked = window(
        context.clock(), from_=from_, to=to, interval=interval, fill=fill, include_open=include_open
    )
    number = await optional_chain_number(context, chain)
    rows: list[Any] = []
    if asked.start < asked.end:
        values = {
            "keys": [str(key) for key in keys],
            "chain_id": number or 0,
            "start": asked.read_from,
            "end": asked.end,
            "step_s": asked.interval.value,
        }
        rows = await context.clickhouse("risk.health", values, keys=len(keys))
    of_each: dict[UUID, list[tuple[datetime, Any]]] = {key: [] for key in keys}
    for key, t, *figures in rows:
        of_each[key].append((t, figures))
    return {
        key: _health_series(asked.interval, filled(asked, found, [None, None, None]))
        for key, found in of_each.items()
    }


def _health_series(interval: Interval, buckets: list[tuple[datetime, Any]]) -> ProtocolHealthSeries:
    rows = [figures or (None, None, None) for _, figures in buckets]
    return ProtocolHealthSeries(
        interval=interval,
        t=[t for t, _ in buckets],
        status=[None if row[0] is None else ProtocolHealthStatus(row[0]) for row in rows],
        uptime=[row[1] for row in rows],
        tvl_usd=[row[2] for row in rows],
    )
