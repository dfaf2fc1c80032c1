"""How fast and how surely agents worked over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import strawberry

from resolvers.agents.performance import Metric
from resolvers.ids import checked_text
from resolvers.scalars import BigInt, exact
from resolvers.series import (
    From,
    IncludeOpen,
    Interval,
    IntervalArgument,
    To,
    window,
)

if TYPE_CHECKING:
    from resolvers.context import RequestContext


@strawberry.type(
    description="How fast and how surely an agent worked, oldest first, as columns. Buckets "
    "without a report are left out."
)
class Reliability:
    """How fast and how surely an agent worked."""

    interval: Interval = strawberry.field(description="Length of a bucket.")
    t: list[datetime] = strawberry.field(description="Starts of the buckets.")
    response_time_ms: list[Decimal | None] = strawberry.field(
        description="Mean time it took, milliseconds; null when it did not say."
    )
    success_rate: list[Decimal | None] = strawberry.field(
        description="Mean share of executions that succeeded, 0 to 1; null when it did not say."
    )
    error_count: list[BigInt] = strawberry.field(description="Errors it reported.")


async def reliability(
    context: RequestContext,
    keys: list[UUID],
    *,
    metric: Metric,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    include_open: IncludeOpen = False,
) -> Mapping[UUID, Reliability]:
    """Reports of agents, one statement."""
    wanted = window(
        context.clock(), from_=from_, to=to, interval=interval, include_open=include_open
    )
    values = {
        "keys": [str(key) for key in keys],
        "metric": checked_text("metric", metric),
        "start": wanted.start,
        "end": wanted.end,
        "step_s": interval.value,
    }
    found: defaultdict[UUID, list[Any]] = defaultdict(list)
    if wanted.start < wanted.end:
        rows: list[Any] = await context.clickhouse("agents.reliability", values, keys=len(keys))
        for key, *report in rows:
            found[key].append(report)
    return {key: _reliability(interval, found[key]) for key in keys}


def _reliability(interval: Interval, reports: list[Any]) -> Reliability:
    return Reliability(
        interval=interval,
        t=[moment for moment, *_ in reports],
        response_time_ms=[exact(time) for _, time, _, _ in reports],
        success_rate=[exact(rate) for _, _, rate, _ in reports],
        error_count=[BigInt(errors) for _, _, _, errors in reports],
    )
