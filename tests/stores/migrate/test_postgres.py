"""The runner on a live Postgres: once, in order, all or nothing, and back again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from stores.errors import StoreUnavailable
from stores.migrate import Applied, MigrationError, migrate, rollback, status
from stores.urls import StoreUrls
from tests.stores.migrate.conftest import Folder


@pytest.fixture
async def database(urls: StoreUrls) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(urls.postgres_migrator)
    yield connection
    await connection.close()


async def up(urls: StoreUrls, folder: Folder, **options: object) -> list[Applied]:
    return await migrate(urls, stores=["postgres"], folder=folder.path, **options)  # type: ignore[arg-type]


async def tables(database: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    rows = await database.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relkind = 'r' AND relname !~ 'migrations$' ORDER BY 1"
    )
    return [row[0] for row in rows]


async def test_everything_is_remembered(
    urls: StoreUrls, folder: Folder, database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    folder.add("postgres", "0001", "CREATE TABLE a (id int);", "DROP TABLE a;")
    folder.add("postgres", "0002", "CREATE TABLE b (id int);", "DROP TABLE b;")
    taken = await up(urls, folder)
    assert [(each.version, each.direction, each.dry_run) for each in taken] == [
        ("0001", "up", False),
        ("0002", "up", False),
    ]
    row = await database.fetchrow("SELECT * FROM gateway_migrations WHERE version = '0001'")
    assert row is not None
    assert (row["name"], row["description"], row["status"]) == ("change", "Change 0001.", "applied")
    assert (row["up_sql"], row["down_sql"]) == ("CREATE TABLE a (id int);", "DROP TABLE a;")
    assert row["applied_by"] == "migrator"
    assert len(row["checksum_sha256"]) == 64
    assert await database.fetchval("SELECT count(*) FROM schema_migrations") == 2
    assert await up(urls, folder) == []


async def test_a_failure_leaves_nothing_of_its_file(
    urls: StoreUrls, folder: Folder, database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    folder.add("postgres", "0001", "CREATE TABLE a (id int);", "DROP TABLE a;")
    broken = "CREATE TABLE b (id int);\n\nCREATE TABLE c (id nothing);"
    folder.add("postgres", "0002", broken, "DROP TABLE b;")
    with pytest.raises(MigrationError, match=r'0002_change\.sql:6: type "nothing" does not exist'):
        await up(urls, folder)
    assert await tables(database) == ["a"]
    folder.add("postgres", "0002", "CREATE TABLE b (id int);", "DROP TABLE b;")
    assert [each.version for each in await up(urls, folder)] == ["0002"]


async def test_a_changed_file_is_refused(urls: StoreUrls, folder: Folder) -> None:
    folder.add("postgres", "0001", "CREATE TABLE a (id int);", "DROP TABLE a;")
    await up(urls, folder)
    folder.add("postgres", "0001", "CREATE TABLE a (id bigint);", "DROP TABLE a;")
    with pytest.raises(MigrationError, match=r"0001_change\.sql: was changed after it was applied"):
        await up(urls, folder)
    (state,) = await status(urls, stores=["postgres"], folder=folder.path)
    assert state.files[0][2] == "changed"
    assert not state.up_to_date


async def test_a_dry_run_prints_and_touches_nothing(
    urls: StoreUrls, folder: Folder, database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    folder.add("postgres", "0001", "CREATE TABLE a (id int);", "DROP TABLE a;")
    (planned,) = await up(urls, folder, dry_run=True)
    assert planned.dry_run
    assert planned.sql == "CREATE TABLE a (id int);"
    assert await database.fetchval("SELECT count(*) FROM pg_class WHERE relname ~ 'migr'") == 0
    await up(urls, folder)
    (planned,) = await rollback(urls, "postgres", dry_run=True, folder=folder.path)
    assert planned.sql == "DROP TABLE a;"
    assert await tables(database) == ["a"]


async def test_target_stops_on_the_way_up_and_down(
    urls: StoreUrls, folder: Folder, database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    for version, name in (("0001", "a"), ("0002", "b"), ("0003", "c")):
        folder.add("postgres", version, f"CREATE TABLE {name} (id int);", f"DROP TABLE {name};")
    await up(urls, folder, target="2")
    assert await tables(database) == ["a", "b"]
    await up(urls, folder)
    undone = await rollback(urls, "postgres", target="0001", folder=folder.path)
    assert [each.version for each in undone] == ["0003", "0002"]
    assert await tables(database) == ["a"]
    assert await database.fetchval("SELECT count(*) FROM gateway_migrations") == 1


async def test_an_index_is_built_outside_a_transaction(
    urls: StoreUrls, folder: Folder, database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    folder.add("postgres", "0001", "CREATE TABLE a (id int);", "DROP TABLE a;")
    folder.add(
        "postgres",
        "0002",
        "DROP INDEX IF EXISTS a_id_idx;\nCREATE INDEX CONCURRENTLY a_id_idx ON a (id);",
        "DROP INDEX CONCURRENTLY a_id_idx;",
        " transaction:false",
    )
    await up(urls, folder)
    assert await database.fetchval(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_id_idx'::regclass"
    )
    await rollback(urls, "postgres", folder=folder.path)
    assert await database.fetchval("SELECT to_regclass('a_id_idx')") is None


async def test_half_a_file_without_transaction_is_run_again(
    urls: StoreUrls, folder: Folder, database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    first = "CREATE TABLE IF NOT EXISTS a (id int);"
    folder.add("postgres", "0001", f"{first}\nSELECT 1/0;", "DROP TABLE a;", " transaction:false")
    with pytest.raises(MigrationError, match=r"0001_change\.sql:5: division by zero"):
        await up(urls, folder)
    (state,) = await status(urls, stores=["postgres"], folder=folder.path)
    assert state.files[0][2:] == ("running", "stopped after 1 statements; run migrate again")
    folder.add("postgres", "0001", f"{first}\nSELECT 1;", "DROP TABLE a;", " transaction:false")
    assert len(await up(urls, folder)) == 1
    assert await database.fetchval("SELECT status FROM gateway_migrations") == "applied"


async def test_two_runners_apply_everything_once(urls: StoreUrls, folder: Folder) -> None:
    slow = "SELECT pg_sleep(0.1); CREATE TABLE {0} (id int);"
    for version, name in (("0001", "a"), ("0002", "b")):
        folder.add("postgres", version, slow.format(name), f"DROP TABLE {name};")
    runs = await asyncio.gather(*(up(urls, folder) for _ in range(3)))
    assert sorted(len(run) for run in runs) == [0, 0, 2]


async def test_waiting_for_another_runner_is_bounded(
    urls: StoreUrls, folder: Folder, database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    folder.add("postgres", "0001", "SELECT pg_sleep(1.5);", "SELECT 1;")
    first = asyncio.create_task(up(urls, folder))
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    while not await database.fetchval(
        f"{held} AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    ):
        pass
    with pytest.raises(MigrationError, match=r"has been migrating Postgres for 0\.2 s"):
        await up(urls, folder, lock_wait_s=0.2)
    assert len(await first) == 1


async def test_a_busy_table_is_not_waited_for_long(
    urls: StoreUrls, folder: Folder, database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    folder.add("postgres", "0001", "CREATE TABLE a (id int);", "DROP TABLE a;")
    await up(urls, folder)
    folder.add("postgres", "0002", "ALTER TABLE a ADD b int;", "ALTER TABLE a DROP b;")
    async with database.transaction():
        await database.execute("LOCK TABLE a")
        async with asyncio.timeout(4):
            with pytest.raises(MigrationError, match="something else held a lock for 2s"):
                await up(urls, folder)
    assert len(await up(urls, folder)) == 1


async def test_what_dbmate_applied_is_adopted(
    urls: StoreUrls, folder: Folder, database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    folder.add("postgres", "0001", "CREATE TABLE a (id int);", "DROP TABLE a;")
    folder.add("postgres", "0002", "CREATE TABLE b (id int);", "DROP TABLE b;")
    await database.execute("CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY)")
    await database.execute("CREATE TABLE a (id int); INSERT INTO schema_migrations VALUES ('0001')")
    assert [each.version for each in await up(urls, folder)] == ["0002"]
    assert await database.fetchval("SELECT count(*) FROM gateway_migrations") == 2
    folder.add("postgres", "0001", "CREATE TABLE a (id int, b int);", "DROP TABLE a;")
    with pytest.raises(MigrationError, match="was changed"):
        await up(urls, folder)


async def test_notes_follow_what_is_applied(
    urls: StoreUrls, folder: Folder, database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    notes = (
        "CREATE SCHEMA ops; CREATE TABLE ops.migration_notes (version text PRIMARY KEY, "
        "description text NOT NULL, rollback_sql text, applied_at timestamptz NOT NULL);"
    )
    folder.add("postgres", "0001", "CREATE TABLE a (id int);", "DROP TABLE a;")
    folder.add("postgres", "0002", notes, "DROP SCHEMA ops CASCADE;")
    folder.add("postgres", "0003", "CREATE TABLE c (id int);", "DROP TABLE c;")
    await up(urls, folder)
    read = (
        "SELECT array_agg(version || ' ' || rollback_sql ORDER BY version) FROM ops.migration_notes"
    )
    assert await database.fetchval(read) == [
        "0001 DROP TABLE a;",
        "0002 DROP SCHEMA ops CASCADE;",
        "0003 DROP TABLE c;",
    ]
    await rollback(urls, "postgres", folder=folder.path)
    assert len(await database.fetchval(read)) == 2


async def test_a_server_that_is_down_is_said(urls: StoreUrls, folder: Folder) -> None:
    nowhere = replace(urls, postgres_migrator="postgresql://m:secret@127.0.0.1:1/x")
    with pytest.raises(StoreUnavailable):
        await up(nowhere, folder)
    (state,) = await status(nowhere, stores=["postgres"], folder=folder.path)
    assert state.error is not None
    assert "secret" not in state.error
