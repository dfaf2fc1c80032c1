"""Strawberry as its documentation shows it: types, DataLoaders, parser and validation caches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NewType
from uuid import UUID

import asyncpg
import orjson
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from bench.contest.servers.listen import POOL_SIZE, database_url, serve

BigInt = NewType("BigInt", int)
Pool = Any

_TOP_PROTOCOLS = "SELECT * FROM contest.protocols ORDER BY tvl_usd DESC NULLS LAST, id LIMIT $1"
_PROTOCOL_BY_SLUG = "SELECT * FROM contest.protocols WHERE slug = $1"
_PROTOCOLS = "SELECT * FROM contest.protocols WHERE id = ANY($1)"
_TOKENS = "SELECT * FROM contest.tokens WHERE id = ANY($1)"
_TOP_WALLETS = "SELECT * FROM contest.wallets ORDER BY score DESC NULLS LAST, id LIMIT $1"
_WALLET_BY_ADDRESS = "SELECT * FROM contest.wallets WHERE address = $1"
_LATEST_TRANSACTIONS = """
SELECT latest.* FROM unnest($1::uuid[]) AS wallet (id) CROSS JOIN LATERAL (
    SELECT * FROM contest.wallet_transactions
    WHERE wallet_id = wallet.id ORDER BY occurred_at DESC, id DESC LIMIT $2
) AS latest
"""


@strawberry.type
class Protocol:
    """A row of its table."""

    id: strawberry.ID
    slug: str
    name: str
    category: str
    website_url: str | None
    audit_count: int | None
    is_active: bool
    tvl_usd: Decimal | None
    volume_24h_usd: Decimal | None = strawberry.field(name="volume24hUsd")
    listed_on: date | None
    updated_at: datetime


@strawberry.type
class Token:
    """A row of its table."""

    id: strawberry.ID
    symbol: str
    name: str
    decimals: int | None


@strawberry.type
class WalletTransaction:
    """A row of its table, with what it points to."""

    id: strawberry.ID
    wallet_id: strawberry.Private[UUID]
    tx_hash: str
    kind: str
    occurred_at: datetime
    block_number: BigInt | None
    amount_in: Decimal | None
    amount_out: Decimal | None
    amount_usd: Decimal | None
    gas_used: int | None
    protocol_id: strawberry.Private[UUID | None]
    token_in_id: strawberry.Private[UUID | None]
    token_out_id: strawberry.Private[UUID | None]

    @strawberry.field
    async def protocol(self, info: strawberry.Info) -> Protocol | None:
        """The protocol it used."""
        return await info.context.protocols.load(self.protocol_id) if self.protocol_id else None

    @strawberry.field
    async def token_in(self, info: strawberry.Info) -> Token | None:
        """What was given."""
        return await info.context.tokens.load(self.token_in_id) if self.token_in_id else None

    @strawberry.field
    async def token_out(self, info: strawberry.Info) -> Token | None:
        """What was received."""
        return await info.context.tokens.load(self.token_out_id) if self.token_out_id else None


@strawberry.type
class WalletTransactionConnection:
    """A page of transactions."""

    nodes: list[WalletTransaction]


@strawberry.type
class Wallet:
    """A row of its table, with its latest transactions."""

    id: strawberry.ID
    address: str
    label: str | None
    score: float | None
    tx_count: int | None
    first_seen_at: datetime | None

    @strawberry.field
    async def transactions(
        self, info: strawberry.Info, first: int = 20
    ) -> WalletTransactionConnection:
        """Its latest transactions, newest first."""
        return WalletTransactionConnection(
            nodes=await info.context.transactions.load((self.id, first))
        )


@strawberry.type
class ProtocolConnection:
    """A page of protocols."""

    nodes: list[Protocol]


@strawberry.type
class WalletConnection:
    """A page of wallets."""

    nodes: list[Wallet]


class Context:
    """What one request loads once."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.protocols = DataLoader(self._load_protocols)
        self.tokens = DataLoader(self._load_tokens)
        self.transactions = DataLoader(self._load_transactions)

    async def _load_protocols(self, ids: list[UUID]) -> list[Protocol | None]:
        rows = await self.pool.fetch(_PROTOCOLS, ids)
        found = {row["id"]: Protocol(**row) for row in rows}
        return [found.get(id_) for id_ in ids]

    async def _load_tokens(self, ids: list[UUID]) -> list[Token | None]:
        rows = await self.pool.fetch(_TOKENS, ids)
        found = {row["id"]: Token(**row) for row in rows}
        return [found.get(id_) for id_ in ids]

    async def _load_transactions(
        self, keys: list[tuple[UUID, int]]
    ) -> list[list[WalletTransaction]]:
        found: dict[tuple[UUID, int], list[WalletTransaction]] = defaultdict(list)
        for first in {first for _, first in keys}:
            ids = [id_ for id_, wanted in keys if wanted == first]
            for row in await self.pool.fetch(_LATEST_TRANSACTIONS, ids, first):
                found[row["wallet_id"], first].append(WalletTransaction(**row))
        return [found[key] for key in keys]


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    async def protocol(self, info: strawberry.Info, slug: str | None = None) -> Protocol | None:
        """One protocol."""
        row = await info.context.pool.fetchrow(_PROTOCOL_BY_SLUG, slug)
        return Protocol(**row) if row else None

    @strawberry.field
    async def protocols(self, info: strawberry.Info, first: int = 20) -> ProtocolConnection | None:
        """Those with the most value locked."""
        rows = await info.context.pool.fetch(_TOP_PROTOCOLS, first)
        return ProtocolConnection(nodes=[Protocol(**row) for row in rows])

    @strawberry.field
    async def wallets(self, info: strawberry.Info, first: int = 20) -> WalletConnection | None:
        """Those with the highest score."""
        rows = await info.context.pool.fetch(_TOP_WALLETS, first)
        return WalletConnection(nodes=[Wallet(**row) for row in rows])

    @strawberry.field
    async def wallet(self, info: strawberry.Info, address: str | None = None) -> Wallet | None:
        """One wallet."""
        row = await info.context.pool.fetchrow(_WALLET_BY_ADDRESS, address)
        return Wallet(**row) if row else None


class View(GraphQL[Context, None]):
    """Strawberry's view with orjson and our context."""

    @dataclass
    class State:
        """What opens with the application."""

        pool: Pool = None

    state = State()

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Context:
        """Loaders of one request."""
        return Context(self.state.pool)

    def encode_json(self, data: object) -> bytes:
        """By orjson, which writes what Strawberry's scalars leave."""
        return orjson.dumps(data)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with asyncpg.create_pool(database_url(), min_size=POOL_SIZE, max_size=POOL_SIZE) as pool:
        View.state.pool = pool
        yield


def _schema() -> strawberry.Schema:
    big_int = strawberry.scalar(name="BigInt", serialize=str, parse_value=int)
    return strawberry.Schema(
        Query,
        extensions=[ParserCache, ValidationCache],
        config=StrawberryConfig(scalar_map={BigInt: big_int}),
    )


if __name__ == "__main__":
    app = Starlette(lifespan=_lifespan)
    app.router.routes.append(Route("/graphql", View(_schema(), graphql_ide=None)))
    serve(app)
