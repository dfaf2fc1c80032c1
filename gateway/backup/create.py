"""Takes a backup of all four stores."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Final

from gateway.backup.database import Method, copy_database
from gateway.backup.errors import BackupError
from gateway.backup.live import copy_keys, copy_points
from gateway.backup.manifest import Manifest
from gateway.backup.programs import Programs
from gateway.backup.series import copy_series
from gateway.backup.shelf import Shelf
from stores.lifecycle import Stores

_NAME: Final = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class BackupOptions:
    """How a backup is taken.

    Attributes:
        postgres_url: as a role that may read everything (dump) or replicate (base).
        method: what is copied of Postgres.
        incremental: copy again only what changed since the newest backup, where there is one.
        full_after: age of the newest full backup from which the next one is full all the same.
        programs: of PostgreSQL.
    """

    postgres_url: str
    method: Method = "dump"
    incremental: bool = False
    full_after: timedelta | None = None
    programs: Programs = field(default_factory=Programs)


async def create_backup(
    stores: Stores,
    shelf: Shelf,
    options: BackupOptions,
    report: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Copy the four stores to a new folder of the shelf; it counts once all of it is there.

    Args:
        stores: as worker.
        shelf: where backups are kept.
        options: how.
        report: receives a line whenever a store is through.

    Raises:
        BackupError: something failed; what is left of it counts for nothing.
        StoreError: a store does not answer.
    """
    before = await _before(shelf, options)
    began_at = datetime.now(UTC).replace(microsecond=0)
    name = f"{began_at:{_NAME}}"
    if name in await shelf.names():
        raise BackupError(f"there is a backup {name} already: wait for a second")
    with tempfile.TemporaryDirectory(prefix="gateway-backup-") as scratch:
        postgres = await copy_database(
            options.postgres_url,
            shelf,
            name,
            method=options.method,
            before=before.postgres if before else None,
            programs=options.programs,
            scratch=Path(scratch),
            report=report,
        )
    series = await copy_series(
        stores.clickhouse, shelf, name, before.clickhouse if before else (), report
    )
    manifest = Manifest(
        name=name,
        began_at=began_at,
        kind="full" if before is None else "incremental",
        based_on=before.name if before else None,
        full_at=began_at if before is None else before.full_at,
        gateway_version=metadata.version("onchain-gateway"),
        postgres=postgres,
        clickhouse=series,
        redis=await copy_keys(stores.redis, shelf, name, report),
        qdrant=await copy_points(stores.qdrant, shelf, name, report),
    )
    await shelf.finish(manifest)
    return manifest


async def _before(shelf: Shelf, options: BackupOptions) -> Manifest | None:
    """The backup to add to; None when the next one is to be whole."""
    if not options.incremental:
        return None
    newest = await shelf.newest()
    if newest is None or options.full_after is None:
        return newest
    return newest if datetime.now(UTC) - newest.full_at < options.full_after else None
