"""Boards: ranks are stable, refreshes are the worker's, unknown stays unknown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import asyncpg
import pytest

from stores.urls import StoreUrls
from tests.sql.postgres.catalogue import SCHEMAS
from tests.sql.postgres.conftest import connect
from tests.sql.postgres.rows import Rows


async def test_worker_owns_the_materialized_views_and_each_has_a_key(
    migrator: asyncpg.Connection,
) -> None:
    views = await migrator.fetch(
        """
        SELECT c.oid::regclass::text AS name, pg_get_userbyid(c.relowner) AS owner,
            EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique
                AND i.indpred IS NULL AND i.indexprs IS NULL) AS has_key
        FROM pg_class c WHERE c.relkind = 'm' AND c.relnamespace::regnamespace::text = ANY ($1)
        """,
        SCHEMAS,
    )
    assert {(view["owner"], view["has_key"]) for view in views} == {("worker", True)}


async def test_worker_may_not_create_in_the_schemas(worker: asyncpg.Connection) -> None:
    for schema in SCHEMAS:
        assert not await worker.fetchval(
            "SELECT has_schema_privilege('worker', $1, 'CREATE')", schema
        )


async def test_only_wallets_with_a_good_score_are_on_the_board(fresh: StoreUrls) -> None:
    async with connect(fresh.postgres_worker) as worker, connect(fresh.postgres) as gateway:
        rows = Rows(worker)
        made = [
            await rows.insert(
                "catalog.wallets", smart_money_score=None if score is None else Decimal(score)
            )
            for score in ("0.9", "0.5", None, "0.9", "0.6")
        ]
        await worker.execute("SELECT ops.refresh_view('catalog.smart_money_leaderboard')")
        board = await gateway.fetch(
            "SELECT id, rank FROM catalog.smart_money_leaderboard ORDER BY rank"
        )
        best = sorted((made[0]["id"], made[3]["id"]), key=str)
        assert [(row["id"], row["rank"]) for row in board] == [
            (best[0], 1),
            (best[1], 2),
            (made[4]["id"], 3),
        ]


async def test_trends_add_up_by_week_across_users(fresh: StoreUrls) -> None:
    async with connect(fresh.postgres_worker) as worker, connect(fresh.postgres) as gateway:
        rows = Rows(worker)
        agent = await rows.insert("agents.agents")
        # Recorded years ago: weeks count back from the newest row, not from today.
        newest = datetime(2021, 8, 18, tzinfo=UTC)
        for profit, weeks in ((1, 0), (2, 0), (6, 0), (100, 13)):
            await rows.insert(
                "agents.activations",
                agent_id=agent["id"],
                total_profit=Decimal(profit),
                activated_at=newest - timedelta(weeks=weeks),
            )
        await worker.execute("SELECT ops.refresh_view('agents.agent_performance_trends')")
        (trend,) = await gateway.fetch("SELECT * FROM agents.agent_performance_trends")
        assert (trend["new_activations"], trend["total_profit"]) == (3, 9)
        assert trend["avg_profit_per_user"] == 3
        assert trend["week_start"] == date(2021, 8, 16)


async def test_a_refresh_under_way_is_not_repeated(fresh: StoreUrls) -> None:
    async with connect(fresh.postgres_worker) as one, connect(fresh.postgres_worker) as other:
        refresh = "SELECT ops.refresh_view('catalog.protocol_summary')"
        async with one.transaction():
            assert await one.fetchval(refresh) is True
            assert await other.fetchval(refresh) is False
        assert await other.fetchval(refresh) is True


async def test_readers_are_not_blocked_by_a_refresh(fresh: StoreUrls) -> None:
    async with (
        connect(fresh.postgres_worker) as worker,
        connect(fresh.postgres) as gateway,
        worker.transaction(),
    ):
        await worker.execute("SELECT ops.refresh_view('catalog.protocol_summary')")
        assert await gateway.fetch("SELECT * FROM catalog.protocol_summary", timeout=2) == []


async def test_the_gateway_cannot_refresh(gateway: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await gateway.execute("REFRESH MATERIALIZED VIEW catalog.protocol_summary")


async def test_analytics_reads_aggregates_and_no_accounts(migrator: asyncpg.Connection) -> None:
    for schema in ("account", "privacy", "portfolio", "alerts", "risk", "research"):
        assert not await migrator.fetchval(
            "SELECT has_schema_privilege('analytics', $1, 'USAGE')", schema
        )


async def test_days_of_the_platform_end_with_the_newest_entry(fresh: StoreUrls) -> None:
    async with connect(fresh.postgres_worker) as worker:
        rows = Rows(worker)
        portfolio = await rows.insert("portfolio.portfolios")
        newest = datetime(2021, 8, 18, 9, tzinfo=UTC)
        for days in (0, 29, 30):
            await rows.insert(
                "portfolio.transactions",
                portfolio_id=portfolio["id"],
                user_id=portfolio["user_id"],
                occurred_at=newest - timedelta(days=days),
            )
        await worker.execute("SELECT ops.refresh_view('ops.daily_platform_metrics')")
        found = await worker.fetch("SELECT metric_date FROM ops.daily_platform_metrics ORDER BY 1")
        assert [row[0] for row in found] == [date(2021, 7, 20), date(2021, 8, 18)]
