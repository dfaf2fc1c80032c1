"""Each defect of the enigma seed (002-…) that concerns Postgres is gone."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from stores.urls import StoreUrls
from tests.sql.postgres.catalogue import SCHEMAS
from tests.sql.postgres.conftest import connect
from tests.sql.postgres.rows import Rows, acting_for

DEPOSITS = ("deposits", "deposits_archive", "deposit_owners", "nullifiers")


async def columns(connection: asyncpg.Connection, table: str) -> list[str]:
    records = await connection.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0"
        " ORDER BY attnum",
        table,
    )
    return [record[0] for record in records]


async def test_002_01_ledger_activations_and_portfolios_have_users(rows: Rows) -> None:
    for table in ("portfolio.transactions", "agents.activations", "portfolio.portfolios"):
        assert (await rows.insert(table))["user_id"]


async def test_002_02_sample_agents_load(migrator: asyncpg.Connection) -> None:
    agents = await migrator.fetch(
        "SELECT agent_type::text, reputation_score, length(description) > 20, avg_yield"
        " FROM agents.agents JOIN agents.agent_stats ON agent_id = id"
        " WHERE slug IN ('yield-optimizer-pro', 'privacy-sentinel-elite') ORDER BY 1"
    )
    assert [tuple(row) for row in agents] == [
        ("privacy_sentinel", Decimal("0.9820"), True, Decimal("0.000000")),
        ("yield_optimizer_pro", Decimal("0.9480"), True, Decimal("15.750000")),
    ]


async def test_002_03_a_pool_is_one_row_on_each_chain(rows: Rows) -> None:
    pool = await rows.insert("privacy.pools")
    await rows.insert("privacy.pools")
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert("privacy.pools", chain_id=pool["chain_id"])


async def test_002_04_the_privacy_score_has_no_steps(rows: Rows) -> None:
    full: dict[str, Any] = {"total_pool_size": Decimal(10) ** 8}
    almost = await rows.insert("privacy.pools", **full, active_mixers=4999, anonymity_set=19999)
    whole = await rows.insert("privacy.pools", **full, active_mixers=5000, anonymity_set=20000)
    above = await rows.insert("privacy.pools", active_mixers=10**9, anonymity_set=10**9)
    assert almost["privacy_score"] == Decimal("0.9999")
    assert whole["privacy_score"] == 1
    assert above["privacy_score"] == Decimal("0.6")


async def test_002_05_sizes_are_never_negative(rows: Rows) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.insert("privacy.pools", total_pool_size=Decimal("-3e9"))


async def test_002_06_002_07_the_leaderboard_counts_and_ranks(rows: Rows) -> None:
    best, unrated = (
        await rows.insert("agents.agents", reputation_score=1),
        await rows.insert("agents.agents"),
    )
    for profit in (10, 20):
        await rows.insert(
            "agents.activations",
            agent_id=best["id"],
            total_profit=Decimal(profit),
            current_allocation=Decimal(500),
        )
    await rows.insert(
        "agents.agent_stats", agent_id=best["id"], total_executions=4, successful_executions=3
    )
    await rows.connection.execute("SELECT ops.refresh_view('agents.agent_leaderboard')")
    board = {
        row["id"]: row
        for row in await rows.connection.fetch("SELECT * FROM agents.agent_leaderboard")
    }
    row = board[best["id"]]
    assert (row["active_users"], row["total_aum"], row["avg_user_profit"]) == (2, 1000, 15)
    assert row["success_rate"] == Decimal("0.75")
    assert row["ranking"] < board[unrated["id"]]["ranking"]
    assert sorted(r["ranking"] for r in board.values()) == list(range(1, len(board) + 1))
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.insert("agents.agent_stats", total_executions=1, successful_executions=5)


async def test_002_08_policies_do_not_recurse(rows: Rows, gateway: asyncpg.Connection) -> None:
    alice = await rows.user()
    agent = await rows.insert("agents.agents", is_active=False)
    await rows.insert("agents.activations", owner=alice, agent_id=agent["id"])
    read = "SELECT count(*) FROM agents.activations JOIN agents.agents a ON a.id = agent_id"
    async with acting_for(gateway, alice):
        assert await gateway.fetchval(read) == 1
    async with acting_for(gateway, await rows.user()):
        assert await gateway.fetchval(read) == 0
        assert not await gateway.fetchval(
            "SELECT count(*) FROM agents.agents WHERE id = $1", agent["id"]
        )


async def test_002_09_jobs_write_the_ledger(rows: Rows) -> None:
    entry = await rows.insert("portfolio.transactions")
    assert (
        await rows.connection.execute(
            "UPDATE portfolio.transactions SET confirmations = 1 WHERE id = $1", entry["id"]
        )
        == "UPDATE 1"
    )


async def test_002_10_jobs_reach_tables_made_later(fresh: StoreUrls) -> None:
    async with connect(fresh.postgres_migrator) as migrator:
        await migrator.execute("CREATE TABLE trading.later (id bigint PRIMARY KEY)")
    async with connect(fresh.postgres_worker) as worker:
        await worker.execute("INSERT INTO trading.later VALUES (1)")
        assert await worker.fetchval(
            "SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
    async with connect(fresh.postgres) as gateway:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await gateway.fetch("SELECT count(*) FROM trading.later")


async def test_002_11_jobs_update_by_id(rows: Rows) -> None:
    activation = await rows.insert("agents.activations")
    assert (
        await rows.connection.execute(
            "UPDATE agents.activations SET total_executions = 1 WHERE id = $1", activation["id"]
        )
        == "UPDATE 1"
    )


async def test_002_12_withdrawn_agents_are_hidden(rows: Rows, gateway: asyncpg.Connection) -> None:
    shown = await rows.insert("agents.agents")
    hidden = await rows.insert("agents.agents", is_active=False)
    found = await gateway.fetch(
        "SELECT id FROM agents.agents WHERE id = ANY ($1)", [shown["id"], hidden["id"]]
    )
    assert [row["id"] for row in found] == [shown["id"]]


async def test_002_13_views_do_not_pass_the_policies(migrator: asyncpg.Connection) -> None:
    views = await migrator.fetch(
        """
        SELECT oid::regclass::text AS name, reloptions, pg_get_viewdef(oid) AS definition
        FROM pg_class WHERE relkind = 'v' AND relnamespace::regnamespace::text = ANY ($1)
        """,
        SCHEMAS,
    )
    assert len(views) >= 3
    for view in views:
        options = view["reloptions"] or []
        assert "security_invoker=true" in options or (
            "security_barrier=true" in options and "ops.current_user_id()" in view["definition"]
        ), view["name"]


async def test_002_13_the_privacy_dashboard_shows_ones_own(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    alice, bob = await rows.user(), await rows.user()
    for user in (alice, bob):
        portfolio = await rows.insert("portfolio.portfolios", owner=user)
        await rows.insert(
            "portfolio.transactions",
            user_id=user,
            portfolio_id=portfolio["id"],
            tx_type="privacy_deposit",
            status="confirmed",
            usd_value=Decimal(100),
            confidentiality_score=Decimal("0.8"),
            privacy_level="anonymous",
        )
    async with acting_for(gateway, alice):
        shown = await gateway.fetch("SELECT * FROM privacy.user_privacy_dashboard")
    assert [row["user_id"] for row in shown] == [alice]
    assert shown[0]["total_privacy_deposits"] == 1
    assert shown[0]["total_privacy_volume_usd"] == 100
    assert shown[0]["avg_deposit_privacy"] == Decimal("0.8")
    assert shown[0]["stealth_usage_rate"] == 1


async def test_002_13_private_aggregates_are_granted_to_nobody(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    await rows.insert("portfolio.portfolios")
    await rows.connection.execute("SELECT ops.refresh_view('portfolio.user_portfolio_summary')")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await gateway.fetch("SELECT * FROM portfolio.user_portfolio_summary")
    async with acting_for(gateway, await rows.user()):
        assert await gateway.fetch("SELECT * FROM portfolio.my_portfolio_summary") == []


@pytest.mark.parametrize(
    "table",
    ["transactions", "tax_transactions", "tax_lots", "tax_lot_disposals", "summaries"],
)
async def test_002_14_an_owner_cannot_rewrite_a_ledger(
    table: str, rows: Rows, gateway: asyncpg.Connection
) -> None:
    alice = await rows.user()
    await rows.insert(f"portfolio.{table}", owner=alice)
    async with acting_for(gateway, alice):
        for statement in (
            f"UPDATE portfolio.{table} SET updated_at = now()",
            f"DELETE FROM portfolio.{table}",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with gateway.transaction():
                    await gateway.execute(statement)


async def test_002_15_nothing_joins_a_deposit_to_a_withdrawal(
    migrator: asyncpg.Connection,
) -> None:
    for table in DEPOSITS:
        for column in await columns(migrator, f"privacy.{table}"):
            assert not any(word in column for word in ("wallet", "tx_hash", "user", "address")), (
                column
            )
    assert "nullifier_hash" not in await columns(migrator, "privacy.deposits")
    assert await columns(migrator, "privacy.nullifiers") == [
        "nullifier_hash", "chain_id", "spent_at_block",
    ]  # fmt: skip


async def test_002_16_no_private_key_is_stored(migrator: asyncpg.Connection) -> None:
    for table in ("stealth_announcements", "stealth_meta_addresses"):
        for column in await columns(migrator, f"privacy.{table}"):
            assert not any(word in column for word in ("viewing", "spending", "secret")), column


async def test_002_17_a_compressed_public_key_fits(rows: Rows) -> None:
    key = "0x02" + secrets.token_hex(32)
    assert len(key) == 68
    row = await rows.insert("privacy.stealth_announcements", ephemeral_public_key=key)
    assert row["ephemeral_public_key"] == key


async def test_002_18_the_archive_has_the_columns_of_the_deposits(
    migrator: asyncpg.Connection,
) -> None:
    deposits = await columns(migrator, "privacy.deposits")
    assert await columns(migrator, "privacy.deposits_archive") == [*deposits, "archived_at"]


async def old_deposit(rows: Rows, status: str, years: int = 3) -> asyncpg.Record:
    moment = datetime.now(UTC) - timedelta(days=366 * years)
    return await rows.insert(
        "privacy.deposits", status=status, updated_at=moment, created_at=moment
    )


async def test_002_18_002_21_only_old_final_deposits_are_archived(rows: Rows) -> None:
    made = {status: await old_deposit(rows, status) for status in ("completed", "withdrawn")}
    recent = await old_deposit(rows, "withdrawn", years=1)
    assert await rows.connection.fetchval("SELECT privacy.archive_old_deposits()") >= 1
    archived = await rows.connection.fetch("SELECT * FROM privacy.deposits_archive")
    found = {row["id"]: row for row in archived}
    moved = made["withdrawn"]
    assert {name: found[moved["id"]][name] for name in moved.keys()} == dict(moved)  # noqa: SIM118
    left = [
        row["id"]
        for row in await rows.connection.fetch(
            "SELECT id FROM privacy.deposits WHERE id = ANY ($1)",
            [row["id"] for row in (*made.values(), recent)],
        )
    ]
    assert sorted(left) == sorted([made["completed"]["id"], recent["id"]])


async def test_002_19_a_nullifier_is_spent_for_ever(rows: Rows) -> None:
    spent = await rows.insert("privacy.nullifiers")
    await old_deposit(rows, "withdrawn")
    await rows.connection.execute("SELECT privacy.archive_old_deposits()")
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert("privacy.nullifiers", nullifier_hash=spent["nullifier_hash"])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await rows.connection.execute("DELETE FROM privacy.nullifiers")


async def test_002_20_a_late_change_is_not_lost(rows: Rows, migrated: StoreUrls) -> None:
    deposit = await old_deposit(rows, "withdrawn")
    async with connect(migrated.postgres_worker) as other:
        change = other.transaction()
        await change.start()
        await other.execute(
            "UPDATE privacy.deposits SET privacy_score = 0.25 WHERE id = $1", deposit["id"]
        )
        # the row is locked by somebody who changes it: it is left for the next run
        await rows.connection.execute("SELECT privacy.archive_old_deposits()")
        await change.commit()
    assert await rows.connection.fetchval(
        "SELECT privacy_score FROM privacy.deposits WHERE id = $1", deposit["id"]
    ) == Decimal("0.25")


async def test_002_20_two_archivers_move_each_deposit_once(rows: Rows, migrated: StoreUrls) -> None:
    made = [await old_deposit(rows, "failed") for _ in range(20)]
    async with connect(migrated.postgres_worker) as other:
        archive = "SELECT privacy.archive_old_deposits()"
        await asyncio.gather(rows.connection.fetchval(archive), other.fetchval(archive))
        await other.fetchval(archive)
    assert await rows.connection.fetchval(
        "SELECT count(*) FROM privacy.deposits_archive WHERE id = ANY ($1)",
        [row["id"] for row in made],
    ) == len(made)


async def test_002_26_daily_metrics_count(rows: Rows) -> None:
    entry = await rows.insert(
        "portfolio.transactions", tx_type="deposit", usd_value=Decimal(5), owner=await rows.user()
    )
    await rows.connection.execute("SELECT ops.refresh_view('ops.daily_platform_metrics')")
    row = await rows.connection.fetchrow(
        "SELECT * FROM ops.daily_platform_metrics WHERE metric_date = $1",
        entry["occurred_at"].date(),
    )
    assert row is not None
    assert row["unique_users"] >= 1
    assert row["total_deposits_usd"] >= 5


async def test_002_27_an_empty_pool_divides_by_nothing(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    pool = await rows.insert("privacy.pools")
    row = await gateway.fetchrow("SELECT * FROM privacy.pool_analytics WHERE id = $1", pool["id"])
    assert row is not None
    assert row["mixer_participation_pct"] is None
    assert row["daily_volume_pct"] is None
    assert (row["pool_tier"], row["privacy_rating"]) == ("developing", "low")


async def test_002_28_indexing_twice_adds_nothing(rows: Rows) -> None:
    entry = await rows.insert(
        "portfolio.transactions",
        tx_hash="0xaa",
        chain_id=(await rows.insert("catalog.chains"))["id"],
    )
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert(
            "portfolio.transactions",
            **{name: entry[name] for name in ("portfolio_id", "user_id", "chain_id", "tx_hash")},
        )


async def test_002_29_an_agent_can_be_switched_on_again(rows: Rows) -> None:
    first = await rows.insert("agents.activations", status="terminated")
    again = {name: first[name] for name in ("user_id", "agent_id")}
    await rows.insert("agents.activations", **again)
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert("agents.activations", **again)


async def test_002_30_a_fifth_of_the_profit_fits(rows: Rows) -> None:
    agent = await rows.insert("agents.agents", performance_fee_rate=Decimal("0.2"))
    assert agent["performance_fee_rate"] == Decimal("0.2")


async def test_002_34_policies_depend_on_one_setting(migrator: asyncpg.Connection) -> None:
    strange = await migrator.fetch(
        "SELECT tablename, policyname FROM pg_policies"
        " WHERE coalesce(qual, '') || coalesce(with_check, '') ~ 'auth\\.|jwt|current_setting'"
    )
    assert strange == []
    assert await migrator.fetchval("SELECT to_regnamespace('auth')") is None


async def test_wallet_ownership_is_private(rows: Rows, gateway: asyncpg.Connection) -> None:
    link = await rows.insert("account.user_wallets", owner=await rows.user())
    async with acting_for(gateway, uuid4()):
        assert await gateway.fetchval(
            "SELECT count(*) FROM catalog.wallets WHERE id = $1", link["wallet_id"]
        )
        assert await gateway.fetch("SELECT user_id FROM account.user_wallets") == []
