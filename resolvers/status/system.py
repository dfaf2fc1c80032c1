"""How the parts of the system are, as a status page shows them."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import TYPE_CHECKING, Final

import strawberry

from resolvers.status.stores import StoreFreshness, StoreName, ask_stores

if TYPE_CHECKING:
    from resolvers.context import RequestContext


@strawberry.enum(description="How something is.")
class ComponentState(enum.Enum):
    """How something is."""

    OPERATIONAL = strawberry.enum_value("operational", description="It works.")
    DEGRADED = strawberry.enum_value("degraded", description="It works in part.")
    DOWN = strawberry.enum_value("down", description="It does not work.")


@strawberry.enum(description="A part of the system, by what it is for.")
class Component(enum.Enum):
    """A part of the system, by what it is for."""

    API = strawberry.enum_value("api", description="Answering at all.")
    RECORDS = strawberry.enum_value(
        "records", description="Catalogue, accounts, portfolios, and every change."
    )
    HISTORY = strawberry.enum_value("history", description="Everything over time.")
    LIVE = strawberry.enum_value("live", description="Live values and subscriptions.")
    SIMILARITY = strawberry.enum_value(
        "similarity", description="Search by meaning, what is alike."
    )


@strawberry.type(description="How one part of the system is now.")
class ComponentStatus:
    """How one part of the system is now."""

    component: Component = strawberry.field(description="The part.")
    state: ComponentState = strawberry.field(description="How it is.")
    store: StoreName | None = strawberry.field(
        description="Store it rests on; null when it rests on none alone."
    )
    error: str | None = strawberry.field(
        description="Error code its fields fail with now; null when they do not."
    )


@strawberry.type(description="How the system is now.")
class SystemStatus:
    """How the system is now."""

    state: ComponentState = strawberry.field(
        description="OPERATIONAL when every part is; DOWN when there are no records to answer "
        "from; else DEGRADED."
    )
    components: list[ComponentStatus] = strawberry.field(description="Its parts, always all.")
    checked_at: datetime = strawberry.field(description="When it was looked at: just now.")


_PARTS: Final = {
    StoreName.POSTGRES: Component.RECORDS,
    StoreName.CLICKHOUSE: Component.HISTORY,
    StoreName.REDIS: Component.LIVE,
    StoreName.QDRANT: Component.SIMILARITY,
}


async def system_status(context: RequestContext) -> SystemStatus:
    """Asks every store at once; one that is away is an answer, not an error."""
    parts = [_part(each) for each in await ask_stores(context)]
    by_component = {part.component: part.state for part in parts}
    state = ComponentState.OPERATIONAL
    if by_component[Component.RECORDS] is ComponentState.DOWN:
        state = ComponentState.DOWN
    elif any(part.state is not ComponentState.OPERATIONAL for part in parts):
        state = ComponentState.DEGRADED
    # Whoever reads this was answered.
    api = ComponentStatus(
        component=Component.API, state=ComponentState.OPERATIONAL, store=None, error=None
    )
    return SystemStatus(state=state, components=[api, *parts], checked_at=context.clock())


def _part(asked: StoreFreshness) -> ComponentStatus:
    state = ComponentState.OPERATIONAL if asked.is_up else ComponentState.DOWN
    if asked.is_up and asked.error is not None:
        state = ComponentState.DEGRADED
    return ComponentStatus(
        component=_PARTS[asked.store], state=state, store=asked.store, error=asked.error
    )
