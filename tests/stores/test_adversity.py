"""Real faults on engines of the test's own: paused, killed, restarted.

Every error is of the right class and comes within the time-outs; every client heals by itself.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from stores.clickhouse.client import ClickHouse, ClickHouseOptions
from stores.embedded import Engines, start
from stores.errors import StoreTimeout, StoreUnavailable
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.postgres.client import Postgres, PostgresOptions
from stores.qdrant.client import Qdrant, QdrantOptions
from stores.queries import Statement
from stores.redis.client import Redis
from stores.urls import StoreUrls

ONE = Statement("test.one", "SELECT 1")
WRITE = Statement("test.write", "SELECT 1", kind="exec")
NOBODY = StoreUrls(
    postgres="postgresql://u:secret@127.0.0.1:1/x",
    postgres_worker="postgresql://u:secret@127.0.0.1:1/x",
    postgres_migrator="postgresql://u:secret@127.0.0.1:1/x",
    clickhouse="http://127.0.0.1:1/x",
    redis="redis://127.0.0.1:1/0",
    qdrant="http://127.0.0.1:1",
)


@pytest.fixture
async def engines(short_directory: Path) -> AsyncIterator[Engines]:
    """All four engines, for this test alone."""
    started = await asyncio.to_thread(start, short_directory, durable=False)
    yield started
    await asyncio.to_thread(started.stop)


async def ask(stores: Stores, store: str) -> None:
    """One read of a store."""
    if store == "postgres":
        await stores.postgres.fetch(ONE)
    elif store == "clickhouse":
        await stores.clickhouse.fetch(ONE)
    elif store == "redis":
        await stores.redis.commands.get("nothing")
    else:
        await stores.qdrant.version()


OPTIONS = StoreOptions(
    NOBODY,
    postgres=PostgresOptions(command_timeout_s=1.0),
    clickhouse=ClickHouseOptions(command_timeout_s=1.0),
    qdrant=QdrantOptions(command_timeout_s=1.0),
)
# The longest a read may take when its store hangs: the limit, and three seconds for a busy machine.
LIMIT_S = {"postgres": 1.0, "clickhouse": 1.0, "redis": 0.5, "qdrant": 1.0}


@pytest.mark.timeout(120)
async def test_hung_stores_time_out_and_go_on(engines: Engines) -> None:
    async with await open_stores(replace(OPTIONS, urls=engines.urls)) as stores:
        for store, limit_s in LIMIT_S.items():
            await ask(stores, store)
            engines[store].pause()
            started = time.monotonic()
            try:
                with pytest.raises(StoreTimeout) as caught:
                    await ask(stores, store)
                assert time.monotonic() - started < limit_s + 3
                assert caught.value.store == store
            finally:
                engines[store].resume()
            await asyncio.wait_for(heal(stores, store), 10)


@pytest.mark.timeout(120)
async def test_killed_stores_are_unavailable_and_heal(engines: Engines) -> None:
    async with await open_stores(replace(OPTIONS, urls=engines.urls)) as stores:
        for store in LIMIT_S:
            await ask(stores, store)
            engines[store].kill()
            started = time.monotonic()
            with pytest.raises(StoreUnavailable) as caught:
                await ask(stores, store)
            assert time.monotonic() - started < 5
            assert caught.value.retryable
            await asyncio.to_thread(engines[store].start)
            await ask(stores, store)


async def heal(stores: Stores, store: str) -> None:
    """Ask until the store answers."""
    while True:
        try:
            return await ask(stores, store)
        except (StoreTimeout, StoreUnavailable):
            continue


@pytest.mark.timeout(120)
async def test_a_restart_between_two_reads_is_not_noticed(engines: Engines) -> None:
    async with await open_stores(replace(OPTIONS, urls=engines.urls)) as stores:
        for store in LIMIT_S:
            await ask(stores, store)
            engines[store].kill()
            await asyncio.to_thread(engines[store].start)
            await ask(stores, store)


async def test_opening_needs_no_store() -> None:
    async with await open_stores(StoreOptions(NOBODY)) as stores:
        health = await stores.health()
    assert set(health) == {"postgres", "clickhouse", "redis", "qdrant"}
    for each in health.values():
        assert not each.ok
        assert each.version is None
        assert each.error
        assert "secret" not in each.error


async def test_healthy_stores_tell_version_and_latency(stores: Stores) -> None:
    for each in (await stores.health()).values():
        assert each.ok, each.error
        assert each.version
        assert 0 < each.latency_ms < 1000


@pytest.mark.parametrize("garbage", [b"<html>502</html>", b"\x00\xff\x00", b""])
async def test_a_stranger_at_the_address_is_unavailable(garbage: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        page = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: "
        writer.write(page + str(len(garbage)).encode() + b"\r\n\r\n" + garbage if garbage else b"")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with (
            Postgres(f"postgresql://u:p@127.0.0.1:{port}/x") as postgres,
            ClickHouse(f"http://127.0.0.1:{port}/x") as clickhouse,
            Redis(f"redis://127.0.0.1:{port}/0") as redis,
            Qdrant(f"http://127.0.0.1:{port}") as qdrant,
        ):
            calls = (
                postgres.fetch(ONE),
                clickhouse.fetch(ONE),
                redis.commands.get("a"),
                qdrant.count("a"),
            )
            started = time.monotonic()
            failures = await asyncio.gather(*calls, return_exceptions=True)
            assert time.monotonic() - started < 8
    for failure in failures:
        assert isinstance(failure, StoreUnavailable), repr(failure)
