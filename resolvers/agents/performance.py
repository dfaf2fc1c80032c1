"""What agents measured over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from resolvers.errors import BadInput
from resolvers.ids import checked_text
from resolvers.scalars import exact
from resolvers.series import (
    Fill,
    FillArgument,
    From,
    IncludeOpen,
    Interval,
    IntervalArgument,
    Series,
    To,
    series,
    window,
)

if TYPE_CHECKING:
    from resolvers.context import RequestContext

Metric = Annotated[
    str,
    strawberry.argument(
        description="Name of the metric, such as yield, latency or profit_usd; "
        "`performanceMetrics` lists those an agent has."
    ),
]


async def performance(
    context: RequestContext,
    keys: list[UUID],
    *,
    metric: Metric,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    fill: FillArgument = Fill.NONE,
    include_open: IncludeOpen = False,
) -> Mapping[UUID, Series]:
    """Series of agents, one statement.

    Raises:
        BadInput: gaps should be zero.
    """
    if fill is Fill.ZERO:
        raise BadInput(
            "A metric that was not measured is unknown, not zero.",
            hint="Fill with NONE or PREVIOUS.",
        )
    wanted = window(
        context.clock(),
        from_=from_,
        to=to,
        interval=interval,
        fill=fill,
        include_open=include_open,
    )
    values = {
        "keys": [str(key) for key in keys],
        "metric": checked_text("metric", metric),
        "start": wanted.read_from,
        "end": wanted.end,
        "step_s": interval.value,
    }
    found: defaultdict[UUID, list[tuple[datetime, Decimal]]] = defaultdict(list)
    if wanted.start < wanted.end:
        rows: list[Any] = await context.clickhouse("agents.performance", values, keys=len(keys))
        for key, moment, value in rows:
            number = exact(value)
            if number is not None:
                found[key].append((moment, number))
    return {key: series(wanted, found[key]) for key in keys}


async def performance_metrics(
    context: RequestContext, keys: list[UUID]
) -> Mapping[UUID, list[str]]:
    """Names of agents' metrics, one statement."""
    values = {"keys": [str(key) for key in keys]}
    rows: list[Any] = await context.clickhouse("agents.metrics", values, keys=len(keys))
    return {key: sorted(names) for key, names in rows}
