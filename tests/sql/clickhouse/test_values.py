"""Values that the seeds' ClickHouse columns refused, cut or doubled are kept here."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

NOON = datetime(2024, 1, 5, 12, tzinfo=UTC)
PRICE = ["ts", "asset_id", "source", "price"]
TRADE = [
    "ts", "chain_id", "dex_name", "pair_address", "token0_address", "token1_address", "amount0",
    "amount1", "price", "tx_hash", "log_index",
]  # fmt: skip


async def value(clickhouse: AsyncClient, statement: str, **parameters: object) -> object:
    rows = (await clickhouse.query(statement, parameters=parameters)).result_rows
    assert len(rows) == 1
    return rows[0][0]


@pytest.mark.parametrize(
    "price",
    [
        "1",
        "9.3",
        "3500",
        "69420.123456789012345678",
        "99999999999999999999",
        "0.000000000000000001",
    ],
)
async def test_004_03_price_holds_large_and_small_values(
    clickhouse: AsyncClient, price: str
) -> None:
    asset_id = uuid4()
    await clickhouse.insert("market_data", [(NOON, asset_id, "t", Decimal(price))], PRICE)
    query = "SELECT price FROM market_data FINAL WHERE asset_id = {asset_id:UUID}"
    assert await value(clickhouse, query, asset_id=asset_id) == Decimal(price)


async def test_004_03_text_inserts_are_accepted_too(clickhouse: AsyncClient) -> None:
    asset_id = uuid4()
    row = {"ts": "2024-01-05 12:00:00", "asset_id": str(asset_id), "source": "t", "price": 3500.5}
    await clickhouse.raw_insert("market_data", insert_block=json.dumps(row), fmt="JSONEachRow")
    query = "SELECT price FROM market_data FINAL WHERE asset_id = {asset_id:UUID}"
    assert await value(clickhouse, query, asset_id=asset_id) == Decimal("3500.5")


async def test_004_04_stored_values_can_be_computed_with(clickhouse: AsyncClient) -> None:
    pair = f"0x{uuid4().hex}"
    rows = [
        (
            NOON,
            1,
            "t",
            pair,
            "a",
            "b",
            Decimal("92000.5"),
            Decimal(-30),
            Decimal("3066.6"),
            "h",
            index,
        )
        for index in range(2)
    ]
    await clickhouse.insert("dex_trades", rows, TRADE)
    query = "SELECT {} FROM dex_trades FINAL WHERE chain_id = 1 AND pair_address = {{pair:String}}"
    total = await value(clickhouse, query.format("sum(amount0) + sum(amount0)"), pair=pair)
    assert total == Decimal(368002)
    product = await value(clickhouse, query.format("sum(abs(amount1) * price)"), pair=pair)
    assert product == Decimal(183996)


async def test_004_05_and_003_13_retry_does_not_duplicate(clickhouse: AsyncClient) -> None:
    asset_id = uuid4()
    rows = [
        (NOON + timedelta(minutes=minute), asset_id, "t", Decimal(minute)) for minute in range(10)
    ]
    for _ in range(3):
        await clickhouse.insert("market_data", rows, PRICE)
    query = "SELECT count() FROM market_data FINAL WHERE asset_id = {asset_id:UUID}"
    assert await value(clickhouse, query, asset_id=asset_id) == 10


async def test_004_05_correction_stands_and_other_source_stays(clickhouse: AsyncClient) -> None:
    asset_id, now = uuid4(), datetime.now(UTC)
    columns = [*PRICE, "ingested_at"]
    for source, price, arrived in (
        ("a", Decimal(2), now),
        ("a", Decimal(1), now - timedelta(hours=1)),
        ("b", Decimal(3), now),
    ):
        row = (NOON, asset_id, source, price, arrived)
        await clickhouse.insert("market_data", [row], columns)
    result = await clickhouse.query(
        "SELECT source, price FROM market_data FINAL WHERE asset_id = {id:UUID} ORDER BY source",
        parameters={"id": asset_id},
    )
    assert result.result_rows == [("a", Decimal(2)), ("b", Decimal(3))]


async def test_004_07_two_swaps_of_one_transaction_stay_two(clickhouse: AsyncClient) -> None:
    pair = f"0x{uuid4().hex}"
    rows = [
        (NOON, 1, "t", pair, "a", "b", Decimal(1), Decimal(-1), Decimal(1), "0xh", index)
        for index in (7, 8)
    ]
    for _ in range(2):
        await clickhouse.insert("dex_trades", rows, TRADE)
    query = (
        "SELECT (count(), uniq(id)) FROM dex_trades FINAL "
        "WHERE chain_id = 1 AND pair_address = {pair:String}"
    )
    assert await value(clickhouse, query, pair=pair) == (2, 2)


@pytest.mark.parametrize("chain_id", [11297108109, -101, 1])
async def test_g_04_chain_id_beyond_32_bits_and_below_zero(
    clickhouse: AsyncClient, chain_id: int
) -> None:
    protocol_id = uuid4()
    await clickhouse.insert(
        "protocol_metrics",
        [(NOON, protocol_id, chain_id, "tvl", Decimal(1))],
        ["ts", "protocol_id", "chain_id", "metric_type", "value"],
    )
    query = "SELECT chain_id FROM protocol_metrics FINAL WHERE protocol_id = {id:UUID}"
    assert await value(clickhouse, query, id=protocol_id) == chain_id


@pytest.mark.parametrize("amount", ["1000000000000", "0.000000000000000001", "9" * 57 + ".9"])
async def test_g_05_amounts_are_neither_refused_nor_rounded_away(
    clickhouse: AsyncClient, amount: str
) -> None:
    wallet_id = uuid4()
    await clickhouse.insert(
        "wallet_transactions",
        [(NOON, 1, wallet_id, "0xh", "transfer", Decimal(amount))],
        ["ts", "chain_id", "wallet_id", "tx_hash", "transaction_type", "amount_in"],
    )
    query = "SELECT amount_in FROM wallet_transactions FINAL WHERE wallet_id = {id:UUID}"
    assert await value(clickhouse, query, id=wallet_id) == Decimal(amount)


async def test_g_05_thousandth_of_a_gwei_and_huge_percentages(clickhouse: AsyncClient) -> None:
    source, asset_id = uuid4().hex, uuid4()
    await clickhouse.insert(
        "gas_prices",
        [(NOON, 10, source, Decimal("0.000000001"))],
        ["ts", "chain_id", "source", "price_gwei"],
    )
    query = "SELECT price_gwei FROM gas_prices FINAL WHERE chain_id = 10 AND source = {s:String}"
    assert await value(clickhouse, query, s=source) == Decimal("0.000000001")
    await clickhouse.insert(
        "market_data", [(NOON, asset_id, "t", Decimal(1), 2e6)], [*PRICE, "price_change_24h"]
    )
    query = "SELECT price_change_24h FROM market_data FINAL WHERE asset_id = {id:UUID}"
    assert await value(clickhouse, query, id=asset_id) == 2e6


async def test_g_03_addresses_and_hashes_of_any_chain_fit(clickhouse: AsyncClient) -> None:
    wallet_id, signature = uuid4(), "5" * 88
    await clickhouse.insert(
        "wallet_transactions",
        [(NOON, -101, wallet_id, signature, "transfer", "4" * 44)],
        ["ts", "chain_id", "wallet_id", "tx_hash", "transaction_type", "counterparty"],
    )
    query = "SELECT tx_hash FROM wallet_transactions FINAL WHERE wallet_id = {id:UUID}"
    assert await value(clickhouse, query, id=wallet_id) == signature


async def test_002_03_pool_has_a_history_and_a_score(clickhouse: AsyncClient) -> None:
    pool_id = uuid4()
    await clickhouse.insert(
        "pool_statistics",
        [
            (NOON, pool_id, "main", 1, Decimal(50_000_000), 2500, 10_000),
            (NOON + timedelta(seconds=30), pool_id, "main", 1, Decimal(10**12), 10**6, 10**6),
        ],
        [
            "ts",
            "pool_id",
            "pool_type",
            "chain_id",
            "total_pool_size",
            "active_mixers",
            "anonymity_set",
        ],
    )
    result = await clickhouse.query(
        "SELECT privacy_score FROM pool_statistics FINAL WHERE pool_id = {id:UUID} ORDER BY ts",
        parameters={"id": pool_id},
    )
    assert [row[0] for row in result.result_rows] == pytest.approx([0.5, 1.0])


async def test_mev_net_profit_is_computed_and_execution_updates_the_row(
    clickhouse: AsyncClient,
) -> None:
    opportunity_id, now = uuid4(), datetime.now(UTC)
    columns = [
        "detected_at", "id", "opportunity_type", "chain_id", "protocol_ids",
        "estimated_profit_usd", "gas_cost_estimate_usd", "is_executed", "metadata", "ingested_at",
    ]  # fmt: skip
    for executed in (False, True):
        row = (
            NOON, opportunity_id, "sandwich", 1, [uuid4()], Decimal(10), Decimal("2.5"), executed,
            {"victim_tx": "0x1"}, now + timedelta(seconds=executed),
        )  # fmt: skip
        await clickhouse.insert("mev_opportunities", [row], columns)
    result = await clickhouse.query(
        "SELECT net_profit_usd, is_executed FROM mev_opportunities FINAL WHERE id = {id:UUID}",
        parameters={"id": opportunity_id},
    )
    assert result.result_rows == [(Decimal("7.5"), True)]


def granules(plan: str) -> tuple[int, int]:
    """Granules read and granules there, after the last index of a query plan."""
    selected, total = 0, 0
    for found in re.finditer(r"Granules: (\d+)/(\d+)", plan):
        selected, total = int(found[1]), max(total, int(found[2]))
    return selected, total


async def explain(clickhouse: AsyncClient, query: str, **parameters: object) -> tuple[int, int]:
    result = await clickhouse.query(f"EXPLAIN indexes = 1 {query}", parameters=parameters)
    return granules("\n".join(row[0] for row in result.result_rows))


async def insert_columns(
    clickhouse: AsyncClient, table: str, columns: dict[str, list[object]]
) -> None:
    await clickhouse.insert(
        table, list(columns.values()), column_names=list(columns), column_oriented=True
    )


async def test_004_07_trades_of_one_pair_read_a_few_granules(clickhouse: AsyncClient) -> None:
    rows, pair = range(200_000), uuid4().hex
    await insert_columns(
        clickhouse,
        "dex_trades",
        {
            "ts": [NOON + timedelta(seconds=row) for row in rows],
            "chain_id": [77] * len(rows),
            "dex_name": ["x"] * len(rows),
            "pair_address": [f"{pair}{row % 500}" for row in rows],
            "amount0": [1] * len(rows),
            "amount1": [-1] * len(rows),
            "tx_hash": [str(row) for row in rows],
            "log_index": [0] * len(rows),
        },
    )
    selected, total = await explain(
        clickhouse,
        "SELECT * FROM dex_trades FINAL WHERE chain_id = 77 AND pair_address = {pair:String}",
        pair=f"{pair}42",
    )
    assert total >= 24
    assert selected <= 3
    selected, _ = await explain(
        clickhouse, "SELECT * FROM dex_trades WHERE chain_id = 77 AND tx_hash = '31337'"
    )
    assert selected <= 5


async def test_004_07_prices_of_one_asset_read_a_few_granules(clickhouse: AsyncClient) -> None:
    rows, assets, source = range(100_000), [uuid4() for _ in range(100)], uuid4().hex
    await insert_columns(
        clickhouse,
        "market_data",
        {
            "ts": [NOON + timedelta(minutes=row // 100) for row in rows],
            "asset_id": [assets[row % 100] for row in rows],
            "source": [source] * len(rows),
            "price": [1] * len(rows),
        },
    )
    for relation, most in (
        ("market_data FINAL", 4),
        ("market_data_minutely", 4),
        ("market_data_hourly", 3),
        ("market_data_latest FINAL", 2),
    ):
        selected, total = await explain(
            clickhouse,
            f"SELECT * FROM {relation} WHERE asset_id = {{id:UUID}} AND source = {{s:String}}",
            id=assets[42],
            s=source,
        )
        assert 0 < selected <= most, relation
        assert total > selected or total <= 2, relation


async def test_page_of_one_wallet_reads_a_few_granules(clickhouse: AsyncClient) -> None:
    rows, wallets = range(100_000), [uuid4() for _ in range(1000)]
    await insert_columns(
        clickhouse,
        "wallet_transactions",
        {
            "ts": [NOON + timedelta(minutes=row // 1000) for row in rows],
            "chain_id": [1] * len(rows),
            "wallet_id": [wallets[row % 1000] for row in rows],
            "tx_hash": [str(row) for row in rows],
            "transaction_type": ["transfer"] * len(rows),
        },
    )
    selected, total = await explain(
        clickhouse,
        "SELECT * FROM wallet_transactions FINAL WHERE wallet_id = {id:UUID} "
        "ORDER BY ts DESC, id DESC LIMIT 20",
        id=wallets[42],
    )
    assert total >= 90
    assert selected <= 3


@pytest.mark.parametrize(
    ("table", "columns", "key"),
    [
        ("protocol_metrics", ["protocol_id", "chain_id", "metric_type", "value"], "protocol_id"),
        ("usage_events", ["user_id", "event_id", "event_type"], "user_id"),
    ],
)
async def test_000_03_003_02_rows_of_any_month_find_a_partition(
    clickhouse: AsyncClient, table: str, columns: list[str], key: str
) -> None:
    owner = uuid4()
    values: dict[str, object] = {
        key: owner, "chain_id": 1, "metric_type": "tvl", "value": Decimal(1), "event_type": "t",
    }  # fmt: skip
    months = [NOON + timedelta(days=31 * number) for number in (-40, -1, 0, 1, 40)]
    rows = [
        (month, *({**values, "event_id": uuid4()}[name] for name in columns)) for month in months
    ]
    await clickhouse.insert(table, rows, ["ts", *columns])
    query = f"SELECT uniqExact(toYYYYMM(ts)) FROM {table} FINAL WHERE {key} = {{owner:UUID}}"
    assert await value(clickhouse, query, owner=owner) == len(months)


async def test_001_28_two_portfolios_of_one_user_have_snapshots_of_one_instant(
    clickhouse: AsyncClient,
) -> None:
    user, first, second = uuid4(), uuid4(), uuid4()
    columns = ["ts", "snapshot_date", "portfolio_id", "user_id", "total_value_usd"]
    for worth in (1, 2):  # the second time is a retry with a correction
        rows = [(NOON, NOON.date(), each, user, Decimal(worth)) for each in (first, second)]
        await clickhouse.insert("portfolio_snapshots", rows, columns)
    query = "SELECT {} FROM portfolio_snapshots FINAL WHERE user_id = {{user:UUID}}"
    assert await value(clickhouse, query.format("count()"), user=user) == 2
    assert await value(clickhouse, query.format("sum(total_value_usd)"), user=user) == 4


async def test_001_29_forecasts_of_two_horizons_and_versions_stand_together(
    clickhouse: AsyncClient,
) -> None:
    chain = -uuid4().int % 2**62
    columns = ["ts", "chain_id", "prediction_for", "model_version"]
    prices = ["predicted_low", "predicted_medium", "predicted_high", "predicted_instant"]
    rows = [
        (NOON, chain, NOON + timedelta(minutes=ahead), version, *[Decimal("0.001")] * 4)
        for ahead in (1, 5, 30)
        for version in ("a", "b")
    ]
    for _ in range(2):
        await clickhouse.insert("gas_predictions", rows, columns + prices)
    query = "SELECT count() FROM gas_predictions FINAL WHERE chain_id = {chain:Int64}"
    assert await value(clickhouse, query, chain=chain) == len(rows)


async def test_001_33_private_series_are_packed_with_age_and_name_their_owner(
    clickhouse: AsyncClient,
) -> None:
    query = "SELECT engine_full LIKE '%RECOMPRESS%' FROM system.tables WHERE database = "
    query += "currentDatabase() AND name = 'portfolio_snapshots'"
    assert await value(clickhouse, query) == 1
    owned = await clickhouse.query(
        "SELECT table FROM system.columns WHERE database = currentDatabase() "
        "AND name = 'user_id' ORDER BY table"
    )
    names = {table for (table,) in owned.result_rows}
    assert {"portfolio_snapshots", "risk_metrics", "usage_events"} <= names
