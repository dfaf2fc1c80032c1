"""GraphQL over server-sent events, distinct connections mode."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from tests.gateway.conftest import Gateway, serving

EVENTS = "text/event-stream"


@asynccontextmanager
async def stream(
    gateway: Gateway, query: str, accept: str = EVENTS
) -> AsyncIterator[httpx2.Response]:
    async with (
        gateway.client() as client,
        client.stream(
            "POST", "/graphql", json={"query": query}, headers={"accept": accept}
        ) as response,
    ):
        yield response


async def whole(gateway: Gateway, query: str) -> bytes:
    async with stream(gateway, query) as response:
        return await response.aread()


def next_event(payload: Any) -> bytes:
    return b"event: next\ndata: " + json.dumps(payload, separators=(",", ":")).encode() + b"\n\n"


COMPLETE = b"event: complete\ndata: \n\n"


async def test_subscription_is_framed_with_line_feeds(gateway: Gateway) -> None:
    body = await whole(gateway, "subscription { count(to: 2) }")
    events = [next_event({"data": {"count": number}}) for number in (1, 2)]
    assert body == b"".join(events) + COMPLETE


async def test_query_and_mutation_are_one_event(gateway: Gateway) -> None:
    assert (
        await whole(gateway, "{ hello }")
        == next_event({"data": {"hello": "hello world"}}) + COMPLETE
    )
    assert (
        await whole(gateway, "mutation { change }")
        == next_event({"data": {"change": 1}}) + COMPLETE
    )


async def test_line_breaks_in_values_do_not_break_the_frame(gateway: Gateway) -> None:
    body = await whole(gateway, '{ hello(name: "a\\nb\\r\\nc") }')
    assert body.count(b"\n") == 6
    assert b"\r" not in body


async def test_headers_keep_proxies_from_buffering(gateway: Gateway) -> None:
    async with stream(gateway, "{ hello }") as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"


async def test_subscription_by_get_works_for_event_source(gateway: Gateway) -> None:
    response = await gateway.get("/graphql?query=subscription{count(to:1)}", accept=EVENTS)
    assert response.content == next_event({"data": {"count": 1}}) + COMPLETE


@pytest.mark.parametrize("query", ["{ hello", "{ nothing }", "query ($of: Int!) { half(of: $of) }"])
async def test_request_error_is_an_event_that_browsers_can_read(
    gateway: Gateway, query: str
) -> None:
    body = await whole(gateway, query)
    first, rest = body.split(b"\n\n", 1)
    payload = json.loads(first.removeprefix(b"event: next\ndata: "))
    assert "data" not in payload
    assert payload["errors"][0]["extensions"]["code"]
    assert rest == COMPLETE


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/json, text/event-stream;q=0.1", "application/graphql-response+json, */*"],
)
async def test_subscription_streams_whenever_a_stream_is_acceptable(
    gateway: Gateway, accept: str
) -> None:
    async with stream(gateway, "subscription { count(to: 1) }", accept) as response:
        assert response.headers["content-type"].startswith(EVENTS)
        assert await response.aread() == next_event({"data": {"count": 1}}) + COMPLETE


async def test_every_event_has_a_context_of_its_own(gateway: Gateway) -> None:
    body = await whole(gateway, "subscription { items(to: 3) { scopeNumber } }")
    assert len(set(body.split(b"\n\n")[:3])) == 3


async def test_silence_is_filled_with_comments() -> None:
    async with (
        serving(keep_alive_s=0.05) as gateway,
        stream(gateway, "subscription { endless }") as response,
    ):
        chunks = response.aiter_raw()
        seen = b""
        while seen.count(b":\n\n") < 3:
            seen += await asyncio.wait_for(anext(chunks), 5)
        assert seen == next_event({"data": {"endless": 1}}) + b":\n\n" * 3


async def test_client_that_leaves_closes_the_generator_at_once(gateway: Gateway) -> None:
    async with stream(gateway, "subscription { endless }") as response:
        await anext(response.aiter_raw())
    assert await asyncio.wait_for(gateway.journal.closed.get(), 5) == "one"


async def test_client_that_does_not_read_is_dropped() -> None:
    async with (
        serving(send_timeout_s=0.2) as gateway,
        stream(gateway, "subscription { flood }") as response,
    ):
        assert response.status_code == 200
        assert await asyncio.wait_for(gateway.journal.closed.get(), 5) == "flood"


async def test_fault_between_events_is_masked(gateway: Gateway) -> None:
    body = await whole(gateway, "subscription { breaks }")
    assert body.startswith(next_event({"data": {"breaks": 1}}))
    assert body.endswith(COMPLETE)
    assert b'"code":"INTERNAL"' in body
    assert b"hunter2" not in body


async def test_leaving_completes_streams() -> None:
    async with (
        serving() as gateway,
        stream(gateway, "subscription { endless }") as response,
    ):
        chunks = response.aiter_raw()
        await anext(chunks)
        gateway.server.should_exit = True
        rest = b"".join([chunk async for chunk in chunks])
        assert rest == COMPLETE
