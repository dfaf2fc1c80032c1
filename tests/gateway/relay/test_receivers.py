"""What each store does with changes, and that hearing of them twice makes no difference."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import orjson

from gateway.embedding import open_embedder
from gateway.relay.change import Change
from gateway.relay.receivers.clickhouse import ClickHouseReceiver
from gateway.relay.receivers.qdrant import QdrantReceiver, open_vectors
from gateway.relay.receivers.redis import RedisReceiver
from gateway.relay.relay import open_relay
from stores.lifecycle import Stores
from stores.queries import Statement
from stores.redis.keys import key, ttl_s
from tests.gateway.worker.conftest import rows

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)


def change(position: int, aggregate: str, key: object, event: str, **payload: object) -> Change:
    return Change(position, position, aggregate, str(key), event, payload, AT)


async def entries(stores: Stores, user: UUID) -> list[tuple[str, dict[str, Any]]]:
    found: Any = await stores.redis.commands.xrange(key("user_changes", user_id=user))
    return [(cursor, orjson.loads(fields["message"])) for cursor, fields in found]


async def test_an_owner_is_told_once_in_order_and_may_go_on_where_they_stopped(
    worker_stores: Stores,
) -> None:
    user, other, rule = uuid4(), uuid4(), uuid4()
    receiver = RedisReceiver(worker_stores.redis)
    changes = [
        change(7, "alerts.rules", rule, "created", user_id=str(user), id=str(rule)),
        change(8, "alerts.rules", uuid4(), "created", user_id=str(other)),
        change(9, "alerts.rules", rule, "updated", user_id=str(user), id=str(rule)),
    ]
    async with worker_stores.topics.subscribe(f"user:{user}") as told:
        await receiver.receive(changes[:2])
        await receiver.receive(changes)  # again, as after a crash
        heard = [await asyncio.wait_for(anext(told), 10) for _ in range(2)]
    assert [(each["position"], each["event"]) for each in heard] == [(7, "created"), (9, "updated")]
    found = await entries(worker_stores, user)
    assert [cursor for cursor, _ in found] == ["7-0", "9-0"]
    assert found[0][1] == {
        "position": 7,
        "aggregate": "alerts.rules",
        "id": str(rule),
        "event": "created",
        "at_ms": 1777636800000,
        "payload": {"user_id": str(user), "id": str(rule)},
    }
    left_s = await worker_stores.redis.commands.ttl(key("user_changes", user_id=user))
    assert 0 < left_s <= ttl_s("user_changes")


async def test_a_change_refused_at_first_is_not_lost_behind_later_ones(
    worker_stores: Stores,
) -> None:
    user = uuid4()
    receiver = RedisReceiver(worker_stores.redis)
    for position in (3, 5, 4, 6):
        await receiver.receive([change(position, "test.a", position, "made", user_id=str(user))])
    found = await entries(worker_stores, user)
    assert [message["position"] for _, message in found] == [3, 5, 4, 6]


async def test_everybody_who_waits_for_a_kind_of_thing_hears_its_id_and_nothing_private(
    worker_stores: Stores,
) -> None:
    thing = uuid4()
    made = change(3, "test.kinds", thing, "updated", user_id=str(uuid4()), name="mine")
    async with worker_stores.topics.subscribe("test.kinds") as told:
        await RedisReceiver(worker_stores.redis).receive([made])
        heard = await asyncio.wait_for(anext(told), 10)
    assert heard == {"position": 3, "id": str(thing), "event": "updated"}


async def test_what_was_computed_of_a_portfolio_goes_when_it_changes(
    worker_stores: Stores,
) -> None:
    redis, portfolio, other = worker_stores.redis.commands, str(uuid4()), str(uuid4())
    receiver = RedisReceiver(worker_stores.redis)

    async def fill() -> None:
        for each in (portfolio, other):
            await redis.set(key("portfolio_view", portfolio_id=each, view="risk"), "{}")
            await redis.hset(key("risk_correlation", portfolio_id=each), "a:b", "0.5")
            await redis.hset(key("risk_liquidation_state", portfolio_id=each), "score", "0.5")
            await redis.zadd(key("risk_liquidation"), {each: 0.5})

    async def left(each: str) -> list[bool]:
        names = (
            key("portfolio_view", portfolio_id=each, view="risk"),
            key("risk_correlation", portfolio_id=each),
            key("risk_liquidation_state", portfolio_id=each),
        )
        found = [bool(await redis.exists(name)) for name in names]
        return [*found, await redis.zscore(key("risk_liquidation"), each) is not None]

    await fill()
    moved = change(1, "portfolio.positions", uuid4(), "updated", portfolio_id=portfolio)
    await receiver.receive([moved])
    assert await left(portfolio) == [False, False, True, True]
    await receiver.receive([change(2, "portfolio.portfolios", portfolio, "deleted")])
    assert await left(portfolio) == [False] * 4
    assert await left(other) == [True] * 4


async def test_a_changed_user_is_asked_about_again_everywhere(worker_stores: Stores) -> None:
    user, digest = uuid4(), "ab" * 32
    redis = worker_stores.redis.commands
    await redis.hset(key("session", token_sha256=digest), "user_id", str(user))
    await redis.sadd(key("user_sessions", user_id=user), digest)
    async with worker_stores.topics.subscribe("credentials") as told:
        await RedisReceiver(worker_stores.redis).receive(
            [change(1, "account.sessions", uuid4(), "ended", user_id=str(user))]
        )
        async with asyncio.timeout(10):
            while (await anext(told)) != {"user_id": str(user)}:
                pass
    assert not await redis.exists(key("session", token_sha256=digest))


async def test_an_erased_user_leaves_no_stream(worker_stores: Stores) -> None:
    user = uuid4()
    receiver = RedisReceiver(worker_stores.redis)
    await receiver.receive([change(1, "account.users", user, "updated", user_id=str(user))])
    assert len(await entries(worker_stores, user)) == 1
    await receiver.receive([change(2, "account.users", user, "erased", user_id=str(user))])
    assert await entries(worker_stores, user) == []


async def clickhouse(stores: Stores, text: str, **values: object) -> list[tuple[Any, ...]]:
    return list(await stores.clickhouse.fetch(Statement("test", text), values))


async def test_clickhouse_counts_each_change_once_and_names_nobody(worker_stores: Stores) -> None:
    kind, thing, user = f"test.{uuid4().hex}", uuid4(), uuid4()
    changes = [
        change(901, kind, thing, "created", user_id=str(user)),
        change(902, "account.users", user, "updated", user_id=str(user)),
    ]
    receiver = ClickHouseReceiver(worker_stores.clickhouse)
    await receiver.receive(changes)
    await receiver.receive(changes)
    found = await clickhouse(
        worker_stores,
        "SELECT position, aggregate_id, event FROM change_events FINAL"
        " WHERE aggregate = {kind:String}",
        kind=kind,
    )
    assert found == [(901, str(thing), "created")]
    named = await clickhouse(
        worker_stores,
        "SELECT count() FROM change_events WHERE aggregate_id = {user:String}",
        user=str(user),
    )
    assert named == [(0,)]


async def test_the_series_of_a_portfolio_go_with_it(worker_stores: Stores) -> None:
    gone, kept, user = uuid4(), uuid4(), uuid4()
    await worker_stores.clickhouse.insert(
        "portfolio_values",
        ("ts", "portfolio_id", "user_id", "value_usd"),
        [(AT, each, user, Decimal(5)) for each in (gone, kept)],
    )
    receiver = ClickHouseReceiver(worker_stores.clickhouse)
    await receiver.receive([change(1, "portfolio.portfolios", gone, "deleted")])
    left = await clickhouse(
        worker_stores,
        "SELECT portfolio_id FROM portfolio_values WHERE user_id = {user:UUID}",
        user=user,
    )
    assert left == [(kept,)]


PROTOCOL = """
INSERT INTO catalog.protocols (id, slug, name, category, description)
VALUES ($1::uuid, $2, $3, 'lending', 'Lends.')
"""
MENTION = """
INSERT INTO research.mentions (id, source, platform_id, title, content)
VALUES ($1::uuid, 'news', $1::uuid::text, 'Bitcoin rises', 'It rose again.')
"""
AGENT = """
INSERT INTO agents.agents (id, slug, name, description, kind, agent_type)
SELECT $1::uuid, 'agent-' || left($1::uuid::text, 8), 'Watcher', 'Watches pools.',
    (enum_range(NULL::agents.agent_kind))[1], (enum_range(NULL::agents.agent_type))[1]
