"""Deposits in a final state move to the archive."""

from __future__ import annotations

from typing import Final

from gateway.worker.job import CatchUp, JobContext, job
from stores.queries import load_queries

_BATCH: Final = 10_000


@job("archive_deposits", every="0 2 * * 0", catch_up=CatchUp.ONCE, timeout_s=3_000)
async def archive_deposits(run: JobContext) -> None:
    """Moves deposits that ended two years ago to the archive; their nullifiers stay for ever."""
    query = load_queries("postgres")["operations.archive_deposits"]
    moved = _BATCH
    while moved == _BATCH:
        row = await run.stores.postgres.fetch_one(query, _BATCH, deadline=run.deadline)
        assert row is not None
        moved = row["moved"]
        run.done(moved)
