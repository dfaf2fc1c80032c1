"""A data directory with engines at work on it, filled with a part of the sample."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from gateway.cli import build
from gateway.load import LoadOptions, load
from stores.embedded import Engines, start
from stores.lifecycle import StoreOptions, open_stores
from stores.migrate import migrate
from stores.qdrant.client import Point

_SAMPLE = Path(__file__).parents[3] / "data"
_LOADED = ["chains", "protocols", "gas_minute", "hacks", "mentions", "demo_users"]
_LOADED += ["demo_portfolios"]
_NOBODY = 65_534
PATTERN = UUID(int=0xBAC)


def gateway(data_dir: Path, *words: str | Path) -> Result:
    """The command, in this process."""
    settings = {"GATEWAY_DATA_DIR": str(data_dir), "NO_COLOR": "1", "COLUMNS": "200"}
    runner = CliRunner(env={**dict.fromkeys(os.environ.keys() & _OURS), **settings})
    return runner.invoke(build(), [*map(str, words)], catch_exceptions=False)


_OURS = {name for name in os.environ if name.startswith("GATEWAY_")}


@dataclass(frozen=True, slots=True)
class Source:
    """Engines at work, what their directory is, and where their log is archived.

    Attributes:
        directory: GATEWAY_DATA_DIR.
        shelf: a directory for bases; the log goes into `wal` below it.
        engines: running.
    """

    directory: Path
    shelf: Path
    engines: Engines

    @property
    def options(self) -> StoreOptions:
        return StoreOptions(self.engines.urls, role="worker")


def superuser(engines: Engines, text: str, *values: object) -> object:
    """The first value that a statement of the superuser gives."""

    async def ask() -> object:
        connection = await asyncpg.connect(engines.postgres.url("postgres"))
        try:
            return await connection.fetchval(text, *values)
        finally:
            await connection.close()

    return asyncio.run(ask())


def next_second() -> None:
    """Wait for the next second: backups are called by theirs."""
    began = datetime.now(UTC).replace(microsecond=0)
    while datetime.now(UTC).replace(microsecond=0) == began:
        time.sleep(0.01)


@pytest.fixture(scope="package")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    directory = tmp_path_factory.mktemp("source") / "data"
    shelf = tmp_path_factory.mktemp("shelf")
    wal = shelf / "wal"
    wal.mkdir()
    if os.geteuid() == 0:  # the server then runs as nobody
        os.chown(wal, _NOBODY, _NOBODY)
    archive = {"archive_mode": "on", "archive_command": f'cp %p "{wal}/%f"'}
    with start(directory, durable=False, postgres_settings=archive) as engines:
        asyncio.run(_fill(StoreOptions(engines.urls, role="worker"), directory))
        yield Source(directory, shelf, engines)


async def _fill(options: StoreOptions, directory: Path) -> None:
    await migrate(options.urls)
    async with await open_stores(options) as stores:
        await load(_SAMPLE, stores, LoadOptions(rejected_dir=directory, only=_LOADED))
        redis = stores.redis.commands
        await redis.flushdb()
        await redis.set("session:kept", "€", px=3_600_000)
        await redis.hset("price:current:ether", mapping={"price": "3120.5"})
        await redis.zadd("board", {"one": 1, "two": 2.5})
        vector = [0.5] * 512
        await stores.qdrant.upsert(
            "trading_patterns", [Point(str(PATTERN), vector, {"pattern_type": "swing"})]
        )
