"""What agents said of their work last: figures in Redis, gone when they are a minute old."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import strawberry

from resolvers.scalars import BigInt
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from resolvers.context import RequestContext

_FAMILY: Final = "agent_performance"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@strawberry.type(description="What an agent said of its work within the last minute.")
class NewestFigures:
    """What an agent said of its work within the last minute."""

    success_rate: Decimal | None = strawberry.field(
        description="Share of executions that succeeded lately, 0 to 1; null when not told."
    )
    response_time_ms: int | None = strawberry.field(
        description="Time it takes lately, milliseconds; null when not told."
    )
    executions: BigInt | None = strawberry.field(
        description="Executions so far, by its own count; null when not told."
    )
    errors: BigInt | None = strawberry.field(
        description="Errors so far, by its own count; null when not told."
    )
    observed_at: datetime = strawberry.field(description="When it said so.")


async def newest_figures(context: RequestContext, keys: list[UUID]) -> Mapping[UUID, NewestFigures]:
    """Figures of agents, one round trip; an agent that said nothing lately is left out."""
    pipeline = context.stores.redis.commands.pipeline(transaction=False)
    for key in keys:
        pipeline.hgetall(redis_keys.key(_FAMILY, agent_id=key))
    with context.step("redis", _FAMILY, "HGETALL agent:{agent_id}:perf", len(keys)) as step:
        hashes: list[Mapping[str, Any]] = await pipeline.execute()
        step.rows = sum(map(bool, hashes))
    oldest = context.clock() - timedelta(seconds=redis_keys.ttl_s(_FAMILY))
    read = ((key, _figures(fields)) for key, fields in zip(keys, hashes, strict=True))
    return {key: figures for key, figures in read if figures and figures.observed_at >= oldest}


def _figures(fields: Mapping[str, Any]) -> NewestFigures | None:
    """The figures in a hash; None when it does not say when."""
    at = _whole(fields.get("ts"))
    if at is None:
        return None
    executions, errors = _whole(fields.get("executions")), _whole(fields.get("errors"))
    try:
        observed_at = _EPOCH + timedelta(milliseconds=at)
    except OverflowError:
        return None
    time_ms = _whole(fields.get("response_time_ms"))
    return NewestFigures(
        success_rate=_share(fields.get("success_rate")),
        response_time_ms=time_ms if time_ms is not None and time_ms < 2**31 else None,
        executions=None if executions is None else BigInt(executions),
        errors=None if errors is None else BigInt(errors),
        observed_at=observed_at,
    )


def _whole(text: object) -> int | None:
    """A count; None for what is none, negative ones among them."""
    found = str(text)
    return int(found) if found.isascii() and found.isdigit() and len(found) < 20 else None


def _share(text: object) -> Decimal | None:
    try:
        found = Decimal(str(text))
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found <= 1 else None
