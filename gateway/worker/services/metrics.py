"""Numbers of this worker's stores for Prometheus, as a service."""

from __future__ import annotations

import asyncio

from gateway.metrics import serve_metrics
from gateway.worker.service import ServiceContext, service


@service("metrics")
async def metrics(context: ServiceContext, stop: asyncio.Event) -> None:
    """Answers Prometheus at GATEWAY_METRICS_PORT, where it is set."""
    settings = context.settings
    if settings.metrics_port is None:
        await stop.wait()
    else:
        await serve_metrics(context.stores, settings.metrics_host, settings.metrics_port, stop)
