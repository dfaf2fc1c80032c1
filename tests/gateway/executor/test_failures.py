"""Stores that fail, hang or are slow within a compiled operation, and callers who leave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import asyncpg
import pytest

from gateway.executor.waiting import Gathering
from resolvers.context import RequestContext, Viewer
from stores.clickhouse.client import ClickHouse
from stores.embedded import Engine, start
from stores.errors import StoreTimeout
from stores.lifecycle import Stores
from stores.urls import StoreUrls
from tests.fixtures.shop import fill_clickhouse
from tests.gateway.executor.conftest import Asker
from tests.resolvers.shop import SCHEMA
from tests.stores.waiting import until

POOLS = """pools(first: 30, where: {name: {in: ["Pool 1", "Pool 2", "Pool 4", "Pool 5"]}})"""
TRADED = f"""{{ {POOLS} {{ nodes {{ name base {{ symbol }}
    trades(first: 2) {{ totalCount {{ value }} nodes {{ amount }} }} protocol {{ slug }} }} }} }}"""
TRADED_CALLS = {
    "read pools": 1,
    "read assets by id": 1,
    "read protocols by id": 1,
    "read trades by pool_id": 1,
    "count trades by pool_id": 1,
}


@pytest.fixture(scope="module")
def own_clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that the tests of this module may kill."""
    directory = tmp_path_factory.mktemp("clickhouse")
    with start(directory, stores=["clickhouse"], durable=False) as engines:
        yield engines["clickhouse"]


@pytest.fixture
async def fragile(own_clickhouse: Engine, shop_stores: Stores) -> AsyncIterator[Stores]:
    """The shop's stores with a ClickHouse of their own, filled and running."""
    url = f"http://127.0.0.1:{own_clickhouse.port}/onchain"
    async with ClickHouse(url) as client:
        await fill_clickhouse(client)
        yield replace(shop_stores, clickhouse=client)


@dataclass(slots=True)
class Sequel(RequestContext):
    """Calls something right after a statement of some name was answered."""

    after: str = ""
    then: Any = None

    async def read_prepared(self, read: Any, keys: Sequence[object] = (), **options: Any) -> Any:
        rows = await RequestContext.read_prepared(self, read, keys, **options)
        if read.statement.name == self.after:
            self.then()
        return rows


async def test_a_store_that_dies_in_the_middle_nulls_its_own_fields(
    ask: Asker, fragile: Stores, own_clickhouse: Engine
) -> None:
    whole = await ask(TRADED, context=RequestContext(Viewer(), fragile, trace=[]))
    assert (whole.errors, whole.ways) == ([], {"compiled": 1})
    assert whole.calls == TRADED_CALLS
    nodes = whole.data["pools"]["nodes"]
    assert [len(node["trades"]["nodes"]) for node in nodes] == [2, 2, 2, 2]
    kill = Sequel(
        Viewer(), fragile, trace=[], after=f"read {SCHEMA}.pools", then=own_clickhouse.kill
    )
    try:
        answer = await ask(TRADED, context=kill)
    finally:
        own_clickhouse.start()
    assert answer.ways == {"exact": 1}
    assert answer.calls == TRADED_CALLS
    assert answer.data["pools"]["nodes"] == [{**node, "trades": None} for node in nodes]
    assert answer.codes == [
        (f"pools.nodes.{number}.trades", "STORE_UNAVAILABLE") for number in range(4)
    ]
    failed = {(step.store, step.error) for step in kill.trace or [] if step.error}
    assert failed == {("clickhouse", "StoreUnavailable")}
    again = await ask(TRADED, context=RequestContext(Viewer(), fragile, trace=[]))
    assert (again.data, again.ways) == (whole.data, {"compiled": 1})


async def test_a_store_that_hangs_costs_its_own_fields_at_the_deadline(
    ask: Asker, fragile: Stores, own_clickhouse: Engine
) -> None:
    whole = await ask(TRADED, context=RequestContext(Viewer(), fragile, trace=[]))
    late = RequestContext(Viewer(), fragile, trace=[], deadline=time.monotonic() + 0.5)
    own_clickhouse.pause()
    try:
        answer = await ask(TRADED, context=late)
    finally:
        own_clickhouse.resume()
    nodes = whole.data["pools"]["nodes"]
    assert answer.data["pools"]["nodes"] == [{**node, "trades": None} for node in nodes]
    assert {code for _, code in answer.codes} == {"DEADLINE_EXCEEDED"}
    assert answer.calls == TRADED_CALLS


