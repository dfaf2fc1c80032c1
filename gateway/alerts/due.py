"""How workers hear that deliveries are due: by a message of Redis, else by looking every second."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from stores.errors import StoreError
from stores.lifecycle import Stores
from stores.redis.topics import Topics

DUE_TOPIC: Final = "alert_deliveries"

_LOG: Final = logging.getLogger(__name__)


async def tell_due(stores: Stores, count: int) -> None:
    """Tell every worker that so many deliveries are due; none needs no word."""
    if not count:
        return
    try:
        await stores.topics.publish(DUE_TOPIC, {"count": count})
    except StoreError as error:
        _LOG.info("deliveries wait for the next look: %s", error)


async def hear_due(topics: Topics, due: asyncio.Event) -> None:
    """Set an event whenever deliveries are due, until cancelled; Redis may come and go."""
    feed = topics.subscribe(DUE_TOPIC, capacity=1)
    try:
        async for _ in feed:
            due.set()
    finally:
        await feed.aclose()
