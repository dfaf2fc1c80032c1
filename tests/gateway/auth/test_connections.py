"""Websockets and event streams: let in like any request, and ended with their credential."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from resolvers.account.standing import forget
from stores.lifecycle import Stores
from stores.urls import StoreUrls
from tests.gateway.auth.conftest import WHO, Edge, People, serving


async def begin(socket: ClientConnection, payload: Any = None) -> None:
    message = {"type": "connection_init"} | ({} if payload is None else {"payload": payload})
    await socket.send(json.dumps(message))
    assert json.loads(await socket.recv()) == {"type": "connection_ack"}


async def subscribe(socket: ClientConnection, query: str) -> Any:
    """The first answer of an operation."""
    message = {"id": "1", "type": "subscribe", "payload": {"query": query}}
    await socket.send(json.dumps(message))
    return json.loads(await socket.recv())["payload"]["data"]


async def closed(socket: ClientConnection) -> tuple[int, str]:
    """How the server closes a socket, whatever it still sends."""
    async with asyncio.timeout(10):
        with pytest.raises(ConnectionClosed) as caught:
            await drained(socket)
    received = caught.value.rcvd
    assert received is not None
    return received.code, received.reason


async def drained(socket: ClientConnection) -> None:
    """Read until the socket is closed."""
    while True:
        await socket.recv()


FORMS: dict[str, Callable[[str], Any]] = {
    "Authorization": lambda text: {"Authorization": f"Bearer {text}"},
    "in lower case": lambda text: {"authorization": f"bearer {text}"},
    "headers": lambda text: {"headers": {"Authorization": f"Bearer {text}"}},
    "a key": lambda text: {"X-API-Key": text},
    "a key among headers": lambda text: {"headers": {"x-api-key": text}},
}


@pytest.mark.parametrize("form", FORMS)
async def test_a_socket_shows_its_credential_in_its_first_message(
    form: str, edge: Edge, people: People
) -> None:
    user_id = await people.user()
    text, _ = await people.key(user_id)
    async with edge.socket() as socket:
        await begin(socket, FORMS[form](text))
        assert (await subscribe(socket, WHO))["who"]["userId"] == str(user_id)


async def test_a_program_may_show_it_in_the_handshake(edge: Edge, people: People) -> None:
    user_id = await people.user()
    text, _ = await people.key(user_id)
    async with edge.socket(additional_headers={"authorization": f"Bearer {text}"}) as socket:
        await begin(socket)
        assert (await subscribe(socket, WHO))["who"]["userId"] == str(user_id)


async def test_a_socket_without_a_credential_is_nobody(edge: Edge) -> None:
    async with edge.socket() as socket:
        await begin(socket, {"theme": "dark"})
        assert (await subscribe(socket, WHO))["who"]["userId"] is None


@pytest.mark.parametrize(
    "payload",
    [
        {"Authorization": "Bearer ogk_wrong"},
        {"authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": None},
        {"headers": {"Authorization": ["Bearer"]}},
        {"X-API-Key": ""},
    ],
)
async def test_a_bad_credential_closes_the_socket(payload: Any, edge: Edge) -> None:
    async with edge.socket() as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        code, reason = await closed(socket)
    assert code == 4403
    assert reason.startswith("Forbidden")


async def revoke(people: People, stores: Stores, user_id: UUID, session_id: UUID) -> None:
    await people.sql.execute(
        "UPDATE account.sessions SET revoked_at = now() WHERE id = $1", session_id
    )
    await forget(stores.redis, user_id)


async def test_a_revocation_closes_the_socket(edge: Edge, stores: Stores, people: People) -> None:
    user_id, other_id = await people.user(), await people.user()
    token, session_id = await people.session(user_id)
    other, _ = await people.session(other_id)
    async with edge.socket() as socket, edge.socket() as bystander:
        await begin(socket, {"Authorization": f"Bearer {token}"})
        await begin(bystander, {"Authorization": f"Bearer {other}"})
        assert await subscribe(socket, "subscription { ticks { number } }") == {
            "ticks": {"number": 0}
        }
        await revoke(people, stores, user_id, session_id)
        assert (await closed(socket))[0] == 4401
        assert (await subscribe(bystander, WHO))["who"]["userId"] == str(other_id)


async def test_an_idle_socket_ends_with_its_session(edge: Edge, people: People) -> None:
    token, _ = await people.session(await people.user(), lifetime_s=0.7)
    async with edge.socket() as socket:
        await begin(socket, {"Authorization": f"Bearer {token}"})
        code, reason = await closed(socket)
    assert code == 4401
    # It may be gone by the time it is asked for once more.
    assert "expired" in reason
    assert "sign in again" in reason


async def test_a_ban_by_sql_closes_the_socket_when_it_is_looked_at_again(
    store_urls: StoreUrls, people: People
) -> None:
    user_id = await people.user()
    text, _ = await people.key(user_id)
    async with serving(store_urls, credentials_kept_s=0) as edge, edge.socket() as socket:
        await begin(socket, {"X-API-Key": text})
        await people.sql.execute(
            "UPDATE account.users SET is_banned = true, banned_at = now() WHERE id = $1", user_id
        )
        assert (await closed(socket))[0] == 4401


async def test_an_open_socket_follows_the_tier(edge: Edge, stores: Stores, people: People) -> None:
    user_id = await people.user()
    token, _ = await people.session(user_id)
    async with asyncio.timeout(10), edge.socket() as socket:
        await begin(socket, {"Authorization": f"Bearer {token}"})
        first = await subscribe(socket, "subscription { ticks { who { tier } } }")
        assert first == {"ticks": {"who": {"tier": "free"}}}
        await people.tier(user_id, "pro")
        await forget(stores.redis, user_id)
        tier = "free"
        while tier == "free":
            tier = json.loads(await socket.recv())["payload"]["data"]["ticks"]["who"]["tier"]
        assert tier == "pro"


async def events(response: httpx2.Response) -> AsyncIterator[tuple[str, Any]]:
    """Name and payload of each event of a stream."""
    name = ""
    async for line in response.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            text = line.removeprefix("data: ")
            yield name, json.loads(text) if text else None


@asynccontextmanager
async def streaming(edge: Edge, text: str) -> AsyncIterator[httpx2.Response]:
    async with (
        httpx2.AsyncClient(base_url=f"http://{edge.address}", timeout=10) as client,
        client.stream(
            "POST",
            "/graphql",
            json={"query": "subscription { ticks { number } }"},
            headers={"accept": "text/event-stream", "authorization": f"Bearer {text}"},
        ) as response,
    ):
        yield response


async def test_an_event_stream_with_a_bad_credential_does_not_begin(edge: Edge) -> None:
    async with streaming(edge, "ogs_wrong") as response:
        assert response.status_code == 401
        assert json.loads(await response.aread())["errors"][0]["extensions"] == {
            "code": "UNAUTHENTICATED"
        }


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_an_event_stream_ends_with_its_credential(
    how: str, edge: Edge, stores: Stores, people: People
) -> None:
    user_id = await people.user()
    token, session_id = await people.session(user_id, 0.7 if how == "expired" else 3600)
    seen: list[tuple[str, Any]] = []
    async with asyncio.timeout(10), streaming(edge, token) as response:
        async for event in events(response):
            seen.append(event)
            if len(seen) == 1 and how == "revoked":
                await revoke(people, stores, user_id, session_id)
    assert seen[0] == ("next", {"data": {"ticks": {"number": 0}}})
    (last, told), (name, nothing) = seen[-2:]
    assert last == "next"
    assert told["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    assert (name, nothing) == ("complete", None)
