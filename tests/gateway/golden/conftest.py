"""The graph over the sample, which is loaded once for all golden files."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from gateway.documents import Documents
from gateway.limits import Limits
from gateway.schema import GatewaySchema, build_schema
from stores.lifecycle import Stores, open_stores
from stores.urls import StoreUrls
from tests.gateway.golden.recording import NOW, Graph
from tests.gateway.golden.rounds import in_rounds
from tests.gateway.golden.sample import live_values, loaded

# Beyond those of the shared fixtures, which count up, and before the console's, up to 63.
_REDIS_DATABASE = 43


@pytest.fixture(scope="session")
def schema() -> GatewaySchema:
    """The graph of every domain."""
    return build_schema()


@pytest_asyncio.fixture(scope="session")
async def sample(
    engine_urls: StoreUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stores]:
    """The sample as the gateway sees it, and a few live values."""
    rejected = tmp_path_factory.mktemp("rejected")
    async with (
        loaded(engine_urls, rejected, redis_database=_REDIS_DATABASE) as options,
        await open_stores(options) as stores,
    ):
        await live_values(stores.redis, NOW)
        yield stores


@pytest.fixture(scope="session")
def graph(schema: GatewaySchema, sample: Stores) -> Graph:
    """Both, as the edge puts them together."""
    return Graph(schema, Documents(schema.graphql_schema, Limits()), in_rounds(sample))
