"""graphql-transport-ws, byte by byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.gateway.conftest import Gateway, serving


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def hear(socket: ClientConnection) -> dict[str, Any]:
    text = await asyncio.wait_for(socket.recv(), 5)
    assert isinstance(text, str), "messages must be text frames"
    message = json.loads(text)
    assert isinstance(message, dict)
    return message


@asynccontextmanager
async def opened(
    gateway: Gateway, payload: Mapping[str, Any] | None = None, **options: Any
) -> AsyncIterator[ClientConnection]:
    """A socket whose connection is acknowledged."""
    async with gateway.raw_socket(**options) as socket:
        await say(socket, type="connection_init", **({"payload": payload} if payload else {}))
        assert await hear(socket) == {"type": "connection_ack"}
        yield socket


async def subscribe(socket: ClientConnection, query: str, id: str = "1", **more: Any) -> None:
    await say(socket, id=id, type="subscribe", payload={"query": query, **more})


async def close_of(socket: ClientConnection) -> tuple[int, str]:
    """Code and reason of the close; everything before it is read and dropped."""
    try:
        async with asyncio.timeout(5):
            async for _ in socket:
                continue
    except ConnectionClosed:
        pass
    assert socket.close_code is not None
    return socket.close_code, socket.close_reason or ""


async def test_query_is_answered_and_completed(gateway: Gateway) -> None:
    async with opened(gateway) as socket:
        await subscribe(socket, "query ($n: String!) { hello(name: $n) }", variables={"n": "é"})
        answer = {"data": {"hello": "hello é"}}
        assert await hear(socket) == {"id": "1", "type": "next", "payload": answer}
        assert await hear(socket) == {"id": "1", "type": "complete"}


async def test_mutation_runs(gateway: Gateway) -> None:
    async with opened(gateway) as socket:
        await subscribe(socket, "mutation { change }")
        assert (await hear(socket))["payload"] == {"data": {"change": 1}}


async def test_subscription_sends_each_event_then_completes(gateway: Gateway) -> None:
    async with opened(gateway) as socket:
        await subscribe(socket, "subscription { count(to: 3) }")
        messages = [await hear(socket) for _ in range(4)]
    assert [m["payload"]["data"]["count"] for m in messages[:3]] == [1, 2, 3]
    assert messages[3]["type"] == "complete"


async def test_every_event_has_a_context_of_its_own(gateway: Gateway) -> None:
    async with opened(gateway) as socket:
        await subscribe(socket, "subscription { items(to: 3) { scopeNumber } }")
        events = [await hear(socket) for _ in range(3)]
    assert len({event["payload"]["data"]["items"]["scopeNumber"] for event in events}) == 3


async def test_operations_of_one_socket_run_beside_each_other(gateway: Gateway) -> None:
    async with opened(gateway) as socket:
        await subscribe(socket, "{ gated }", id="slow")
        await gateway.journal.started.wait()
        await subscribe(socket, "{ hello }", id="quick")
        assert (await hear(socket))["id"] == "quick"
        assert (await hear(socket))["id"] == "quick"
        gateway.journal.gate.set()
        assert (await hear(socket))["id"] == "slow"


async def test_id_is_free_again_after_complete(gateway: Gateway) -> None:
    async with opened(gateway) as socket:
        for _ in range(3):
            await subscribe(socket, "{ hello }")
            assert (await hear(socket))["type"] == "next"
            assert (await hear(socket))["type"] == "complete"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ hello", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription ($to: Int!) { count(to: $to) }", "BAD_USER_INPUT"),
        ("query ($of: Int!) { half(of: $of) }", "BAD_USER_INPUT"),
    ],
)
async def test_request_error_is_an_error_message_and_the_socket_stays(
    gateway: Gateway, query: str, code: str
) -> None:
    async with opened(gateway) as socket:
        await subscribe(socket, query)
        message = await hear(socket)
        assert message["type"] == "error"
        assert [error["extensions"]["code"] for error in message["payload"]] == [code]
        await subscribe(socket, "{ hello }")
        assert (await hear(socket))["type"] == "next"


async def test_fault_between_events_is_masked_and_ends_the_subscription(gateway: Gateway) -> None:
    async with opened(gateway) as socket:
        await subscribe(socket, "subscription { breaks }")
        assert (await hear(socket))["payload"] == {"data": {"breaks": 1}}
        message = await hear(socket)
    assert message["type"] == "error"
    assert message["payload"][0]["extensions"]["code"] == "INTERNAL"
    assert "hunter2" not in json.dumps(message)


async def test_ping_is_answered_with_its_payload(gateway: Gateway) -> None:
    async with gateway.raw_socket() as socket:
        await say(socket, type="ping")
        assert await hear(socket) == {"type": "pong"}
        await say(socket, type="ping", payload={"n": 1})
        assert await hear(socket) == {"type": "pong", "payload": {"n": 1}}
        await say(socket, type="pong")
        await say(socket, type="connection_init")
        assert await hear(socket) == {"type": "connection_ack"}


BAD_FRAMES: dict[str, str | bytes] = {
    "an array": "[]",
    "null": "null",
    "a string": '"x"',
    "a number": "1",
    "half JSON": '{"type":',
    "nothing": "",
    "a lone surrogate": '{"type":"ping","payload":{"a":"\\ud800"}}',
    "deep nesting": '{"type":"ping","payload":' + '{"a":' * 200 + "1" + "}" * 201,
    "no type": "{}",
    "a type of another kind": '{"type":1}',
    "an unknown type": '{"type":"start"}',
    "a long type of wide letters": '{"type":"' + "\N{ROCKET}" * 200 + '"}',
    "a binary frame": b'{"type":"ping"}',
    "a ping of another kind": '{"type":"ping","payload":1}',
    "an init of another kind": '{"type":"connection_init","payload":[]}',
}


@pytest.mark.parametrize("name", BAD_FRAMES)
async def test_malformed_message_closes_with_4400(gateway: Gateway, name: str) -> None:
    async with gateway.raw_socket() as socket:
        await socket.send(BAD_FRAMES[name])
        code, reason = await close_of(socket)
    assert code == 4400
    assert reason


@pytest.mark.parametrize(
    "message",
    [
        {"type": "subscribe", "payload": {"query": "{ hello }"}},
        {"type": "subscribe", "id": "", "payload": {"query": "{ hello }"}},
        {"type": "subscribe", "id": 1, "payload": {"query": "{ hello }"}},
        {"type": "subscribe", "id": "1"},
        {"type": "subscribe", "id": "1", "payload": []},
        {"type": "subscribe", "id": "1", "payload": {"query": 1}},
        {"type": "subscribe", "id": "1", "payload": {"query": "{ hello }", "variables": []}},
        {"type": "subscribe", "id": "1", "payload": {"query": "{ hello }", "operationName": 1}},
        {"type": "complete"},
        {"type": "complete", "id": []},
    ],
)
async def test_malformed_operation_closes_with_4400(
    gateway: Gateway, message: dict[str, Any]
) -> None:
    async with opened(gateway) as socket:
        await say(socket, **message)
        assert (await close_of(socket))[0] == 4400


async def test_invalid_utf8_in_a_text_frame_closes_with_1007(gateway: Gateway) -> None:
    """RFC 6455 has the code, and the server below the protocol sends it."""
    async with gateway.raw_socket() as socket:
        await socket.send(b'{"type":"ping\xff"}', text=True)
        assert (await close_of(socket))[0] == 1007


async def test_message_beyond_the_limit_closes_with_1009(gateway: Gateway) -> None:
    async with gateway.raw_socket() as socket:
        await socket.send("x" * 1_000_001)
        assert (await close_of(socket))[0] == 1009


async def test_subscribe_before_init_closes_with_4401(gateway: Gateway) -> None:
    async with gateway.raw_socket() as socket:
        await subscribe(socket, "{ hello }")
        assert (await close_of(socket))[0] == 4401


async def test_refused_credentials_close_with_4403(gateway: Gateway) -> None:
    async with gateway.raw_socket() as socket:
        await say(socket, type="connection_init", payload={"authorization": "wrong"})
        assert (await close_of(socket))[0] == 4403


async def test_connection_parameters_reach_resolvers(gateway: Gateway) -> None:
    async with opened(gateway, {"authorization": "ada"}) as socket:
        await subscribe(socket, "{ identity }")
        assert (await hear(socket))["payload"] == {"data": {"identity": "ada"}}


@pytest.mark.parametrize("protocols", [None, ["graphql-ws"], ["soap"]])
async def test_other_subprotocols_close_with_4406(
    gateway: Gateway, protocols: list[str] | None
) -> None:
    asked = [Subprotocol(name) for name in protocols] if protocols else None
    async with gateway.raw_socket(subprotocols=asked) as socket:
        assert socket.subprotocol is None
        assert (await close_of(socket))[0] == 4406


async def test_ours_is_chosen_among_offered_protocols(gateway: Gateway) -> None:
    offered = [Subprotocol("graphql-ws"), Subprotocol("graphql-transport-ws")]
    async with opened(gateway, subprotocols=offered) as socket:
        assert socket.subprotocol == "graphql-transport-ws"


async def test_silent_socket_closes_with_4408() -> None:
    async with (
        serving(connection_init_timeout_s=0.05) as gateway,
        gateway.raw_socket() as socket,
    ):
        assert await close_of(socket) == (4408, "Connection initialisation timeout")


async def test_second_operation_with_a_running_id_closes_with_4409(gateway: Gateway) -> None:
    async with opened(gateway) as socket:
        await subscribe(socket, "subscription { endless }")
        await hear(socket)
        await subscribe(socket, "{ hello }")
        assert await close_of(socket) == (4409, "Subscriber for 1 already exists")
    assert await asyncio.wait_for(gateway.journal.closed.get(), 5) == "one"


async def test_second_init_closes_with_4429(gateway: Gateway) -> None:
    async with opened(gateway) as socket:
        await say(socket, type="connection_init")
        assert await close_of(socket) == (4429, "Too many initialisation requests")


async def test_operation_beyond_the_limit_is_refused_and_the_others_stay() -> None:
    async with serving(max_subscriptions=2) as gateway, opened(gateway) as socket:
        for id in ("a", "b", "c"):
            await subscribe(socket, "subscription { endless }", id=id)
        messages = {m["id"]: m for m in [await hear(socket) for _ in range(3)]}
        assert messages["a"]["type"] == messages["b"]["type"] == "next"
        assert messages["c"]["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        await say(socket, id="a", type="complete")
        await gateway.journal.closed.get()
        await subscribe(socket, "{ hello }", id="c")
        assert (await hear(socket))["type"] == "next"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://[", "http://127.0.0.1"]
)
async def test_page_of_another_origin_is_refused(gateway: Gateway, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with gateway.raw_socket(origin=Origin(origin)):
            pass
    assert refused.value.response.status_code == 403


async def test_own_and_listed_origins_are_let_in() -> None:
    async with serving(allowed_origins="https://app.example, https://b.example/") as gateway:
        for origin in (gateway.url, "https://app.example", "https://b.example"):
            async with opened(gateway, origin=Origin(origin)):
                pass


async def test_complete_from_the_client_closes_the_generator_at_once(gateway: Gateway) -> None:
    async with opened(gateway) as socket:
        await subscribe(socket, 'subscription { endless(name: "mine") }', id="7")
        await hear(socket)
        await say(socket, id="7", type="complete")
        assert await asyncio.wait_for(gateway.journal.closed.get(), 5) == "mine"
        await say(socket, id="7", type="complete")
        await say(socket, type="ping")
        assert await hear(socket) == {"type": "pong"}


async def test_client_that_vanishes_leaves_nothing_running(gateway: Gateway) -> None:
    async with opened(gateway) as socket:
        for number in range(5):
            query = f'subscription {{ endless(name: "{number}") }}'
            await subscribe(socket, query, id=str(number))
            await hear(socket)
        await subscribe(socket, "{ forever }", id="q")
        await gateway.journal.started.wait()
        socket.transport.abort()
    closed = {await asyncio.wait_for(gateway.journal.closed.get(), 5) for _ in range(5)}
    assert closed == {"0", "1", "2", "3", "4"}
    await asyncio.wait_for(gateway.journal.cancelled.wait(), 5)


async def test_two_hundred_vanished_clients_leave_nothing_running(gateway: Gateway) -> None:
    before = gateway.app.state.drain.streams

    async def vanish(name: str) -> None:
        async with opened(gateway) as socket:
            await subscribe(socket, f'subscription {{ endless(name: "{name}") }}')
            await hear(socket)
            socket.transport.abort()

    names = [str(number) for number in range(200)]
    await asyncio.gather(*(vanish(name) for name in names))
    async with asyncio.timeout(2):
        closed = [await gateway.journal.closed.get() for _ in names]
    assert sorted(closed) == sorted(names)
    assert await gateway.count_of_streams(before)


async def test_client_that_does_not_read_is_dropped_and_others_are_served() -> None:
    async with serving(send_timeout_s=0.2) as gateway, opened(gateway) as lazy:
        await subscribe(lazy, "subscription { flood }")
        await hear(lazy)
        lazy.transport.pause_reading()
        async with opened(gateway) as socket:
            await subscribe(socket, "{ hello }")
            assert (await hear(socket))["type"] == "next"
        assert await asyncio.wait_for(gateway.journal.closed.get(), 5) == "flood"


async def test_leaving_completes_operations_and_closes_with_1012() -> None:
    async with serving() as gateway, opened(gateway) as socket:
        await subscribe(socket, "subscription { endless }", id="9")
        await hear(socket)
        gateway.server.should_exit = True
        assert await hear(socket) == {"id": "9", "type": "complete"}
        assert (await close_of(socket))[0] == 1012
        assert await asyncio.wait_for(gateway.journal.closed.get(), 5) == "one"
