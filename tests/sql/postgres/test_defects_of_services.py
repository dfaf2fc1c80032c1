"""Each defect of the on-chain services seed (000-…) that concerns Postgres is gone."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest

from tests.sql.postgres.rows import Rows, acting_for


async def test_000_01_one_primary_key_each(migrator: asyncpg.Connection) -> None:
    for table, key in (
        ("catalog.wallet_transactions", "PRIMARY KEY (wallet_id, occurred_at, id)"),
        ("risk.assessments", "PRIMARY KEY (id)"),
    ):
        keys = await migrator.fetch(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'p' AND conrelid = $1::text::regclass",
            table,
        )
        assert [row[0] for row in keys] == [key]


async def test_000_02_history_key_holds_the_time_column(migrator: asyncpg.Connection) -> None:
    assert (
        await migrator.fetchval(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'p' AND conrelid = 'alerts.events'::regclass"
        )
        == "PRIMARY KEY (triggered_at, id)"
    )
    assert await migrator.fetchval("SELECT pg_get_partkeydef('alerts.events'::regclass)") == (
        "RANGE (triggered_at)"
    )


async def test_000_04_roles_and_identity_exist(gateway: asyncpg.Connection) -> None:
    roles = await gateway.fetch(
        "SELECT rolname FROM pg_roles WHERE rolname IN ('gateway', 'worker', 'analytics')"
        " AND NOT rolsuper"
    )
    assert len(roles) == 3
    assert await gateway.fetchval("SELECT ops.current_user_id()") is None


async def test_000_05_a_user_keeps_their_own_sessions(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    alice = await rows.user()
    async with acting_for(gateway, alice):
        session = await gateway.fetchval(
            "INSERT INTO account.sessions (user_id, token_hash, expires_at)"
            " VALUES ($1, $2, now()) RETURNING id",
            alice,
            secrets.token_bytes(32),
        )
        assert (
            await gateway.execute(
                "UPDATE account.sessions SET revoked_at = now() WHERE id = $1", session
            )
            == "UPDATE 1"
        )


async def test_000_06_a_protocol_has_figures_on_two_chains(rows: Rows) -> None:
    first = await rows.insert("catalog.protocol_latest")
    second = await rows.insert("catalog.protocol_latest", protocol_id=first["protocol_id"])
    assert first["chain_id"] != second["chain_id"]


async def test_000_07_a_protocol_lives_on_many_chains(rows: Rows) -> None:
    protocol = await rows.insert("catalog.protocols")
    for _ in range(2):
        await rows.insert("catalog.protocol_deployments", protocol_id=protocol["id"])
    deployments = await rows.connection.fetch(
        "SELECT chain_id FROM catalog.protocol_deployments WHERE protocol_id = $1", protocol["id"]
    )
    assert len({row["chain_id"] for row in deployments}) == 2


async def test_000_08_a_wallet_without_trades_has_no_score(rows: Rows) -> None:
    wallet = await rows.insert("catalog.wallets")
    assert wallet["smart_money_score"] is None
    assert wallet["win_rate"] is None
    assert wallet["total_pnl_usd"] is None


async def test_000_09_a_score_stays_within_its_bounds(rows: Rows) -> None:
    for score in ("-0.5997", "1.2"):
        with pytest.raises(asyncpg.CheckViolationError):
            await rows.insert("catalog.wallets", smart_money_score=Decimal(score))


async def test_000_10_a_change_is_measured_from_a_baseline(rows: Rows) -> None:
    event = await rows.insert("alerts.events", baseline_value=Decimal(3200))
    assert event["baseline_value"] == 3200
    rule = await rows.insert("alerts.rules", threshold_type="percentage")
    assert rule["timeframe_minutes"] == 60


async def test_000_12_equality_is_not_for_continuous_values(rows: Rows) -> None:
    for operator in ("eq", "ne"):
        with pytest.raises(asyncpg.CheckViolationError):
            await rows.insert("alerts.rules", condition_operator=operator)


async def test_000_13_channels_and_targets_are_checked(rows: Rows) -> None:
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        await rows.connection.execute(
            "UPDATE alerts.rules SET notification_channels = '{pigeon}' WHERE false"
        )
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.insert("alerts.rules", alert_type="gas_price")  # of a portfolio
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.insert("alerts.rules", target_type="asset")  # names a portfolio


async def test_000_14_a_key_is_found_by_its_hash(rows: Rows) -> None:
    key = secrets.token_bytes(32)
    stored = hashlib.sha256(key).digest()
    row = await rows.insert("account.api_keys", key_hash=stored)
    assert row["id"] == await rows.connection.fetchval(
        "SELECT id FROM account.api_keys WHERE key_hash = sha256($1)", key
    )
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert("account.api_keys", key_hash=stored)


async def test_000_15_legs_of_one_transaction_are_told_apart(rows: Rows) -> None:
    leg = await rows.insert("catalog.wallet_transactions", log_index=4)
    same = {name: leg[name] for name in ("wallet_id", "chain_id", "tx_hash", "occurred_at")}
    await rows.insert("catalog.wallet_transactions", **same, log_index=5)
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert("catalog.wallet_transactions", **same, log_index=4)


async def test_000_16_a_chain_has_one_native_coin(rows: Rows) -> None:
    chain = await rows.insert("catalog.chains")
    await rows.insert("catalog.assets", chain_id=chain["id"])
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert("catalog.assets", chain_id=chain["id"])
    for _ in range(2):  # tickers of price feeds have no chain and may repeat
        await rows.insert("catalog.assets", symbol="BTC")


async def test_000_17_summary_adds_chains_and_keeps_unknown_unknown(rows: Rows) -> None:
    known, half, unknown = [await rows.insert("catalog.protocols") for _ in range(3)]
    now = datetime.now(UTC)
    for protocol, tvl, before in (
        (known, 150, 100),
        (known, 7, 6),
        (half, 150, None),
        (half, 20, 10),
    ):
        await rows.insert(
            "catalog.protocol_latest",
            protocol_id=protocol["id"],
            tvl_usd=tvl,
            tvl_24h_ago_usd=before,
            observed_at=now,
        )
    await rows.connection.execute("SELECT ops.refresh_view('catalog.protocol_summary')")
    summary = {
        row["id"]: (row["tvl_usd"], row["tvl_change_24h_pct"])
        for row in await rows.connection.fetch("SELECT * FROM catalog.protocol_summary")
    }
    assert summary[known["id"]] == (157, Decimal("48.113208"))
    assert summary[half["id"]] == (170, 100)  # over the chain that has both values
    assert summary[unknown["id"]] == (None, None)


async def test_000_19_an_assessment_names_a_real_target(rows: Rows) -> None:
    insert = (
        "INSERT INTO risk.assessments (target_type, protocol_id, dimension, score)"
        " VALUES ($1, $2, 'overall', $3)"
    )
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await rows.connection.execute(insert, "protocol", uuid4(), Decimal("0.5"))
    protocol = await rows.insert("catalog.protocols")
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.connection.execute(insert, "asset", protocol["id"], Decimal("0.5"))
    with pytest.raises(asyncpg.NotNullViolationError):
        await rows.connection.execute(insert, "protocol", protocol["id"], None)


async def test_000_19_the_newest_assessment_stands_in_latest(rows: Rows) -> None:
    protocol = await rows.insert("catalog.protocols")
    for score, day in (("0.2", 2), ("0.9", 3), ("0.4", 1)):
        await rows.connection.execute(
            "INSERT INTO risk.assessments (target_type, protocol_id, dimension, score, created_at)"
            " VALUES ('protocol', $1, 'market', $2, $3)",
            protocol["id"],
            Decimal(score),
            datetime(2026, 1, day, tzinfo=UTC),
        )
    assert await rows.connection.fetchval(
        "SELECT score FROM risk.latest WHERE target_id = $1 AND dimension = 'market'",
        protocol["id"],
    ) == Decimal("0.9")


async def test_000_21_history_outlives_the_catalogue(rows: Rows) -> None:
    activity = await rows.insert(
        "catalog.wallet_transactions", protocol_id=(await rows.insert("catalog.protocols"))["id"]
    )
    event = await rows.insert("alerts.events")
    for statement, key in (
        ("DELETE FROM catalog.protocols WHERE id = $1", activity["protocol_id"]),
        ("DELETE FROM catalog.wallets WHERE id = $1", activity["wallet_id"]),
        ("DELETE FROM alerts.rules WHERE id = $1", event["rule_id"]),
    ):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await rows.connection.execute(statement, key)


async def test_000_22_no_token_is_stored(rows: Rows, migrator: asyncpg.Connection) -> None:
    columns = await migrator.fetch(
        "SELECT attname, atttypid::regtype::text FROM pg_attribute"
        " WHERE attrelid = 'account.sessions'::regclass AND attname LIKE '%token%'"
    )
    assert [tuple(row) for row in columns] == [("token_hash", "bytea")]
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.insert("account.sessions", token_hash=b"plain-token")
