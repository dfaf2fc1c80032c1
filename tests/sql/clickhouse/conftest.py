"""Clients on migrated series of this folder's own, where every test uses ids of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import clickhouse_connect
import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from stores.migrate import migrate
from stores.urls import StoreUrls, with_path


@pytest.fixture(scope="session")
async def series_url(engine_urls: StoreUrls) -> AsyncIterator[str]:
    """A migrated database: tests of the graph read whole series, which these rows would change."""
    name = f"series_{uuid4().hex}"
    url = with_path(engine_urls.clickhouse, name)
    server = await clickhouse_connect.get_async_client(dsn=engine_urls.clickhouse)
    await server.command(f"CREATE DATABASE {name}")
    await migrate(replace(engine_urls, clickhouse=url), stores=["clickhouse"])
    yield url
    await server.command(f"DROP DATABASE {name}")
    await server.close()


@pytest.fixture(scope="session")
async def clickhouse(series_url: str) -> AsyncIterator[AsyncClient]:
    client = await clickhouse_connect.get_async_client(dsn=series_url)
    yield client
    await client.close()


@pytest.fixture
async def scratch(clickhouse: AsyncClient, series_url: str) -> AsyncIterator[AsyncClient]:
    """A client on an empty database that goes away with the test."""
    database = f"scratch_{uuid4().hex}"
    await clickhouse.command(f"CREATE DATABASE {database}")
    client = await clickhouse_connect.get_async_client(dsn=with_path(series_url, database))
    yield client
    await client.close()
    await clickhouse.command(f"DROP DATABASE {database}")
