"""The payment provider's messages over HTTP."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import httpx2
import pytest

from stores.lifecycle import Stores
from stores.urls import StoreUrls
from tests.gateway.auth.conftest import serving
from tests.resolvers.account.test_billing import SECRET, header, subscription

HOOK = "/webhooks/billing"


@pytest.fixture(scope="module")
async def provider(store_urls: StoreUrls) -> AsyncIterator[httpx2.AsyncClient]:
    """The provider, as a client of a gateway that knows its secret."""
    async with (
        serving(store_urls, billing_secret=SECRET) as edge,
        httpx2.AsyncClient(base_url=f"http://{edge.address}", timeout=10) as client,
    ):
        yield client


async def send(
    client: httpx2.AsyncClient, body: bytes, signature: str | None = None
) -> httpx2.Response:
    said = header(body, at=datetime.now(UTC)) if signature is None else signature
    return await client.post(HOOK, content=body, headers={"stripe-signature": said})


async def test_a_signed_message_is_applied_once(
    provider: httpx2.AsyncClient, worker_stores: Stores
) -> None:
    user = uuid4()
    await worker_stores.postgres.copy_rows("account.users", ("id",), [(user,)])
    body = subscription(user, f"sub_{secrets.token_hex(6)}")
    for outcome in ("applied", "repeated"):
        answer = await send(provider, body)
        assert (answer.status_code, answer.json()) == (200, {"outcome": outcome})


async def test_whoever_is_not_the_provider_is_refused(provider: httpx2.AsyncClient) -> None:
    body = subscription(uuid4(), "sub_x")
    for signature in ("", "t=1,v1=00", header(body), header(body, secret="guess")):
        answer = await send(provider, body, signature)
        assert answer.status_code == 400
        assert set(answer.json()) == {"error"}
    assert (await send(provider, b"{}")).status_code == 400
    by_get = await provider.get(HOOK)
    assert (by_get.status_code, by_get.headers["allow"]) == (405, "POST")


async def test_a_long_message_is_not_kept(provider: httpx2.AsyncClient) -> None:
    assert (await send(provider, b" " * 300_000)).status_code == 413


async def test_without_a_secret_it_says_what_to_set(store_urls: StoreUrls) -> None:
    async with (
        serving(store_urls) as edge,
        httpx2.AsyncClient(base_url=f"http://{edge.address}", timeout=10) as client,
    ):
        answer = await send(client, b"{}")
        assert answer.status_code == 503
        assert "GATEWAY_BILLING_SECRET" in answer.json()["error"]
