"""How much each tier may ask for: the price list of limits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import strawberry

from resolvers.account.enums import SubscriptionTier

if TYPE_CHECKING:
    from resolvers.context import RequestContext

_KEPT_S: Final = 60.0


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


class PriceList:
    """The limits of every tier as they were within the last minute; one a process.

    Args:
        kept_s: how long they are used, in seconds.
        clock: seconds that only grow.
    """

    def __init__(
        self, kept_s: float = _KEPT_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._kept_s = kept_s
        self._clock = clock
        self._limits: dict[str, list[RateLimit]] = {}
        self._until = float("-inf")

    async def of(self, context: RequestContext, tier: str) -> list[RateLimit]:
        """The limits of a tier; none for one that nobody priced.

        Raises:
            StoreError: they are due to be read, and Postgres is away.
        """
        if self._clock() >= self._until:
            found = await limits_by_tier(context)
            self._limits = {str(each.tier.value): each.limits for each in found}
            self._until = self._clock() + self._kept_s
        return self._limits.get(tier, [])


async def limits_of_viewer(context: RequestContext) -> list[RateLimit]:
    """What the viewer's tier may ask for; at most one statement a minute and process."""
    prices = context.price_list or PriceList()
    return await prices.of(context, context.viewer.tier.word)
