"""The ClickHouse engine through clickhouse-connect's async client, as production uses it."""

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator
from decimal import Decimal
from ipaddress import IPv4Address
from typing import Any

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from stores.urls import StoreUrls

_UTC = dt.UTC
_COLUMNS = {
    "id": "UUID",
    "amount": "Decimal(76, 18)",
    "price": "Decimal(38, 18)",
    "ts": "DateTime64(3, 'UTC')",
    "day": "Date",
    "chain_id": "Int64",
    "big": "UInt256",
    "name": "LowCardinality(String)",
    "note": "Nullable(String)",
    "tags": "Array(String)",
    "counts": "Map(String, UInt64)",
    "kind": "Enum8('swap' = 1, 'mint' = 2)",
    "address": "IPv4",
    "hash": "FixedString(4)",
}
_ROW = [
    uuid.UUID("018f0d8e-3b1a-7c00-8000-000000000001"),
    Decimal("12345678901234567890.123456789012345678"),
    Decimal("0.000000000000000001"),
    dt.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=_UTC),
    dt.date(2026, 1, 2),
    137,
    2**255,
    "uniswap",
    None,
    ["a'b", "ü\n"],
    {"x": 1, "y": 2**63},
    "mint",
    IPv4Address("10.0.0.1"),
    b"ab\x00c",
]


@pytest.fixture
async def database(engine_urls: StoreUrls) -> AsyncIterator[str]:
    name = f"t_{uuid.uuid4().hex}"
    admin = await clickhouse_connect.get_async_client(dsn=engine_urls.clickhouse)
    await admin.command(f"CREATE DATABASE {name}")
    yield name
    await admin.command(f"DROP DATABASE {name}")
    await admin.close()


@pytest.fixture
async def client(engine_urls: StoreUrls, database: str) -> AsyncIterator[Any]:
    made = await clickhouse_connect.get_async_client(
        dsn=engine_urls.clickhouse, database=database, tz_mode="aware"
    )
    yield made
    await made.close()


@pytest.mark.parametrize("compress", [False, "lz4", "zstd", "gzip", True])
async def test_every_type_round_trips(
    engine_urls: StoreUrls, database: str, compress: bool | str
) -> None:
    client = await clickhouse_connect.get_async_client(
        dsn=engine_urls.clickhouse, database=database, compress=compress, tz_mode="aware"
    )
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    await client.command(f"CREATE TABLE facts ({columns}) ENGINE = MergeTree ORDER BY id")
    summary = await client.insert("facts", [_ROW] * 100, column_names=list(_COLUMNS))
    assert summary.written_rows == 100
    result = await client.query("SELECT * FROM facts")
    assert result.row_count == 100
    assert list(result.first_row or ()) == _ROW
    await client.close()


async def test_parameters_bind_by_type(client: Any) -> None:
    values = {
        "s": 'it\'s \\ a "test" ü\n',
        "n": None,
        "a": ["x", "y'z"],
        "t": dt.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=_UTC),
        "d": Decimal("1.5"),
        "u": _ROW[0],
    }
    result = await client.query(
        "SELECT {s:String}, {n:Nullable(String)}, {a:Array(String)}, {t:DateTime64(3, 'UTC')}, "
        "{d:Decimal(38, 18)}, {u:UUID}",
        parameters=values,
    )
    assert list(result.first_row) == list(values.values())


async def test_long_parameters_travel_as_a_form(client: Any) -> None:
    text = "x" * 100_000
    result = await client.query("SELECT length({s:String})", parameters={"s": text})
    assert result.first_row == (100_000,)


async def test_a_setting_does_not_reach_the_next_request(client: Any) -> None:
    asked = "SELECT getSetting('max_block_size')"
    changed = await client.query(asked, settings={"max_block_size": 77})
    assert changed.first_row == (77,)
    assert (await client.query(asked)).first_row != (77,)


