"""Figures of agents follow what they did, and what is not known is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from stores.lifecycle import Stores
from stores.redis import keys as redis_keys
from tests.gateway.worker.conftest import rows
from tests.gateway.worker.test_jobs import perform

pytestmark = pytest.mark.xdist_group("figures")
BUSY, IDLE, ALICE, BOB, HERS, HIS = (UUID(int=0x96_7000 + number) for number in range(6))
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
async def agents(figure_stores: Stores) -> Stores:
    """An agent that two users run and one that nobody does."""
    postgres = figure_stores.postgres
    await postgres.copy_rows("account.users", ("id",), [(ALICE,), (BOB,)])
    for agent, slug in ((BUSY, "f-busy"), (IDLE, "f-idle")):
        await rows(
            figure_stores,
            "INSERT INTO agents.agents (id, slug, name, description, kind, agent_type,"
            " security_audit_score) VALUES ($1, $2, $2, 'x', 'marketplace', 'data', 0.5)",
            *(agent, slug),
        )
    await rows(
        figure_stores,
        "INSERT INTO agents.agent_stats (agent_id, avg_yield, sharpe_ratio) VALUES ($1, 7, 2)",
        IDLE,
    )
    await postgres.copy_rows(
        "agents.activations",
        (
            *("id", "user_id", "agent_id", "status", "total_executions"),
            *("successful_executions", "failed_executions", "total_profit"),
        ),
        [
            (HERS, ALICE, BUSY, "active", 50, 48, 2, Decimal(30)),
            (HIS, BOB, BUSY, "paused", 1, 1, 0, Decimal(-10)),
        ],
    )
    return figure_stores


async def test_figures_follow_series_and_activations(agents: Stores) -> None:
    columns = ("agent_id", "user_id", "activation_id", "task_type", "status", "started_at")
    await agents.postgres.copy_rows(
        "agents.tasks",
        columns,
        [
            *((BUSY, BOB, HIS, "t", "completed", NOW) for _ in range(3)),
            (BUSY, BOB, HIS, "t", "failed", NOW - timedelta(hours=1)),
            (BUSY, BOB, HIS, "t", "pending", None),
            (BUSY, ALICE, HERS, "t", "completed", NOW - timedelta(days=1)),
        ],
    )
    metrics = ("ts", "agent_id", "metric_name", "metric_value", "response_time_ms")
    await agents.clickhouse.insert(
        "agent_performance",
        metrics,
        [
            (NOW - timedelta(days=2), BUSY, "yield", 10.0, 100),
            (NOW - timedelta(days=1), BUSY, "yield", 30.0, 300),
            (NOW - timedelta(days=1), BUSY, "latency", 5.0, None),
            (NOW - timedelta(days=500), BUSY, "yield", 9_999.0, 9_999),
        ],
    )
    for _ in range(2):
        await perform(agents, "update_agent_figures")
    shown = (
        "SELECT total_executions, successful_executions, failed_executions,"
        " avg_execution_time_ms, last_execution_at, avg_yield, total_profit_generated,"
        " max_drawdown, sharpe_ratio, current_active_users FROM agents.agent_stats"
        " WHERE agent_id = $1"
    )
    assert tuple((await rows(agents, shown, BUSY))[0]) == (
        *(54, 51, 3, 200, NOW, 20, 20, 0, None, 1),
    )
    # What was known before is not taken back because nothing is measured now.
    idle = tuple((await rows(agents, shown, IDLE))[0])
    assert idle == (0, 0, 0, None, None, 7, None, None, 2, 0)
    counts = await rows(
        agents,
        "SELECT total_executions, successful_executions FROM agents.activations"
        " WHERE id = ANY($1::uuid[]) ORDER BY id",
        [HERS, HIS],
    )
    assert [tuple(row) for row in counts] == [(50, 48), (4, 3)]
    trusted = "SELECT reputation_score FROM agents.agents WHERE id = ANY($1::uuid[]) ORDER BY id"
    busy, unknown = [row[0] for row in await rows(agents, trusted, [BUSY, IDLE])]
    assert Decimal("0.7") < busy < Decimal("0.8")
    assert unknown is None


async def test_the_last_heartbeat_outlives_redis(agents: Stores) -> None:
    async def beat(status: str, at: datetime) -> None:
        key = redis_keys.key("agent_health", agent_id=BUSY)
        fields: dict[Any, Any] = {
            "status": status,
            "ts": int(at.timestamp() * 1000),
        }
        await agents.redis.commands.hset(key, mapping=fields)
        await perform(agents, "record_heartbeats")

    async def recorded() -> tuple[object, ...]:
        text = "SELECT health_status::text, last_health_check FROM agents.agents WHERE id = $1"
        return tuple((await rows(agents, text, BUSY))[0])

    await beat("degraded", NOW)
    assert await recorded() == ("degraded", NOW)
    await beat("healthy", NOW - timedelta(seconds=5))
    assert await recorded() == ("degraded", NOW), "an older one says nothing new"
    await beat("unhealthy", NOW + timedelta(hours=1))
    assert await recorded() == ("degraded", NOW), "a clock that is wrong is not believed"
    await beat("unhealthy", NOW + timedelta(seconds=1))
    assert await recorded() == ("unhealthy", NOW + timedelta(seconds=1))
    text = "SELECT health_status::text FROM agents.agents WHERE id = $1"
    assert [tuple(row) for row in await rows(agents, text, IDLE)] == [("unknown",)]
