"""Applies migrations to ClickHouse, statement by statement, because it has no transactions.

`schema_migrations` is dbmate's own table; `gateway_migrations` adds checksum, texts and how many
statements are through, so that a run that was killed goes on where it stopped. The statement it was
killed in runs again, which is why each one must be safe to repeat.

The lock is a row that expires. Two rows can be there at once; the older one holds the lock.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from stores.clickhouse import driver
from stores.errors import StoreError, StoreUnavailable
from stores.lexing import split_statements
from stores.migrate.cluster import for_cluster
from stores.migrate.model import MigrationError, Recorded
from stores.urls import path_of, with_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from stores.migrate.model import Migration, Section

_LOG: Final = logging.getLogger("stores.migrate")
_STATEMENT_S: Final = 600.0
_LEASE_S: Final = 60
_SETTLE_S: Final = 0.1  # until an insert that began before ours is visible
_POLL_S: Final = 0.2

_CREATE_TABLES: Final = (
    """
    CREATE TABLE IF NOT EXISTS schema_migrations
    (version String, ts DateTime DEFAULT now(), applied UInt8 DEFAULT 1)
    ENGINE = ReplacingMergeTree(ts) PRIMARY KEY version ORDER BY version
    """,
    """
    CREATE TABLE IF NOT EXISTS gateway_migrations
    (
        version String,
        name String,
        description String,
        checksum_sha256 String,
        up_sql String,
        down_sql Nullable(String),
        status Enum8('running' = 1, 'applied' = 2, 'undone' = 3),
        statements_done UInt32,
        applied_at DateTime64(3, 'UTC') DEFAULT now64(3),
        duration_ms UInt64,
        applied_by String DEFAULT currentUser(),
        app_version String,
        recorded_at DateTime64(6, 'UTC') DEFAULT now64(6)
    )
    ENGINE = ReplacingMergeTree(recorded_at) ORDER BY version
    COMMENT 'Each migration as it was applied: its checksum, its texts and how it went'
    """,
    """
    CREATE TABLE IF NOT EXISTS gateway_migration_lock
    (
        owner UUID,
        acquired_at DateTime64(6, 'UTC') DEFAULT now64(6),
        expires_at DateTime64(6, 'UTC'),
        recorded_at DateTime64(6, 'UTC') DEFAULT now64(6)
    )
    ENGINE = ReplacingMergeTree(recorded_at) ORDER BY owner
    TTL toDateTime(expires_at) + INTERVAL 1 DAY
    COMMENT 'Who is migrating; the oldest row that has not expired holds the lock'
    """,
)
_TABLES: Final = """
SELECT name FROM system.tables
WHERE database = currentDatabase() AND name IN ('schema_migrations', 'gateway_migrations')
"""
_READ_DBMATE: Final = "SELECT version FROM schema_migrations FINAL WHERE applied = 1"
_READ: Final = """
SELECT version, checksum_sha256, toString(status), statements_done FROM gateway_migrations FINAL
"""
# Values for every column, in the order of the tables above.
_REMEMBER: Final = """
INSERT INTO gateway_migrations
SELECT {version:String}, {name:String}, {description:String}, {checksum:String}, {up:String},
       {down:Nullable(String)}, {status:String}, {done:UInt32}, now64(3), {ms:UInt64},
       currentUser(), {app:String}, now64(6)
"""
_MARK: Final = "INSERT INTO schema_migrations SELECT {version:String}, now(), {applied:UInt8}"
_LOCK: Final = """
INSERT INTO gateway_migration_lock
SELECT {owner:UUID}, fromUnixTimestamp64Micro({acquired:Int64}, 'UTC'),
       now64(6) + toIntervalSecond({lease:Int32}), now64(6)
