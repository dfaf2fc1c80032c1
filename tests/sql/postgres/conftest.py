"""A migrated database for this folder, and connections to it by role."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from stores.urls import StoreUrls
from tests.sql.postgres.migrations import apply_all
from tests.sql.postgres.rows import Rows


@asynccontextmanager
async def database(engines: StoreUrls) -> AsyncIterator[StoreUrls]:
    """An empty database of its own, dropped afterwards."""
    name = f"ddl_{secrets.token_hex(6)}"
    server = await asyncpg.connect(engines.postgres_migrator)
    try:
        await server.execute(f"CREATE DATABASE {name}")
        yield engines.with_postgres_database(name)
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await server.close()


@pytest.fixture(scope="session")
async def migrated(engine_urls: StoreUrls) -> AsyncIterator[StoreUrls]:
    """One migrated database for all tests of a process; they use users and rows of their own."""
    async with database(engine_urls) as urls:
        await apply_all(urls.postgres_migrator)
        yield urls


@pytest.fixture
async def empty(engine_urls: StoreUrls) -> AsyncIterator[StoreUrls]:
    """A database without migrations, for one test."""
    async with database(engine_urls) as urls:
        yield urls


@pytest.fixture
async def fresh(empty: StoreUrls) -> StoreUrls:
    """A migrated database for one test that changes more than rows."""
    await apply_all(empty.postgres_migrator)
    return empty


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[asyncpg.Connection]:
    """One connection, closed afterwards."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
async def migrator(migrated: StoreUrls) -> AsyncIterator[asyncpg.Connection]:
    async with connect(migrated.postgres_migrator) as connection:
        yield connection


@pytest.fixture
async def worker(migrated: StoreUrls) -> AsyncIterator[asyncpg.Connection]:
    async with connect(migrated.postgres_worker) as connection:
        yield connection


@pytest.fixture
async def gateway(migrated: StoreUrls) -> AsyncIterator[asyncpg.Connection]:
    async with connect(migrated.postgres) as connection:
        yield connection


@pytest.fixture
def rows(worker: asyncpg.Connection) -> Rows:
    """Makes rows as worker, with all they need around them."""
    return Rows(worker)
