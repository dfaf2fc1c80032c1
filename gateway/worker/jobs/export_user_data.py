"""People who asked for it get a copy of all that is stored about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from gateway.lifecycle.exporting import Export
from gateway.lifecycle.statements import query
from gateway.worker.job import CatchUp, JobContext, job
from resolvers.lifecycle.holdings import holdings
from stores.errors import StoreError

FOLDER: Final = "data-exports"
KEPT: Final = timedelta(days=7)
_BATCH: Final = 100


@job("export_user_data", every="* * * * *", catch_up=CatchUp.ONCE, timeout_s=3_000)
async def export_user_data(run: JobContext) -> None:
    """Makes the copies of their data that users asked for, and throws old copies away."""
    postgres = run.stores.postgres
    due = await postgres.fetch(query("due_exports"), _BATCH, deadline=run.deadline)
    failed: StoreError | None = None
    for request in due:
        try:
            await _export(run, request["id"], request["user_id"])
        except StoreError as error:  # one store that is away must not keep the others waiting
            failed = error
            note = query("note_export_error")
            values = note.arguments(id=request["id"], error=str(error))
            await postgres.execute(note, *values, deadline=run.deadline)
    await _throw_away(run)
    if failed is not None:
        raise failed


async def _export(run: JobContext, request_id: UUID, user_id: UUID) -> None:
    postgres = run.stores.postgres
    await postgres.execute(query("begin_export"), request_id, deadline=run.deadline)
    export = Export(run.stores, holdings(), user_id, datetime.now(UTC), run.deadline)
    objects = run.settings.objects()
    stored = await objects.put(export.pieces(), prefix=f"{FOLDER}/{user_id}")
    complete = query("complete_export")
    values = complete.arguments(
        id=request_id, kept=KEPT, object_key=stored.key, size=stored.size, sha256=stored.sha256
    )
    if not await postgres.fetch(complete, *values, deadline=run.deadline):
        await objects.delete(stored.key)
        return
    run.done()


async def _throw_away(run: JobContext) -> None:
    postgres = run.stores.postgres
    objects, thrown = run.settings.objects(), 0
    while rows := await postgres.fetch(query("expired_exports"), _BATCH, deadline=run.deadline):
        for row in rows:
            await objects.delete(row["object_key"])
            await postgres.execute(query("forget_export"), row["id"], deadline=run.deadline)
        thrown += len(rows)
    run.details["thrown_away"] = thrown