"""
_NOW: Final = "SELECT toUnixTimestamp64Micro(now64(6))"
_HOLDER: Final = """
SELECT toString(owner) FROM gateway_migration_lock FINAL
WHERE expires_at > now64(6) ORDER BY acquired_at, owner LIMIT 1
"""


class ClickHouseMigrator:
    """One client; obtained from `opened`."""

    def __init__(
        self, client: driver.AsyncClient, app_version: str, cluster: str | None, exists: bool
    ) -> None:
        self._client = client
        self._app_version = app_version
        self._cluster = cluster
        self._exists = exists

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, url: str, *, app_version: str, lock_wait_s: float | None, cluster: str | None = None
    ) -> AsyncIterator[ClickHouseMigrator]:
        """Connect, create the database if need be and, unless `lock_wait_s` is None, lock it.

        Raises:
            StoreError: no connection.
            MigrationError: another runner kept the lock for longer than `lock_wait_s`.
        """
        exists = await _has_database(url)
        if not exists and lock_wait_s is not None:
            await _create_database(url, cluster)
            exists = True
        client = await _connected(url if exists else with_path(url, ""))
        migrator = cls(client, app_version, cluster, exists)
        try:
            if lock_wait_s is None:
                yield migrator
            else:
                async with migrator._locked(lock_wait_s):
                    yield migrator
        finally:
            await driver.close(client)

    async def prepare(self) -> None:
        """Nothing more: the bookkeeping tables came with the lock."""

    async def recorded(self) -> dict[str, Recorded]:
        """What was applied, by version; nothing when the tables do not exist yet."""
        tables = {str(row[0]) for row in await self._read(_TABLES)} if self._exists else set()
        if "schema_migrations" not in tables:
            return {}
        applied = {str(row[0]) for row in await self._read(_READ_DBMATE)}
        found = {version: Recorded(version, None) for version in applied}
        rows = await self._read(_READ) if "gateway_migrations" in tables else []
        for version, checksum, status, done in rows:
            if version in applied or status == "running":
                running = status == "running"
                found[str(version)] = Recorded(str(version), str(checksum), running, int(str(done)))
        return found

    async def apply(self, migration: Migration, record: Recorded | None) -> int:
        """Apply one migration from where it stopped; milliseconds it took.

        Raises:
            MigrationError: a statement failed; says file, line and reason. What came before it
                stays, and the next run goes on with it.
        """
        started = time.perf_counter()
        done = _resumed_at(migration, record)
        await self._remember(migration, "running", done, started)
        statements = split_statements(migration.up.sql, "clickhouse")
        for number, statement in enumerate(statements[done:], start=done + 1):
            await self._execute(migration, migration.up, statement)
            await self._remember(migration, "running", number, started)
        await self._mark(migration, applied=True)
        await self._remember(migration, "applied", len(statements), started)
        return _ms(started)

    async def undo(self, migration: Migration, record: Recorded | None) -> int:
        """Undo one migration; milliseconds it took. Raises as `apply`.

        While it runs the migration counts as begun, so whoever comes after a crash can undo it
        again or apply it again.
        """
        assert migration.down is not None
        started = time.perf_counter()
        await self._remember(migration, "running", 0, started)
        for statement in split_statements(migration.down.sql, "clickhouse"):
            await self._execute(migration, migration.down, statement)
        await self._mark(migration, applied=False)
        await self._remember(migration, "undone", 0, started)
        return _ms(started)

    async def adopt(self, migration: Migration) -> None:
        """Keep text and checksum of a migration that dbmate applied."""
        done = len(split_statements(migration.up.sql, "clickhouse"))
        await self._remember(migration, "applied", done, time.perf_counter())

    async def _execute(self, migration: Migration, section: Section, statement: str) -> None:
        sent = statement if self._cluster is None else for_cluster(statement, self._cluster)
        try:
            await self._command(sent)
        except StoreError as error:
            line = section.line + section.sql.count("\n", 0, section.sql.index(statement))
            raise MigrationError(f"{migration.filename}:{line}: {error.message}") from error

    async def _remember(self, migration: Migration, status: str, done: int, started: float) -> None:
        await self._command(
            _REMEMBER,
            {
                "version": migration.version,
                "name": migration.name,
                "description": migration.description,
                "checksum": migration.checksum,
                "up": migration.up.sql,
                "down": migration.down.sql if migration.down else None,
                "status": status,
                "done": done,
                "ms": _ms(started),
                "app": self._app_version,
            },
        )

    async def _mark(self, migration: Migration, *, applied: bool) -> None:
        await self._command(_MARK, {"version": migration.version, "applied": int(applied)})

    async def _read(self, text: str) -> list[tuple[object, ...]]:
        try:
            return await driver.read(self._client, text, {}, {})
        except driver.DRIVER_ERRORS as error:
            raise driver.translate("migrate", error) from error

    async def _command(self, text: str, params: Mapping[str, object] | None = None) -> None:
        try:
            async with asyncio.timeout(_STATEMENT_S):
                await driver.command(self._client, text, params or {}, {})
        except driver.DRIVER_ERRORS as error:
            raise driver.translate("migrate", error) from error

    @asynccontextmanager
    async def _locked(self, wait_s: float) -> AsyncIterator[None]:
        for table in _CREATE_TABLES:
            await self._command(for_cluster(table, self._cluster) if self._cluster else table)
        owner = str(uuid.uuid4())
        acquired = int(str((await self._read(_NOW))[0][0]))
        renewing = asyncio.get_running_loop().create_task(self._renew(owner, acquired))
        try:
            await self._write_lock(owner, acquired, _LEASE_S)
            await self._wait_for_turn(owner, wait_s)
            yield
        finally:
            renewing.cancel()
            await asyncio.wait([renewing])
            with suppress(StoreError):
                await self._write_lock(owner, acquired, 0)

    async def _wait_for_turn(self, owner: str, wait_s: float) -> None:
        deadline = time.monotonic() + wait_s
        await asyncio.sleep(_SETTLE_S)
        said = False
        while (await self._read(_HOLDER))[0][0] != owner:
            if not said:
                _LOG.info("another runner is migrating, waiting for it")
                said = True
            if time.monotonic() > deadline:
                raise MigrationError(
                    f"another runner has been migrating ClickHouse for {wait_s:g} s; try later"
                )
            await asyncio.sleep(_POLL_S)

    async def _renew(self, owner: str, acquired: int) -> None:
        while True:
            await asyncio.sleep(_LEASE_S / 3)
            with suppress(StoreError):
                await self._write_lock(owner, acquired, _LEASE_S)

    async def _write_lock(self, owner: str, acquired: int, lease_s: int) -> None:
        await self._command(_LOCK, {"owner": owner, "acquired": acquired, "lease": lease_s})


async def _connected(url: str) -> driver.AsyncClient:
    try:
        return await driver.open_client(
            url, connect_timeout_s=2.0, receive_timeout_s=_STATEMENT_S, pool_size=4, compress=False
        )
    except driver.DRIVER_ERRORS as error:
        raise driver.translate("migrate", error) from error


async def _has_database(url: str) -> bool:
    if not path_of(url):
        return True
    client = await _connected(with_path(url, ""))
    try:
        found = await driver.read(
            client,
            "SELECT name FROM system.databases WHERE name = {name:String}",
            {"name": path_of(url)},
            {},
        )
    except driver.DRIVER_ERRORS as error:
        raise driver.translate("migrate", error) from error
    finally:
        await driver.close(client)
    return bool(found)


async def _create_database(url: str, cluster: str | None) -> None:
    name = path_of(url)
    if not name.isidentifier():
        raise StoreUnavailable(
            "clickhouse", "migrate", f"bad database name {name!r}", retryable=False
        )
    statement = f"CREATE DATABASE IF NOT EXISTS {name}"
    client = await _connected(with_path(url, ""))
    try:
        await driver.command(
            client, for_cluster(statement, cluster) if cluster else statement, {}, {}
        )
    except driver.DRIVER_ERRORS as error:
        raise driver.translate("migrate", error) from error
    finally:
        await driver.close(client)


def _resumed_at(migration: Migration, record: Recorded | None) -> int:
    """How many statements need not run again."""
    same = record is not None and record.checksum == migration.checksum
    return record.statements_done if record is not None and same and record.running else 0


def _ms(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
