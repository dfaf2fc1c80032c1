"""Accounts over HTTP: tokens and keys of the graph open it, and are worthless once revoked."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from gateway.app import create_app
from gateway.config import Settings
from gateway.server import listen
from stores.urls import StoreUrls
from tests.gateway.conftest import QuietServer

PASSWORD = "correct horse battery"
VIEWER = "{ viewer { userId user { email } session { isCurrent } } }"


@asynccontextmanager
async def gateway(urls: StoreUrls) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a gateway over these stores."""
    settings = Settings(console=False)
    with listen("127.0.0.1", 0) as listener:
        server = QuietServer(create_app(settings, urls=urls), settings)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        host, port = listener.getsockname()
        async with httpx2.AsyncClient(base_url=f"http://{host}:{port}", timeout=20) as client:
            yield client
        server.should_exit = True
        await task


@pytest.fixture(scope="module")
async def gateways(store_urls: StoreUrls) -> AsyncIterator[tuple[httpx2.AsyncClient, ...]]:
    """Two processes' worth of gateways over the same stores."""
    async with gateway(store_urls) as one, gateway(store_urls) as other:
        yield one, other


async def send(
    client: httpx2.AsyncClient, query: str, token: str | None = None, **variables: Any
) -> dict[str, Any]:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    body = {"query": query, "variables": variables}
    answer: dict[str, Any] = (await client.post("/graphql", json=body, headers=headers)).json()
    return answer


async def change(
    client: httpx2.AsyncClient,
    name: str,
    selection: str,
    token: str | None = None,
    /,
    **values: Any,
) -> dict[str, Any]:
    kind = name[0].upper() + name[1:] + "Input"
    query = f"""mutation ($in: {kind}!) {{ {name}(input: $in) {{
        {selection} userErrors {{ field code }} }} }}"""
    answer = await send(client, query, token, **{"in": values})
    assert "errors" not in answer, answer
    found: dict[str, Any] = answer["data"][name]
    assert found["userErrors"] == []
    return found


async def signed_in(client: httpx2.AsyncClient) -> tuple[str, dict[str, Any]]:
    email = f"{secrets.token_hex(6)}@example.org"
    await change(client, "signUp", "accepted", email=email, password=PASSWORD)
    tokens = "sessionToken refreshToken"
    return email, await change(client, "login", tokens, None, name=email, password=PASSWORD)


def code(answer: dict[str, Any]) -> str:
    (error,) = answer["errors"]
    assert "data" not in answer
    found: str = error["extensions"]["code"]
    return found


async def test_a_session_works_everywhere_until_it_is_ended(
    gateways: tuple[httpx2.AsyncClient, ...],
) -> None:
    one, other = gateways
    email, tokens = await signed_in(one)
    token = tokens["sessionToken"]
    for client in (one, other, other):
        found = (await send(client, VIEWER, token))["data"]["viewer"]
        assert (found["user"], found["session"]) == ({"email": email}, {"isCurrent": True})
    assert (await change(one, "logout", "endedCount", token))["endedCount"] == 1
    for client in (one, other):
        assert code(await send(client, VIEWER, token)) == "UNAUTHENTICATED"


async def test_a_refresh_ends_the_token_before(gateways: tuple[httpx2.AsyncClient, ...]) -> None:
    one, other = gateways
    _, first = await signed_in(one)
    await send(other, VIEWER, first["sessionToken"])
    pair = "sessionToken refreshToken"
    second = await change(one, "refreshSession", pair, refreshToken=first["refreshToken"])
    assert code(await send(other, VIEWER, first["sessionToken"])) == "UNAUTHENTICATED"
    assert (await send(other, VIEWER, second["sessionToken"]))["data"]["viewer"] is not None


async def test_a_key_works_within_its_scopes_until_it_is_revoked(
    gateways: tuple[httpx2.AsyncClient, ...],
) -> None:
    one, other = gateways
    _, tokens = await signed_in(one)
    made = await change(one, "createApiKey", "key apiKey { id }", tokens["sessionToken"], name="k")
    key = made["key"]
    found = (await send(other, VIEWER, key))["data"]["viewer"]
    assert found["session"] is None
    refused = await send(
        other, 'mutation { giveConsent(input: {version: "1"}) { userErrors { code } } }', key
    )
    assert refused["data"] == {"giveConsent": None}
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    await change(
        one, "revokeApiKey", "apiKey { id }", tokens["sessionToken"], id=made["apiKey"]["id"]
    )
    for client in (one, other):
        assert code(await send(client, VIEWER, key)) == "UNAUTHENTICATED"


async def test_nothing_secret_is_logged(
    gateways: tuple[httpx2.AsyncClient, ...], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    one, _ = gateways
    email, tokens = await signed_in(one)
    made = await change(one, "createApiKey", "key", tokens["sessionToken"], name="k")
    await send(one, VIEWER, made["key"])
    for secret in (PASSWORD, email, made["key"], *tokens.values()):
        if isinstance(secret, str):
            assert secret not in caplog.text
