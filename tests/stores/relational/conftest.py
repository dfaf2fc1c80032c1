"""One small table with ties, nulls and awkward text, the same in Postgres and ClickHouse."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from stores.clickhouse.client import ClickHouse
from stores.postgres.client import Postgres
from stores.queries import Statement
from stores.relational.read import Read, Source, Store, statement
from stores.urls import StoreUrls

SCHEMA = f"reads_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
SOURCES: dict[Store, Source] = {
    "postgres": Source("postgres", f"{SCHEMA}.facts"),
    "clickhouse": Source("clickhouse", f"{SCHEMA}.facts", final=True),
}
COLUMNS = ("id", "parent", "name", "size", "amount", "at", "flag")
TEXTS = (
    "",
    "a",
    "b",
    "B",
    "é",
    "😀",
    "it's",
    '"quoted"',
    "back\\slash",
    "{p1:String}",
    "$1",
    "100%",
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One row."""

    id: UUID
    parent: int
    name: str
    size: int | None
    amount: Decimal | None
    at: datetime
    flag: bool | None


FACTS = tuple(
    Fact(
        id=UUID(int=(n * 7919 % 1000 + 1 << 64) + n * 104_729 % 997),
        parent=n % 6,
        name=TEXTS[n * 5 % len(TEXTS)],
        size=None if n % 4 == 0 else n % 3,
        amount=None if n % 5 == 0 else Decimal(n % 7 - 3) / 8,
        at=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(milliseconds=n % 11 * 250),
        flag=None if n % 6 == 0 else n % 2 == 0,
    )
    for n in range(90)
)
_TYPES = {
    "postgres": """id uuid PRIMARY KEY, parent bigint NOT NULL, name text COLLATE "C" NOT NULL,
        size smallint, amount numeric(20, 8), at timestamptz NOT NULL, flag boolean""",
    "clickhouse": """id UUID, parent Int64, name String, size Nullable(Int16),
        amount Nullable(Decimal(20, 8)), at DateTime64(3, 'UTC'), flag Nullable(Bool)""",
}

Fetch = Callable[[Read], Awaitable[list[tuple[Any, ...]]]]


@pytest.fixture(scope="session")
async def fetch(engine_urls: StoreUrls) -> AsyncIterator[Fetch]:
    """Sends a read to the engine it names."""
    rows = [tuple(getattr(fact, column) for column in COLUMNS) for fact in FACTS]
    async with Postgres(engine_urls.postgres_migrator) as owner, owner.transaction() as work:
        for text in (
            f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE",
            f"CREATE SCHEMA {SCHEMA}",
            f"CREATE TABLE {SCHEMA}.facts ({_TYPES['postgres']})",
            f"GRANT USAGE ON SCHEMA {SCHEMA} TO gateway",
            f"GRANT SELECT ON {SCHEMA}.facts TO gateway",
        ):
            await work.execute(Statement("ddl", text, kind="exec"))
        await work.copy_rows(f"{SCHEMA}.facts", COLUMNS, rows)
    async with Postgres(engine_urls.postgres) as postgres:
        clickhouse = ClickHouse(engine_urls.clickhouse)
        for text in (
            f"CREATE DATABASE IF NOT EXISTS {SCHEMA}",
            f"DROP TABLE IF EXISTS {SCHEMA}.facts",
            f"CREATE TABLE {SCHEMA}.facts ({_TYPES['clickhouse']}) ENGINE = ReplacingMergeTree"
            " ORDER BY (parent, id)",
        ):
            await clickhouse.execute(Statement("ddl", text, kind="exec"), {})
        await clickhouse.insert(f"{SCHEMA}.facts", COLUMNS, rows)

        async def run(read: Read) -> list[tuple[Any, ...]]:
            built, values = statement(read)
            found: Sequence[Any]
            if read.source.store == "postgres":
                found = await postgres.fetch(built, *values)
            else:
                named = {f"p{number}": value for number, value in enumerate(values, 1)}
                found = await clickhouse.fetch(built, named)
            return [tuple(row) for row in found]

        yield run
        await clickhouse.close()
