"""How near portfolios are to liquidation, as a job keeps it in Redis."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import strawberry

from resolvers.risk.ownership import own_portfolios
from resolvers.scalars import exact
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from resolvers.context import RequestContext

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT: Final = "HGETALL risk:liquidation:{portfolio_id}"


@strawberry.type(description="How near a portfolio is to having its collateral sold.")
class LiquidationRisk:
    """How near a portfolio is to having its collateral sold."""

    score: Decimal | None = strawberry.field(
        description="How likely it is, 0 safe to 1 dangerous; null when unknown."
    )
    distance: Decimal | None = strawberry.field(
        description="By how much the collateral may fall before it happens, 0 to 1; null when "
        "unknown."
    )
    updated_at: datetime = strawberry.field(
        description="When it was computed, five minutes ago at most."
    )


async def liquidations(context: RequestContext, keys: list[UUID]) -> Mapping[UUID, LiquidationRisk]:
    """What Redis holds of the viewer's portfolios: one round trip, and one statement for whose.

    Raises:
        StoreError: of Redis.
    """
    own = await own_portfolios(context, keys)
    if not own:
        return {}
    pipeline = context.stores.redis.commands.pipeline(transaction=False)
    for key in own:
        pipeline.hgetall(redis_keys.key("risk_liquidation_state", portfolio_id=key))
    with context.step("redis", "risk_liquidation_state", _TEXT, len(own)) as step:
        hashes: list[Mapping[str, Any]] = await pipeline.execute()
        read = {key: _read(fields) for key, fields in zip(own, hashes, strict=True)}
        found = {key: risk for key, risk in read.items() if risk is not None}
        step.rows = len(found)
    return found


def _read(fields: Mapping[str, Any]) -> LiquidationRisk | None:
    """A hash as it was written; None when there is none, or none that makes sense."""
    try:
        at = _EPOCH + timedelta(milliseconds=int(fields["updated_at_ms"]))
        return LiquidationRisk(
            score=exact(fields.get("score")), distance=exact(fields.get("distance")), updated_at=at
        )
    except (KeyError, ValueError, ArithmeticError):
        return None
