"""A client on the run's Qdrant; every test makes a collection of its own and drops it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from qdrant_client import AsyncQdrantClient

from stores.urls import StoreUrls


@pytest.fixture(scope="session")
async def qdrant(engine_urls: StoreUrls) -> AsyncIterator[AsyncQdrantClient]:
    client = AsyncQdrantClient(url=engine_urls.qdrant, check_compatibility=False)
    yield client
    await client.close()
