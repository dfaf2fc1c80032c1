"""Applies migrations to Postgres.

dbmate's `public.schema_migrations` says what is applied, so that either tool can go on where the
other stopped. `public.gateway_migrations` adds what dbmate does not keep: checksum, texts, times
and whether a migration without a transaction came through. `ops.migration_notes`, once it exists,
mirrors it for readers of the database.

A migration that stopped half-way (only without a transaction) is run again from its start.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from stores.lexing import split_statements
from stores.migrate.model import MigrationError, Recorded
from stores.postgres import driver

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stores.migrate.model import Migration, Section

_LOG: Final = logging.getLogger("stores.migrate")
_LOCK: Final = 0x6F6E_6368_6169_6E  # 'onchain'; advisory locks belong to one database
_LOCK_TIMEOUT: Final = "2s"

_CREATE_TABLES: Final = """
CREATE TABLE IF NOT EXISTS public.schema_migrations (version varchar(128) PRIMARY KEY);
CREATE TABLE IF NOT EXISTS public.gateway_migrations (
    version varchar(128) PRIMARY KEY,
    name text NOT NULL,
    description text NOT NULL,
    checksum_sha256 text NOT NULL,
    up_sql text NOT NULL,
    down_sql text,
    status text NOT NULL CHECK (status IN ('running', 'applied')),
    statements_done int NOT NULL DEFAULT 0,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    duration_ms bigint NOT NULL DEFAULT 0,
    applied_by text NOT NULL DEFAULT current_user,
    app_version text NOT NULL
);
COMMENT ON TABLE public.gateway_migrations IS
    'Each migration as it was applied: its checksum, its texts and how it went.';
"""
_TABLES_EXIST: Final = """
SELECT to_regclass('public.schema_migrations') IS NOT NULL,
       to_regclass('public.gateway_migrations') IS NOT NULL
