"""A client on the run's Redis; every test uses keys of its own, so nothing is ever flushed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from stores.urls import StoreUrls


@pytest.fixture(scope="session")
async def redis(store_urls: StoreUrls) -> AsyncIterator[Redis]:
    client = Redis.from_url(store_urls.redis, decode_responses=True)
    yield client
    await client.aclose()
