"""Agents: health that ages, and metrics over time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.context import RequestContext, Viewer
from stores.clickhouse.client import ClickHouse
from stores.lifecycle import Stores
from stores.queries import Statement
from stores.redis import keys as redis_keys
from stores.redis.client import Redis
from tests.resolvers.graph import ask, kinds_of_calls

NOW = datetime(2025, 2, 10, 12, 0, tzinfo=UTC)
IDS = [uuid4() for _ in range(100)]
TAG = IDS[0].hex[:12]
DAY = datetime(2025, 2, 3, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
async def agents(worker_stores: Stores, stores: Stores) -> AsyncIterator[None]:
    """100 agents: the first beats now, the second beat long ago, the third was checked lately."""
    checks: dict[int, tuple[str, datetime | None]] = {
        0: ("unhealthy", NOW - timedelta(days=1)),
        1: ("degraded", NOW - timedelta(seconds=61)),
        2: ("healthy", NOW - timedelta(seconds=60)),
    }
    await worker_stores.postgres.copy_rows(
        "agents.agents",
        (
            *("id", "slug", "name", "description", "kind", "agent_type"),
            *("health_status", "last_health_check"),
        ),
        [
            (
                *(id_, f"a{TAG}-{number:03}", f"Agent {TAG} {number:03}", "Tests."),
                *("marketplace", "data", *checks.get(number, ("unknown", None))),
            )
            for number, id_ in enumerate(IDS)
        ],
    )
    await _beat(stores, IDS[0], status="degraded", at=NOW - timedelta(seconds=59), load="0.7")
    await _beat(stores, IDS[1], status="healthy", at=NOW - timedelta(seconds=61))
    await _beat(stores, IDS[3], status="on fire", at=NOW)
    rows = [
        (DAY + timedelta(hours=1), IDS[0], "yield", 1.0),
        (DAY + timedelta(hours=2), IDS[0], "yield", 2.5),
        (DAY + timedelta(days=1), IDS[0], "yield", 0.1),
        (DAY + timedelta(days=1), IDS[0], "latency", 300.0),
        (DAY + timedelta(days=1), IDS[1], "yield", 7.0),
    ]
    columns = ("ts", "agent_id", "metric_name", "metric_value")
    await worker_stores.clickhouse.insert("agent_performance", columns, rows)
    yield
    text = "DELETE FROM agents.agents WHERE id = ANY($1::uuid[])"
    await worker_stores.postgres.execute(Statement("tidy", text, ("ids",), "exec"), IDS)
    for id_ in IDS[:4]:
        await stores.redis.commands.delete(redis_keys.key("agent_health", agent_id=id_))


async def _beat(stores: Stores, id_: UUID, *, status: str, at: datetime, load: str = "") -> None:
    fields: Any = {
        "status": status,
        "message": "as told",
        "load": load,
        "ts": str(int(at.timestamp() * 1000)),
    }
    key = redis_keys.key("agent_health", agent_id=id_)
    await stores.redis.commands.hset(key, mapping=fields)


HEALTH = """query ($prefix: String!, $first: Int!) {
  agents(first: $first, where: {slug: {like: $prefix}}) { nodes {
    health { status lastKnown checkedAt ageS isLive message load } } } }"""


async def _health(stores: Stores, first: int) -> Any:
    context = RequestContext(Viewer(), stores, trace=[], clock=lambda: NOW)
    return await ask(stores, HEALTH, context=context, prefix=f"a{TAG}%", first=first)


async def test_health_is_the_heartbeat_or_the_last_check_while_fresh(stores: Stores) -> None:
    answer = await _health(stores, 5)
    assert not answer.errors
    found = [
        (h["status"], h["lastKnown"], h["ageS"], h["isLive"], h["message"], h["load"])
        for h in (node["health"] for node in answer.data["agents"]["nodes"])
    ]
    assert found == [
        ("DEGRADED", "DEGRADED", 59, True, "as told", "0.7"),
        ("UNKNOWN", "DEGRADED", 61, False, None, None),
        ("HEALTHY", "HEALTHY", 60, False, None, None),
        ("UNKNOWN", "UNKNOWN", 0, True, "as told", None),
        ("UNKNOWN", "UNKNOWN", None, False, None, None),
    ]


async def test_without_redis_health_is_what_was_recorded(stores: Stores) -> None:
    nobody = Redis("redis://127.0.0.1:9/0")
    answer = await _health(replace(stores, redis=nobody), 3)
    await nobody.close()
    assert not answer.errors
    found = [
        (node["health"]["status"], node["health"]["lastKnown"])
        for node in answer.data["agents"]["nodes"]
    ]
    assert found == [("UNKNOWN", "UNHEALTHY"), ("UNKNOWN", "DEGRADED"), ("HEALTHY", "HEALTHY")]


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_calls_do_not_grow_with_agents(stores: Stores, count: int) -> None:
    query = """query ($prefix: String!, $first: Int!) {
      agents(first: $first, where: {slug: {like: $prefix}}) { nodes {
        health { status } performance(metric: "yield") { v } performanceMetrics } } }"""
    answer = await ask(stores, query, prefix=f"a{TAG}%", first=count)
    assert not answer.errors
    assert len(answer.data["agents"]["nodes"]) == count
    assert kinds_of_calls(answer) == ["clickhouse", "clickhouse", "postgres", "redis"]


NEWEST = """query ($prefix: String!, $first: Int!) {
  agents(first: $first, where: {slug: {like: $prefix}}) { nodes {
    newest { successRate responseTimeMs executions errors observedAt } } } }"""


async def test_newest_figures_are_those_of_the_last_minute(stores: Stores) -> None:
    now = int(NOW.timestamp() * 1000)
    told: list[dict[Any, Any]] = [
        {"success_rate": "0.975", "response_time_ms": "120", "executions": "9", "errors": "1"},
        {"success_rate": "1.5", "response_time_ms": "fast", "executions": "-1"},
        {"success_rate": "0.5", "ts": str(now - 61_000)},
        {"executions": "1", "ts": "yesterday"},
    ]
    told[0]["ts"], told[1]["ts"] = str(now - 1000), str(now)
    keys = [redis_keys.key("agent_performance", agent_id=id_) for id_ in IDS[:4]]
    for key, fields in zip(keys, told, strict=True):
        await stores.redis.commands.hset(key, mapping=fields)
    context = RequestContext(Viewer(), stores, trace=[], clock=lambda: NOW)
    answer = await ask(stores, NEWEST, context=context, prefix=f"a{TAG}%", first=100)
    for key in keys:
        await stores.redis.commands.delete(key)
    assert not answer.errors
    assert kinds_of_calls(answer) == ["postgres", "redis"]
    first, second, *others = (node["newest"] for node in answer.data["agents"]["nodes"])
    assert first == {
        "successRate": "0.975",
        "responseTimeMs": 120,
        "executions": "9",
        "errors": "1",
        "observedAt": "2025-02-10T11:59:59Z",
    }
    # What is no figure is unknown, not zero.
    assert set(second.values()) == {None, "2025-02-10T12:00:00Z"}
    assert others == [None] * 98


PERFORMANCE = """query ($slug: String!, $start: DateTime!, $end: DateTime!, $metric: String!) {
  agent(slug: $slug) { name performanceMetrics
    performance(metric: $metric, from: $start, to: $end, interval: DAY, fill: PREVIOUS) {
      t v } } }"""


async def _performance(stores: Stores, metric: str) -> Any:
    return await ask(
        stores,
        PERFORMANCE,
        slug=f"a{TAG}-000",
        metric=metric,
        start=DAY.isoformat(),
        end=(DAY + timedelta(days=3)).isoformat(),
    )


async def test_performance_is_the_mean_of_each_day(stores: Stores) -> None:
    answer = await _performance(stores, "yield")
    assert not answer.errors
    agent = answer.data["agent"]
    assert agent["performance"]["v"] == ["1.75", "0.1", "0.1"]
    assert agent["performanceMetrics"] == ["latency", "yield"]
    answer = await _performance(stores, "nothing")
    assert answer.data["agent"]["performance"]["v"] == [None, None, None]


async def test_without_clickhouse_the_agent_is_still_there(stores: Stores) -> None:
    nobody = ClickHouse("http://127.0.0.1:9/default")
    answer = await _performance(replace(stores, clickhouse=nobody), "yield")
    await nobody.close()
    assert answer.data["agent"] == {
        "name": f"Agent {TAG} 000",
        "performance": None,
        "performanceMetrics": None,
    }
    assert {error.original_error.store for error in answer.errors} == {"clickhouse"}
