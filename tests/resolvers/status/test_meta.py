"""`_meta` tells what is up and how fresh it is, whatever is down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest

from resolvers.context import RequestContext, Viewer
from stores.clickhouse.client import ClickHouse
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.postgres.client import Postgres
from stores.qdrant.client import Qdrant
from stores.queries import Statement
from stores.redis.client import Redis
from tests.resolvers.graph import ask

CHAIN = 940_001
NOW = datetime(2025, 6, 1, 12, 0, 0, tzinfo=UTC)
BLOCK_AT = datetime(2025, 6, 1, 11, 59, 48, tzinfo=UTC)
PRICE_AT = datetime(2025, 6, 1, 11, 59, 30, tzinfo=UTC)
ARRIVED = datetime(2025, 6, 1, 11, 59, 55, tzinfo=UTC)

QUERY = """query ($chain: ChainId) { _meta(chain: $chain) { version
  head { blockNumber blockAt indexedAt lagS source }
  stores { store isUp watermark indexedAt lagS error series { name watermark lagS } } } }"""


@pytest.fixture
async def filled(fresh_options: StoreOptions) -> AsyncIterator[Stores]:
    """Stores with one block and one price."""
    async with await open_stores(replace(fresh_options, role="worker")) as worker:
        await worker.postgres.copy_rows(
            "catalog.chains",
            ("id", "caip2", "slug", "name", "is_evm"),
            [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
        )
        await worker.postgres.copy_rows(
            "catalog.chain_heads",
            ("chain_id", "block_number", "block_at", "indexed_at", "source"),
            [(CHAIN, 2**40, BLOCK_AT, ARRIVED, "tests")],
        )
        await worker.clickhouse.insert(
            "market_data",
            ("ts", "asset_id", "source", "price", "ingested_at"),
            [(PRICE_AT, uuid4(), "tests", Decimal(1), ARRIVED)],
        )
    async with await open_stores(fresh_options) as opened:
        yield opened


async def _meta(stores: Stores, **variables: Any) -> Any:
    context = RequestContext(Viewer(), stores, trace=[], clock=lambda: NOW)
    return await ask(stores, QUERY, context=context, **variables)


async def test_every_store_tells_its_newest_measurement(filled: Stores) -> None:
    answer = await _meta(filled, chain=f"eip155:{CHAIN}")
    assert not answer.errors
    meta = answer.data["_meta"]
    head = meta["head"]
    assert (head["blockNumber"], head["lagS"], head["source"]) == (str(2**40), 12, "tests")
    assert datetime.fromisoformat(head["blockAt"]) == BLOCK_AT
    by_store = {each["store"]: each for each in meta["stores"]}
    assert [each["store"] for each in meta["stores"]] == [
        *("POSTGRES", "CLICKHOUSE", "REDIS", "QDRANT")
    ]
    assert all(each["isUp"] and each["error"] is None for each in meta["stores"])
    postgres, clickhouse = by_store["POSTGRES"], by_store["CLICKHOUSE"]
    assert (postgres["lagS"], clickhouse["lagS"]) == (12, 30)
    assert datetime.fromisoformat(clickhouse["watermark"]) == PRICE_AT
    assert datetime.fromisoformat(clickhouse["indexedAt"]) == ARRIVED
    assert [each["name"] for each in clickhouse["series"]] == ["market_data_latest"]
    assert [each["name"] for each in postgres["series"]] == ["chain_heads"]
    for name in ("REDIS", "QDRANT"):
        assert by_store[name]["watermark"] is by_store[name]["lagS"] is None
        assert by_store[name]["series"] == []


async def test_empty_stores_are_up_and_know_nothing(fresh_options: StoreOptions) -> None:
    async with await open_stores(fresh_options) as opened:
        answer = await _meta(opened)
    assert not answer.errors
    assert answer.data["_meta"]["head"] is None
    for each in answer.data["_meta"]["stores"]:
        assert each["isUp"]
        assert each["watermark"] is each["indexedAt"] is each["error"] is None


async def test_stores_that_are_away_are_answers_not_errors(stores: Stores) -> None:
    nobody = Stores(
        postgres=Postgres("postgresql://nobody:x@127.0.0.1:9/nothing"),
        clickhouse=ClickHouse("http://127.0.0.1:9/default"),
        redis=Redis("redis://127.0.0.1:9/0"),
        qdrant=Qdrant("http://127.0.0.1:9"),
    )
    answer = await _meta(nobody)
    await nobody.close()
    assert not answer.errors
    for each in answer.data["_meta"]["stores"]:
        assert not each["isUp"]
        assert each["error"] == "STORE_UNAVAILABLE"

    one_away = replace(stores, qdrant=Qdrant("http://127.0.0.1:9"))
    answer = await _meta(one_away)
    await one_away.qdrant.close()
    up = {each["store"]: each["isUp"] for each in answer.data["_meta"]["stores"]}
    assert up == {"POSTGRES": True, "CLICKHOUSE": True, "REDIS": True, "QDRANT": False}


async def test_a_store_that_cannot_tell_its_series_is_up_all_the_same(
    fresh_options: StoreOptions,
) -> None:
    async with await open_stores(fresh_options) as opened:
        await opened.clickhouse.execute(Statement("drop", "DROP TABLE dex_trades", kind="exec"))
        answer = await _meta(opened)
    by_store = {each["store"]: each for each in answer.data["_meta"]["stores"]}
    assert not answer.errors
    assert (by_store["CLICKHOUSE"]["isUp"], by_store["CLICKHOUSE"]["error"]) == (True, "INTERNAL")
    assert by_store["CLICKHOUSE"]["series"] == []


async def test_a_silent_store_costs_no_more_than_a_part_of_the_requests_time(
    stores: Stores,
) -> None:
    async def listen_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(listen_only, "127.0.0.1", 0)
    silent = ClickHouse(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/default")
    context = RequestContext(
        Viewer(), replace(stores, clickhouse=silent), deadline=time.monotonic() + 1
    )
    async with server, silent:
        answer = await ask(stores, QUERY, context=context)
        left = context.deadline - time.monotonic() if context.deadline else 0
    clickhouse = answer.data["_meta"]["stores"][1]
    assert (clickhouse["store"], clickhouse["isUp"]) == ("CLICKHOUSE", False)
    assert clickhouse["error"] == "DEADLINE_EXCEEDED"
    assert left > 0


async def test_a_store_that_fails_once_is_not_told_as_down(
    stores: Stores, store_options: StoreOptions
) -> None:
    failed: list[asyncio.StreamWriter] = []
    target = urlsplit(store_options.urls.clickhouse)

    async def fail_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not failed:
            failed.append(writer)
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            writer.close()
            return
        behind, onward = await asyncio.open_connection(target.hostname, target.port)
        await asyncio.gather(_pass_on(reader, onward), _pass_on(behind, writer))

    server = await asyncio.start_server(fail_first, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    shaky = ClickHouse(urlunsplit(target._replace(netloc=f"127.0.0.1:{port}")))
    answer = await _meta(replace(stores, clickhouse=shaky))
    await shaky.close()
    server.close()
    await server.wait_closed()
    assert failed
    clickhouse = answer.data["_meta"]["stores"][1]
    assert (clickhouse["store"], clickhouse["isUp"]) == ("CLICKHOUSE", True)
    assert clickhouse["error"] is None


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65_536):
        target.write(data)
        await target.drain()
    target.close()


async def test_an_unknown_chain_is_refused_where_it_is_used(stores: Stores) -> None:
    answer = await _meta(stores, chain="eip155:949999")
    assert answer.codes == [("_meta.head", "BAD_USER_INPUT")]
    assert len(answer.data["_meta"]["stores"]) == 4


async def test_only_what_is_selected_is_read(stores: Stores) -> None:
    answer = await ask(stores, "{ _meta { version } }")
    assert not answer.errors
    assert answer.statements == []
