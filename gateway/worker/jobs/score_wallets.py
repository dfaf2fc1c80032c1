"""Figures of wallets: scores when something is new, worth of what they hold when prices move."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.worker.job import CatchUp, JobContext, job
from resolvers.catalog import score_job, wallet_value


# Before the boards are refreshed, which happens at every fifth minute.
@job("score_wallets", every="3-59/5 * * * *", catch_up=CatchUp.ONCE, timeout_s=3_000)
async def score_wallets(run: JobContext) -> None:
    """Scores the wallets that did something; with the argument `everything`, all of them."""
    report = await score_job.score_wallets(
        run.stores, datetime.now(UTC), everything=bool(run.arguments.get("everything"))
    )
    run.done(report.wallets)
    run.details.update(trades=report.trades, unchanged=report.unchanged)


@job("value_wallets", every="40 * * * *", catch_up=CatchUp.ONCE, timeout_s=3_000)
async def value_wallets(run: JobContext) -> None:
    """Values what wallets hold of their purchases, and records how traders stand today."""
    run.done(await wallet_value.value_wallets(run.stores, datetime.now(UTC)))
