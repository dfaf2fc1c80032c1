"""Empty databases and small migration folders for the runner's tests."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from stores.clickhouse.client import ClickHouse
from stores.migrate.runner import Store
from stores.queries import Statement
from stores.urls import StoreUrls, with_path
from tests.fixtures.stores import drop_database

KEYS = '[k]\ntemplate="k"\nstructure="set"\nttl_s=1\nowner="ops"\ndescription="d"\n'


class Folder:
    """A stand-in for the packaged `sql` folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for store in ("postgres", "clickhouse", "redis", "qdrant"):
            (path / store).mkdir()
        (path / "redis" / "keys.toml").write_text(KEYS)
        (path / "qdrant" / "collections.toml").write_text("")

    def add(self, store: Store, version: str, up: str, down: str, options: str = "") -> Path:
        """Write a migration; the same version again replaces it."""
        file = self.path / store / f"{version}_change.sql"
        file.write_text(
            f"-- Change {version}.\n\n-- migrate:up{options}\n{up}\n\n"
            f"-- migrate:down{options}\n{down}\n"
        )
        return file


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
async def urls(engine_urls: StoreUrls) -> AsyncIterator[StoreUrls]:
    """An empty Postgres database and the name of a ClickHouse one that does not exist yet."""
    name = f"m{secrets.token_hex(6)}"
    server = await asyncpg.connect(engine_urls.postgres_migrator)
    await server.execute(f"CREATE DATABASE {name}")
    moved = engine_urls.with_postgres_database(name)
    yield replace(moved, clickhouse=with_path(engine_urls.clickhouse, name))
    await drop_database(server, name)
    await server.close()
    async with ClickHouse(engine_urls.clickhouse) as clickhouse:
        drop = Statement("test.drop", f"DROP DATABASE IF EXISTS {name}", kind="exec")
        await clickhouse.execute(drop)
