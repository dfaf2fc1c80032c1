"""The shop's tables on the real engines, filled once, and ways to ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import strawberry

from resolvers.context import RequestContext, Viewer
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.postgres.client import Postgres
from stores.queries import Statement
from stores.urls import StoreUrls
from tests.resolvers import shop
from tests.resolvers.shop import key

START = datetime(2024, 5, 1, tzinfo=UTC)
ALICE, BOB = key(1, 9), key(2, 9)


@pytest.fixture(scope="session")
async def shop_stores(engine_urls: StoreUrls) -> AsyncIterator[Stores]:
    """Opened stores whose databases hold the shop."""
    stores = await open_stores(StoreOptions(engine_urls))
    await _fill_postgres(engine_urls)
    await _fill_clickhouse(stores)
    yield stores
    await stores.close()


@pytest.fixture(scope="session")
def schema() -> strawberry.Schema:
    """The shop's schema."""
    return shop.make_schema()


@dataclass(frozen=True)
class Answer:
    """What a query gave, and the context it ran in."""

    data: Any
    errors: list[Any]
    context: RequestContext

    @property
    def statements(self) -> list[tuple[str, str]]:
        """Store and name of every call, sorted, repeated as often as made."""
        return sorted(self.context.calls.elements())

    @property
    def codes(self) -> list[tuple[str, str]]:
        """Path and code of every error."""
        return [
            (".".join(map(str, error.path or ())), (error.extensions or {}).get("code", ""))
            for error in self.errors
        ]


Ask = Callable[..., Awaitable[Answer]]


@pytest.fixture
def ask(shop_stores: Stores, schema: strawberry.Schema) -> Ask:
    """Runs a query, as nobody or as a viewer, and traces its statements."""

    async def run(query: str, *, viewer: Viewer | None = None, **variables: Any) -> Answer:
        context = RequestContext(viewer or Viewer(), shop_stores, trace=[])
        result = await schema.execute(query, variable_values=variables, context_value=context)
        return Answer(result.data, result.errors or [], context)

    return run


async def _fill_postgres(urls: StoreUrls) -> None:
    async with Postgres(urls.postgres_migrator) as owner, owner.transaction() as work:
        for text in shop.POSTGRES_DDL.split(";"):
            if text.strip():
                await work.execute(Statement("ddl", text, kind="exec"))
        schema = shop.SCHEMA
        await work.copy_rows(
            f"{schema}.assets",
            ("id", "symbol", "contract_address", "supply", "metadata"),
            [
                (
                    key(n, 1),
                    f"T{n}",
                    f"0x{n:040x}" if n % 3 else None,
                    Decimal(10) ** n,
                    {"n": n},
                )
                for n in range(20)
            ],
        )
        await work.copy_rows(
            f"{schema}.protocols",
            ("id", "slug", "name", "score", "created_at", "token_id"),
            [
                (
                    key(n),
                    f"p-{n}",
                    f"Name {n % 10}",
                    None if n % 4 == 0 else n % 5 / 10,
                    START + timedelta(minutes=n),
                    None if n % 5 == 0 else key(n % 20, 1),
                )
                for n in range(120)
            ],
        )
        await work.copy_rows(
            f"{schema}.pools",
            (
                "id",
                "name",
                "pool_type",
                "tvl_usd",
                "rank",
                "tags",
                "protocol_id",
                "base_id",
                "reward_id",
            ),
            [
                (
                    key(n, 2),
                    f"Pool {n}",
                    "lp" if n % 2 else "lending",
                    None if n % 3 == 0 else Decimal(n % 7) / 4,
                    n % 5,
                    ["a", f"b{n}"],
                    key(n % 100),
                    key(n % 20, 1),
                    key((n + 1) % 20, 1),
                )
                for n in range(500)
            ],
        )
        await work.copy_rows(
            f"{schema}.notes",
            ("id", "user_id", "text", "written_at"),
            [
                (key(n, 4), ALICE if n % 2 else BOB, f"note {n}", START + timedelta(hours=n))
                for n in range(10)
            ],
        )


async def _fill_clickhouse(stores: Stores) -> None:
    for text in shop.CLICKHOUSE_DDL:
        await stores.clickhouse.execute(Statement("ddl", text, kind="exec"), {})
    rows = [
        (
            key(n, 3),
            key(n % 50, 2),
            START + timedelta(seconds=n // 10),
            Decimal(n) / 8,
            None if n % 4 else f"note {n}",
            1,
        )
        for n in range(900)
    ]
    columns = ("id", "pool_id", "traded_at", "amount", "note", "version")
    await stores.clickhouse.insert(f"{shop.SCHEMA}.trades", columns, rows)
