"""Two users and one server: what is private stays with its owner, table by table."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from stores.urls import StoreUrls
from tests.sql.postgres.conftest import connect
from tests.sql.postgres.rows import Rows, acting_for

_PRIVATE = tomllib.loads(resources.files("sql").joinpath("postgres/private.toml").read_text())
OWNED = sorted([*_PRIVATE["owner"], *_PRIVATE["through"]])
CLOSED = sorted(_PRIVATE["closed"]["tables"])
_KEYS = """
SELECT a.attname FROM pg_index i
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indrelid = $1::text::regclass AND i.indisprimary
"""
_COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    AND attidentity = '' AND has_column_privilege('gateway', attrelid, attnum, $2)
"""


async def private_row(rows: Rows, table: str, owner: UUID) -> asyncpg.Record:
    """A row of `table` that belongs to `owner` and to nobody else."""
    if table == "account.users":
        row = await rows.connection.fetchrow("SELECT * FROM account.users WHERE id = $1", owner)
        assert row is not None
        return row
    if table == "ops.audit_log":
        return await rows.insert(table, actor_user_id=owner)
    return await rows.insert(table, owner=owner)


async def key_of(connection: asyncpg.Connection, table: str, row: asyncpg.Record) -> dict[str, Any]:
    return {record[0]: row[record[0]] for record in await connection.fetch(_KEYS, table)}


def where(key: dict[str, Any]) -> str:
    return " AND ".join(f"{name} = ${number}" for number, name in enumerate(key, 1))


async def visible(connection: asyncpg.Connection, table: str, key: dict[str, Any]) -> int:
    return int(
        await connection.fetchval(
            f"SELECT count({next(iter(key))}) FROM {table} WHERE {where(key)}", *key.values()
        )
    )


@pytest.mark.parametrize("table", OWNED)
async def test_only_the_owner_reads(table: str, rows: Rows, gateway: asyncpg.Connection) -> None:
    alice, bob = await rows.user(), await rows.user()
    key = await key_of(rows.connection, table, await private_row(rows, table, alice))
    for viewer, expected in ((alice, 1), (bob, 0), (None, 0)):
        async with acting_for(gateway, viewer):
            assert await visible(gateway, table, key) == expected, viewer


@pytest.mark.parametrize("table", OWNED)
@pytest.mark.parametrize("viewer_kind", ["stranger", "nobody"])
async def test_stranger_changes_nothing(
    table: str, viewer_kind: str, rows: Rows, gateway: asyncpg.Connection
) -> None:
    alice = await rows.user()
    viewer = await rows.user() if viewer_kind == "stranger" else None
    row = await private_row(rows, table, alice)
    key = await key_of(rows.connection, table, row)
    statements = [f"DELETE FROM {table} WHERE {where(key)}"]
    updatable = [record[0] for record in await gateway.fetch(_COLUMNS, table, "UPDATE")]
    column = updatable[0] if updatable else next(iter(key))
    statements.append(f"UPDATE {table} SET {column} = {column} WHERE {where(key)}")
    for statement in statements:
        async with acting_for(gateway, viewer):
            try:
                assert (await gateway.execute(statement, *key.values())).endswith(" 0")
            except asyncpg.InsufficientPrivilegeError:
                continue


@pytest.mark.parametrize("table", OWNED)
@pytest.mark.parametrize("viewer_kind", ["stranger", "nobody"])
async def test_stranger_adds_nothing_to_the_owner(
    table: str, viewer_kind: str, rows: Rows, gateway: asyncpg.Connection
) -> None:
    alice = await rows.user()
    viewer = await rows.user() if viewer_kind == "stranger" else None
    row = await private_row(rows, table, alice)
    insertable = [record[0] for record in await gateway.fetch(_COLUMNS, table, "INSERT")]
    names = insertable or list(await key_of(rows.connection, table, row))
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    async with acting_for(gateway, viewer):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await gateway.execute(
                f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})",
                *(row[name] for name in names),
            )


@pytest.mark.parametrize("table", sorted(_PRIVATE["owner"]))
async def test_owner_cannot_give_a_row_away(
    table: str, rows: Rows, gateway: asyncpg.Connection
) -> None:
    alice, bob = await rows.user(), await rows.user()
    key = await key_of(rows.connection, table, await private_row(rows, table, alice))
    column = _PRIVATE["owner"][table]
    async with acting_for(gateway, alice):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await gateway.execute(
                f"UPDATE {table} SET {column} = ${len(key) + 1} WHERE {where(key)}",
                *key.values(),
                bob,
            )


