"""Root fields of usage and bills."""

from __future__ import annotations

import strawberry
from strawberry import Info

from resolvers.connection import Connection
from resolvers.fields import root_field, root_page
from resolvers.permissions import Access
from resolvers.usage.limits import TierLimits, limits_by_tier
from resolvers.usage.report import FromDay, ToDay, Usage, usage_between
from resolvers.usage.types import BillingEvent, UsageEvent


@strawberry.type(description="Usage, bills and limits.")
class UsageQuery:
    """Root fields of usage and bills."""

    usage_events: Connection[UsageEvent] | None = root_page(
        "What the viewer did, newest first; null while its store is away.", access=Access.OWNER
    )
    billing_events: Connection[BillingEvent] | None = root_page(
        "Messages of payment providers about the viewer, newest first.", access=Access.OWNER
    )

    @root_field("How much the viewer asked for, by day and by kind.", access=Access.OWNER)
    def usage(self, info: Info, from_: FromDay = None, to: ToDay = None) -> Usage | None:
        """Nothing is read before a field is selected."""
        return usage_between(info.context.clock(), from_, to)

    @root_field(
        "How much each tier may ask for, in cost points. An API key may have lower limits of its "
        "own.",
        access=Access.PUBLIC,
    )
    async def rate_limits(self, info: Info) -> list[TierLimits] | None:
        """One statement."""
        return await limits_by_tier(info.context)
