"""Figures of agents and their last known health."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.worker.job import CatchUp, JobContext, job
from resolvers.agents import figures_job


@job("update_agent_figures", every="4-59/5 * * * *", catch_up=CatchUp.ONCE, timeout_s=280)
async def update_agent_figures(run: JobContext) -> None:
    """Computes running figures and reputation of agents from their series and activations."""
    await figures_job.update_agent_figures(run.stores, datetime.now(UTC), done=run.done)


@job("record_heartbeats", every="*/30 * * * * *", catch_up=CatchUp.SKIP, timeout_s=25)
async def record_heartbeats(run: JobContext) -> None:
    """Writes down how agents said they are, before Redis forgets it."""
    run.done(await figures_job.record_heartbeats(run.stores, datetime.now(UTC)))
