"""What was counted by the gateway reaches the stores that keep it."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.worker.job import CatchUp, JobContext, job
from resolvers.usage import usage_job


@job("flush_usage", every="* * * * *", catch_up=CatchUp.ONCE, timeout_s=300)
async def flush_usage(run: JobContext) -> None:
    """Writes counted requests and cost points from Redis to ClickHouse."""
    run.done(await usage_job.flush_usage(run.stores))


@job("roll_up_usage", every="*/10 * * * *", catch_up=CatchUp.ONCE, timeout_s=1_800)
async def roll_up_usage(run: JobContext) -> None:
    """Sets what users asked for by day, from the events that arrived since the last run."""
    days = await usage_job.roll_up_usage(run.stores, datetime.now(UTC), done=run.done)
    run.details["days"] = [day.isoformat() for day in days]
