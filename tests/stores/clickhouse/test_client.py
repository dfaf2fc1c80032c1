"""The ClickHouse client on a live engine: values, deadlines, inserts, errors."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from stores.clickhouse.client import ClickHouse
from stores.errors import StoreRejected, StoreTimeout, StoreUnavailable
from stores.queries import Statement
from stores.urls import StoreUrls, with_path

SLEEP = Statement("test.sleep", "SELECT sum(sleepEachRow(0.05)) FROM numbers(200)")
SETTINGS = {"max_block_size": 1}


def do(text: str) -> Statement:
    return Statement("test.do", text, kind="exec")


@pytest.fixture
async def client(engine_urls: StoreUrls) -> AsyncIterator[ClickHouse]:
    """A client in a database of its own."""
    name = f"t{uuid.uuid4().hex}"
    async with ClickHouse(engine_urls.clickhouse) as server:
        await server.execute(do(f"CREATE DATABASE {name}"))
        async with ClickHouse(with_path(engine_urls.clickhouse, name)) as opened:
            yield opened
        await server.execute(do(f"DROP DATABASE {name}"))


async def test_values_round_trip(client: ClickHouse) -> None:
    statement = Statement(
        "test.values",
        "SELECT {id:UUID}, {amount:Decimal(76,18)}, {ts:DateTime64(3,'UTC')}, "
        "{names:Array(String)}",
    )
    key, ts = uuid.uuid4(), datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    amount = Decimal("123456789.000000000000000001")
    params = {"id": key, "amount": amount, "ts": ts, "names": ["a'b", "ü"]}
    row = (await client.fetch(statement, params))[0]
    assert row == (key, amount, ts, ["a'b", "ü"])
    assert isinstance(row[2], datetime)
    assert row[2].tzinfo is not None


async def test_times_no_server_holds_compare_like_the_end(client: ClickHouse) -> None:
    text = "SELECT toDateTime64('2025-01-01', 3, 'UTC') < {t:DateTime64(3, 'UTC')}"
    for year, later in ((1, 0), (1899, 0), (2026, 1), (9999, 1)):
        moment = datetime(year, 1, 1, tzinfo=UTC)
        assert await client.fetch(Statement("times", text, ("t",)), {"t": moment}) == [(later,)]


async def test_insert_stores_rows_in_column_order(client: ClickHouse) -> None:
    await client.execute(do("CREATE TABLE t (a Int64, b String) ENGINE = MergeTree ORDER BY a"))
    await client.insert("t", ["b", "a"], [("x", 1), ("y", 2)])
    await client.insert("t", ["b", "a"], [])
    rows = await client.fetch(Statement("test.all", "SELECT a, b FROM t ORDER BY a"))
    assert rows == [(1, "x"), (2, "y")]


async def test_a_block_with_the_same_token_is_stored_once(client: ClickHouse) -> None:
    await client.execute(
        do(
            "CREATE TABLE t (a Int64) ENGINE = MergeTree ORDER BY a "
            "SETTINGS non_replicated_deduplication_window = 100"
        )
    )
    for _ in range(2):
        await client.insert("t", ["a"], [(1,), (2,)], deduplication_token="block-1")
    await client.insert("t", ["a"], [(3,)], deduplication_token="block-2")
    assert await client.fetch(Statement("test.count", "SELECT count() FROM t")) == [(3,)]


async def test_insert_notices_a_changed_table(client: ClickHouse) -> None:
    await client.execute(do("CREATE TABLE t (a Int64) ENGINE = MergeTree ORDER BY tuple()"))
    await client.insert("t", ["a"], [(1,)])
    await client.execute(do("DROP TABLE t"))
    await client.execute(do("CREATE TABLE t (a String) ENGINE = MergeTree ORDER BY tuple()"))
    with pytest.raises(StoreRejected):
        await client.insert("t", ["a"], [("x",)])
    await client.insert("t", ["a"], [("x",)])
    assert await client.fetch(Statement("test.all", "SELECT a FROM t")) == [("x",)]


@pytest.mark.parametrize("text", ["SELECT nothing", "SELEC", "SELECT throwIf(1)"])
async def test_a_bad_statement_is_rejected(client: ClickHouse, text: str) -> None:
    with pytest.raises(StoreRejected) as caught:
        await client.fetch(Statement("test.bad", text))
    assert caught.value.operation == "test.bad"
    assert not caught.value.retryable


async def test_a_missing_parameter_is_rejected(client: ClickHouse) -> None:
    with pytest.raises(StoreRejected):
        await client.fetch(Statement("test.missing", "SELECT {a:Int8}"))


async def running(client: ClickHouse) -> int:
    statement = Statement(
        "test.running",
        "SELECT count() FROM system.processes WHERE query LIKE '%sleepEachRow%' "
        "AND query NOT LIKE '%system.processes%' AND current_database = currentDatabase()",
    )
    return int(str((await client.fetch(statement))[0][0]))


async def gone(client: ClickHouse) -> bool:
    """Whether no sleeping statement is left, within five seconds."""
    give_up_at = time.monotonic() + 5
    while await running(client):
        if time.monotonic() > give_up_at:
            return False
    return True


async def test_deadline_ends_the_call_and_the_statement(client: ClickHouse) -> None:
    await client.version()
    started = time.monotonic()
    with pytest.raises(StoreTimeout):
        await client.fetch(SLEEP, deadline=started + 0.2, settings=SETTINGS)
    assert time.monotonic() - started < 3
    assert await gone(client)


async def test_cancelling_the_task_ends_the_statement(client: ClickHouse) -> None:
    task = asyncio.create_task(client.fetch(SLEEP, settings=SETTINGS))
    while not await running(client):
        assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await gone(client)


async def test_a_passed_deadline_sends_nothing(client: ClickHouse) -> None:
    with pytest.raises(StoreTimeout):
        await client.fetch(SLEEP, deadline=time.monotonic() - 1)


async def test_an_unknown_database_is_unavailable_for_good(engine_urls: StoreUrls) -> None:
    async with ClickHouse(with_path(engine_urls.clickhouse, "nothing_here")) as client:
        with pytest.raises(StoreUnavailable) as caught:
            await client.fetch(Statement("test.one", "SELECT 1"))
    assert not caught.value.retryable


async def test_many_at_once(client: ClickHouse) -> None:
    statement = Statement("test.n", "SELECT {n:Int64}")
    rows = await asyncio.gather(*(client.fetch(statement, {"n": n}) for n in range(40)))
    assert [each[0][0] for each in rows] == list(range(40))


async def test_a_plan_says_which_index_is_used(client: ClickHouse) -> None:
    await client.execute(do("CREATE TABLE t (a Int64) ENGINE = MergeTree ORDER BY a"))
    await client.insert("t", ["a"], [(n,) for n in range(10)])
    lines = await client.explain(
        Statement("test.one", "SELECT a FROM t WHERE a = {a:Int64}"), {"a": 4}
    )
    assert "PrimaryKey" in [line.strip() for line in lines]
    assert any("a in [4, 4]" in line for line in lines)


async def test_what_may_write_is_not_explained(client: ClickHouse) -> None:
    with pytest.raises(StoreRejected, match="only statements that read"):
        await client.explain(do("INSERT INTO t VALUES (1)"))
