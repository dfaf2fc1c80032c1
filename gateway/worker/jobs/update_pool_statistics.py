"""Figures of shielded pools, from their deposits."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.worker.job import CatchUp, JobContext, job
from resolvers.privacy.pool_job import update_pools


@job("update_pool_statistics", every="*/30 * * * * *", catch_up=CatchUp.SKIP, timeout_s=25)
async def update_pool_statistics(run: JobContext) -> None:
    """Computes the figures of shielded pools from their deposits and adds them to their series."""
    report = await update_pools(run.stores, datetime.now(UTC), deadline=run.deadline)
    run.done(report.points)
    run.details["computed"] = report.computed
    run.details["unpriced"] = [str(pool) for pool in report.unpriced]
