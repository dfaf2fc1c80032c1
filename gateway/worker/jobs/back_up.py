"""A backup every hour, for as long as somebody may want it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.backup.connection import backup_options
from gateway.backup.create import create_backup
from gateway.backup.shelf import Shelf
from gateway.worker.job import CatchUp, JobContext, job

_FULL_AFTER: Final = timedelta(hours=23, minutes=30)


@job("back_up", every="45 * * * *", catch_up=CatchUp.ONCE, timeout_s=14_400)
async def back_up(run: JobContext) -> None:
    """Copies what changed to GATEWAY_BACKUP_URL, everything once a day; removes old backups."""
    objects = run.settings.backups()
    if objects is None:
        run.details["off"] = "GATEWAY_BACKUP_URL is not set"
        return
    shelf = Shelf(objects)
    options = backup_options(run.settings, run.settings.backup_postgres, incremental=True)
    manifest = await create_backup(run.stores, shelf, replace(options, full_after=_FULL_AFTER))
    run.done()
    run.details.update(backup=manifest.name, kind=manifest.kind, bytes=manifest.size)
    kept_since = datetime.now(UTC) - timedelta(days=run.settings.backup_days)
    removed = await shelf.expired(kept_since)
    for name in removed:
        await shelf.remove(name)
    run.details["removed"] = removed
    run.details["segments_removed"] = await shelf.trim_log()
