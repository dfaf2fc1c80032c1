"""A migrated database for this folder, and connections to it by role."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from stores.migrate import migrate
from stores.urls import StoreUrls
from tests.fixtures.stores import drop_database
from tests.sql.postgres.rows import Rows, Shape


@asynccontextmanager
async def database(engines: StoreUrls, template: str = "template1") -> AsyncIterator[StoreUrls]:
    """A database of its own, a copy of `template`, dropped afterwards."""
    name = f"ddl_{secrets.token_hex(6)}"
    async with connect(engines.postgres_migrator) as server:
        await server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield engines.with_postgres_database(name)
        finally:
            await drop_database(server, name)


@pytest.fixture(scope="session")
async def template(engine_urls: StoreUrls) -> AsyncIterator[str]:
    """Name of a migrated database that nobody is connected to, to be copied."""
    async with database(engine_urls) as urls:
        await migrate(urls, stores=["postgres"])
        yield urls.postgres.rsplit("/", 1)[1]


@pytest.fixture(scope="session")
async def migrated(engine_urls: StoreUrls, template: str) -> AsyncIterator[StoreUrls]:
    """One migrated database for all tests of a process; they use users and rows of their own."""
    async with database(engine_urls, template) as urls:
        yield urls


@pytest.fixture
async def empty(engine_urls: StoreUrls) -> AsyncIterator[StoreUrls]:
    """A database without migrations, for one test."""
    async with database(engine_urls) as urls:
        yield urls


@pytest.fixture
async def fresh(engine_urls: StoreUrls, template: str) -> AsyncIterator[StoreUrls]:
    """A migrated database for one test that changes more than rows of its own."""
    async with database(engine_urls, template) as urls:
        yield urls


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


@pytest.fixture(scope="session")
def shapes() -> dict[str, Shape]:
    """What `rows` found out about the tables, for all tests of a process."""
    return {}


@pytest.fixture
def rows(worker: asyncpg.Connection, shapes: dict[str, Shape]) -> Rows:
    """Makes rows as worker, with all they need around them."""
    return Rows(worker, shapes)
