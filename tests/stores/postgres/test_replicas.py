"""Reads go to a real streaming replica where that makes no difference, and to the primary else."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from resolvers.context import RequestContext, Viewer
from stores.embedded import Engines, start
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.postgres.replicas import Replicas
from stores.queries import Statement

WHERE = Statement("where", "SELECT pg_is_in_recovery() AS follows")
WRITE = Statement("write", "SELECT pg_logical_emit_message(true, 'test', 'x')", kind="exec")
LAG_S = 0.3


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engines, Engines]]:
    """A primary and a copy that follows it."""
    first, second = tmp_path_factory.mktemp("primary"), tmp_path_factory.mktemp("copy")
    with start(first, stores=["postgres"], durable=False) as primary:
        url = primary.postgres.url("postgres")
        place = second / "postgres"
        place.mkdir(mode=0o700)
        program = primary.postgres.programs / "pg_basebackup"
        subprocess.run(
            [program, "--dbname", url, "-D", place / "cluster", "-R", "-c", "fast"], check=True
        )
        if os.geteuid() == 0:
            for path in (place, *place.rglob("*")):
                os.chown(path, 65_534, 65_534)
        shutil.copy(first / "passwords.json", second / "passwords.json")
        with start(second, stores=["postgres"], durable=False) as copy:
            yield primary, copy


@pytest.fixture
async def stores(pair: tuple[Engines, Engines]) -> AsyncIterator[Stores]:
    primary, copy = pair
    # The other stores are not asked.
    nowhere = "http://127.0.0.1:9"
    urls = replace(primary.urls, clickhouse=nowhere, redis="redis://127.0.0.1:9/0", qdrant=nowhere)
    options = StoreOptions(urls, replica_urls=(copy.urls.postgres,), replica_lag_s=LAG_S)
    async with await open_stores(options) as opened:
        yield opened


async def measured(stores: Stores) -> Replicas:
    assert stores.replicas is not None
    await stores.replicas.measure()
    return stores.replicas


async def from_copy(stores: Stores, viewer_id: UUID | None = None) -> bool:
    row = await stores.postgres.fetch_one(WHERE, viewer_id=viewer_id)
    assert row is not None
    return bool(row["follows"])


async def caught_up(stores: Stores) -> None:
    async with asyncio.timeout(20):
        while True:
            if (await measured(stores)).choose() is not None:
                return
            await asyncio.sleep(0.02)


async def test_what_anybody_may_see_is_read_from_the_copy(stores: Stores) -> None:
    await caught_up(stores)
    assert await from_copy(stores.for_anybody())
    assert not await from_copy(stores), "who is signed in reads what they wrote a moment ago"
    assert not await from_copy(stores.for_anybody(), viewer_id=UUID(int=7))


async def test_a_request_reads_from_the_copy_only_for_somebody_unknown(stores: Stores) -> None:
    await caught_up(stores)
    nobody, somebody = (
        RequestContext(viewer, stores) for viewer in (Viewer(), Viewer(UUID(int=7), "user"))
    )
    for context in (nobody, somebody):
        assert not await from_copy(context.stores), "until it is known that it only reads"
        context.only_reads()
    assert await from_copy(nobody.stores)
    assert not await from_copy(somebody.stores)


async def test_who_has_written_reads_from_the_primary(stores: Stores) -> None:
    await caught_up(stores)
    writer, other = stores.for_anybody(), stores.for_anybody()
    async with writer.postgres.transaction() as change:
        await change.fetch(WRITE)
    assert not await from_copy(writer)
    assert await from_copy(other)


async def test_a_copy_that_falls_behind_is_left_out_until_it_has_caught_up(
    stores: Stores, pair: tuple[Engines, Engines]
) -> None:
    await caught_up(stores)
    copy = await asyncpg.connect(pair[1].postgres.url("postgres"))
    try:
        await copy.execute("SELECT pg_wal_replay_pause()")
        async with asyncio.timeout(20):
            while (await measured(stores)).choose() is not None:
                await stores.postgres.fetch(WRITE)
        assert not await from_copy(stores.for_anybody())
        await copy.execute("SELECT pg_wal_replay_resume()")
        await caught_up(stores)
        assert await from_copy(stores.for_anybody())
    finally:
        await copy.execute("SELECT pg_wal_replay_resume()")
        await copy.close()


async def test_a_copy_that_is_away_is_not_missed(
    stores: Stores, pair: tuple[Engines, Engines]
) -> None:
    await caught_up(stores)
    pair[1].postgres.kill()
    try:
        assert not await from_copy(stores.for_anybody()), "the read goes on to the primary"
        assert (await measured(stores)).choose() is None
    finally:
        await asyncio.to_thread(pair[1].postgres.start)
    await caught_up(stores)
    assert await from_copy(stores.for_anybody())
