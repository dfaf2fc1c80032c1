"""Brings a backup back: everything is checked first, and nothing that is in use is overwritten."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gateway.backup.database import restore_dump
from gateway.backup.errors import BackupError
from gateway.backup.live import point_count, remove_points, restore_keys, restore_points
from gateway.backup.manifest import Manifest
from gateway.backup.programs import Programs
from gateway.backup.series import empty_series, restore_series, row_count
from gateway.backup.shelf import Shelf
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.migrate import migrate
from stores.postgres.client import Postgres, PostgresOptions
from stores.queries import load_queries

Report = Callable[[str], None]


async def check(shelf: Shelf, manifest: Manifest, report: Report) -> None:
    """Compare the checksum of every file.

    Raises:
        BackupError: one is missing or damaged.
    """
    problems = await shelf.verify(manifest)
    if problems:
        raise BackupError("\n".join(problems))
    count = len(set(manifest.files()))
    report(f"{manifest.name}: {count:,} files of {manifest.size:,} bytes are as they were written")


async def restore_database(
    url: str,
    shelf: Shelf,
    manifest: Manifest,
    programs: Programs,
    *,
    overwrite: bool,
    report: Report,
) -> None:
    """Put the dump of a backup into the database.

    Args:
        url: as a superuser, or a member of the roles migrator and worker.
        shelf: where backups are kept.
        manifest: of the backup.
        programs: of PostgreSQL.
        overwrite: whether what the database holds is removed first.
        report: receives a line of progress.

    Raises:
        BackupError: the database holds something and may not be overwritten, or a program failed.
        StoreError: the server does not answer.
    """
    queries = load_queries("postgres")
    async with Postgres(url, PostgresOptions(command_timeout_s=600)) as postgres:
        found = await postgres.fetch_one(queries["backup.tables_in_use"])
        if found is not None and found["table_count"] and not overwrite:
            raise BackupError(
                f"postgres holds {found['table_count']} tables; --overwrite removes them first"
            )
        await postgres.execute(queries["backup.drop_everything"])
    with tempfile.TemporaryDirectory(prefix="gateway-restore-") as scratch:
        await restore_dump(
            url, shelf, manifest.postgres, programs=programs, scratch=Path(scratch), report=report
        )


async def restore_others(
    options: StoreOptions, shelf: Shelf, manifest: Manifest, *, overwrite: bool, report: Report
) -> None:
    """Fill the three other stores, once Postgres is back.

    Migrations that are newer than the backup are applied to all of them first.

    Raises:
        BackupError: a store holds something and may not be overwritten.
        StoreError: a store does not answer, or refuses what the backup holds.
    """
    await migrate(options.urls, qdrant_prefix=options.qdrant_prefix)
    patient = replace(options.postgres, command_timeout_s=3_600)
    async with await open_stores(replace(options, role="worker", postgres=patient)) as stores:
        await _make_room(stores, overwrite=overwrite)
        await restore_series(stores.clickhouse, shelf, manifest.clickhouse, report)
        await restore_keys(stores.redis, shelf, manifest.redis, report)
        await restore_points(stores.qdrant, shelf, manifest.qdrant, report)
        await _pass_on(stores, manifest, report)


async def require_empty(options: StoreOptions) -> None:
    """Make sure that the three other stores hold nothing.

    Raises:
        BackupError: one does.
    """
    await migrate(
        options.urls, stores=["clickhouse", "qdrant"], qdrant_prefix=options.qdrant_prefix
    )
    async with await open_stores(options) as stores:
        await _make_room(stores, overwrite=False)


async def _make_room(stores: Stores, *, overwrite: bool) -> None:
    held = {
        "clickhouse": await row_count(stores.clickhouse),
        "redis": await stores.redis.commands.dbsize(),
        "qdrant": await point_count(stores.qdrant),
    }
    if not any(held.values()):
        return
    if not overwrite:
        said = ", ".join(f"{store} holds {count:,}" for store, count in held.items() if count)
        raise BackupError(f"{said} rows, keys or points; --overwrite removes them first")
    await empty_series(stores.clickhouse)
    await stores.redis.commands.flushdb()
    await remove_points(stores.qdrant)


async def _pass_on(stores: Stores, manifest: Manifest, report: Report) -> None:
    """Have passed on again what was passed on since, which the copies may not hold."""
    query = load_queries("postgres")["backup.pass_on_again"]
    count = await stores.postgres.execute(query, manifest.began_at)
    report(f"postgres: {count:,} changes are passed on again to the other stores")
