"""How texts about projects sound over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from resolvers.catalog.mood import EveryBucket, Mood, mood_window, moods
from resolvers.series import From, IncludeOpen, Interval, IntervalArgument, To

if TYPE_CHECKING:
    from resolvers.context import RequestContext


async def moods_of_projects(
    context: RequestContext,
    keys: list[UUID],
    *,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    include_empty: EveryBucket = False,
    include_open: IncludeOpen = False,
) -> Mapping[UUID, Mood]:
    """Moods around projects, one statement."""
    wanted = mood_window(context, from_, to, interval, include_empty, include_open)
    return await moods(context, "research.mood_of_projects", keys, wanted)
