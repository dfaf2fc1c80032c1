"""Roll-ups give the same bars however often, in whatever order and blocks rows arrive."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

MIDNIGHT = datetime(2024, 1, 5, tzinfo=UTC)
PRICE = ["ts", "asset_id", "source", "price", "volume_24h"]
Bar = tuple[datetime, Decimal, Decimal, Decimal, Decimal, Decimal | None]


def ticks(seed: int) -> list[tuple[datetime, Decimal, Decimal | None]]:
    """Prices at distinct instants over three days, some without a volume."""
    chance = random.Random(seed)
    instants = chance.sample(range(3 * 86_400_000), 300)
    return [
        (
            MIDNIGHT + timedelta(milliseconds=instant),
            Decimal(chance.randrange(1, 10**12)) / 10**6,
            Decimal(chance.randrange(10**9)) if chance.random() < 0.7 else None,
        )
        for instant in instants
    ]


def bars(rows: Sequence[tuple[datetime, Decimal, Decimal | None]], span_s: int) -> list[Bar]:
    """The bars by definition: grouped, sorted by time, volume the last one known."""
    buckets: dict[datetime, list[tuple[datetime, Decimal, Decimal | None]]] = {}
    for row in rows:
        start = MIDNIGHT + (row[0] - MIDNIGHT) // timedelta(seconds=span_s) * timedelta(
            seconds=span_s
        )
        buckets.setdefault(start, []).append(row)
    found: list[Bar] = []
    for start, members in sorted(buckets.items()):
        prices = [price for _, price, _ in sorted(members)]
        volumes = [volume for _, _, volume in sorted(members) if volume is not None]
        last_volume = volumes[-1] if volumes else None
        found.append((start, prices[0], max(prices), min(prices), prices[-1], last_volume))
    return found


async def read(clickhouse: AsyncClient, relation: str, asset_id: UUID) -> list[Bar]:
    result = await clickhouse.query(
        f"SELECT ts, open, high, low, close, volume_24h FROM {relation} "
        "WHERE asset_id = {id:UUID} ORDER BY ts",
        parameters={"id": asset_id},
    )
    return [(row[0].replace(tzinfo=UTC), *row[1:]) for row in result.result_rows]


@pytest.mark.parametrize("seed", range(3))
async def test_minutes_hours_and_days_equal_the_definition(
    clickhouse: AsyncClient, seed: int
) -> None:
    asset_id, rows = uuid4(), ticks(seed)
    chance = random.Random(seed)
    sent = [(ts, asset_id, "t", price, volume) for ts, price, volume in rows]
    # Every row comes twice, in shuffled blocks, as after a retry that cut the batches anew.
    again = [*sent, *sent]
    chance.shuffle(again)
    for begin in range(0, len(again), 97):
        await clickhouse.insert("market_data", again[begin : begin + 97], PRICE)
    for relation, span_s in (
        ("market_data_minutely", 60),
        ("market_data_hourly", 3600),
        ("market_data_daily", 86_400),
    ):
        assert await read(clickhouse, relation, asset_id) == bars(rows, span_s), relation


async def test_correction_changes_open_and_close(clickhouse: AsyncClient) -> None:
    asset_id, now = uuid4(), datetime.now(UTC)
    for price, arrived in ((Decimal(10), 1), (Decimal(11), 3), (Decimal(9), 2)):
        await clickhouse.insert(
            "market_data",
            [(MIDNIGHT, asset_id, "t", price, now + timedelta(seconds=arrived))],
            ["ts", "asset_id", "source", "price", "ingested_at"],
        )
    (bar,) = await read(clickhouse, "market_data_daily", asset_id)
    assert (bar[1], bar[4]) == (Decimal(11), Decimal(11))


async def test_vendor_bars_enter_at_their_span_and_keep_high_and_low(
    clickhouse: AsyncClient,
) -> None:
    asset_id = uuid4()
    columns = ["ts", "span", "asset_id", "source", "open", "high", "low", "close", "volume_24h"]
    prices = [Decimal(value) for value in (10, 15, 8, 12)]
    hours = [
        (MIDNIGHT + timedelta(days=1, hours=hour), "hour", asset_id, "t", *prices, Decimal(hour))
        for hour in range(2)
    ]
    for _ in range(2):
        await clickhouse.insert(
            "market_bars", [(MIDNIGHT, "day", asset_id, "t", *prices, Decimal(7))], columns
        )
        await clickhouse.insert("market_bars", hours, columns)
    assert await read(clickhouse, "market_data_hourly", asset_id) == [
        (hour[0], *prices, hour[8]) for hour in hours
    ]
    assert await read(clickhouse, "market_data_daily", asset_id) == [
        (MIDNIGHT, *prices, Decimal(7)),
        (MIDNIGHT + timedelta(days=1), *prices, Decimal(1)),
    ]
    latest = await clickhouse.query(
        "SELECT ts, price FROM market_data_latest FINAL WHERE asset_id = {id:UUID}",
        parameters={"id": asset_id},
    )
    ((ts, price),) = latest.result_rows
    assert ts.replace(tzinfo=UTC) == MIDNIGHT + timedelta(days=1, hours=2, milliseconds=-1)
    assert price == Decimal(12)


async def test_latest_ignores_what_comes_late(clickhouse: AsyncClient) -> None:
    asset_id = uuid4()
    for minute in (1, 5, 3):
        row = (MIDNIGHT + timedelta(minutes=minute), asset_id, "t", Decimal(minute), None)
        await clickhouse.insert("market_data", [row], PRICE)
    result = await clickhouse.query(
        "SELECT price FROM market_data_latest FINAL WHERE asset_id = {id:UUID}",
        parameters={"id": asset_id},
    )
    assert result.result_rows == [(Decimal(5),)]


async def test_old_history_survives_merges_and_raw_rows_leave_by_arrival(
    clickhouse: AsyncClient,
) -> None:
    loaded_today, loaded_long_ago = uuid4(), uuid4()
    old = datetime(2013, 4, 29, tzinfo=UTC)
    columns = ["ts", "asset_id", "source", "price"]
    await clickhouse.insert("market_data", [(old, loaded_today, "t", Decimal(144))], columns)
    await clickhouse.insert(
        "market_data",
        [(old, loaded_long_ago, "t", Decimal(144), datetime.now(UTC) - timedelta(days=100))],
        [*columns, "ingested_at"],
    )
    await clickhouse.command("OPTIMIZE TABLE market_data PARTITION 201304 FINAL")
    result = await clickhouse.query(
        "SELECT asset_id FROM market_data FINAL WHERE toYYYYMM(ts) = 201304"
    )
    assert loaded_today in {row[0] for row in result.result_rows}
    assert loaded_long_ago not in {row[0] for row in result.result_rows}
    for relation in ("market_data_minutely", "market_data_hourly", "market_data_daily"):
        assert len(await read(clickhouse, relation, loaded_long_ago)) == 1, relation


async def test_protocol_metrics_roll_up_by_last_value(clickhouse: AsyncClient) -> None:
    protocol_id = uuid4()
    columns = ["ts", "protocol_id", "chain_id", "metric_type", "value", "value_usd"]
    values = {0: 5, 30: 9, 59: 2, 61: 4}
    for _ in range(2):
        for minute, tvl in values.items():
            await clickhouse.insert(
                "protocol_metrics",
                [
                    (
                        MIDNIGHT + timedelta(minutes=minute),
                        protocol_id,
                        1,
                        "tvl",
                        Decimal(tvl),
                        Decimal(tvl),
                    )
                ],
                columns,
            )
    for relation, expected in (
        ("protocol_metrics_minutely", [(tvl, tvl, tvl, tvl) for tvl in values.values()]),
        ("protocol_metrics_hourly", [(5, 9, 2, 2), (4, 4, 4, 4)]),
        ("protocol_metrics_daily", [(5, 9, 2, 4)]),
    ):
        result = await clickhouse.query(
            f"SELECT first_value, high, low, value_usd FROM {relation} "
            "WHERE protocol_id = {id:UUID} AND metric_type = 'tvl' ORDER BY ts",
            parameters={"id": protocol_id},
        )
        assert [tuple(map(int, row)) for row in result.result_rows] == expected, relation
    result = await clickhouse.query(
        "SELECT value FROM protocol_metrics_latest FINAL WHERE protocol_id = {id:UUID}",
        parameters={"id": protocol_id},
    )
    assert result.result_rows == [(Decimal(4),)]


async def test_gas_average_is_not_moved_by_a_retry(clickhouse: AsyncClient) -> None:
    source = uuid4().hex
    columns = ["ts", "chain_id", "source", "price_gwei"]
    rows = [
        (MIDNIGHT + timedelta(minutes=minute), 137, source, Decimal(minute + 1))
        for minute in range(120)
    ]
    for block in (rows, rows[:50], rows[30:90]):
        await clickhouse.insert("gas_prices", block, columns)
    query = (
        "SELECT open_gwei, high_gwei, low_gwei, close_gwei, avg_gwei, minutes FROM {} "
        "WHERE chain_id = 137 AND source = {{source:String}} ORDER BY ts"
    )
    for relation, expected in (
        ("gas_prices_hourly", [(1, 60, 1, 60, 30.5, 60), (61, 120, 61, 120, 90.5, 60)]),
        ("gas_prices_daily", [(1, 120, 1, 120, 60.5, 120)]),
    ):
        result = await clickhouse.query(query.format(relation), parameters={"source": source})
        assert result.result_rows == expected, relation


async def test_g_16_days_begin_at_midnight_utc(clickhouse: AsyncClient) -> None:
    asset_id = uuid4()
    for ts in (MIDNIGHT - timedelta(minutes=30), MIDNIGHT + timedelta(minutes=30)):
        await clickhouse.insert("market_data", [(ts, asset_id, "t", Decimal(1), None)], PRICE)
    result = await clickhouse.query(
        "SELECT toString(ts) FROM market_data_daily WHERE asset_id = {id:UUID} ORDER BY ts",
        parameters={"id": asset_id},
        settings={"session_timezone": "Asia/Tokyo"},
    )
    assert [row[0] for row in result.result_rows] == [
        "2024-01-04 00:00:00.000",
        "2024-01-05 00:00:00.000",
    ]
