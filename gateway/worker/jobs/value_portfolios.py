"""Portfolios at the newest prices: summaries, the day's snapshot, risk."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from gateway.worker.job import CatchUp, JobContext, job
from resolvers.portfolio import valuation_job

# What is told about a run of assets without a price.
_NAMED: Final = 20


# Before the view of users' holdings is refreshed, which happens at every fifth minute.
@job("value_portfolios", every="3-59/5 * * * *", catch_up=CatchUp.ONCE, timeout_s=1_800)
async def value_portfolios(run: JobContext) -> None:
    """Values every active portfolio and writes its snapshot and risk of the day."""
    report = await valuation_job.value_portfolios(run.stores, datetime.now(UTC))
    run.done(report.portfolios)
    lacking = sorted(report.unpriced.values(), key=lambda each: (-each[1], each[0]))[:_NAMED]
    run.details.update(positions=report.positions, unpriced=dict(lacking))
