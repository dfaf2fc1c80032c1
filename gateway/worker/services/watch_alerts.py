"""Rules about prices and gas fire within a moment of the tick that makes them fire."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from gateway.alerts.due import tell_due
from gateway.load.live import GAS_TOPIC, PRICE_TOPIC
from gateway.worker.service import ServiceContext, service
from resolvers.alerts.watching import Tick, Watcher, tick_of_gas, tick_of_price
from stores.errors import StoreError
from stores.redis.topics import Subscription

_LOG: Final = logging.getLogger(__name__)
_RULES_S: Final = 1.0
_PAST_S: Final = 30.0
_CAPACITY: Final = 50_000


@service("watch_alerts", single=True)
async def watch_alerts(context: ServiceContext, stop: asyncio.Event) -> None:
    """Lets rules about prices and gas fire as ticks arrive."""
    watcher = Watcher(context.stores)
    topics = context.stores.topics
    prices = topics.subscribe(PRICE_TOPIC, conflate_by="asset_id", capacity=_CAPACITY)
    gas = topics.subscribe(GAS_TOPIC, conflate_by="chain_id", capacity=_CAPACITY)
    try:
        _LOG.info("watching %d rules", await watcher.load())
        await _until_stopped(
            stop,
            _follow(prices, tick_of_price, watcher),
            _follow(gas, tick_of_gas, watcher),
            _fire(context, watcher),
            _repeat(watcher.refresh, _RULES_S),
            _repeat(watcher.look_back, _PAST_S),
        )
    finally:
        await prices.aclose()
        await gas.aclose()


async def _until_stopped(stop: asyncio.Event, *loops: Awaitable[None]) -> None:
    """Run loops that do not end until told to stop; what one raises ends all and is raised."""
    tasks = [asyncio.ensure_future(loop) for loop in (stop.wait(), *loops)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _follow(
    feed: Subscription, read: Callable[[dict[str, object]], Tick | None], watcher: Watcher
) -> None:
    async for message in feed:
        watcher.take(read(message), datetime.now(UTC))


async def _fire(context: ServiceContext, watcher: Watcher) -> None:
    while True:
        try:
            fired = await watcher.fire()
        except StoreError as error:
            _LOG.warning("rules that reacted did not fire: %s", error)
            continue
        await tell_due(context.stores, sum(each.delivery_count for each in fired))


async def _repeat(step: Callable[[], Awaitable[object]], pause_s: float) -> None:
    """Do something again and again; a store that is away is waited for."""
    while True:
        try:
            await step()
        except StoreError as error:
            _LOG.warning("rules are not up to date: %s", error)
        await asyncio.sleep(pause_s)
