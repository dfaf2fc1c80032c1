"""Figures of protocols over time."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from resolvers.catalog.bars import roll_up
from resolvers.catalog.chains import ChainArgument, optional_chain_number
from resolvers.catalog.spans import WindowArgument, span_values
from resolvers.errors import BadInput
from resolvers.series import (
    Change,
    ChangeWindow,
    Fill,
    FillArgument,
    From,
    IncludeOpen,
    Interval,
    IntervalArgument,
    Series,
    To,
    change_of,
    histories,
    window,
)

if TYPE_CHECKING:
    from resolvers.context import RequestContext


@strawberry.enum(description="What is measured about protocols.")
class ProtocolMetric(enum.Enum):
    """What is measured; the value is the name in the store."""

    TVL = strawberry.enum_value("tvl", description="Value locked, US dollars.")
    VOLUME_24H = strawberry.enum_value(
        "volume_24h", description="Traded over the preceding 24 hours, US dollars."
    )
    FEES_24H = strawberry.enum_value(
        "fees_24h", description="Fees users paid over the preceding 24 hours, US dollars."
    )
    REVENUE_24H = strawberry.enum_value(
        "revenue_24h",
        description="What the protocol kept of the fees of the preceding 24 hours, US dollars.",
    )
    ACTIVE_USERS_24H = strawberry.enum_value(
        "active_users_24h", description="Addresses that used it over the preceding 24 hours."
    )


MetricArgument = Annotated[ProtocolMetric, strawberry.argument(description="What is measured.")]


async def metric_histories(
    context: RequestContext,
    keys: list[UUID],
    *,
    metric: MetricArgument,
    chain: ChainArgument = None,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    fill: FillArgument = Fill.NONE,
    include_open: IncludeOpen = False,
) -> Mapping[UUID, Series]:
    """A metric of protocols over time, one statement."""
    asked = window(
        context.clock(), from_=from_, to=to, interval=interval, fill=fill, include_open=include_open
    )
    number = await optional_chain_number(context, chain)
    query = f"metrics.of_{roll_up(interval)}"
    return await histories(context, query, keys, asked, metric=metric.value, chain_id=number or 0)


async def tvl_histories(
    context: RequestContext,
    keys: list[UUID],
    *,
    chain: ChainArgument = None,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    fill: FillArgument = Fill.NONE,
    include_open: IncludeOpen = False,
) -> Mapping[UUID, Series]:
    """Value locked in protocols over time, one statement."""
    return await metric_histories(
        context,
        keys,
        metric=ProtocolMetric.TVL,
        chain=chain,
        from_=from_,
        to=to,
        interval=interval,
        fill=fill,
        include_open=include_open,
    )


async def metric_changes(
    context: RequestContext,
    keys: list[UUID],
    *,
    metric: MetricArgument,
    window: WindowArgument,
    chain: ChainArgument = None,
) -> Mapping[UUID, Change | None]:
    """Changes of a metric, one statement."""
    number = await optional_chain_number(context, chain)
    values = {
        "keys": [str(key) for key in keys],
        "metric": metric.value,
        "chain_id": number or 0,
        **span_values(window),
    }
    # Within hours the minutes count; over days the hours are exact enough and kept for longer.
    query = "metrics.changes_from_minutes" if window is ChangeWindow.H1 else "metrics.changes"
    rows: list[Any] = await context.clickhouse(query, values, keys=len(keys))
    return {key: change_of(value, earlier) for key, value, earlier in rows}


async def chain_tvl(context: RequestContext, keys: list[int]) -> Mapping[int, Decimal]:
    """Value locked on chains now, one statement."""
    rows: list[Any] = await context.postgres("chains.tvl", keys, keys=len(keys))
    return {row[0]: row[1] for row in rows}


async def chain_tvl_histories(
    context: RequestContext,
    keys: list[int],
    *,
    from_: From = None,
    to: To = None,
    interval: Annotated[
        Interval, strawberry.argument(description="Length of a bucket, a day at least.")
    ] = Interval.DAY,
    fill: FillArgument = Fill.NONE,
    include_open: IncludeOpen = False,
) -> Mapping[int, Series]:
    """Value locked on chains over time, one statement."""
    if interval.step < Interval.DAY.step:
        raise BadInput("Value locked on a chain is known by day.", hint="Use DAY or WEEK.")
    asked = window(
        context.clock(), from_=from_, to=to, interval=interval, fill=fill, include_open=include_open
    )
    return await histories(context, "metrics.chain_tvl", keys, asked)
