"""A gateway over the real stores whose graph says who is asking, and people to ask it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest
import strawberry
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from gateway.app import create_app
from gateway.config import Settings
from gateway.schema import GatewaySchema, make_schema
from gateway.server import listen
from resolvers.account.api_keys import new_api_key
from resolvers.account.session_tokens import new_session_tokens
from resolvers.context import RequestContext
from stores.urls import StoreUrls
from tests.gateway.conftest import QuietServer

WHO = "{ who { userId role tier scopes wallet address agent } }"


@strawberry.type
class Who:
    user_id: str | None
    role: str
    tier: str
    scopes: list[str] | None
    wallet: str | None
    address: str | None
    agent: str | None


def who_asks(info: strawberry.Info) -> Who:
    context: RequestContext = info.context
    viewer = context.viewer
    return Who(
        user_id=str(viewer.user_id) if viewer.user_id else None,
        role=viewer.role,
        tier=viewer.tier.word,
        scopes=None if viewer.scopes is None else sorted(viewer.scopes),
        wallet=viewer.wallet,
        address=context.client.ip_address,
        agent=context.client.user_agent,
    )


@strawberry.type
class Query:
    @strawberry.field
    async def who(self, info: strawberry.Info) -> Who:
        return who_asks(info)


@strawberry.type
class Tick:
    number: int

    @strawberry.field
    def who(self, info: strawberry.Info) -> Who:
        return who_asks(info)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[Tick]:
        for number in range(1_000_000):
            yield Tick(number=number)
            await asyncio.sleep(0.02)


def graph() -> GatewaySchema:
    return make_schema(Query, subscription=Subscription)


@dataclass(frozen=True)
class Edge:
    """A running gateway."""

    address: str

    async def ask(self, query: str = WHO, **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx2.AsyncClient(base_url=f"http://{self.address}", timeout=10) as client:
            return await client.post("/graphql", json={"query": query}, headers=named)

    async def who(self, **headers: str) -> dict[str, Any]:
        response = await self.ask(**headers)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()["data"]["who"]
        return found

    async def code(self, **headers: str) -> tuple[int, str]:
        """Status and code of the only error."""
        response = await self.ask(**headers)
        (error,) = response.json()["errors"]
        assert "data" not in response.json()
        return response.status_code, error["extensions"]["code"]

    @asynccontextmanager
    async def socket(self, **options: Any) -> AsyncIterator[ClientConnection]:
        url = f"ws://{self.address}/graphql"
        protocols = [Subprotocol("graphql-transport-ws")]
        async with connect(url, proxy=None, subprotocols=protocols, **options) as socket:
            yield socket


@asynccontextmanager
async def serving(urls: StoreUrls, **options: Any) -> AsyncIterator[Edge]:
    """A gateway over these stores with these settings."""
    settings = Settings(console=False, **options)
    with listen("127.0.0.1", 0) as listener:
        server = QuietServer(create_app(settings, urls=urls, schema=graph()), settings)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        host, port = listener.getsockname()
        try:
            yield Edge(f"{host}:{port}")
        finally:
            server.should_exit = True
            await task


@pytest.fixture(scope="session")
async def edge(store_urls: StoreUrls) -> AsyncIterator[Edge]:
    """A gateway with the default settings."""
    async with serving(store_urls) as running:
        yield running


class People:
    """Makes users and their credentials as the worker does."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.sql = connection

    async def user(self, **columns: Any) -> UUID:
        user_id = uuid4()
        await self.sql.execute("INSERT INTO account.users (id) VALUES ($1)", user_id)
        for name, value in columns.items():
            await self.sql.execute(
                f"UPDATE account.users SET {name} = $2 WHERE id = $1", user_id, value
            )
        return user_id

    async def tier(self, user_id: UUID, tier: str, status: str = "active") -> None:
        await self.sql.execute(
            "INSERT INTO account.subscriptions (user_id, provider, tier, status)"
            " VALUES ($1, 'test', $2, $3)",
            user_id,
            tier,
            status,
        )

    async def key(self, user_id: UUID, **columns: Any) -> tuple[str, UUID]:
        """A new API key, its text and its id."""
        made = new_api_key()
        key_id: UUID = await self.sql.fetchval(
            "INSERT INTO account.api_keys (user_id, key_prefix, key_hash, name)"
            " VALUES ($1, $2, $3, 'test') RETURNING id",
            user_id,
            made.prefix,
            made.digest,
        )
        for name, value in columns.items():
            await self.sql.execute(
                f"UPDATE account.api_keys SET {name} = $2 WHERE id = $1", key_id, value
            )
        return made.text, key_id

    async def session(self, user_id: UUID, lifetime_s: float = 3600) -> tuple[str, UUID]:
        """A new session, its token and its id."""
        token = new_session_tokens().session
        session_id: UUID = await self.sql.fetchval(
            "INSERT INTO account.sessions (user_id, token_hash, expires_at)"
            " VALUES ($1, $2, $3) RETURNING id",
            user_id,
            token.digest,
            datetime.now(UTC) + timedelta(seconds=lifetime_s),
        )
        return token.text, session_id

    async def wallet(self, user_id: UUID, address: str, verified: bool = True) -> None:
        chain_id = await self.sql.fetchval("SELECT min(id) FROM catalog.chains")
        if chain_id is None:
            chain_id = await self.sql.fetchval(
                "INSERT INTO catalog.chains (id, caip2, slug, name)"
                " VALUES (990001, 'eip155:990001', 'people', 'People') RETURNING id"
            )
        wallet_id = await self.sql.fetchval(
            "INSERT INTO catalog.wallets (chain_id, address) VALUES ($1, $2)"
            " ON CONFLICT (address, chain_id) DO UPDATE SET address = excluded.address"
            " RETURNING id",
            chain_id,
            address,
        )
        await self.sql.execute(
            "INSERT INTO account.user_wallets (user_id, wallet_id, verified_at)"
            " VALUES ($1, $2, $3)",
            user_id,
            wallet_id,
            datetime.now(UTC) if verified else None,
        )


@pytest.fixture(scope="session")
async def people(store_urls: StoreUrls) -> AsyncIterator[People]:
    """Users of the shared databases."""
    connection = await asyncpg.connect(store_urls.postgres_worker)
    try:
        yield People(connection)
    finally:
        await connection.close()
