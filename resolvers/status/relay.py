"""How far changes are on their way to the stores that hear of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import strawberry

from resolvers.status.stores import StoreName, lag

if TYPE_CHECKING:
    from resolvers.context import RequestContext


@strawberry.type(description="How far a store is behind the changes made in Postgres.")
class RelayLag:
    """How far a store is behind the changes made in Postgres."""

    store: StoreName = strawberry.field(description="The store that hears of changes.")
    waiting_count: int = strawberry.field(description="Changes it has not heard of yet.")
    refused_count: int = strawberry.field(
        description="Changes it refused, or that wait behind such; an operator has to look."
    )
    lag_s: int = strawberry.field(
        description="Seconds since the oldest of all these was made; 0 when there are none."
    )
    failing_since: datetime | None = strawberry.field(
        description="Since when it takes nothing; null while it does."
    )


async def relay_lag(context: RequestContext) -> list[RelayLag]:
    """One statement; stores by name."""
    rows: list[Any] = await context.postgres("relay.lag")
    return [
        RelayLag(
            store=StoreName(store),
            waiting_count=waiting,
            refused_count=refused,
            lag_s=0 if oldest_at is None else lag(context, oldest_at),
            failing_since=failing_since,
        )
        for store, waiting, refused, oldest_at, failing_since in rows
    ]
