"""How many users agents serve now, and how many more they can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

import strawberry

if TYPE_CHECKING:
    from resolvers.context import RequestContext


@strawberry.type(description="How many users an agent serves now, and how many more it can.")
class Places:
    """How many users an agent serves now, and how many more it can."""

    taken: int = strawberry.field(
        description="Users it works for now; those who paused it are not among them."
    )
    free: int = strawberry.field(description="Users it can take besides, now.")


def no_places() -> Places:
    """Places of an agent that is not there."""
    return Places(taken=0, free=0)


async def places_of(
    context: RequestContext, keys: list[tuple[UUID, int]]
) -> Mapping[tuple[UUID, int], Places]:
    """Places of agents, given with how many they have; one statement."""
    agents = [key for key, _ in keys]
    rows: list[Any] = await context.postgres("agents.places_taken", agents, keys=len(keys))
    taken = dict(map(tuple, rows))
    return {
        (key, most): Places(taken=taken.get(key, 0), free=max(0, most - taken.get(key, 0)))
        for key, most in keys
    }
