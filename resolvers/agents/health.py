"""How agents are: the heartbeat in Redis, else the last check in Postgres, which ages."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from stores.errors import StoreError
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from resolvers.context import RequestContext

_LOG: Final = logging.getLogger(__name__)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
STATUSES: Final = frozenset({"healthy", "degraded", "unhealthy", "unknown"})


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What an agent last said of itself."""

    status: str
    at: datetime
    message: str | None
    load: str | None


def stays_true_for() -> timedelta:
    """How long a heartbeat counts: as long as Redis keeps one."""
    return timedelta(seconds=redis_keys.ttl_s("agent_health"))


async def heartbeat_of(context: RequestContext, agent_id: UUID) -> Heartbeat | None:
    """The heartbeat of an agent; one round trip for all agents of a level.

    None without a fresh one, and when Redis is away: what Postgres recorded then has to do.
    """

    async def load(keys: list[UUID]) -> list[Heartbeat | None]:
        try:
            hashes = await _read(context, keys)
        except StoreError as error:
            _LOG.warning("agents: no heartbeats (%s), taking the recorded health", error)
            return [None for _ in keys]
        oldest = context.clock() - stays_true_for()
        beats = map(_heartbeat, hashes)
        return [beat if beat is not None and beat.at >= oldest else None for beat in beats]

    return await context.loaders.get(("heartbeats",), lambda: load).load(agent_id)


async def _read(context: RequestContext, keys: list[UUID]) -> list[Mapping[str, Any]]:
    pipeline = context.stores.redis.commands.pipeline(transaction=False)
    for key in keys:
        pipeline.hgetall(redis_keys.key("agent_health", agent_id=key))
    with context.step("redis", "agent_health", "HGETALL agent:{agent_id}:health", len(keys)) as s:
        hashes: list[Mapping[str, Any]] = await pipeline.execute()
        s.rows = sum(map(bool, hashes))
    return hashes


def _heartbeat(fields: Mapping[str, Any]) -> Heartbeat | None:
    """The heartbeat in a hash; None when there is none, or none that makes sense."""
    try:
        at = _EPOCH + timedelta(milliseconds=int(fields["ts"]))
    except (KeyError, ValueError, OverflowError):
        return None
    status = str(fields.get("status", "")).lower()
    return Heartbeat(
        status=status if status in STATUSES else "unknown",
        at=at,
        message=fields.get("message") or None,
        load=fields.get("load") or None,
    )
