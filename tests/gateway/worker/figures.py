"""One set of databases for all tests of jobs that compute figures; each test has ids of its own.

Making a set takes seconds, so these tests belong to the xdist group `figures`: one process has it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gateway.worker.running import worker_stores
from stores.lifecycle import Stores
from stores.urls import StoreUrls, with_path
from tests.fixtures.stores import isolated

_REDIS_FRESH = 2
# Beside that of the sample, see tests/fixtures/sample.py.
_REDIS_DATABASE = 44


@pytest.fixture(scope="session")
async def figure_stores(engine_urls: StoreUrls, migrated_template: str) -> AsyncIterator[Stores]:
    """The stores, as a worker sees them."""
    async with isolated(engine_urls, _REDIS_FRESH, template=migrated_template) as options:
        redis = with_path(engine_urls.redis, str(_REDIS_DATABASE))
        options = replace(options, urls=replace(options.urls, redis=redis))
        async with worker_stores(options) as stores:
            await stores.redis.commands.flushdb()
            yield stores
            await stores.redis.commands.flushdb()
