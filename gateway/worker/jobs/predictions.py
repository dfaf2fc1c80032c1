"""Forecasts of the baseline, and what came of all forecasts."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.worker.job import CatchUp, JobContext, job
from resolvers.predictions.forecast_job import PRICES, TVL, forecast_gas, forecast_subject
from resolvers.predictions.outcome_job import fill_outcomes


@job("forecast_hours", every="3 * * * *", catch_up=CatchUp.ONCE, timeout_s=1_800)
async def forecast_hours(run: JobContext) -> None:
    """Forecasts gas and prices for the coming hours and day."""
    now = datetime.now(UTC)
    run.details["gas"] = gas = await forecast_gas(run.stores, now)
    run.done(gas)
    run.details["prices"] = await forecast_subject(run.stores, PRICES, now, done=run.done)


@job("forecast_days", every="25 0 * * *", catch_up=CatchUp.ONCE, timeout_s=1_800)
async def forecast_days(run: JobContext) -> None:
    """Forecasts the value locked in protocols for the coming day and week."""
    run.details["tvl"] = await forecast_subject(run.stores, TVL, datetime.now(UTC), done=run.done)


@job("fill_outcomes", every="8 * * * *", catch_up=CatchUp.ONCE, timeout_s=1_800)
async def fill_outcomes_of_forecasts(run: JobContext) -> None:
    """Writes what came of forecasts whose instant has passed."""
    run.details.update(await fill_outcomes(run.stores, datetime.now(UTC), done=run.done))
