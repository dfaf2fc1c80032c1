"""Each defect of the yieldsensei seed (004-…) that concerns Postgres is gone."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from importlib import resources
from uuid import uuid4

import asyncpg
import pytest

from stores.migrate.files import load_migrations
from stores.urls import StoreUrls
from tests.sql.postgres.conftest import connect
from tests.sql.postgres.rows import Rows

_CLAIM = """
UPDATE agents.tasks SET status = 'running', attempts = attempts + 1, started_at = now(),
    locked_by = $1, locked_until = now() + interval '1 minute'
WHERE id = (
    SELECT id FROM agents.tasks
    WHERE agent_id = $2 AND status = 'pending' AND run_after <= now()
    ORDER BY priority, run_after, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id
"""


async def test_004_01_004_02_types_and_parents_come_first(fresh: StoreUrls) -> None:
    """`fresh` applied every file in order to an empty database."""
    async with connect(fresh.postgres_migrator) as migrator:
        assert await migrator.fetchval("SELECT to_regclass('portfolio.positions')")


async def test_004_08_the_contract_identifies_an_asset(rows: Rows) -> None:
    native = await rows.insert(
        "catalog.assets",
        symbol="USDC",
        chain_id=(await rows.insert("catalog.chains"))["id"],
        contract_address="0xaf88d065e77c8cc2239327c5edb3a432268e5831",
    )
    bridged = {"symbol": "USDC", "chain_id": native["chain_id"]}
    await rows.insert(
        "catalog.assets", **bridged, contract_address="0xff970a61a04b1ca14834a43f5de4533ebddb5cc8"
    )
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert("catalog.assets", **bridged, contract_address=native["contract_address"])


async def test_004_09_one_transaction_in_two_legs_and_two_portfolios(rows: Rows) -> None:
    chain = await rows.insert("catalog.chains")
    entry = await rows.insert("portfolio.transactions", chain_id=chain["id"], tx_hash="0xbb")
    await rows.insert("portfolio.transactions", chain_id=chain["id"], tx_hash="0xbb")
    await rows.insert(
        "portfolio.transactions",
        **{name: entry[name] for name in ("portfolio_id", "user_id", "chain_id", "tx_hash")},
        log_index=3,
    )


async def test_004_10_only_what_is_mined_has_a_block(rows: Rows) -> None:
    chain = await rows.insert("catalog.chains")
    pending = await rows.insert("portfolio.transactions", chain_id=chain["id"], tx_hash="0xcc")
    assert (pending["status"], pending["block_number"]) == ("pending", None)
    confirm = (
        "UPDATE portfolio.transactions SET status = 'confirmed', block_number = $1 WHERE id = $2"
    )
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.connection.execute(confirm, None, pending["id"])
    await rows.connection.execute(confirm, 7, pending["id"])


async def test_004_11_a_quarter_fits_and_a_holding_is_one_row(rows: Rows) -> None:
    position = await rows.insert("portfolio.positions", allocation=Decimal("0.25"))
    assert position["allocation"] == Decimal("0.25")
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert(
            "portfolio.positions",
            **{name: position[name] for name in ("portfolio_id", "asset_id", "position_type")},
        )


async def test_004_12_agents_are_real(rows: Rows) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await rows.insert("portfolio.strategies", agent_id=uuid4())
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await rows.insert("risk.assessments", source_agent_id=uuid4())


async def test_004_13_priorities_are_one_to_ten(rows: Rows) -> None:
    for priority in (0, 11, 999):
        with pytest.raises(asyncpg.CheckViolationError):
            await rows.insert("agents.tasks", priority=priority)


async def test_004_14_each_task_is_claimed_once(rows: Rows, migrated: StoreUrls) -> None:
    agent = await rows.insert("agents.agents")
    tasks = [await rows.insert("agents.tasks", agent_id=agent["id"]) for _ in range(4)]

    async def claim(name: str) -> object:
        async with connect(migrated.postgres_worker) as worker:
            return await worker.fetchval(_CLAIM, name, agent["id"])

    claimed = await asyncio.gather(*(claim(f"worker-{number}") for number in range(6)))
    assert sorted(str(row) for row in claimed if row) == sorted(str(row["id"]) for row in tasks)


async def test_004_14_a_lease_has_an_owner_and_an_end(rows: Rows) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.insert("agents.tasks", locked_by="somebody")


async def test_004_15_a_key_hash_is_unique(rows: Rows) -> None:
    key = await rows.insert("account.api_keys")
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert("account.api_keys", key_hash=key["key_hash"])


async def test_004_16_ledgers_survive_and_acknowledgements_do_not_block(rows: Rows) -> None:
    owner, helper = await rows.user(), await rows.user()
    await rows.insert("portfolio.transactions", owner=owner)
    warning = await rows.insert("risk.alerts", owner=owner)
    await rows.connection.execute(
        "UPDATE risk.alerts SET is_acknowledged = true, acknowledged_at = now(),"
        " acknowledged_by = $1 WHERE id = $2",
        helper,
        warning["id"],
    )
    await rows.connection.execute("DELETE FROM account.users WHERE id = $1", helper)
    row = await rows.connection.fetchrow("SELECT * FROM risk.alerts WHERE id = $1", warning["id"])
    assert row is not None
    assert (row["is_acknowledged"], row["acknowledged_by"]) == (True, None)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await rows.connection.execute("DELETE FROM account.users WHERE id = $1", owner)


async def test_004_17_a_wallet_is_enough_to_sign_in(rows: Rows) -> None:
    user = await rows.user()
    row = await rows.connection.fetchrow("SELECT * FROM account.users WHERE id = $1", user)
    assert row is not None
    assert (row["email"], row["username"], row["password_hash"]) == (None, None, None)
    await rows.insert("account.user_wallets", owner=user)


async def test_004_18_the_name_of_the_migration_table_is_free(fresh: StoreUrls) -> None:
    async with connect(fresh.postgres_migrator) as migrator:
        assert (
            await migrator.fetchval(
                "SELECT count(*) FROM pg_class WHERE relname = 'schema_migrations'"
                " AND relnamespace::regnamespace::text <> 'public'"
            )
            == 0
        )


async def test_004_19_seed_rows_can_be_loaded_again(fresh: StoreUrls) -> None:
    read = "SELECT id, slug, name, kind::text, agent_type::text FROM agents.agents ORDER BY slug"
    folder = resources.files("sql") / "postgres"
    registry = next(
        migration
        for migration in load_migrations(folder, "postgres")
        if migration.name == "create_agent_registry"
    )
    text = registry.up.sql
    inserts = text[text.index("INSERT INTO agents.agents") :]
    async with connect(fresh.postgres_migrator) as migrator:
        before = await migrator.fetch(read)
        await migrator.execute("UPDATE agents.agents SET name = 'changed' WHERE slug = 'sage'")
        await migrator.execute(inserts)
        assert await migrator.fetch(read) == before
    assert len(before) == 10
