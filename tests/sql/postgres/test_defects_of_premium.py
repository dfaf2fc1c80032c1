"""Each defect of the premium seed (001-…) that concerns Postgres is gone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest

from tests.sql.postgres.catalogue import SCHEMAS, tables
from tests.sql.postgres.rows import Rows, acting_for


async def test_001_01_a_delivery_belongs_to_a_real_event(rows: Rows) -> None:
    delivery = await rows.insert("alerts.deliveries")
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await rows.connection.execute(
            "UPDATE alerts.deliveries SET event_id = $1 WHERE id = $2", uuid4(), delivery["id"]
        )


async def test_001_02_partitioned_tables_are_declared_so(migrator: asyncpg.Connection) -> None:
    keys = await migrator.fetch(
        "SELECT partrelid::regclass::text, pg_get_partkeydef(partrelid) FROM pg_partitioned_table"
        " ORDER BY 1"
    )
    assert [tuple(row) for row in keys] == [
        ("alerts.deliveries", "RANGE (created_at)"),
        ("alerts.delivery_attempts", "RANGE (delivery_created_at)"),
        ("alerts.events", "RANGE (triggered_at)"),
        ("catalog.wallet_transactions", "RANGE (occurred_at)"),
        ("ops.audit_log", "RANGE (occurred_at)"),
        ("portfolio.tax_transactions", "HASH (user_id)"),
        ("portfolio.transactions", "HASH (portfolio_id)"),
    ]


@pytest.mark.parametrize("table", ["portfolio.tax_transactions", "portfolio.transactions"])
async def test_001_03_all_hash_partitions_exist(table: str, rows: Rows) -> None:
    places = set()
    for _ in range(40):
        row = await rows.insert(table)
        places.add(
            await rows.connection.fetchval(
                f"SELECT tableoid::regclass::text FROM {table} WHERE id = $1", row["id"]
            )
        )
    assert places == {f"{table}_{remainder}" for remainder in range(4)}


async def test_001_04_tax_year_is_stored_and_indexed(
    rows: Rows, migrator: asyncpg.Connection
) -> None:
    row = await rows.insert(
        "portfolio.tax_transactions", occurred_at=datetime(2025, 1, 1, tzinfo=UTC)
    )
    assert row["tax_year"] == 2025
    assert await migrator.fetchval(
        "SELECT to_regclass('portfolio.tax_transactions_user_id_tax_year_transaction_type_idx')"
    )


async def test_001_07_traders_without_profit_rank_last(rows: Rows) -> None:
    made = [
        await rows.insert("trading.traders", total_pnl_usd=pnl)
        for pnl in (None, Decimal(10) ** 20, Decimal(10) ** 20, Decimal(-5))
    ]
    await rows.connection.execute("SELECT ops.refresh_view('trading.top_traders_leaderboard')")
    ranks = {
        row["id"]: row["rank"]
        for row in await rows.connection.fetch("SELECT * FROM trading.top_traders_leaderboard")
    }
    unknown, *equal, loser = [row["id"] for row in made]
    first, second = sorted(equal, key=str)
    assert ranks[first] < ranks[second] < ranks[loser] < ranks[unknown]
    assert sorted(ranks.values()) == list(range(1, len(ranks) + 1))


async def test_001_08_tables_known_by_name_only_exist(migrator: asyncpg.Connection) -> None:
    named = {
        "catalog.yield_pools", "catalog.bridges", "trading.bridge_transactions", "trading.traders",
        "trading.copy_trades", "risk.security_scans", "risk.assessments", "risk.contract_audits",
        "risk.malicious_contracts", "risk.wallet_approvals", "risk.protocol_health",
        "risk.protocol_risk_indicators", "risk.alerts", "catalog.chains", "catalog.contracts",
    }  # fmt: skip
    assert named <= set(await tables(migrator))


async def test_001_09_policies_name_roles_that_exist(migrator: asyncpg.Connection) -> None:
    roles = await migrator.fetch("SELECT DISTINCT unnest(roles) FROM pg_policies")
    # The owner of the audit log is let in while somebody is erased, and only then.
    assert {row[0] for row in roles} == {"gateway", "migrator"}


async def test_001_10_an_unset_identity_reads_nothing_and_breaks_nothing(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    await rows.insert("alerts.rules")
    assert await gateway.fetchval("SELECT count(*) FROM alerts.rules") == 0
    async with acting_for(gateway, await rows.user()):
        pass
    # now the setting exists in the session and is the empty text
    assert await gateway.fetchval("SELECT count(*) FROM alerts.rules") == 0


async def test_001_11_a_job_without_a_user_is_audited(rows: Rows) -> None:
    entry = await rows.insert("ops.audit_log", actor_role="system")
    assert entry["actor_user_id"] is None


async def test_001_12_whoever_deletes_themselves_stays_in_the_log(rows: Rows) -> None:
    user = await rows.user()
    async with rows.connection.transaction():
        await rows.connection.execute("DELETE FROM account.users WHERE id = $1", user)
        await rows.insert("ops.audit_log", actor_user_id=user, action="delete")


async def test_001_13_users_hold_no_second_factor(migrator: asyncpg.Connection) -> None:
    columns = await migrator.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'account.users'::regclass"
        " AND attname ~ 'secret|webhook|chat|token'"
    )
    assert columns == []


async def test_001_13_the_gateway_cannot_read_password_hashes(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    alice = await rows.user(password_hash="hash")
    async with acting_for(gateway, alice):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await gateway.fetch("SELECT password_hash FROM account.users")


async def test_001_14_deletions_happen(rows: Rows) -> None:
    board = await rows.insert("account.dashboards")
    assert (
        await rows.connection.execute("DELETE FROM account.dashboards WHERE id = $1", board["id"])
        == "DELETE 1"
    )


@pytest.mark.parametrize(
    "statement", ["UPDATE ops.audit_log SET action = 'forged'", "DELETE FROM ops.audit_log"]
)
async def test_001_16_the_audit_log_only_grows(
    statement: str, worker: asyncpg.Connection, gateway: asyncpg.Connection
) -> None:
    for connection in (worker, gateway):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_001_16_a_user_cannot_write_in_another_name(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    alice, bob = await rows.user(), await rows.user()
    insert = (
        "INSERT INTO ops.audit_log (actor_user_id, actor_role, action, resource_type)"
        " VALUES ($1, 'user', 'create', 'alerts.rules')"
    )
    async with acting_for(gateway, alice):
        await gateway.execute(insert, alice)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await gateway.execute(insert, bob)


async def test_001_18_no_function_erases_or_exports(migrator: asyncpg.Connection) -> None:
    assert (
        await migrator.fetch(
            "SELECT FROM pg_proc WHERE proname ~ 'gdpr|erase|export'"
            " AND pronamespace::regnamespace::text = ANY ($1)",
            SCHEMAS,
        )
        == []
    )


async def test_001_20_dashboards_can_be_put_away(rows: Rows) -> None:
    board = await rows.insert("account.dashboards")
    assert (
        await rows.connection.execute(
            "UPDATE account.dashboards SET deleted_at = now() WHERE id = $1", board["id"]
        )
        == "UPDATE 1"
    )


async def test_001_21_a_deleted_address_may_register_again(rows: Rows) -> None:
    mail = f"{uuid4().hex}@example.org"
    await rows.user(email=mail, deleted_at=datetime.now(UTC))
    await rows.user(email=mail)
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.user(email=mail)


async def test_001_22_international_domains_are_accepted(rows: Rows) -> None:
    assert await rows.user(email=f"{uuid4().hex}@b.xn--p1ai")


async def test_001_23_001_24_the_daily_count_has_its_day(rows: Rows) -> None:
    rule = await rows.insert("alerts.rules", triggers_today=7, triggers_today_date=date(2026, 1, 1))
    # yesterday's count does not count today, whatever job ran or did not run
    assert await rows.connection.fetchval(
        "SELECT CASE triggers_today_date WHEN (now() AT TIME ZONE 'UTC')::date"
        " THEN triggers_today ELSE 0 END < max_triggers_per_day FROM alerts.rules WHERE id = $1",
        rule["id"],
    )


async def test_001_25_a_second_import_adds_nothing(rows: Rows) -> None:
    first = await rows.insert("portfolio.tax_transactions", capital_gain_usd=Decimal(100))
    same = {name: first[name] for name in ("user_id", "chain_id", "tx_hash")}
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert("portfolio.tax_transactions", **same)
    await rows.insert("portfolio.tax_transactions", **same, leg=1)


async def test_001_26_lots_are_sold_in_parts_and_never_overdrawn(rows: Rows) -> None:
    lot = await rows.insert(
        "portfolio.tax_lots",
        owner=await rows.user(),
        acquired_amount=Decimal(10),
        remaining_amount=Decimal(10),
    )
    for _ in range(2):
        await rows.insert("portfolio.tax_lot_disposals", owner=lot["user_id"], lot_id=lot["id"])
    for remaining in (-5, 11):
        with pytest.raises(asyncpg.CheckViolationError):
            await rows.connection.execute(
                "UPDATE portfolio.tax_lots SET remaining_amount = $1 WHERE id = $2",
                Decimal(remaining),
                lot["id"],
            )


async def test_001_26_a_purchase_with_a_lot_cannot_be_deleted(rows: Rows) -> None:
    bought = await rows.insert("portfolio.tax_transactions")
    await rows.insert(
        "portfolio.tax_lots", user_id=bought["user_id"], acquired_transaction_id=bought["id"]
    )
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await rows.connection.execute(
            "DELETE FROM portfolio.tax_transactions WHERE id = $1", bought["id"]
        )


async def test_001_27_one_report_for_one_span(rows: Rows) -> None:
    report = await rows.insert("portfolio.tax_reports")
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert("portfolio.tax_reports", user_id=report["user_id"])
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.insert("portfolio.tax_reports", start_date=date(2026, 1, 1))


async def test_001_30_debts_are_subtracted_and_the_sync_is_an_upsert(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    user = await rows.user()
    portfolio = await rows.insert("portfolio.portfolios", owner=user)
    asset = await rows.insert("catalog.assets")
    where = {"portfolio_id": portfolio["id"], "asset_id": asset["id"]}
    await rows.insert("portfolio.positions", **where, position_type="lending", value_usd=1000)
    await rows.insert("portfolio.positions", **where, position_type="borrowing", value_usd=-400)
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert("portfolio.positions", **where, position_type="lending", value_usd=1000)
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.insert("portfolio.positions", position_type="borrowing", value_usd=400)
    await rows.connection.execute("SELECT ops.refresh_view('portfolio.user_portfolio_summary')")
    async with acting_for(gateway, user):
        mine = await gateway.fetch("SELECT * FROM portfolio.my_portfolio_summary")
    assert [(row["user_id"], row["total_value_usd"], row["total_assets"]) for row in mine] == [
        (user, 600, 1)
    ]


async def test_001_31_keys_cannot_be_decrypted(migrator: asyncpg.Connection) -> None:
    assert await migrator.fetch("SELECT FROM pg_proc WHERE proname ~ 'crypt'") == []


async def test_001_32_secrets_are_ciphertext_in_their_own_table(
    migrator: asyncpg.Connection,
) -> None:
    assert (
        await migrator.fetchval(
            "SELECT atttypid::regtype::text FROM pg_attribute"
            " WHERE attrelid = 'account.user_secrets'::regclass AND attname = 'ciphertext'"
        )
        == "bytea"
    )
    clear = await migrator.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'alerts.rules'::regclass"
        " AND attname ~ 'webhook|telegram|discord'"
    )
    assert clear == []


@pytest.mark.parametrize("second", ["trial", "active", "past_due"])
async def test_001_34_one_subscription_gives_access(second: str, rows: Rows) -> None:
    first = await rows.insert("account.subscriptions", status="active")
    await rows.insert("account.subscriptions", user_id=first["user_id"], status="expired")
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert("account.subscriptions", user_id=first["user_id"], status=second)


async def test_001_35_share_links_are_hashed_and_end(rows: Rows) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.insert("account.dashboards", share_token_hash=b"x" * 32)
