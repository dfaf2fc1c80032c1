"""A small graph over tables of its own, in two stores, that uses every declaration."""

from __future__ import annotations

import enum
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info
from strawberry.federation import Schema as FederatedSchema
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from resolvers.connection import Connection
from resolvers.context import RequestContext
from resolvers.fields import (
    batch,
    column,
    computed,
    entity,
    many,
    one,
    page,
    root_field,
    root_one,
    root_page,
)
from resolvers.node import Node, NodeQuery
from resolvers.permissions import Access
from resolvers.plan import Owner, Table
from resolvers.scalars import SCALARS, Address, BigInt

# One database of each store is shared by all workers.
SCHEMA = f"shop_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"

PROTOCOLS = Table("postgres", f"{SCHEMA}.protocols", order=("name",))
ASSETS = Table("postgres", f"{SCHEMA}.assets", order=("symbol",))
POOLS = Table("postgres", f"{SCHEMA}.pools", order=("-tvl_usd",))
NOTES = Table("postgres", f"{SCHEMA}.notes", order=("-written_at",), owner=Owner("user_id"))
TRADES = Table(
    "clickhouse", f"{SCHEMA}.trades", order=("-traded_at",), final=True, kinds={"pool_id": "uuid"}
)


@strawberry.enum(description="How a pool earns.")
class PoolType(enum.Enum):
    """How a pool earns."""

    LP = strawberry.enum_value("lp", description="Trading fees.")
    LENDING = strawberry.enum_value("lending", description="Interest.")


@entity(ASSETS, description="A token.")
class Asset(Node):
    """A token."""

    symbol: str = column("Ticker; not unique.")
    contract: Address | None = column("Token contract.", column="contract_address")
    supply: BigInt | None = column("Units in existence.", kind="decimal")
    metadata: JSON | None = column("Further facts.")


@entity(POOLS, description="A pool that earns yield.")
class Pool(Node):
    """A pool that earns yield."""

    name: str = column("Name of the pool.")
    pool_type: PoolType = column("How it earns.")
    tvl_usd: Decimal | None = column("Value locked, US dollars; null when unknown.")
    rank: int = column("Place among pools.")
    tags: list[str] = column("Free words.")
    protocol: Annotated[Protocol, strawberry.lazy("tests.resolvers.shop")] | None = one(
        "The protocol it belongs to.", local="protocol_id"
    )
    base: Asset | None = one("The asset put in.", local="base_id")
    reward: Asset | None = one("The asset paid out.", local="reward_id")
    trades: Connection[Annotated[Trade, strawberry.lazy("tests.resolvers.shop")]] | None = page(
        "Trades through the pool, newest first; null while their store is away.", remote="pool_id"
    )


async def heats(
    context: RequestContext,
    keys: list[UUID],
    *,
    scale: Annotated[int, strawberry.argument(description="Factor.")] = 1,
) -> Mapping[UUID, int]:
    """How hot protocols are, from the digits of their ids."""
    with context.step("redis", "heat", keys=len(keys)) as step:
        step.rows = len(keys)
    return {key: key.int % 7 * scale for key in keys if key.int % 7}


@entity(PROTOCOLS, description="A DeFi protocol.")
class Protocol(Node):
    """A DeFi protocol."""

    slug: str = column("Readable key.")
    name: str = column("Name as the protocol writes it.")
    score: float | None = column("Score from 0 to 1.")
    created_at: datetime = column("When it was written.")
    token: Asset | None = one("Its governance token.", local="token_id")
    pools: Connection[Pool] = page("Pools, largest first.", remote="protocol_id")
    top_pools: list[Pool] = many(
        "The two largest pools.", remote="protocol_id", order=("-tvl_usd",), limit=2
    )
    heat: int | None = batch("How hot it is; null when cold.", heats, store="redis")

    @computed("Page about the protocol.", requires=("slug",))
    def url(self) -> str:
        """Page about the protocol."""
        return f"https://example.org/{self.slug}"