async def test_a_count_that_fails_leaves_the_rows(ask: Asker, shop_stores: Stores) -> None:
    class Uncounted(RequestContext):
        """Counts never answer."""

        async def read_prepared(self, read: Any, keys: Any = (), **options: Any) -> Any:
            if read.statement.name.startswith("count"):
                raise StoreTimeout("postgres", read.statement.name, "slow")
            return await RequestContext.read_prepared(self, read, keys, **options)

    answer = await ask(
        """{ pools(first: 1) { totalCount { value } nodes { name } }
             protocols(first: 2) { nodes { pools(first: 1) { totalCount { value }
               nodes { name } } } } }""",
        context=Uncounted(Viewer(), shop_stores),
    )
    assert answer.codes == [
        ("pools.totalCount", "DEADLINE_EXCEEDED"),
        ("protocols.nodes.0.pools.totalCount", "DEADLINE_EXCEEDED"),
        ("protocols.nodes.1.pools.totalCount", "DEADLINE_EXCEEDED"),
    ]
    assert answer.data["pools"] == {"totalCount": None, "nodes": [{"name": "Pool 496"}]}
    for node in answer.data["protocols"]["nodes"]:
        assert len(node["pools"]["nodes"]) == 1


async def test_nothing_is_sent_after_the_deadline(ask: Asker, shop_stores: Stores) -> None:
    late = RequestContext(Viewer(), shop_stores, trace=[], deadline=time.monotonic() - 1)
    answer = await ask(
        "{ pools { nodes { base { symbol } } } trades { __typename } }", context=late
    )
    assert answer.data is None
    assert answer.codes == [("pools", "DEADLINE_EXCEEDED")]
    assert answer.calls == {"read pools": 1}


@dataclass(slots=True)
class Assets:
    """A lock on the shop's assets, held by somebody else, and who waits for it."""

    watch: Any
    held: Any = None

    async def waiting(self) -> int:
        """How many statements of the gateway wait for the lock."""
        found: int = await self.watch.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND query LIKE $1",
            f'%"{SCHEMA}"."assets"%',
        )
        return found

    async def becomes(self, count: int) -> None:
        """Return once so many wait."""
        give_up_at = time.monotonic() + 10
        while await self.waiting() != count:
            assert time.monotonic() < give_up_at

    async def unlock(self) -> None:
        """Let them go on."""
        await self.held.rollback()


@asynccontextmanager
async def locked_assets(urls: StoreUrls) -> AsyncIterator[Assets]:
    """Every read of the shop's assets waits until the block ends."""
    # A role sees the statements of its own sessions only.
    watch = await asyncpg.connect(urls.postgres)
    owner = await asyncpg.connect(urls.postgres_migrator)
    try:
        held = owner.transaction()
        await held.start()
        await owner.execute(f"LOCK TABLE {SCHEMA}.assets IN ACCESS EXCLUSIVE MODE")
        yield Assets(watch, held)
    finally:
        await owner.close()
        await watch.close()


async def test_a_slow_sibling_holds_nobody_up(
    ask: Asker, shop_stores: Stores, engine_urls: StoreUrls
) -> None:
    arrived = asyncio.Event()
    last = f"read {SCHEMA}.trades by pool_id"
    context = Sequel(Viewer(), shop_stores, trace=[], after=last, then=arrived.set)
    query = """{ protocols(first: 20) { nodes { token { symbol }
        pools(first: 2) { nodes { name trades(first: 1) { nodes { amount } } } } } }
        pools(first: 1) { nodes { base { contract } } } }"""
    expected = await ask(query, path="plain")
    async with locked_assets(engine_urls) as assets:
        asked = asyncio.create_task(ask(query, context=context))
        await assets.becomes(2)
        # Two levels below a sibling of the slow field.
        await asyncio.wait_for(arrived.wait(), 10)
        assert await assets.waiting() == 2
        assert not asked.done()
        await assets.unlock()
        answer = await asked
    assert (answer.data, answer.ways) == (expected.data, {"compiled": 1})


