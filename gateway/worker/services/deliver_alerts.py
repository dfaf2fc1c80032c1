"""What fired is delivered: by every worker, as much as each can."""

from __future__ import annotations

import asyncio

from gateway.alerts.channels import opened_channels
from gateway.alerts.delivering import Deliverer
from gateway.alerts.due import hear_due
from gateway.worker.keeping import end
from gateway.worker.service import ServiceContext, service


@service("deliver_alerts")
async def deliver_alerts(context: ServiceContext, stop: asyncio.Event) -> None:
    """Delivers alerts that are due: webhooks, mail, chats, text messages and push."""
    due = asyncio.Event()
    hearing = asyncio.create_task(hear_due(context.stores.topics, due))
    try:
        async with opened_channels(context.settings) as channels:
            keys = context.settings.accounts().secrets
            await Deliverer(context.stores, keys, channels).run(stop, due)
    finally:
        await end(hearing)
