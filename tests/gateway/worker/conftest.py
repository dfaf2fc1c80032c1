"""A queue for one test, and workers on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from gateway.worker.running import worker_stores
from stores.lifecycle import StoreOptions, Stores
from stores.queries import Statement
from tests.gateway.worker.figures import figure_stores

__all__ = ["figure_stores", "own_stores", "rows", "until", "value"]


@pytest.fixture
async def own_stores(fresh_options: StoreOptions) -> AsyncIterator[Stores]:
    """Stores for one test, as a worker sees them."""
    async with worker_stores(fresh_options) as stores:
        yield stores


async def rows(stores: Stores, text: str, *values: object) -> Sequence[Any]:
    """What a statement of a test finds, after what it does."""
    return await stores.postgres.fetch(Statement("test", text, kind="exec"), *values)


async def value(stores: Stores, text: str, *values: object) -> Any:
    """The first value of the first row."""
    return (await rows(stores, text, *values))[0][0]


async def until(stores: Stores, question: str, *values: object) -> None:
    """Wait until the answer is yes, for forty seconds at most; another process changes it."""
    async with asyncio.timeout(40):
        while True:
            if await value(stores, question, *values):
                return
            await asyncio.sleep(0.02)
