"""People who asked to be erased, and waited, are taken out of all stores."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from gateway.lifecycle.erasing import Eraser
from gateway.lifecycle.statements import query
from gateway.worker.job import CatchUp, JobContext, job
from resolvers.lifecycle.holdings import holdings
from stores.errors import StoreError

_BATCH: Final = 100
_LOG: Final = logging.getLogger(__name__)


@job("erase_users", every="*/10 * * * *", catch_up=CatchUp.ONCE, timeout_s=3_000)
async def erase_users(run: JobContext) -> None:
    """Erases users who asked for it, and rows kept under a pseudonym whose time is over."""
    eraser = Eraser(run.stores, run.settings.objects(), holdings(), run.deadline)
    postgres = run.stores.postgres
    wait = timedelta(days=run.settings.erasure_wait_days)
    due = await postgres.fetch(query("due_erasures"), wait, _BATCH, deadline=run.deadline)
    failed: StoreError | None = None
    erased = 0
    for request in due:
        try:
            number = await eraser.erase(request["id"])
        except StoreError as error:  # one store that is away must not keep the others waiting
            failed = error
            note = query("note_erasure_error")
            values = note.arguments(request_id=request["id"], error=str(error))
            await postgres.execute(note, *values, deadline=run.deadline)
            continue
        if number is not None:
            erased += 1
            run.done(number)
    outlived = await postgres.fetch(query("outlived_pseudonyms"), _BATCH, deadline=run.deadline)
    for row in outlived:
        run.done(await eraser.delete_outlived(row))
    overdue = await postgres.fetch_one(query("overdue_erasures"), deadline=run.deadline)
    assert overdue is not None
    run.details |= {"erased": erased, "outlived": len(outlived), "overdue": overdue["count"]}
    if overdue["count"]:
        _LOG.error("%s erasures should have been done by now", overdue["count"])
    if failed is not None:
        raise failed
