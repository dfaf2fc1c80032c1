"""What Redis hears of: users are told, workers are woken, and what no longer holds is dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from gateway.relay.change import Change
from resolvers.account.standing import forget_surely
from stores.redis.keys import family, key, ttl_s

if TYPE_CHECKING:
    from stores.redis.client import Redis

# Changes of these may end what somebody's session or key is good for.
_CREDENTIALS: Final = frozenset(
    {"account.users", "account.sessions", "account.api_keys", "account.subscriptions"}
)
_ENDINGS: Final = frozenset({"deleted", "erased"})
_OF_PORTFOLIOS: Final = frozenset(
    {
        "portfolio.portfolios",
        "portfolio.positions",
        "portfolio.portfolio_wallets",
        "portfolio.strategies",
        "portfolio.transactions",
    }
)


class RedisReceiver:
    """Appends to the streams of users, publishes, and drops copies. Every step may be repeated.

    A change is published on the topic of its aggregate, such as `alerts.rules`, as its id and event
    only; and on the topic and stream of its owner with its payload.
    """

    name = "redis"
    batch = 500
    gather_s = 0.0

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def receive(self, changes: Sequence[Change]) -> None:
        """Drop first, tell then: whoever is told reads what is new."""
        await self._drop(changes)
        await self._tell_owners(changes)
        await self._tell_all(changes)

    async def _drop(self, changes: Sequence[Change]) -> None:
        pipeline = self._redis.commands.pipeline(transaction=False)
        for change in changes:
            for name in dropped_keys(change):
                pipeline.unlink(name)
            if change.aggregate == "portfolio.portfolios" and change.event in _ENDINGS:
                pipeline.zrem(key("risk_liquidation"), change.aggregate_id)
        if any(change.aggregate.startswith("catalog.") for change in changes):
            pipeline.incr(key("search_index_version"))
        if len(pipeline):
            await pipeline.execute()
        users = {owner for change in changes if (owner := _credentials_of(change)) is not None}
        for user in sorted(users, key=str):
            await forget_surely(self._redis, user)

    async def _tell_owners(self, changes: Sequence[Change]) -> None:
        stream, seconds = family("user_changes"), ttl_s("user_changes")
        calls = []
        for change in changes:
            if (owner := change.user_id) is None or is_erasure(change):
                continue
            channel = self._redis.topics.channel(f"user:{owner}")
            name = stream.key(user_id=owner)
            values = (change.position, message(change), stream.max_length, seconds, channel)
            calls.append(((name,), values))
        if calls:
            await self._redis.run_script_often("append_change", calls)

    async def _tell_all(self, changes: Sequence[Change]) -> None:
        pipeline = self._redis.commands.pipeline(transaction=False)
        for change in changes:
            told = {"position": change.position, "id": change.aggregate_id, "event": change.event}
            channel = self._redis.topics.channel(change.aggregate)
            pipeline.publish(channel, orjson.dumps(told).decode())
        await pipeline.execute()


def dropped_keys(change: Change) -> Iterator[str]:
    """Keys that hold something computed from what changed."""
    match change.aggregate:
        case "portfolio.portfolios":
            yield from _keys_of_portfolio(change.aggregate_id)
            if change.event in _ENDINGS:
                yield key("risk_liquidation_state", portfolio_id=change.aggregate_id)
        case aggregate if aggregate in _OF_PORTFOLIOS and "portfolio_id" in change.payload:
            yield from _keys_of_portfolio(str(change.payload["portfolio_id"]))
        case "agents.agents":
            yield key("agent_config", agent_id=change.aggregate_id)
        case "agents.tasks" if "agent_id" in change.payload:
            yield key("agent_tasks", agent_id=change.payload["agent_id"])
        case "alerts.rules":
            yield key("alert_cooldown", rule_id=change.aggregate_id)
        case "account.users" if is_erasure(change):
            yield key("user_changes", user_id=change.aggregate_id)


def is_erasure(change: Change) -> bool:
    """Whether the person behind it is gone, so that nothing about them may be written any more."""
    return change.aggregate == "account.users" and change.event in _ENDINGS


def message(change: Change) -> str:
    """What the owner's subscriptions get."""
    told: dict[str, Any] = {
        "position": change.position,
        "aggregate": change.aggregate,
        "id": change.aggregate_id,
        "event": change.event,
        "at_ms": round(change.created_at.timestamp() * 1000),
        "payload": dict(change.payload),
    }
    return orjson.dumps(told).decode()


def _keys_of_portfolio(portfolio_id: str) -> Iterator[str]:
    views = family("portfolio_view")
    for view in views.values["view"]:
        yield views.key(portfolio_id=portfolio_id, view=view)
    yield key("risk_correlation", portfolio_id=portfolio_id)


def _credentials_of(change: Change) -> UUID | None:
    # What is new takes nothing away, but for a subscription, which may end another.
    is_new = change.event == "created" and change.aggregate != "account.subscriptions"
    if change.aggregate not in _CREDENTIALS or is_new:
        return None
    owner = change.aggregate_id if change.aggregate == "account.users" else change.user_id
    return UUID(owner) if owner else None
