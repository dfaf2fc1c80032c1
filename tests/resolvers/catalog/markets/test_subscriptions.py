"""Prices as they arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import strawberry

from gateway.load.live import Price, publish_prices
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.redis import keys
from tests.resolvers.catalog.markets.conftest import (
    MANY,
    NOW,
    asset,
    asset_id,
    context_over,
    protocol_id,
)

TICKS = """subscription ($ids: [ID!]!) { assetPrices(assetIds: $ids) {
    asset { symbol } priceUsd change24hPct at source } }"""


@pytest.fixture
async def quiet(market: Stores) -> AsyncIterator[Stores]:
    """The market without live prices before and after."""
    names = [keys.key("price_current", asset_id=asset(n)) for n in range(MANY)]
    await market.redis.commands.delete(*names)
    yield market
    await market.redis.commands.delete(*names)


@asynccontextmanager
async def listening(
    schema: strawberry.Schema, stores: Stores, ids: list[str]
) -> AsyncIterator[Callable[[], Any]]:
    """A subscription, and a way to wait for its next event."""
    source: Any = await schema.subscribe(
        TICKS, variable_values={"ids": ids}, context_value=context_over(stores)
    )
    async with aclosing(source):

        async def tick() -> Any:
            async with asyncio.timeout(5):
                result = await anext(source)
            assert result.errors is None, result.errors
            found = result.data["assetPrices"]
            return found["asset"]["symbol"], float(found["priceUsd"]), found["source"]

        yield tick


def price(number: int, usd: int, seconds: float) -> Price:
    """A live price at a time after the history's end."""
    return Price(asset(number), NOW + timedelta(seconds=seconds), Decimal(usd), "feed")


async def test_known_prices_come_first_and_then_what_arrives(
    schema: strawberry.Schema, quiet: Stores
) -> None:
    await publish_prices(quiet.redis, [price(1, 42, 0)])
    async with listening(schema, quiet, [asset_id(n) for n in (0, 1, 90)]) as tick:
        first = sorted([await tick(), await tick()])
        assert first == [("MK000", 110, "feed"), ("MK001", 42, "feed")]
        await publish_prices(quiet.redis, [price(5, 1, 1), price(90, 9, 1)])
        assert await tick() == ("MK090", 9, "feed")
        await publish_prices(quiet.redis, [price(1, 43, 2)])
        assert await tick() == ("MK001", 43, "feed")


async def test_a_price_that_is_not_newer_is_not_sent(
    schema: strawberry.Schema, quiet: Stores
) -> None:
    await publish_prices(quiet.redis, [price(1, 42, 10)])
    async with listening(schema, quiet, [asset_id(1)]) as tick:
        assert await tick() == ("MK001", 42, "feed")
        await publish_prices(quiet.redis, [price(1, 42, 10)])
        await quiet.topics.publish("asset_prices", {"asset_id": str(asset(1)), "price": "x"})
        await quiet.topics.publish("asset_prices", {"asset_id": "nobody", "price": "1", "ts": 1})
        await publish_prices(quiet.redis, [price(1, 44, 11)])
        assert await tick() == ("MK001", 44, "feed")


async def test_subscribers_share_one_upstream_and_leave_nothing_behind(
    schema: strawberry.Schema, quiet: Stores
) -> None:
    await publish_prices(quiet.redis, [price(1, 42, 0)])
    before = quiet.topics.channels
    async with (
        listening(schema, quiet, [asset_id(1)]) as one,
        listening(schema, quiet, [asset_id(1)]) as two,
    ):
        assert await one() == await two() == ("MK001", 42, "feed")
        assert quiet.topics.channels == before + 1
        await publish_prices(quiet.redis, [price(1, 43, 1)])
        assert await one() == await two() == ("MK001", 43, "feed")
    assert quiet.topics.channels == before


async def test_live_prices_flow_while_the_history_is_away(
    schema: strawberry.Schema, quiet: Stores, store_options: StoreOptions
) -> None:
    urls = replace(store_options.urls, clickhouse="http://127.0.0.1:9/x")
    async with await open_stores(replace(store_options, urls=urls)) as partial:
        await publish_prices(quiet.redis, [price(0, 50, 0)])
        async with listening(schema, partial, [asset_id(0), asset_id(1)]) as tick:
            assert await tick() == ("MK000", 50, "feed")
            await publish_prices(quiet.redis, [price(1, 43, 1)])
            assert await tick() == ("MK001", 43, "feed")


async def test_feed_that_cannot_be_reached_is_an_error(
    schema: strawberry.Schema, store_options: StoreOptions
) -> None:
    urls = replace(store_options.urls, redis="redis://127.0.0.1:9/0")
    async with await open_stores(replace(store_options, urls=urls)) as partial:
        source: Any = await schema.subscribe(
            TICKS, variable_values={"ids": [asset_id(0)]}, context_value=context_over(partial)
        )
        async with asyncio.timeout(5), aclosing(source):
            result = await anext(source)
    assert result.data is None
    assert [error.original_error.store for error in result.errors] == ["redis"]


@pytest.mark.parametrize(
    "ids",
    [[], ["nonsense"], [protocol_id(0)], [asset_id(n) for n in range(101)]],
    ids=["none", "malformed", "foreign", "too many"],
)
async def test_ids_are_checked_before_anything_is_subscribed(
    schema: strawberry.Schema, quiet: Stores, ids: list[str]
) -> None:
    before = quiet.topics.channels
    source: Any = await schema.subscribe(
        TICKS, variable_values={"ids": ids}, context_value=context_over(quiet)
    )
    errors = source.errors if hasattr(source, "errors") else (await anext(source)).errors
    assert [error.extensions["code"] for error in errors] == ["BAD_USER_INPUT"]
    assert quiet.topics.channels == before
