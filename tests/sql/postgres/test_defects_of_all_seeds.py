"""Each defect that several seeds share (G-…) is gone, shown on the running server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest

from tests.sql.postgres.catalogue import SCHEMAS
from tests.sql.postgres.rows import Rows, acting_for

MINT = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
BECH32 = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdqxyz0"
SIGNATURE = (
    "5h6xBEauJ3PK6SWCZ1PGjBvj8vDdWG3KpwATGy1ARAXFSDwt8GFXM7W5Ncn16wmqokgpiKRLuS83KUxyZyv2sUYv"
)


async def test_g_01_needs_no_extension(migrator: asyncpg.Connection) -> None:
    extensions = await migrator.fetch("SELECT extname FROM pg_extension")
    assert [row[0] for row in extensions] == ["plpgsql"]


async def test_g_02_no_two_tables_share_a_name(migrator: asyncpg.Connection) -> None:
    twice = await migrator.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace::regnamespace::text = ANY ($1)"
        " AND relkind IN ('r', 'p') GROUP BY 1 HAVING count(*) > 1",
        SCHEMAS,
    )
    assert twice == []


@pytest.mark.parametrize("address", [MINT, BECH32])
async def test_g_03_addresses_of_other_chains_fit(address: str, rows: Rows) -> None:
    wallet = await rows.insert("catalog.wallets", address=address)
    asset = await rows.insert(
        "catalog.assets", chain_id=wallet["chain_id"], contract_address=address
    )
    assert wallet["address"] == asset["contract_address"] == address


async def test_g_03_signatures_of_other_chains_fit(rows: Rows) -> None:
    activity = await rows.insert("catalog.wallet_transactions", tx_hash=SIGNATURE)
    entry = await rows.insert(
        "portfolio.transactions", tx_hash=SIGNATURE, chain_id=activity["chain_id"]
    )
    assert activity["tx_hash"] == entry["tx_hash"] == SIGNATURE


async def test_g_03_endless_addresses_are_refused(rows: Rows) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.insert("catalog.wallets", address="a" * 129)


async def test_g_04_chain_id_exceeds_int32(rows: Rows) -> None:
    chain = await rows.insert("catalog.chains", id=11297108109 + 2**52)
    for table in ("catalog.wallets", "catalog.contracts", "portfolio.tax_lots"):
        row = await rows.insert(table, chain_id=chain["id"])
        assert row["chain_id"] == 11297108109 + 2**52


async def test_g_04_chains_without_a_number_have_negative_ids(rows: Rows) -> None:
    number = -int(uuid4().int % 2**60) - 1
    await rows.insert("catalog.chains", id=number, caip2=f"x:{number}", is_evm=False)
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.insert("catalog.chains", id=number - 1, is_evm=True)


async def test_g_04_unknown_chain_is_refused(rows: Rows) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await rows.insert("catalog.wallets", chain_id=2**61)


@pytest.mark.parametrize("amount", ["1000000000000", "0.000000000000000001", "1" + "0" * 57])
async def test_g_05_amounts_neither_overflow_nor_vanish(amount: str, rows: Rows) -> None:
    position = await rows.insert("portfolio.positions", quantity=Decimal(amount))
    assert position["quantity"] == Decimal(amount)


async def test_g_05_prices_percent_and_gas_keep_their_digits(rows: Rows) -> None:
    position = await rows.insert(
        "portfolio.positions",
        price_usd=Decimal("0.000000001"),
        unrealized_pnl_pct=Decimal(20000),
        value_usd=Decimal(10) ** 15,
    )
    assert position["price_usd"] == Decimal("0.000000001")
    assert position["unrealized_pnl_pct"] == 20000
    assert position["value_usd"] == Decimal(10) ** 15
    activity = await rows.insert("catalog.wallet_transactions", gas_price=Decimal(1_000_000))
    assert activity["gas_price"] == 1_000_000  # 0.001 gwei in wei


async def test_g_06_one_address_has_one_spelling(rows: Rows) -> None:
    checksummed = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
    wallet = await rows.insert("catalog.wallets", address=checksummed.lower())
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.insert("catalog.wallets", chain_id=wallet["chain_id"], address=checksummed)
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert(
            "catalog.wallets", chain_id=wallet["chain_id"], address=checksummed.lower()
        )


async def test_g_06_no_column_takes_a_checksummed_address(migrator: asyncpg.Connection) -> None:
    unchecked = await migrator.fetch(
        """
        SELECT format('%s.%s', c.oid::regclass, a.attname)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace::regnamespace::text = ANY ($1) AND c.relkind IN ('r', 'p')
            AND a.atttypid = 'text'::regtype
            AND a.attname ~ '(^|_)(address|hash|spender|counterparty)$'
            AND a.attname NOT IN ('password_hash', 'meta_address') -- no address, not lower case
            AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid
                AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum]
                AND pg_get_constraintdef(k.oid) LIKE '%lower(%')
        """,
        SCHEMAS,
    )
    assert unchecked == []


async def test_g_06_mail_and_user_names_are_unique_whatever_their_case(rows: Rows) -> None:
    name = uuid4().hex
    await rows.user(email=f"{name}@example.org", username=name)
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.user(email=f"{name.upper()}@Example.org")
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.user(username=name.upper())


@pytest.mark.parametrize("score", ["50", "1.0001", "-0.5"])
async def test_g_07_scores_off_the_scale_are_refused(score: str, rows: Rows) -> None:
    refused = (asyncpg.CheckViolationError, asyncpg.NumericValueOutOfRangeError)
    with pytest.raises(refused):
        await rows.insert("risk.assessments", score=Decimal(score))
    with pytest.raises(refused):
        await rows.insert("research.onchain_analyses", confidence=Decimal(score))


async def test_g_07_every_score_is_checked(migrator: asyncpg.Connection) -> None:
    unchecked = await migrator.fetch(
        """
        SELECT format('%s.%s', c.oid::regclass, a.attname)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace::regnamespace::text = ANY ($1) AND c.relkind IN ('r', 'p')
            AND format_type(a.atttypid, a.atttypmod) = 'numeric(5,4)' AND a.attgenerated = ''
            AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid
                AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum])
        """,
        SCHEMAS,
    )
    assert unchecked == []


@pytest.mark.parametrize("tier", ["free", "basic", "pro", "enterprise"])
@pytest.mark.parametrize(
    "status", ["trial", "active", "past_due", "unpaid", "cancelled", "expired"]
)
async def test_g_08_every_tier_and_status_is_known(tier: str, status: str, rows: Rows) -> None:
    row = await rows.insert("account.subscriptions", tier=tier, status=status)
    assert (row["tier"], row["status"]) == (tier, status)


async def test_g_08_one_list_of_severities(migrator: asyncpg.Connection) -> None:
    for name in ("alerts.severity", "risk.severity"):
        assert await migrator.fetchval(f"SELECT enum_range(NULL::{name})::text[]") == [
            "info", "low", "medium", "high", "critical",
        ]  # fmt: skip


async def test_g_09_soft_deletion_keeps_the_ledger(rows: Rows) -> None:
    user = await rows.user()
    await rows.insert("portfolio.transactions", owner=user)
    await rows.insert("portfolio.tax_transactions", owner=user)
    await rows.connection.execute(
        "UPDATE account.users SET deleted_at = now(), email = NULL WHERE id = $1", user
    )
    for table in ("transactions", "tax_transactions"):
        assert await rows.connection.fetchval(
            f"SELECT count(*) FROM portfolio.{table} WHERE user_id = $1", user
        )


async def test_g_09_a_ledger_stops_hard_deletion(rows: Rows) -> None:
    user = await rows.user()
    await rows.insert("portfolio.transactions", owner=user)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await rows.connection.execute("DELETE FROM account.users WHERE id = $1", user)


async def test_g_09_a_user_without_ledger_goes_with_their_settings(rows: Rows) -> None:
    user = await rows.user()
    for table in ("sessions", "api_keys", "user_secrets", "user_wallets", "dashboards"):
        await rows.insert(f"account.{table}", owner=user)
    await rows.insert("account.billing_events", owner=user)
    entry = await rows.insert("ops.audit_log", actor_user_id=user)
    await rows.connection.execute("DELETE FROM account.users WHERE id = $1", user)
    assert await rows.connection.fetchval(
        "SELECT actor_user_id FROM ops.audit_log WHERE id = $1", entry["id"]
    )


async def test_g_10_every_materialized_view_refreshes_while_read(
    worker: asyncpg.Connection,
) -> None:
    views = await worker.fetch(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'm'"
        " AND relnamespace::regnamespace::text = ANY ($1)",
        SCHEMAS,
    )
    assert len(views) >= 7
    for view in views:
        assert await worker.fetchval("SELECT ops.refresh_view($1::text::regclass)", view[0])


async def test_g_11_updates_are_stamped_and_idle_ones_are_not(rows: Rows) -> None:
    connection = rows.connection
    for table, column in (
        ("catalog.protocols", "description"),
        ("catalog.wallets", "label"),
        ("account.api_keys", "name"),
        ("portfolio.tax_transactions", "notes"),
        ("privacy.pools", "pool_name"),
        ("research.projects", "website"),
        ("agents.tasks", "error_message"),
    ):
        row = await rows.insert(table)
        update = f"UPDATE {table} SET {column} = $2 WHERE id = $1 RETURNING updated_at"
        changed = await connection.fetchval(update, row["id"], "new")
        assert changed > row["updated_at"], table
        assert await connection.fetchval(update, row["id"], "new") == changed, table


@pytest.mark.parametrize(
    "table",
    ["account.users", "account.api_keys", "portfolio.tax_transactions", "portfolio.positions"],
)
async def test_g_12_two_tenants_and_the_table_owner(
    table: str, rows: Rows, gateway: asyncpg.Connection, migrator: asyncpg.Connection
) -> None:
    alice, bob = await rows.user(), await rows.user()
    if table != "account.users":
        await rows.insert(table, owner=alice)
    count = f"SELECT count(id) FROM {table}"
    async with acting_for(gateway, alice):
        assert await gateway.fetchval(count) == 1
    async with acting_for(gateway, bob):
        assert await gateway.fetchval(count) == (1 if table == "account.users" else 0)
    assert await migrator.fetchval(count) == 0


async def test_g_13_rows_cannot_move_to_another_user(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    alice, bob = await rows.user(), await rows.user()
    portfolio = await rows.insert("portfolio.portfolios", owner=alice)
    async with acting_for(gateway, alice):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await gateway.execute(
                "UPDATE portfolio.portfolios SET user_id = $1 WHERE id = $2", bob, portfolio["id"]
            )


async def test_g_14_identity_does_not_outlive_its_transaction(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    alice, bob = await rows.user(), await rows.user()
    for user in (alice, bob):
        await rows.insert("portfolio.portfolios", owner=user)
    read = "SELECT user_id FROM portfolio.portfolios"
    for user in (alice, bob, alice):  # one server connection, as behind a pool
        async with gateway.transaction():
            await gateway.execute("SELECT set_config('app.current_user_id', $1, true)", str(user))
            assert [row[0] for row in await gateway.fetch(read)] == [user]
        assert await gateway.fetch(read) == []


async def test_g_16_the_session_time_zone_changes_no_day(rows: Rows) -> None:
    connection = rows.connection
    await connection.execute("SET timezone = 'Asia/Tokyo'")
    row = await rows.insert(
        "portfolio.tax_transactions", occurred_at=datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    )
    assert row["tax_year"] == 2025


async def test_g_17_no_insert_lacks_a_partition(rows: Rows) -> None:
    now = datetime.now(UTC)
    for moment in (now, now + timedelta(days=80), datetime(2013, 1, 1, tzinfo=UTC)):
        await rows.insert("ops.audit_log", occurred_at=moment)
        await rows.insert("catalog.wallet_transactions", occurred_at=moment)
        await rows.insert("alerts.events", triggered_at=moment)


async def test_g_18_functions_are_not_for_everybody(gateway: asyncpg.Connection) -> None:
    for call in ("ops.refresh_view('catalog.protocol_summary')", "privacy.archive_old_deposits()"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await gateway.execute(f"SELECT {call}")
