"""What is traded on decentralised exchanges over time, by chain, exchange and asset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from resolvers.series import (
    Fill,
    FillArgument,
    From,
    IncludeOpen,
    Interval,
    IntervalArgument,
    Series,
    To,
    histories,
    window,
)

if TYPE_CHECKING:
    from resolvers.context import RequestContext


async def chain_volumes(
    context: RequestContext,
    keys: list[int],
    *,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    fill: FillArgument = Fill.NONE,
    include_open: IncludeOpen = False,
) -> Mapping[int, Series]:
    """Volume of chains, one statement."""
    asked = (from_, to, interval, fill, include_open)
    return await _volumes(context, "trading.volume_of_chains", keys, asked)


async def protocol_volumes(
    context: RequestContext,
    keys: list[UUID],
    *,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    fill: FillArgument = Fill.NONE,
    include_open: IncludeOpen = False,
) -> Mapping[UUID, Series]:
    """Volume of exchanges, one statement."""
    asked = (from_, to, interval, fill, include_open)
    return await _volumes(context, "trading.volume_of_protocols", keys, asked)


async def asset_volumes(
    context: RequestContext,
    keys: list[UUID],
    *,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    fill: FillArgument = Fill.NONE,
    include_open: IncludeOpen = False,
) -> Mapping[UUID, Series]:
    """Volume of assets, one statement."""
    asked = (from_, to, interval, fill, include_open)
    return await _volumes(context, "trading.volume_of_assets", keys, asked)


async def _volumes(
    context: RequestContext,
    query: str,
    keys: Sequence[Any],
    asked: tuple[datetime | None, datetime | None, Interval, Fill, bool],
) -> Mapping[Any, Series]:
    from_, to, interval, fill, include_open = asked
    wanted = window(
        context.clock(),
        from_=from_,
        to=to,
        interval=interval,
        fill=fill,
        include_open=include_open,
    )
    return await histories(context, query, keys, wanted)
