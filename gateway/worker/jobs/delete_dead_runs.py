"""Runs that were given up and that nobody asked for again."""

from __future__ import annotations

from typing import Final

from gateway.worker.job import CatchUp, JobContext, job
from stores.queries import load_queries

_BATCH: Final = 5_000


@job("delete_dead_runs", every="42 3 * * *", catch_up=CatchUp.ONCE, timeout_s=1_800)
async def delete_dead_runs(run: JobContext) -> None:
    """Deletes runs that were given up ninety days ago."""
    statement = load_queries("postgres")["jobs.prune_dead"]
    deleted = _BATCH
    while deleted == _BATCH:
        deleted = await run.stores.postgres.execute(statement, _BATCH, deadline=run.deadline)
        run.done(deleted)
