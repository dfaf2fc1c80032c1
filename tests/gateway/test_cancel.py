"""What happens to work when its client leaves or its time is up."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.gateway.conftest import Gateway, code_of, serving


async def send_and_leave(gateway: Gateway, query: str, *, abort: bool) -> None:
    """Send a query, wait until it runs, then close the connection."""
    _, writer = await asyncio.open_connection(gateway.host, gateway.port)
    body = json.dumps({"query": query}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: {gateway.host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await gateway.journal.started.wait()
    if abort:
        writer.transport.abort()
    else:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("abort", [True, False])
async def test_query_of_a_client_that_left_is_cancelled(gateway: Gateway, abort: bool) -> None:
    await send_and_leave(gateway, "{ forever }", abort=abort)
    await asyncio.wait_for(gateway.journal.cancelled.wait(), 5)


async def test_query_by_get_of_a_client_that_left_is_cancelled(gateway: Gateway) -> None:
    _, writer = await asyncio.open_connection(gateway.host, gateway.port)
    writer.write(b"GET /graphql?query={forever} HTTP/1.1\r\nHost: here\r\n\r\n")
    await gateway.journal.started.wait()
    writer.transport.abort()
    await asyncio.wait_for(gateway.journal.cancelled.wait(), 5)


async def test_mutation_of_a_client_that_left_runs_to_its_end(gateway: Gateway) -> None:
    await send_and_leave(gateway, "mutation { change(wait: true) }", abort=True)
    assert gateway.journal.changes == 0
    gateway.journal.gate.set()
    await gateway.app.state.execution.finish()
    assert gateway.journal.changes == 1


async def test_connection_serves_the_next_request_after_an_answer(gateway: Gateway) -> None:
    async with gateway.client() as client:
        for _ in range(5):
            response = await client.post("/graphql", json={"query": "{ hello }"})
            assert response.status_code == 200


async def test_query_beyond_the_deadline_is_cancelled_and_coded() -> None:
    async with serving(request_deadline_s=0.1) as gateway:
        response = await gateway.post("{ forever }")
        assert response.status_code == 200
        assert response.json()["data"] is None
        assert code_of(response) == "DEADLINE_EXCEEDED"
        await asyncio.wait_for(gateway.journal.cancelled.wait(), 5)