@pytest.mark.parametrize("table", CLOSED)
async def test_gateway_cannot_open_closed_tables(
    table: str, rows: Rows, gateway: asyncpg.Connection
) -> None:
    await rows.insert(table)
    async with acting_for(gateway, await rows.user()):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await gateway.fetch(f"SELECT count(*) FROM {table}")


@pytest.mark.parametrize("table", [*OWNED, *CLOSED])
async def test_not_even_the_owner_of_the_table_reads(
    table: str, rows: Rows, migrator: asyncpg.Connection
) -> None:
    row = await private_row(rows, table, await rows.user())
    assert await visible(migrator, table, await key_of(rows.connection, table, row)) == 0


async def test_identity_ends_with_its_transaction(rows: Rows, gateway: asyncpg.Connection) -> None:
    alice = await rows.user()
    async with acting_for(gateway, alice):
        assert await gateway.fetchval("SELECT ops.current_user_id()") == alice
    assert await gateway.fetchval("SELECT ops.current_user_id()") is None
    async with gateway.transaction():
        assert await gateway.fetchval("SELECT count(id) FROM account.users") == 0


async def test_activation_cannot_point_at_a_foreign_portfolio(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    alice, bob = await rows.user(), await rows.user()
    theirs = await rows.insert("portfolio.portfolios", owner=alice)
    agent = await rows.insert("agents.agents")
    async with acting_for(gateway, bob):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await gateway.execute(
                "INSERT INTO agents.activations (user_id, agent_id, portfolio_id)"
                " VALUES ($1, $2, $3)",
                bob,
                agent["id"],
                theirs["id"],
            )


async def test_rule_cannot_watch_a_foreign_portfolio(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    alice, bob = await rows.user(), await rows.user()
    theirs = await rows.insert("portfolio.portfolios", owner=alice)
    async with acting_for(gateway, bob):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await gateway.execute(
                "INSERT INTO alerts.rules (user_id, name, alert_type, target_type, portfolio_id,"
                " condition_operator, threshold_value)"
                " VALUES ($1, 'x', 'portfolio_value', 'portfolio', $2, 'gt', 1)",
                bob,
                theirs["id"],
            )


async def test_public_dashboard_is_readable_until_deleted(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    board = await rows.insert("account.dashboards", owner=await rows.user(), is_public=True)
    key = {"id": board["id"]}
    async with acting_for(gateway, await rows.user()):
        assert await visible(gateway, "account.dashboards", key) == 1
    await rows.connection.execute(
        "UPDATE account.dashboards SET deleted_at = now() WHERE id = $1", board["id"]
    )
    async with acting_for(gateway, await rows.user()):
        assert await visible(gateway, "account.dashboards", key) == 0


async def test_scores_of_public_things_are_public(rows: Rows, gateway: asyncpg.Connection) -> None:
    protocol = await rows.insert("catalog.protocols")
    await rows.connection.execute(
        "INSERT INTO risk.assessments (target_type, protocol_id, dimension, score)"
        " VALUES ('protocol', $1, 'overall', 0.4)",
        protocol["id"],
    )
    async with acting_for(gateway, None):
        key = {"target_id": protocol["id"]}
        assert await visible(gateway, "risk.assessments", key) == 1
        assert await visible(gateway, "risk.latest", key) == 1


async def test_these_tests_notice_a_missing_policy(fresh: StoreUrls) -> None:
    async with connect(fresh.postgres_worker) as worker, connect(fresh.postgres) as gateway:
        rows = Rows(worker)
        alice, bob = await rows.user(), await rows.user()
        wallet = await rows.insert("account.user_wallets", owner=alice)
        key = await key_of(worker, "account.user_wallets", wallet)
        async with acting_for(gateway, bob):
            assert await visible(gateway, "account.user_wallets", key) == 0
        async with connect(fresh.postgres_migrator) as migrator:
            await migrator.execute("ALTER TABLE account.user_wallets DISABLE ROW LEVEL SECURITY")
        async with acting_for(gateway, bob):
            assert await visible(gateway, "account.user_wallets", key) == 1
