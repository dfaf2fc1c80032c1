"""The relay of changes as a service."""

from __future__ import annotations

import asyncio

from gateway.embedding import open_embedder
from gateway.relay.relay import open_relay
from gateway.worker.service import ServiceContext, service


@service("relay", single=True)
async def relay(context: ServiceContext, stop: asyncio.Event) -> None:
    """Passes changes in Postgres on to ClickHouse, Redis and Qdrant."""
    embedder = await asyncio.to_thread(open_embedder, context.settings.embedder)
    news = asyncio.Event()
    postgres = context.stores.postgres
    listening = asyncio.create_task(postgres.listen("outbox", news))
    try:
        await open_relay(context.stores, embedder).run(stop, news)
    finally:
        listening.cancel()
        await asyncio.wait([listening])