@entity(TRADES, description="A trade through a pool.")
class Trade(Node):
    """A trade through a pool."""

    traded_at: datetime = column("Time of the block.")
    amount: Decimal = column("Amount.")
    note: str | None = column("Free text.")


@entity(NOTES, description="A private note.")
class Note(Node):
    """A private note."""

    text: str = column("What it says.")
    written_at: datetime = column("When it was written.")


@strawberry.type(description="Root of the shop.")
class Query(NodeQuery):
    """Root of the shop."""

    protocol: Protocol | None = root_one("One protocol.", by=("id", "slug"), access=Access.PUBLIC)
    protocols: Connection[Protocol] = root_page("All protocols.", access=Access.PUBLIC)
    pools: Connection[Pool] = root_page("All pools.", access=Access.PUBLIC)
    trades: Connection[Trade] | None = root_page("All trades.", access=Access.PUBLIC)
    notes: Connection[Note] | None = root_page("The viewer's notes.", access=Access.OWNER)

    @root_field("For operators only.", access=Access.ADMIN)
    def secret(self, info: Info) -> str | None:
        """For operators only."""
        return "42"


def make_schema(**options: Any) -> strawberry.Schema:
    """The schema of the shop."""
    return FederatedSchema(Query, config=StrawberryConfig(scalar_map=dict(SCALARS)), **options)


POSTGRES_DDL = f"""
DROP SCHEMA IF EXISTS {SCHEMA} CASCADE;
CREATE SCHEMA {SCHEMA};
GRANT USAGE ON SCHEMA {SCHEMA} TO gateway;
ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} GRANT SELECT ON TABLES TO gateway;
CREATE TYPE {SCHEMA}.pool_type AS ENUM ('lp', 'lending');
CREATE TABLE {SCHEMA}.assets (
    id uuid PRIMARY KEY, symbol text NOT NULL, contract_address text, supply numeric(76,0),
    metadata jsonb
);
CREATE TABLE {SCHEMA}.protocols (
    id uuid PRIMARY KEY, slug text NOT NULL UNIQUE, name text COLLATE "C" NOT NULL, score float8,
    created_at timestamptz NOT NULL DEFAULT now(), token_id uuid
);
CREATE TABLE {SCHEMA}.pools (
    id uuid PRIMARY KEY, name text COLLATE "C" NOT NULL, pool_type {SCHEMA}.pool_type NOT NULL,
    tvl_usd numeric(38,8), rank smallint NOT NULL, tags text[] NOT NULL DEFAULT '{{}}',
    protocol_id uuid, base_id uuid, reward_id uuid
);
CREATE INDEX ON {SCHEMA}.pools (protocol_id, tvl_usd DESC NULLS LAST, id DESC);
CREATE TABLE {SCHEMA}.notes (
    id uuid PRIMARY KEY, user_id uuid NOT NULL, text text NOT NULL, written_at timestamptz NOT NULL
);
ALTER TABLE {SCHEMA}.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON {SCHEMA}.notes TO gateway
    USING (user_id = nullif(current_setting('app.current_user_id', true), '')::uuid);
"""

CLICKHOUSE_DDL = (
    f"CREATE DATABASE IF NOT EXISTS {SCHEMA}",
    f"DROP TABLE IF EXISTS {SCHEMA}.trades",
    f"""CREATE TABLE {SCHEMA}.trades (
        id UUID, pool_id UUID, traded_at DateTime64(3, 'UTC'), amount Decimal(76, 18),
        note Nullable(String), version UInt32
    ) ENGINE = ReplacingMergeTree(version) ORDER BY (pool_id, traded_at, id)""",
)


def key(number: int, kind: int = 0) -> UUID:
    """The id of the row with a number."""
    return UUID(int=(kind << 64) + number + 1)


Row = Sequence[object]
