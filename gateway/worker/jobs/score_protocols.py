"""Dangers of protocols."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.worker.job import CatchUp, JobContext, job
from resolvers.risk import scoring_job


@job("score_protocols", every="17 * * * *", catch_up=CatchUp.ONCE, timeout_s=1_800)
async def score_protocols(run: JobContext) -> None:
    """Scores how dangerous protocols are, from their health, audits, incidents and size."""
    await scoring_job.score_protocols(run.stores, datetime.now(UTC), done=run.done)