"""
_READ: Final = """
SELECT version, checksum_sha256, coalesce(status = 'running', false), coalesce(statements_done, 0)
FROM public.gateway_migrations FULL JOIN public.schema_migrations USING (version)
WHERE schema_migrations.version IS NOT NULL OR status = 'running'
"""
_READ_DBMATE: Final = "SELECT version, NULL, false, 0 FROM public.schema_migrations"
_REMEMBER: Final = """
INSERT INTO public.gateway_migrations AS g
    (version, name, description, checksum_sha256, up_sql, down_sql, status, duration_ms,
     app_version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (version) DO UPDATE SET
    name = excluded.name, description = excluded.description,
    checksum_sha256 = excluded.checksum_sha256, up_sql = excluded.up_sql,
    down_sql = excluded.down_sql, status = excluded.status, duration_ms = excluded.duration_ms,
    statements_done = 0, applied_at = clock_timestamp(), applied_by = current_user,
    app_version = excluded.app_version
"""
_ADVANCE: Final = "UPDATE public.gateway_migrations SET statements_done = $2 WHERE version = $1"
_MARK: Final = "INSERT INTO public.schema_migrations (version) VALUES ($1) ON CONFLICT DO NOTHING"
_FORGET: Final = (
    "DELETE FROM public.schema_migrations WHERE version = $1",
    "DELETE FROM public.gateway_migrations WHERE version = $1",
)
_NOTES_EXIST: Final = "SELECT to_regclass('ops.migration_notes') IS NOT NULL"
_WRITE_NOTES: Final = """
INSERT INTO ops.migration_notes (version, description, rollback_sql, applied_at)
SELECT version, description, down_sql, applied_at
FROM public.gateway_migrations WHERE status = 'applied'
ON CONFLICT (version) DO UPDATE SET
    description = excluded.description, rollback_sql = excluded.rollback_sql,
    applied_at = excluded.applied_at
WHERE migration_notes.applied_at <> excluded.applied_at
"""
_TIDY_NOTES: Final = """
DELETE FROM ops.migration_notes n
WHERE NOT EXISTS (SELECT FROM public.schema_migrations s WHERE s.version = n.version)
"""


class PostgresMigrator:
    """One connection of the owner; obtained from `opened`."""

    def __init__(self, connection: driver.Connection, app_version: str) -> None:
        self._connection = connection
        self._app_version = app_version

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, url: str, *, app_version: str, lock_wait_s: float | None
    ) -> AsyncIterator[PostgresMigrator]:
        """Connect and, unless `lock_wait_s` is None, keep every other runner out.

        Raises:
            StoreError: no connection.
            MigrationError: another runner kept the lock for longer than `lock_wait_s`.
        """
        try:
            connection = await driver.connect(
                driver.ConnectOptions(url, application_name="onchain-gateway/migrate")
            )
        except driver.DRIVER_ERRORS as error:
            raise driver.translate("migrate", error) from error
        try:
            if lock_wait_s is not None:
                await _lock(connection, lock_wait_s)
            yield cls(connection, app_version)
        finally:
            connection.terminate()  # also gives the lock back

    async def prepare(self) -> None:
        """Create the bookkeeping tables."""
        await self._connection.execute(_CREATE_TABLES)

    async def recorded(self) -> dict[str, Recorded]:
        """What was applied, by version; nothing when the tables do not exist yet."""
        theirs, ours = (await self._connection.fetch(_TABLES_EXIST))[0]
        if not theirs:
            return {}
        rows = await self._connection.fetch(_READ if ours else _READ_DBMATE)
        return {row[0]: Recorded(row[0], row[1], row[2], row[3]) for row in rows}

    async def apply(self, migration: Migration, record: Recorded | None) -> int:
        """Apply one migration; milliseconds it took.

        Raises:
            MigrationError: a statement failed; says file, line and reason.
        """
        started = time.perf_counter()
        if migration.up.transaction:
            async with self._changing(migration, migration.up):
                await self._connection.execute(migration.up.sql)
                await self._remember(migration, "applied", started)
                await self._connection.execute(_MARK, migration.version)
        else:
            await self._remember(migration, "running", started)
            await self._step_by_step(migration, migration.up)
            async with self._connection.transaction():
                await self._remember(migration, "applied", started)
                await self._connection.execute(_MARK, migration.version)
        await self._sync_notes()
        return _ms(started)

    async def undo(self, migration: Migration, record: Recorded | None) -> int:
        """Undo one migration; milliseconds it took. Raises as `apply`."""
        started = time.perf_counter()
        assert migration.down is not None
        if migration.down.transaction:
            async with self._changing(migration, migration.down):
                await self._connection.execute(migration.down.sql)
                await self._forget(migration)
        else:
            await self._remember(migration, "running", started)
            await self._step_by_step(migration, migration.down)
            async with self._connection.transaction():
                await self._forget(migration)
        await self._sync_notes()
        return _ms(started)

    async def adopt(self, migration: Migration) -> None:
        """Keep text and checksum of a migration that dbmate applied."""
        await self._remember(migration, "applied", time.perf_counter())

    async def _remember(self, migration: Migration, status: str, started: float) -> None:
        await self._connection.execute(
            _REMEMBER,
            migration.version,
            migration.name,
            migration.description,
            migration.checksum,
            migration.up.sql,
            migration.down.sql if migration.down else None,
            status,
            _ms(started),
            self._app_version,
        )

    async def _forget(self, migration: Migration) -> None:
        for statement in _FORGET:
            await self._connection.execute(statement, migration.version)

    async def _sync_notes(self) -> None:
        if await self._connection.fetchval(_NOTES_EXIST):
            await self._connection.execute(_WRITE_NOTES)
            await self._connection.execute(_TIDY_NOTES)

    async def _step_by_step(self, migration: Migration, section: Section) -> None:
        for number, statement in enumerate(split_statements(section.sql, "postgres"), start=1):
            offset = section.sql.index(statement)
            try:
                await self._connection.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT}'")
                await self._connection.execute(statement)
            except driver.DRIVER_ERRORS as error:
                raise _failed(migration, section, error, offset) from error
            finally:
                await self._connection.execute("RESET lock_timeout")
            await self._connection.execute(_ADVANCE, migration.version, number)

    @asynccontextmanager
    async def _changing(self, migration: Migration, section: Section) -> AsyncIterator[None]:
        try:
            async with self._connection.transaction():
                await self._connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
                yield
        except driver.DRIVER_ERRORS as error:
            raise _failed(migration, section, error, 0) from error


async def _lock(connection: driver.Connection, wait_s: float) -> None:
    if await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
        return
    _LOG.info("another runner is migrating, waiting for it")
    try:
        async with asyncio.timeout(wait_s):
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
    except TimeoutError:
        raise MigrationError(
            f"another runner has been migrating Postgres for {wait_s:g} s; try again later"
        ) from None


def _failed(
    migration: Migration, section: Section, error: BaseException, offset: int
) -> MigrationError:
    """The error with its place in the file."""
    position = getattr(error, "position", None)
    line = section.line
    if position is not None and str(position).isdigit():
        line += section.sql.count("\n", 0, offset + int(position) - 1)
    elif offset:
        line += section.sql.count("\n", 0, offset)
    translated = driver.translate(migration.filename, error)
    hint = ""
    if getattr(error, "sqlstate", None) == "55P03":
        hint = f"; something else held a lock for {_LOCK_TIMEOUT}, run migrate again"
    return MigrationError(f"{migration.filename}:{line}: {translated.message}{hint}")


def _ms(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
