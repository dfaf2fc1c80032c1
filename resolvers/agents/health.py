"""How agents are: the heartbeat in Redis, else the last check in Postgres, which ages."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import strawberry

from resolvers.agents.enums import HealthStatus
from stores.errors import StoreError
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from resolvers.context import RequestContext

_LOG: Final = logging.getLogger(__name__)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_STATUSES: Final = frozenset(str(item.value) for item in HealthStatus)


@strawberry.type(description="How an agent is.")
class AgentHealth:
    """How an agent is."""

    status: HealthStatus = strawberry.field(
        description="How it is now; UNKNOWN when nothing was heard for a minute."
    )
    last_known: HealthStatus = strawberry.field(
        description="How it was at `checkedAt`, however long ago that is."
    )
    checked_at: datetime | None = strawberry.field(
        description="When that was; null when it was never checked."
    )
    age_s: int | None = strawberry.field(description="Seconds since `checkedAt`.")
    is_live: bool = strawberry.field(
        description="Whether it comes from the agent's own heartbeat; else from the last check "
        "recorded."
    )
    message: str | None = strawberry.field(
        description="What the agent says about it; only in heartbeats."
    )
    load: str | None = strawberry.field(
        description="How busy it says it is, in its own words; only in heartbeats."
    )


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
        beats = map(heartbeat_in, hashes)
        return [beat if beat is not None and beat.at >= oldest else None for beat in beats]

    return await context.loaders.get(("heartbeats",), lambda: load).load(agent_id)


async def health_of(
    context: RequestContext, agent_id: UUID, recorded: HealthStatus, checked_at: datetime | None
) -> AgentHealth:
    """How an agent is: by its heartbeat when it has a fresh one, else by its last check.

    Args:
        context: of the request.
        agent_id: the agent.
        recorded: how it was at the last check.
        checked_at: when that was.
    """
    now = context.clock()
    beat = await heartbeat_of(context, agent_id)
    if beat is not None:
        status = HealthStatus(beat.status)
        return AgentHealth(
            status=status,
            last_known=status,
            checked_at=beat.at,
            age_s=max(0, int((now - beat.at).total_seconds())),
            is_live=True,
            message=beat.message,
            load=beat.load,
        )
    fresh = checked_at is not None and now - checked_at <= stays_true_for()
    return AgentHealth(
        status=recorded if fresh else HealthStatus.UNKNOWN,
        last_known=recorded,
        checked_at=checked_at,
        age_s=None if checked_at is None else max(0, int((now - checked_at).total_seconds())),
        is_live=False,
        message=None,
        load=None,
    )


async def _read(context: RequestContext, keys: list[UUID]) -> list[Mapping[str, Any]]:
    pipeline = context.stores.redis.commands.pipeline(transaction=False)
    for key in keys:
        pipeline.hgetall(redis_keys.key("agent_health", agent_id=key))
    with context.step("redis", "agent_health", "HGETALL agent:{agent_id}:health", len(keys)) as s:
        hashes: list[Mapping[str, Any]] = await pipeline.execute()
        s.rows = sum(map(bool, hashes))
    return hashes


def heartbeat_in(fields: Mapping[str, Any]) -> Heartbeat | None:
    """The heartbeat in a hash; None when there is none, or none that makes sense."""
    try:
        at = _EPOCH + timedelta(milliseconds=int(fields["ts"]))
    except (KeyError, ValueError, OverflowError):
        return None
    status = str(fields.get("status", "")).lower()
    return Heartbeat(
        status=status if status in _STATUSES else "unknown",
        at=at,
        message=fields.get("message") or None,
        load=fields.get("load") or None,
    )
