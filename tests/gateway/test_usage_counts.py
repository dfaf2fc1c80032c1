"""What the gateway counts of its callers, and what becomes of it while Redis is away."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import pytest
from graphql import OperationType

from gateway.usage import UsageCounts
from resolvers.context import Viewer
from resolvers.usage.counting import UsageKind, usage_rows
from stores.lifecycle import Stores
from stores.redis import keys as redis_keys
from stores.redis.client import Redis, RedisOptions

ALICE, KEY = UUID(int=0xA11CE), UUID(int=0x4E1)
WITH_KEY, SIGNED_IN = Viewer(ALICE, "user", api_key_id=KEY), Viewer(ALICE, "user")
QUERY, MUTATION = OperationType.QUERY, OperationType.MUTATION


@pytest.fixture
async def pending(stores: Stores) -> str:
    """The key of what waits, emptied."""
    key = redis_keys.key("usage_pending")
    await stores.redis.commands.delete(key)
    return key


async def _held(stores: Stores, key: str) -> Mapping[str, str]:
    found = await stores.redis.commands.hgetall(key)
    return {str(field): str(value) for field, value in found.items()}


async def test_requests_are_counted_by_user_key_and_kind(stores: Stores, pending: str) -> None:
    counts = UsageCounts(stores.redis)
    for viewer, kind, cost in (
        *((WITH_KEY, QUERY, 3), (WITH_KEY, QUERY, 4), (SIGNED_IN, QUERY, 1)),
        *((SIGNED_IN, MUTATION, 1), (Viewer(), QUERY, 2)),
    ):
        counts.note(viewer, kind, cost)
    await counts.send()
    await counts.send()
    counts.note(WITH_KEY, QUERY, 10)
    await counts.send()
    assert await _held(stores, pending) == {
        f"requests|{ALICE}|{KEY}|query|graphql": "3",
        f"cost|{ALICE}|{KEY}|query|graphql": "17",
        f"requests|{ALICE}||query|graphql": "1",
        f"cost|{ALICE}||query|graphql": "1",
        f"requests|{ALICE}||mutation|graphql": "1",
        f"cost|{ALICE}||mutation|graphql": "1",
        "requests|||query|graphql": "1",
        "cost|||query|graphql": "2",
    }
    assert 0 < await stores.redis.commands.ttl(pending) <= redis_keys.ttl_s("usage_pending")


async def test_counts_wait_while_redis_is_away(stores: Stores, pending: str) -> None:
    nowhere = Redis("redis://127.0.0.1:1", RedisOptions(connect_timeout_s=0.2))
    counts = UsageCounts(nowhere)
    counts.note(SIGNED_IN, QUERY, 2)
    await counts.send()
    counts.note(SIGNED_IN, QUERY, 3)
    await counts.send()
    await nowhere.close()
    counts._redis = stores.redis  # it is back
    await counts.send()
    await counts.send()
    name = f"{ALICE}||query|graphql"
    assert await _held(stores, pending) == {f"requests|{name}": "2", f"cost|{name}": "5"}


async def test_a_portion_whose_answer_was_lost_counts_once(stores: Stores, pending: str) -> None:
    keys = [pending, redis_keys.key("usage_sent", process="f00d")]
    for number, added in ((1, 1), (1, 0), (2, 1), (2, 0)):
        arguments: list[str | int] = [number, 60, 60, "|||kind", 5, 7]
        assert await stores.redis.run_script("count_usage", keys, arguments) == added
    assert await _held(stores, pending) == {"requests||||kind": "10", "cost||||kind": "14"}


def test_a_batch_becomes_the_same_rows_each_time() -> None:
    kinds = [UsageKind(ALICE, KEY, "query", "graphql"), UsageKind(None, None, "export")]
    counts = {"batch": "b", "at_ms": "1"}
    for number, kind in enumerate(kinds, start=1):
        assert UsageKind.named(kind.name) == kind
        counts |= {f"requests|{kind.name}": str(number), f"cost|{kind.name}": str(10 * number)}
    rows = usage_rows("b", 1_700_000_000_123, counts)
    assert rows == usage_rows("b", 1_700_000_000_123, dict(reversed(counts.items())))
    assert [row[2:] for row in rows] == [
        (ALICE, KEY, "query", "graphql", 1, 10),
        (UUID(int=0), None, "export", "", 2, 20),
    ]
    assert rows[0][0].isoformat() == "2023-11-14T22:13:20.123000+00:00"
    assert {row[1] for row in rows}.isdisjoint({row[1] for row in usage_rows("c", 1, counts)})
