"""How much each tier may ask for: the price list of limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import strawberry

from resolvers.account.enums import SubscriptionTier

if TYPE_CHECKING:
    from resolvers.context import RequestContext


@strawberry.type(description="How much may be asked for in one span of time.")
class RateLimit:
    """How much may be asked for in one span of time."""

    resource_type: str = strawberry.field(description="What is limited, such as graphql.")
    window_s: int = strawberry.field(description="Length of the span, seconds.")
    max_cost: int = strawberry.field(description="Cost points allowed in it.")


@strawberry.type(description="How much a tier may ask for.")
class TierLimits:
    """How much a tier may ask for."""

    tier: SubscriptionTier = strawberry.field(description="The tier.")
    limits: list[RateLimit] = strawberry.field(
        description="Its limits, by what is limited and shortest span first; all of them hold."
    )


async def limits_by_tier(context: RequestContext) -> list[TierLimits]:
    """The limits of every tier, cheapest first; one statement."""
    rows: list[Any] = await context.postgres("usage.rate_limits")
    found: dict[str, TierLimits] = {}
    for tier, resource_type, window_s, max_cost in rows:
        made = found.setdefault(tier, TierLimits(tier=SubscriptionTier(tier), limits=[]))
        made.limits.append(
            RateLimit(resource_type=resource_type, window_s=window_s, max_cost=max_cost)
        )
    return list(found.values())
