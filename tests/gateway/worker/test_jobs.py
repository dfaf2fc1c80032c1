"""What each job does to the stores, and that doing it twice does no harm."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from gateway.worker.job import JobContext
from gateway.worker.jobs import JOBS
from gateway.worker.jobs.refresh_views import FREQUENT, HOURLY
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.gateway.worker.conftest import rows, value

CHAIN = 962_001
USER, WALLET, ASSET, POOL, OTHER_POOL = (UUID(int=0x9620 + number) for number in range(5))
AT = datetime(2024, 5, 5, 12, tzinfo=UTC)


async def perform(stores: Stores, name: str) -> tuple[int, Mapping[str, Any]]:
    context = JobContext(stores, time.monotonic() + 30)
    await JOBS[name].function(context)
    return context.item_count, context.details


@pytest.fixture
async def filled(own_stores: Stores) -> Stores:
    """A chain, a user and a wallet."""
    await rows(
        own_stores,
        "INSERT INTO catalog.chains (id, caip2, slug, name, is_evm) VALUES ($1, $2, $3, $3, true)",
        *(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}"),
    )
    await rows(
        own_stores,
        "INSERT INTO account.users (id, email, username) VALUES ($1, $2, $3)",
        *(USER, "jobs@example.org", "jobs"),
    )
    await rows(
        own_stores,
        "INSERT INTO catalog.wallets (id, chain_id, address) VALUES ($1, $2, $3)",
        *(WALLET, CHAIN, "0x" + "ab" * 20),
    )
    return own_stores


async def test_every_materialized_view_is_refreshed_by_a_job(filled: Stores) -> None:
    found = await rows(filled, "SELECT schemaname || '.' || matviewname FROM pg_matviews")
    assert sorted(row[0] for row in found) == sorted(FREQUENT + HOURLY)
    await rows(filled, "INSERT INTO portfolio.portfolios (user_id, name) VALUES ($1, 'One')", USER)
    shown = "SELECT total_portfolios FROM portfolio.user_portfolio_summary WHERE user_id = $1"
    assert await rows(filled, shown, USER) == []
    for _ in range(2):
        assert (await perform(filled, "refresh_views"))[0] == len(FREQUENT)
        assert (await perform(filled, "refresh_hourly_views"))[0] == len(HOURLY)
        assert await value(filled, shown, USER) == 1


async def test_ended_things_are_deleted_and_others_stay(filled: Stores) -> None:
    def days(number: float) -> datetime:
        return datetime.now(UTC) + timedelta(days=number)

    for number, (expires, refresh) in enumerate(
        [(-31.0, None), (-31, -31), (-31, -1), (-1, None), (1, None)]
    ):
        await rows(
            filled,
            "INSERT INTO account.sessions (user_id, token_hash, expires_at, refresh_expires_at)"
            " VALUES ($1, $2, $3, $4)",
            *(USER, bytes([number]) * 32, days(expires)),
            None if refresh is None else days(refresh),
        )
    for key, expires in (("old", -0.01), ("new", 1)):
        await rows(
            filled,
            "INSERT INTO ops.idempotency_keys (user_id, operation, key, input_hash, expires_at)"
            " VALUES ($1, 'change', $2, $3, $4)",
            *(USER, key, "00" * 32, days(expires)),
        )
    for event, published in (("old", days(-8)), ("new", days(-6)), ("waits", None)):
        await rows(
            filled,
            "INSERT INTO ops.outbox (aggregate, aggregate_id, event, published_at)"
            " VALUES ('jobs', '1', $1, $2)",
            *(event, published),
        )
    for expires, executed in ((-2.0, False), (-2, True), (-0.5, False)):
        await rows(
            filled,
            "INSERT INTO trading.trade_routes (user_id, chain_id, token_in_address,"
            " token_out_address, amount_in, amount_out, is_executed, tx_hash, executed_at,"
            " expires_at)"
            " VALUES ($1, $2, '0xaa', '0xbb', 1, 1, $3, CASE WHEN $3 THEN '0xcc' END,"
            " CASE WHEN $3 THEN now() END, $4)",
            *(USER, CHAIN, executed, days(expires)),
        )
    for hours in (-1, 1):
        await rows(
            filled,
            "INSERT INTO account.sign_ups (email, password_hash, expires_at) VALUES ($1, '', $2)",
            *(f"after{hours}@example.org", days(hours / 24)),
        )

    count, details = await perform(filled, "delete_expired")
    found = {kind: number for kind, number in details.items() if number}
    assert (count, found) == (
        6,
        {"sessions": 2, "sign_ups": 1, "idempotency_keys": 1, "outbox": 1, "trade_routes": 1},
    )
    assert await value(filled, "SELECT count(*) FROM account.sessions") == 3
    assert await value(filled, "SELECT email FROM account.sign_ups") == "after1@example.org"
    assert await value(filled, "SELECT key FROM ops.idempotency_keys") == "new"
    left = await rows(filled, "SELECT event FROM ops.outbox WHERE aggregate = 'jobs' ORDER BY 1")
    assert [row[0] for row in left] == ["new", "waits"]
    assert await value(filled, "SELECT count(*) FROM trading.trade_routes") == 2
    assert (await perform(filled, "delete_expired"))[0] == 0


async def test_old_deposits_move_and_their_nullifiers_stay(filled: Stores) -> None:
    await rows(
        filled,
        "INSERT INTO catalog.assets (id, chain_id, symbol, name) VALUES ($1, $2, 'E', 'Ether')",
        *(ASSET, CHAIN),
    )
    await _pool(filled, POOL, "main", AT)
    for commitment, status, age in (
        *(("0xa1", "withdrawn", 3), ("0xa2", "failed", 3)),
        *(("0xa3", "withdrawn", 1), ("0xa4", "pending", 3)),
    ):
        await rows(
            filled,
            "INSERT INTO privacy.deposits (pool_id, chain_id, asset_id, denomination,"
            " commitment_hash, status, updated_at)"
            " VALUES ($1, $2, $3, 1, $4, $5::text::privacy.deposit_status, $6)",
            *(POOL, CHAIN, ASSET, commitment, status),
            datetime.now(UTC) - timedelta(days=366 * age),
        )
    await rows(
        filled,
        "INSERT INTO privacy.nullifiers (nullifier_hash, chain_id) VALUES ('0xf1', $1)",
        CHAIN,
    )
    assert [(await perform(filled, "archive_deposits"))[0] for _ in range(2)] == [2, 0]
    moved = await rows(filled, "SELECT commitment_hash FROM privacy.deposits_archive ORDER BY 1")
    assert [row[0] for row in moved] == ["0xa1", "0xa2"]
    assert await value(filled, "SELECT count(*) FROM privacy.deposits") == 2
    assert await value(filled, "SELECT count(*) FROM privacy.nullifiers") == 1


async def _pool(stores: Stores, key: UUID, kind: str, observed: datetime | None) -> None:
    await rows(
        stores,
        "INSERT INTO privacy.pools (id, pool_type, chain_id, pool_name, total_pool_size,"
        " active_mixers, anonymity_set, median_transaction_time, entropy_level, observed_at)"
        " VALUES ($1, $2::text::privacy.pool_type, $3, 'P', 50000000, 2500, 10000,"
        " interval '90 minutes', 0.5, $4)",
        *(key, kind, CHAIN, observed),
    )


async def test_figures_of_observed_pools_become_points(filled: Stores) -> None:
    await _pool(filled, POOL, "main", AT)
    await _pool(filled, OTHER_POOL, "high_volume", None)
    assert [(await perform(filled, "update_pool_statistics"))[0] for _ in range(2)] == [1, 0]
    later = AT + timedelta(minutes=1, microseconds=123_456)
    await rows(
        filled,
        "UPDATE privacy.pools SET total_pool_size = 1000, observed_at = $2 WHERE id = $1",
        *(POOL, later),
    )
    assert [(await perform(filled, "update_pool_statistics"))[0] for _ in range(2)] == [1, 0]
    points = await filled.clickhouse.fetch(
        Statement(
            "test",
            "SELECT pool_id, total_pool_size, active_mixers, median_transaction_time_s,"
            " round(privacy_score, 9) FROM pool_statistics FINAL ORDER BY ts",
        ),
        {},
    )
    assert points == [
        (POOL, Decimal(50_000_000), 2_500, 5_400.0, 0.5),
        (POOL, Decimal(1_000), 2_500, 5_400.0, 0.300004),
    ]


async def test_months_are_made_and_cold_ones_dropped_once_the_history_has_them(
    filled: Stores,
) -> None:
    activity = [datetime(2020, month, 15, tzinfo=UTC) for month in (1, 2, 6)]
    for number, occurred in enumerate(activity):
        await rows(
            filled,
            "SELECT ops.create_month_partition('catalog.wallet_transactions', $1::date)",
            occurred.date(),
        )
        await rows(
            filled,
            "INSERT INTO catalog.wallet_transactions"
            " (id, wallet_id, occurred_at, chain_id, tx_hash, transaction_type)"
            " VALUES (gen_random_uuid(), $1, $2, $3, $4, 'transfer')",
            *(WALLET, occurred, CHAIN, f"0x{number:064x}"),
        )
    _, before = await perform(filled, "maintain_partitions")
    assert before["dropped"] == [], "the history has none of them yet"
    await filled.clickhouse.insert(
        "wallet_transactions",
        ("ts", "wallet_id", "chain_id", "tx_hash", "log_index", "transaction_type"),
        [(at, WALLET, CHAIN, f"0x{n:064x}", 0, "transfer") for n, at in enumerate(activity)],
    )
    _, details = await perform(filled, "maintain_partitions")
    assert details["dropped"] == [
        "catalog.wallet_transactions_2020_01",
        "catalog.wallet_transactions_2020_02",
    ]
    left = await rows(filled, "SELECT occurred_at FROM catalog.wallet_transactions")
    assert [row[0] for row in left] == [activity[2]]
    count, again = await perform(filled, "maintain_partitions")
    assert (count, again) == (0, {"made": [], "dropped": [], "stray_rows": {}})