async def test_a_slow_field_is_late_alone(
    ask: Asker, shop_stores: Stores, engine_urls: StoreUrls
) -> None:
    context = RequestContext(Viewer(), shop_stores, trace=[], deadline=time.monotonic() + 0.5)
    query = """{ protocols(first: 20) { nodes { slug token { symbol }
        pools(first: 1) { nodes { name } } } } }"""
    expected = await ask(query)
    async with locked_assets(engine_urls):
        answer = await ask(query, context=context)
    nodes = expected.data["protocols"]["nodes"]
    late = [number for number, node in enumerate(nodes) if node["token"] is not None]
    assert answer.data["protocols"]["nodes"] == [{**node, "token": None} for node in nodes]
    assert answer.codes == sorted(
        (f"protocols.nodes.{number}.token", "DEADLINE_EXCEEDED") for number in late
    )
    assert answer.calls == expected.calls


LONELY = '{ protocol(slug: "p-7") { token { symbol } } }'
BESIDE = """{ pools(first: 5) { nodes { base { symbol } reward { symbol supply }
    trades { nodes { amount } } } } protocols(first: 1) { totalCount { value } nodes { url } } }"""
SHARED = """{ pools(first: 5) { nodes { base { symbol } } edges { node { base { symbol } } } } }"""


@pytest.mark.parametrize(("query", "waiting"), [(LONELY, 1), (BESIDE, 2), (SHARED, 1)])
async def test_a_caller_who_leaves_takes_the_statements_along(
    ask: Asker, shop_stores: Stores, engine_urls: StoreUrls, query: str, waiting: int
) -> None:
    await ask(query)
    before = asyncio.all_tasks()
    context = RequestContext(Viewer(), shop_stores, trace=[])
    async with locked_assets(engine_urls) as assets:
        asked = asyncio.create_task(ask(query, context=context))
        await assets.becomes(waiting)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        await assets.becomes(0)
    await until(lambda: asyncio.all_tasks() <= before)
    await until(lambda: shop_stores.postgres.in_use == 0)
    # None of them was still there when its own time was up.
    ends = [step.error for step in context.trace or [] if step.name.endswith("assets by id")]
    assert ends == ["CancelledError"] * waiting


@dataclass(slots=True)
class Load:
    """A load that tests can hold up."""

    keys: list[Any] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, keys: list[Any]) -> str:
        self.keys += keys
        self.started.set()
        try:
            await self.gate.wait()
        finally:
            self.ended.set()
        return "rows"


def asked_of(load: Any, *keys: list[Any]) -> list[asyncio.Future[Any]]:
    """What some fetches of one turn wait for."""
    pending = dict[Any, Gathering]()
    gathering = pending["here"] = Gathering(pending, "here", load)
    return [asyncio.ensure_future(gathering.add(each)) for each in keys]


async def test_a_shared_fetch_outlives_one_of_those_who_wait() -> None:
    load = Load()
    one, other = asked_of(load, [1, 2], [2, 3])
    await load.started.wait()
    one.cancel()
    load.gate.set()
    assert await other == "rows"
    assert one.cancelled()
    assert load.keys == [1, 2, 3]


async def test_a_shared_fetch_ends_with_the_last_of_those_who_wait() -> None:
    load = Load()
    waiting = asked_of(load, [1], [2], [3])
    await load.started.wait()
    for each in waiting:
        each.cancel()
    await asyncio.wait_for(load.ended.wait(), 10)


async def test_a_shared_fetch_that_was_left_before_it_began_asks_nothing() -> None:
    before = asyncio.all_tasks()
    load = Load()
    (lost,) = asked_of(load, [1])
    lost.cancel()
    await asyncio.sleep(0)
    await until(lambda: asyncio.all_tasks() <= before)
    assert not load.started.is_set()


async def test_a_shared_fetch_that_fails_fails_for_all() -> None:
    async def broken(keys: list[Any]) -> None:
        raise StoreTimeout("postgres", "q", "slow")

    results = await asyncio.gather(*asked_of(broken, [1], [2]), return_exceptions=True)
    assert [type(each) for each in results] == [StoreTimeout, StoreTimeout]