async def test_read_only_holds_for_one_request(client: Any) -> None:
    await client.command("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
    with pytest.raises(DatabaseError) as refused:
        await client.command("INSERT INTO t VALUES (1)", settings={"readonly": 1})
    assert "READONLY" in str(refused.value)
    await client.command("INSERT INTO t VALUES (2)")
    assert (await client.query("SELECT a FROM t")).result_rows == [(2,)]


@pytest.mark.parametrize(
    ("sql", "settings", "code", "name"),
    [
        ("SELECT * FROM absent", {}, 60, "UNKNOWN_TABLE"),
        ("SELECT absent", {}, 47, "UNKNOWN_IDENTIFIER"),
        ("SELEC 1", {}, 62, "SYNTAX_ERROR"),
        ("SELECT sum(number) FROM numbers(1e13)", {"max_execution_time": 0.1}, 159, "TIMEOUT"),
        (
            "SELECT groupArray(number) FROM numbers(10000000)",
            {"max_memory_usage": 10_000_000},
            241,
            "MEMORY_LIMIT_EXCEEDED",
        ),
    ],
)
async def test_errors_carry_code_and_name(
    client: Any, sql: str, settings: dict[str, Any], code: int, name: str
) -> None:
    with pytest.raises(DatabaseError) as failed:
        await client.query(sql, settings=settings)
    assert name in str(failed.value)
    assert failed.value.code == code


async def test_unknown_database_is_an_error(engine_urls: StoreUrls) -> None:
    with pytest.raises(DatabaseError, match="UNKNOWN_DATABASE"):
        await clickhouse_connect.get_async_client(dsn=engine_urls.clickhouse, database="absent")


async def test_a_cancelled_query_stops_in_the_engine(client: Any) -> None:
    marker = f"m{uuid.uuid4().hex}"
    running = "SELECT count() FROM system.processes WHERE query LIKE {q:String}"
    pattern = {"q": f"SELECT sleepEachRow%{marker}%"}
    slow = asyncio.create_task(
        client.query(
            f"SELECT sleepEachRow(0.05), '{marker}' FROM numbers(2000)",
            settings={"max_block_size": 1},
        )
    )
    async with asyncio.timeout(10):
        while (await client.query(running, parameters=pattern)).first_row == (0,):
            pass
        slow.cancel()
        while (await client.query(running, parameters=pattern)).first_row != (0,):
            pass
    with pytest.raises(asyncio.CancelledError):
        await slow


async def test_a_slow_query_delays_no_other(client: Any) -> None:
    slow = asyncio.create_task(
        client.query("SELECT sleepEachRow(0.05) FROM numbers(40)", settings={"max_block_size": 1})
    )
    for _ in range(20):
        await client.query("SELECT 1")
    assert not slow.done()
    await slow


async def test_many_at_once_get_their_own_answers(client: Any) -> None:
    answers = await asyncio.gather(
        *(client.query("SELECT {n:UInt32} * 2", parameters={"n": n}) for n in range(100))
    )
    assert [answer.first_row[0] for answer in answers] == [2 * n for n in range(100)]


async def test_inserts_of_every_form(client: Any) -> None:
    await client.command("CREATE TABLE t (a UInt32, b String) ENGINE = MergeTree ORDER BY a")
    await client.raw_insert("t", ["a", "b"], b"1,x\n2,y\n", fmt="CSV")
    await client.raw_insert("t", ["a", "b"], b'{"a":3,"b":"FORMAT CSV"}\n', fmt="JSONEachRow")
    await client.command("INSERT INTO t (a, b) VALUES (4, 'FORMAT x')")
    await client.command("INSERT INTO t SELECT 5, 'selected' FORMAT Null")
    rows = (await client.query("SELECT * FROM t ORDER BY a")).result_rows
    texts = ["x", "y", "FORMAT CSV", "FORMAT x", "selected"]
    assert rows == list(enumerate(texts, start=1))


async def test_a_repeated_insert_token_inserts_once(client: Any) -> None:
    await client.command(
        "CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a "
        "SETTINGS non_replicated_deduplication_window = 100"
    )
    for _ in range(2):
        token = {"insert_deduplication_token": "batch-1"}
        await client.insert("t", [[1], [2]], column_names=["a"], settings=token)
    assert (await client.query("SELECT count() FROM t")).first_row == (2,)


async def test_a_broken_insert_leaves_nothing(client: Any) -> None:
    await client.command("CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a")
    with pytest.raises(DatabaseError):
        await client.raw_insert("t", ["a"], b"1\nnot a number\n", fmt="CSV")
    assert (await client.query("SELECT count() FROM t")).first_row == (0,)


async def test_raw_queries_and_empty_results(client: Any) -> None:
    raw = await client.raw_query("SELECT 1 AS x", fmt="JSONEachRow")
    assert raw == b'{"x":1}\n'
    empty = await client.query("SELECT number FROM numbers(0)")
    assert empty.result_rows == []
    probe = await client.query("SELECT 1 AS one LIMIT 0")
    assert probe.column_names == ("one",)


async def test_large_results_stream_to_the_client(client: Any) -> None:
    total = 0
    async with await client.query_rows_stream("SELECT number FROM numbers(500000)") as rows:
        async for (number,) in rows:
            total += number
    assert total == 500_000 * 499_999 // 2


async def test_roll_up_by_materialized_view(client: Any) -> None:
    await client.command("CREATE TABLE raw (k UInt8, v UInt64) ENGINE = MergeTree ORDER BY k")
    await client.command(
        "CREATE MATERIALIZED VIEW sums ENGINE = AggregatingMergeTree ORDER BY k "
        "AS SELECT k, sumState(v) AS total FROM raw GROUP BY k"
    )
    await client.insert("raw", [[1, 2], [1, 3], [2, 7]], column_names=["k", "v"])
    query = "SELECT k, sumMerge(total) FROM sums GROUP BY k ORDER BY k"
    assert (await client.query(query)).result_rows == [(1, 5), (2, 7)]


async def test_ping_and_version(client: Any) -> None:
    assert await client.ping()
    assert client.server_version.startswith("26.")


@pytest.mark.parametrize("compress", [False, "gzip", "lz4", "zstd"])
async def test_every_block_of_a_large_insert_arrives(
    engine_urls: StoreUrls, database: str, compress: str | bool
) -> None:
    client = await clickhouse_connect.get_async_client(
        dsn=engine_urls.clickhouse, database=database, compress=compress
    )
    await client.command("CREATE TABLE numbers (n UInt64) ENGINE = MergeTree ORDER BY n")

    await client.insert("numbers", [[n] for n in range(200_000)], column_names=["n"])

    found = await client.query("SELECT count(), sum(n) FROM numbers")
    await client.close()
    assert found.result_rows == [(200_000, 19_999_900_000)]
