"""The runner on a live ClickHouse: statement by statement, resumed where it stopped."""

import asyncio
import signal
import sys
import textwrap
from collections.abc import AsyncIterator

import pytest

from stores.clickhouse.client import ClickHouse
from stores.errors import StoreError
from stores.migrate import Applied, MigrationError, migrate, rollback, status
from stores.queries import Statement
from stores.urls import StoreUrls
from tests.stores.migrate.conftest import Folder

A = "CREATE TABLE IF NOT EXISTS a (x Int64) ENGINE = MergeTree ORDER BY x;"
B = "CREATE TABLE IF NOT EXISTS b (x Int64) ENGINE = MergeTree ORDER BY x;"
FAIL = "CREATE TABLE b (x Nothing_) ENGINE = Memory;"
DROP = "DROP TABLE IF EXISTS b;\nDROP TABLE IF EXISTS a;"
OPTIONS = " transaction:false"


@pytest.fixture
async def database(urls: StoreUrls) -> AsyncIterator[ClickHouse]:
    async with ClickHouse(urls.clickhouse) as client:
        yield client


async def up(urls: StoreUrls, folder: Folder, **options: object) -> list[Applied]:
    return await migrate(urls, stores=["clickhouse"], folder=folder.path, **options)  # type: ignore[arg-type]


async def tables(database: ClickHouse) -> list[str]:
    text = (
        "SELECT name FROM system.tables WHERE database = currentDatabase() "
        "AND name NOT LIKE '%migration%' ORDER BY name"
    )
    return [str(row[0]) for row in await database.fetch(Statement("test.tables", text))]


async def record(database: ClickHouse) -> list[tuple[object, ...]]:
    text = "SELECT version, toString(status), statements_done FROM gateway_migrations FINAL"
    return await database.fetch(Statement("test.record", text))


async def test_the_database_is_made_and_everything_remembered(
    urls: StoreUrls, folder: Folder, database: ClickHouse
) -> None:
    folder.add("clickhouse", "0001", f"{A}\n{B}", DROP, OPTIONS)
    assert [each.version for each in await up(urls, folder)] == ["0001"]
    assert await tables(database) == ["a", "b"]
    assert await record(database) == [("0001", "applied", 2)]
    assert await up(urls, folder) == []
    (state,) = await status(urls, stores=["clickhouse"], folder=folder.path)
    assert state.up_to_date


async def test_a_dry_run_touches_nothing(urls: StoreUrls, folder: Folder) -> None:
    folder.add("clickhouse", "0001", A, DROP, OPTIONS)
    (planned,) = await up(urls, folder, dry_run=True)
    assert planned.sql == A
    (state,) = await status(urls, stores=["clickhouse"], folder=folder.path)
    assert state.files[0][2] == "pending"
    (planned,) = await up(urls, folder, dry_run=True, cluster="{cluster}")
    assert "ON CLUSTER '{cluster}'" in planned.sql


async def test_a_failure_says_where_and_the_next_run_goes_on(
    urls: StoreUrls, folder: Folder, database: ClickHouse
) -> None:
    once = "INSERT INTO a SELECT 1;"
    folder.add("clickhouse", "0001", f"{A}\n{once}\n{FAIL}", DROP, OPTIONS)
    with pytest.raises(MigrationError, match=r"0001_change\.sql:6: .*Nothing_"):
        await up(urls, folder)
    assert await record(database) == [("0001", "running", 2)]
    # The same text is resumed after what is done; only another text starts anew.
    with pytest.raises(MigrationError, match=r"0001_change\.sql:6: "):
        await up(urls, folder)
    rows = await database.fetch(Statement("test.count", "SELECT count() FROM a"))
    assert rows == [(1,)]


async def test_undoing_and_applying_again(
    urls: StoreUrls, folder: Folder, database: ClickHouse
) -> None:
    folder.add("clickhouse", "0001", f"{A}\n{B}", DROP, OPTIONS)
    await up(urls, folder)
    assert len(await rollback(urls, "clickhouse", folder=folder.path)) == 1
    assert await tables(database) == []
    assert await record(database) == [("0001", "undone", 0)]
    assert len(await up(urls, folder)) == 1
    assert await tables(database) == ["a", "b"]


async def test_a_changed_file_is_refused(urls: StoreUrls, folder: Folder) -> None:
    folder.add("clickhouse", "0001", A, DROP, OPTIONS)
    await up(urls, folder)
    folder.add("clickhouse", "0001", B, DROP, OPTIONS)
    with pytest.raises(MigrationError, match=r"0001_change\.sql: was changed"):
        await up(urls, folder)


async def test_two_runners_apply_everything_once(urls: StoreUrls, folder: Folder) -> None:
    folder.add("clickhouse", "0001", A, "DROP TABLE a;", OPTIONS)
    folder.add("clickhouse", "0002", "SELECT sleep(0.3);", "SELECT 1;", OPTIONS)
    runs = await asyncio.gather(*(up(urls, folder) for _ in range(2)))
    assert sorted(len(run) for run in runs) == [0, 2]


async def test_a_killed_runner_is_taken_up(
    urls: StoreUrls, folder: Folder, database: ClickHouse
) -> None:
    slow = "SELECT sleep(2);"
    folder.add("clickhouse", "0001", f"{A}\nINSERT INTO a SELECT 1;\n{slow}\n{B}", DROP, OPTIONS)
    program = textwrap.dedent(
        f"""
        import asyncio, pathlib
        from stores.migrate import migrate
        from stores.urls import StoreUrls
        urls = StoreUrls(*[""] * 3, {urls.clickhouse!r}, "", "")
        folder = pathlib.Path({str(folder.path)!r})
        asyncio.run(migrate(urls, stores=["clickhouse"], folder=folder))
        """
    )
    runner = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    async with asyncio.timeout(20):
        while not await begun(database):
            assert runner.returncode is None
    runner.send_signal(signal.SIGKILL)
    await runner.wait()
    assert await record(database) == [("0001", "running", 2)]
    await expire_locks(database)
    assert len(await up(urls, folder)) == 1
    assert await tables(database) == ["a", "b"]
    assert await record(database) == [("0001", "applied", 4)]
    assert await database.fetch(Statement("test.count", "SELECT count() FROM a")) == [(1,)]


async def begun(database: ClickHouse) -> bool:
    """Whether two statements are through; False as long as there is no such table."""
    try:
        return ("0001", "running", 2) in await record(database)
    except StoreError:
        return False


async def expire_locks(database: ClickHouse) -> None:
    """What a minute would do."""
    text = (
        "INSERT INTO gateway_migration_lock SELECT owner, acquired_at, now64(6), now64(6) "
        "FROM gateway_migration_lock FINAL"
    )
    await database.execute(Statement("test.expire", text, kind="exec"))
