"""How texts that name assets sound over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from resolvers.series import (
    Fill,
    From,
    IncludeOpen,
    Interval,
    IntervalArgument,
    To,
    Window,
    window,
)

if TYPE_CHECKING:
    from resolvers.context import RequestContext

EveryBucket = Annotated[
    bool,
    strawberry.argument(
        description="Whether buckets without a text are there too, with a count of 0 and an "
        "unknown mood."
    ),
]


@strawberry.type(description="How texts sound over time, oldest first, as columns.")
class Mood:
    """How texts sound over time."""

    interval: Interval = strawberry.field(description="Length of a bucket.")
    t: list[datetime] = strawberry.field(description="Starts of the buckets.")
    sentiment: list[Decimal | None] = strawberry.field(
        description="Mean mood of the texts published in each bucket, -1 bad to 1 good; null when "
        "none of them was judged."
    )
    count: list[int] = strawberry.field(
        description="Texts published in each bucket, judged or not."
    )


async def moods_about_assets(
    context: RequestContext,
    keys: list[UUID],
    *,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    include_empty: EveryBucket = False,
    include_open: IncludeOpen = False,
) -> Mapping[UUID, Mood]:
    """Moods of texts that name assets, one statement."""
    wanted = mood_window(context, from_, to, interval, include_empty, include_open)
    return await moods(context, "research.mood_about_assets", keys, wanted)


def mood_window(
    context: RequestContext,
    from_: datetime | None,
    to: datetime | None,
    interval: Interval,
    include_empty: bool,
    include_open: bool,
) -> Window:
    """The buckets a caller asks for.

    Raises:
        BadInput: as `resolvers.series.window`.
    """
    return window(
        context.clock(),
        from_=from_,
        to=to,
        interval=interval,
        fill=Fill.ZERO if include_empty else Fill.NONE,
        include_open=include_open,
    )


async def moods(
    context: RequestContext, query: str, keys: list[UUID], wanted: Window
) -> Mapping[UUID, Mood]:
    """Moods by key, from a named query of keys, start, end and length of a bucket."""
    found: defaultdict[UUID, dict[datetime, tuple[Decimal | None, int]]] = defaultdict(dict)
    if wanted.start < wanted.end:
        rows: list[Any] = await context.postgres(
            query, keys, wanted.start, wanted.end, wanted.interval.step, keys=len(keys)
        )
        for key, moment, sentiment, count in rows:
            found[key][moment] = sentiment, count
    return {key: _mood(wanted, found[key]) for key in keys}


def _mood(wanted: Window, known: Mapping[datetime, tuple[Decimal | None, int]]) -> Mood:
    starts = list(known) if wanted.fill is Fill.NONE else wanted.starts
    values = [known.get(start, (None, 0)) for start in starts]
    return Mood(
        interval=wanted.interval,
        t=starts,
        sentiment=[sentiment for sentiment, _ in values],
        count=[count for _, count in values],
    )
