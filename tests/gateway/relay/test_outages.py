"""A real engine is stopped and started again while things change: afterwards all stores agree."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from gateway.consistency.checks import check
from gateway.embedding import open_embedder
from gateway.relay.outbox import Outbox, StoreLag
from gateway.relay.passing import PassingOptions
from gateway.relay.relay import open_relay
from gateway.worker.running import worker_stores
from stores.embedded import Engines, start
from stores.errors import StoreError
from stores.lifecycle import StoreOptions, Stores
from stores.migrate import migrate
from stores.queries import Statement
from stores.redis.keys import key
from tests.gateway.relay.test_receivers import PROTOCOL, points
from tests.gateway.worker.conftest import rows

OPTIONS = PassingOptions(poll_s=0.2, first_pause_s=0.05, longest_pause_s=0.2)
TELL = """
INSERT INTO ops.outbox (aggregate, aggregate_id, event, payload)
VALUES ('alerts.rules', gen_random_uuid()::text, 'created', jsonb_build_object('user_id', $1::uuid))
"""
ASIDE = "SELECT count(*) FROM ops.relay_failures"


@pytest.fixture
async def engines(short_directory: Path) -> AsyncIterator[Engines]:
    started = await asyncio.to_thread(start, short_directory, durable=False)
    yield started
    await asyncio.to_thread(started.stop)


@asynccontextmanager
async def relaying(stores: Stores) -> AsyncIterator[None]:
    """The relay as a worker runs it."""
    stop, news = asyncio.Event(), asyncio.Event()
    listening = asyncio.create_task(stores.postgres.listen("outbox", news))
    running = asyncio.create_task(open_relay(stores, open_embedder(), OPTIONS).run(stop, news))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(running, 20)
        listening.cancel()


async def lags(stores: Stores) -> dict[str, StoreLag]:
    return {each.store: each for each in await Outbox(stores.postgres).lag()}


async def caught_up(stores: Stores, *names: str) -> None:
    """Wait until these stores have heard of everything."""
    async with asyncio.timeout(40):
        while True:
            try:
                found = await lags(stores)
                if all(found[name].waiting == 0 for name in names):
                    return
            except StoreError:
                pass  # Postgres is not back yet
            await asyncio.sleep(0.05)


async def change(stores: Stores, protocol: UUID, user: UUID, name: str) -> None:
    await rows(stores, "UPDATE catalog.protocols SET name = $1 WHERE id = $2", name, protocol)
    await rows(stores, TELL, user)


async def test_any_store_may_be_away_for_a_while(engines: Engines) -> None:
    protocol, user = uuid4(), uuid4()
    await migrate(engines.urls)
    names = ("clickhouse", "qdrant", "redis")
    async with worker_stores(StoreOptions(engines.urls)) as stores, relaying(stores):
        await rows(stores, PROTOCOL, protocol, "one", "One")
        await check(
            stores, open_embedder(), timedelta(days=90), repair=True
        )  # agents of the schema
        for number, away in enumerate(names):
            await asyncio.to_thread(engines[away].stop)
            await change(stores, protocol, user, f"Name {number}")
            await caught_up(stores, *(name for name in names if name != away))
            behind = (await lags(stores))[away]
            assert (behind.waiting, behind.refused) == (2, 0)
            await asyncio.to_thread(engines[away].start)
            await caught_up(stores, *names)
        await change(stores, protocol, user, "Before Postgres went")
        await asyncio.to_thread(engines["postgres"].stop)
        await asyncio.to_thread(engines["postgres"].start)
        await caught_up(stores, *names)
        await change(stores, protocol, user, "At last")
        await caught_up(stores, *names)

        assert (await rows(stores, ASIDE))[0][0] == 0
        found = await check(stores, open_embedder(), timedelta(days=90))
        assert [each.copy for each in found.comparisons if not each.agrees] == []
        assert found.agrees
        told = await points(stores, "protocol_analysis", [protocol])
        assert told[str(protocol)]["protocol_name"] == "At last"
        ((recorded,),) = await stores.clickhouse.fetch(
            Statement(
                "count", "SELECT count() FROM change_events FINAL WHERE aggregate = 'alerts.rules'"
            )
        )
        heard = await stores.redis.commands.xlen(key("user_changes", user_id=user))
        assert (recorded, heard) == (5, 5)
