"""The edge over real stores: cancellation that reaches the server, and stores that are away."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg
import httpx2
import pytest
import strawberry

from gateway.app import create_app
from gateway.config import Settings
from gateway.schema import GatewaySchema, make_schema
from gateway.server import listen
from resolvers.context import RequestContext
from stores.queries import Statement
from stores.urls import StoreUrls
from tests.gateway.conftest import QuietServer

# The marker makes this test's statement known among those of others on the same server.
SLEEP = Statement("sleep", "SELECT pg_sleep(30), 'edge test'", ())
RUNNING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE state = 'active' AND query LIKE '%edge test%' AND pid <> pg_backend_pid()
      AND datname = current_database()
"""
NOWHERE = "127.0.0.1:9"


@strawberry.type
class Query:
    @strawberry.field
    async def hello(self) -> str:
        return "world"

    @strawberry.field
    async def sleep(self, info: strawberry.Info) -> int | None:
        context: RequestContext = info.context
        return len(await context.postgres(SLEEP))

    @strawberry.field
    async def clickhouse_answer(self, info: strawberry.Info) -> int | None:
        context: RequestContext = info.context
        await context.clickhouse(Statement("one", "SELECT 1", ()), {})
        return 1


def graph() -> GatewaySchema:
    return make_schema(Query)


@asynccontextmanager
async def serving(urls: StoreUrls, **options: object) -> AsyncIterator[str]:
    """The address of a gateway over these stores."""
    settings = Settings(console=False, **options)  # type: ignore[arg-type]
    with listen("127.0.0.1", 0) as listener:
        server = QuietServer(create_app(settings, urls=urls, schema=graph()), settings)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        host, port = listener.getsockname()
        try:
            yield f"http://{host}:{port}"
        finally:
            server.should_exit = True
            await task


async def becomes(watch: asyncpg.Connection[asyncpg.Record], running: int) -> float:
    """Seconds until so many of the statements run on the server; five at most."""
    started = time.monotonic()
    while await watch.fetchval(RUNNING) != running:
        assert time.monotonic() - started < 5
    return time.monotonic() - started


async def ask(url: str, query: str, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(timeout=20) as client:
        return await client.post(f"{url}/graphql", json={"query": query}, headers=headers)


async def test_statement_of_a_client_that_left_is_gone_from_postgres(
    store_urls: StoreUrls,
) -> None:
    # A role sees the statements of its own sessions only.
    watch = await asyncpg.connect(store_urls.postgres)
    try:
        async with serving(store_urls, request_deadline_s=30) as url:
            host, port = url.removeprefix("http://").split(":")
            _, writer = await asyncio.open_connection(host, int(port))
            body = json.dumps({"query": "{ sleep }"}).encode()
            head = "POST /graphql HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            try:
                await becomes(watch, 1)
            finally:
                writer.transport.abort()
            assert await becomes(watch, 0) < 2
    finally:
        await watch.close()


async def test_statement_beyond_the_deadline_nulls_its_field_and_is_gone(
    store_urls: StoreUrls,
) -> None:
    # A role sees the statements of its own sessions only.
    watch = await asyncpg.connect(store_urls.postgres)
    try:
        async with serving(store_urls, request_deadline_s=0.5) as url:
            asked = asyncio.create_task(ask(url, "{ hello sleep }"))
            await becomes(watch, 1)
            answer = (await asked).json()
        assert answer["data"] == {"hello": "world", "sleep": None}
        assert answer["errors"][0]["extensions"]["code"] == "DEADLINE_EXCEEDED"
        assert answer["errors"][0]["extensions"]["store"] == "postgres"
        await becomes(watch, 0)
    finally:
        await watch.close()


async def test_store_that_is_down_leaves_the_rest_of_the_answer(store_urls: StoreUrls) -> None:
    urls = replace(store_urls, clickhouse=f"http://{NOWHERE}/onchain")
    async with serving(urls) as url:
        answer = (await ask(url, "{ hello clickhouseAnswer }")).json()
        async with httpx2.AsyncClient() as client:
            ready = await client.get(f"{url}/readyz")
    assert answer["data"] == {"hello": "world", "clickhouseAnswer": None}
    (error,) = answer["errors"]
    assert error["extensions"] == {
        "code": "STORE_UNAVAILABLE",
        "store": "clickhouse",
        "retryable": True,
    }
    assert NOWHERE not in json.dumps(answer)
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert NOWHERE not in ready.text


async def test_gateway_starts_and_is_not_ready_without_postgres(store_urls: StoreUrls) -> None:
    urls = replace(store_urls, postgres=f"postgresql://gateway:x@{NOWHERE}/onchain")
    async with serving(urls) as url:
        assert (await ask(url, "{ hello }")).json() == {"data": {"hello": "world"}}
        async with httpx2.AsyncClient() as client:
            assert (await client.get(f"{url}/livez")).status_code == 200
            assert (await client.get(f"{url}/readyz")).status_code == 503


@pytest.mark.parametrize(("allowed", "asked"), [(True, "plan"), (True, ""), (False, "plan")])
async def test_plan_is_shown_when_asked_for_and_allowed(
    store_urls: StoreUrls, allowed: bool, asked: str
) -> None:
    async with serving(store_urls, explain=allowed) as url:
        answer = (await ask(url, "{ clickhouseAnswer }", **{"x-explain": asked})).json()
    assert answer["data"] == {"clickhouseAnswer": 1}
    if not (allowed and asked):
        assert "extensions" not in answer
        return
    (step,) = answer["extensions"]["plan"]
    assert step.pop("ms") > 0
    assert step == {
        "step": "1",
        "path": "clickhouseAnswer",
        "store": "clickhouse",
        "name": "one",
        "statement": "SELECT 1",
        "keys": 1,
        "rows": 1,
        "cacheHit": False,
    }


async def test_plans_of_the_stores_are_shown_when_analysis_is_asked_for(
    store_urls: StoreUrls,
) -> None:
    headers = {"x-explain": "analyze"}
    async with serving(store_urls, explain=True) as url:
        answer = (await ask(url, "{ clickhouseAnswer }", **headers)).json()
    (step,) = answer["extensions"]["plan"]
    assert any("ReadFrom" in line for line in step["detail"])
