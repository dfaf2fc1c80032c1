"""Stores of their own for every test that loads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from stores.lifecycle import StoreOptions, Stores, open_stores


@pytest.fixture
async def empty_stores(fresh_options: StoreOptions) -> AsyncIterator[Stores]:
    """Migrated stores with nothing loaded, open for a loader."""
    async with await open_stores(replace(fresh_options, role="worker")) as stores:
        yield stores
