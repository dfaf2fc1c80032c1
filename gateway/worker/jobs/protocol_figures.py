"""Newest figures of protocols, and how they are."""

from __future__ import annotations

from gateway.worker.job import CatchUp, JobContext, job
from resolvers.catalog.protocol_figures import update_protocol_figures
from resolvers.risk.protocol_health import check_protocols, note_indicators


@job("update_protocol_figures", every="1-59/5 * * * *", catch_up=CatchUp.ONCE, timeout_s=280)
async def update_figures(run: JobContext) -> None:
    """Brings figures and changes of protocols from their series to the lists, and checks health."""
    run.details["figures"] = await update_protocol_figures(run.stores, done=run.done)
    run.details["health_changes"] = await check_protocols(run.stores, done=run.done)
    run.details["indicators"] = indicators = await note_indicators(run.stores)
    run.done(indicators)
