"""Clients on the migrated database of the run, where every test uses ids of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import clickhouse_connect
import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from stores.urls import StoreUrls, with_path


@pytest.fixture(scope="session")
async def clickhouse(store_urls: StoreUrls) -> AsyncIterator[AsyncClient]:
    client = await clickhouse_connect.get_async_client(dsn=store_urls.clickhouse, compress=False)
    yield client
    await client.close()


@pytest.fixture
async def scratch(clickhouse: AsyncClient, store_urls: StoreUrls) -> AsyncIterator[AsyncClient]:
    """A client on an empty database that goes away with the test."""
    database = f"scratch_{uuid4().hex}"
    await clickhouse.command(f"CREATE DATABASE {database}")
    client = await clickhouse_connect.get_async_client(
        dsn=with_path(store_urls.clickhouse, database)
    )
    yield client
    await client.close()
    await clickhouse.command(f"DROP DATABASE {database}")