"""


async def points(stores: Stores, alias: str, ids: Sequence[UUID]) -> dict[str, dict[str, Any]]:
    found = await stores.qdrant.by_ids(alias, [str(each) for each in ids])
    return {point.id: dict(point.payload) for point in found}


async def test_vectors_follow_their_rows_whoever_changes_them(own_stores: Stores) -> None:
    first, second, mention, agent = (uuid4() for _ in range(4))
    relay = open_relay(own_stores, open_embedder())
    for number, each in enumerate((first, second)):
        await rows(own_stores, PROTOCOL, each, f"p-{number}", f"Protocol {number}")
    await rows(own_stores, MENTION, mention)
    await rows(own_stores, AGENT, agent)
    await relay.catch_up()
    found = await points(own_stores, "protocol_analysis", [first, second])
    names = {identity: payload["protocol_name"] for identity, payload in found.items()}
    assert names == {str(first): "Protocol 0", str(second): "Protocol 1"}
    assert list(await points(own_stores, "market_sentiment", [mention])) == [str(mention)]
    assert list(await points(own_stores, "agent_profiles", [agent])) == [str(agent)]

    await rows(own_stores, "UPDATE catalog.protocols SET name = 'Renamed' WHERE id = $1", first)
    await rows(own_stores, "UPDATE catalog.protocols SET is_active = false WHERE id = $1", second)
    await rows(own_stores, "DELETE FROM research.mentions WHERE id = $1", mention)
    await relay.catch_up()
    found = await points(own_stores, "protocol_analysis", [first, second])
    assert [payload["protocol_name"] for payload in found.values()] == ["Renamed"]
    assert await points(own_stores, "market_sentiment", [mention]) == {}


async def test_a_change_that_alters_no_vector_tells_nobody(own_stores: Stores) -> None:
    protocol = uuid4()
    await rows(own_stores, PROTOCOL, protocol, "quiet", "Quiet")
    await rows(own_stores, "UPDATE catalog.protocols SET website_url = 'https://a.example'")
    await rows(own_stores, "UPDATE catalog.protocols SET name = name")
    told = await rows(own_stores, "SELECT event FROM ops.outbox")
    assert [row[0] for row in told] == ["created"]


async def test_a_row_that_qdrant_does_not_hold_concerns_it_not(worker_stores: Stores) -> None:
    receiver = QdrantReceiver(open_vectors(worker_stores, open_embedder()))
    await receiver.receive([change(1, "alerts.rules", "no uuid at all", "created")])
