"""Rows that have outlived their use."""

from __future__ import annotations

from typing import Final

from gateway.worker.job import CatchUp, JobContext, job
from stores.queries import load_queries

_BATCH: Final = 5_000
_KINDS: Final = (
    *("sessions", "sign_ups", "idempotency_keys", "outbox", "trade_routes"),
    *("assessments", "dashboards", "share_links", "alert_rules", "job_runs"),
)


@job("delete_expired", every="12 * * * *", catch_up=CatchUp.ONCE, timeout_s=1_800)
async def delete_expired(run: JobContext) -> None:
    """Deletes what ended or was thrown away: sessions, sign-ups, keys, quotes, rules and others."""
    queries = load_queries("postgres")
    for kind in _KINDS:
        statement = queries[f"operations.delete_expired_{kind}"]
        total, deleted = 0, _BATCH
        while deleted == _BATCH:  # short transactions: nobody waits long for a locked row
            deleted = await run.stores.postgres.execute(statement, _BATCH, deadline=run.deadline)
            total += deleted
            run.done(deleted)
        run.details[kind] = total
