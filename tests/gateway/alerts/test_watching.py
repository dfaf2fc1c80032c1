"""Ticks make rules fire as they arrive, through the services that every worker runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from gateway.alerts.due import DUE_TOPIC
from gateway.config import Settings
from gateway.load.live import GasPrice, Price, publish_gas, publish_prices
from gateway.worker.service import ServiceContext
from gateway.worker.services.deliver_alerts import deliver_alerts
from gateway.worker.services.watch_alerts import watch_alerts
from resolvers.alerts.destination import PURPOSE
from resolvers.alerts.destination_mutations import owner_of
from resolvers.alerts.watching import Watcher, tick_of_gas, tick_of_price
from stores.lifecycle import Stores
from tests.gateway.alerts.conftest import Provider
from tests.gateway.alerts.kinds import ASSET, CHAIN, USER, World, add_rule, rows

SECRET = "whsec_AAAAAAAAAAAAAAAAAAAAAAAA"
KEY = "1:" + "A" * 43 + "="


@pytest.fixture(scope="module")
async def world(own_stores: Stores) -> Stores:
    """The catalogue, and what prices were an hour ago."""
    await World(own_stores).settle_in()
    then = datetime.now(UTC) - timedelta(minutes=61)
    await own_stores.clickhouse.insert(
        "market_data",
        ("ts", "asset_id", "source", "price"),
        [(then, ASSET, "one", Decimal(100)), (then, ASSET, "two", Decimal(1))],
    )
    return own_stores


def context_of(stores: Stores) -> ServiceContext:
    settings = Settings(secret_keys=KEY, webhook_networks=("127.0.0.0/8",))
    return ServiceContext(stores, settings, "test")


@asynccontextmanager
async def serving(*services: Any, stores: Stores) -> AsyncIterator[None]:
    """Services at work; they end in order when told to."""
    stop = asyncio.Event()
    work = [asyncio.create_task(service(context_of(stores), stop)) for service in services]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*work), 20)


def price(usd: str, source: str = "one", *, ago_s: float = 0) -> Price:
    return Price(ASSET, datetime.now(UTC) - timedelta(seconds=ago_s), Decimal(usd), source)


async def add_destination(stores: Stores, url: str, channel: str = "webhook") -> UUID:
    key = uuid4()
    keys = context_of(stores).settings.accounts().secrets
    assert keys is not None
    sealed = keys.seal(
        orjson.dumps({"to": url, "signing_secret": SECRET}),
        purpose=PURPOSE,
        owner=owner_of(key, USER),
    )
    await stores.postgres.copy_rows(
        "alerts.destinations",
        ("id", "user_id", "channel", "label", "masked", "ciphertext", "key_version"),
        [(key, USER, channel, "x", "…hook", sealed.ciphertext, sealed.key_version)],
    )
    return key


async def test_a_tick_becomes_a_webhook(world: Stores, provider: Provider) -> None:
    await add_destination(world, f"{provider.url}/hook")
    rule = await add_rule(
        world, "price_change", "asset", "gt 120", notification_channels=["webhook"]
    )
    async with serving(watch_alerts, deliver_alerts, stores=world):
        async with world.topics.subscribe(DUE_TOPIC) as due:
            while True:  # until the rule is in memory
                await publish_prices(world.redis, [price("121")])
                try:
                    await asyncio.wait_for(anext(due), 1)
                    break
                except TimeoutError:
                    continue
        await provider.until(1)
    (got,) = provider.received
    assert got.json["data"]["rule_id"] == str(rule)
    assert got.json["data"]["triggered_value"] == "121"
    (told,) = await rows(
        world, "SELECT status, id FROM alerts.deliveries WHERE user_id = $1::uuid", USER
    )
    assert (told["status"], str(told["id"])) == ("sent", got.headers["webhook-id"])


async def test_rules_meet_ticks_from_the_moment_they_are_changed(world: Stores) -> None:
    watcher = Watcher(world)
    await watcher.load()
    rule = await add_rule(world, "price_change", "asset", "gte 10 %", cooldown_minutes=0)

    async def fires(usd: str, source: str = "one", *, ago_s: float = 0) -> list[UUID]:
        message: Any = {
            "asset_id": str(ASSET),
            "price": usd,
            "source": source,
            "ts": int((datetime.now(UTC).timestamp() - ago_s) * 1000),
        }
        if not watcher.take(tick_of_price(message), datetime.now(UTC)):
            return []
        return [each.rule_id for each in await watcher.fire()]

    assert await fires("110") == []
    assert await watcher.refresh() >= 1
    assert await fires("109.99") == []
    # The other source was at 1 an hour ago; a price of last week is none of now.
    assert await fires("1.09", "two") == []
    assert await fires("110", "three") == []
    assert await fires("110", ago_s=700_000) == []
    assert await fires("110") == [rule]
    assert await watcher.refresh() == 0
    for change in (
        "is_paused = true",
        "is_paused = false, threshold_value = 20",
        "threshold_value = 10, is_active = false",
    ):
        await rows(world, f"UPDATE alerts.rules SET {change} WHERE id = $1::uuid RETURNING 1", rule)
        assert await watcher.refresh() == 1
        assert await fires("111") == []
    await rows(
        world, "UPDATE alerts.rules SET is_active = true WHERE id = $1::uuid RETURNING 1", rule
    )
    await watcher.refresh()
    assert await fires("111") == [rule]


async def test_gas_fires_too_and_nonsense_does_not(world: Stores) -> None:
    rule = await add_rule(world, "gas_price", "chain", "lte 30")
    watcher = Watcher(world)
    await watcher.load()
    now = datetime.now(UTC)
    async with world.topics.subscribe("gas") as feed:
        await publish_gas(world.redis, [GasPrice(CHAIN, now, Decimal("30"), "node")])
        message = await asyncio.wait_for(anext(feed), 10)
    assert watcher.take(tick_of_gas(message), now) == 1
    assert [each.rule_id for each in await watcher.fire()] == [rule]
    odd: list[dict[str, Any]] = [
        {},
        {"chain_id": CHAIN, "ts": "x", "medium": "1"},
        {"chain_id": "one", "ts": 1, "medium": "1"},
        {"chain_id": CHAIN, "ts": 1, "medium": "NaN"},
    ]
    assert [tick_of_gas(each) for each in odd] == [None] * 4
    assert tick_of_price({"asset_id": "x", "price": "1", "ts": 1}) is None
