"""Columns as the server's own text: the same digits as our own, and no other order or plan."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest

from resolvers.scalars import format_datetime, format_decimal
from stores.postgres.client import Postgres
from stores.queries import Statement
from stores.relational.keyset import Sort, after
from stores.relational.read import Key, Read, Source, statement
from stores.urls import StoreUrls

SCHEMA = f"texts_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
SOURCE = Source("postgres", f"{SCHEMA}.numbers")
ORDER = (Sort("exact", "decimal"), Sort("id", "uuid"))
AWKWARD = (
    "0.000000001",
    "0.00000000000000000000000000000000000001",
    "-0.5",
    "0",
    "0.000",
    "1.50000000",
    "1e30",
    "123456789012345678901234567890.123456789012345678901234567890",
    "-1e-40",
)
TIMES = (
    "infinity",
    "-infinity",
    "0001-01-01 00:00:00Z",
    "9999-12-31 23:59:59.999999Z",
    "1969-12-31 23:59:59.999Z",
    "2024-05-01 12:00:00Z",
    "2024-05-01 12:00:00.5Z",
    "2024-05-01 12:00:00.000001Z",
    "2024-05-01 14:00:00.1+02",
)


@pytest.fixture(scope="module")
async def numbers(engine_urls: StoreUrls) -> AsyncIterator[Postgres]:
    """A client that sees a table of 1, 2, … 5,000 with an index in their order."""
    async with Postgres(engine_urls.postgres_migrator) as owner:
        for text in (
            f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE",
            f"CREATE SCHEMA {SCHEMA}",
            f"CREATE TABLE {SCHEMA}.numbers AS SELECT n % 5 AS parent, n::numeric AS exact, "
            "lpad(n::text, 32, '0')::uuid AS id FROM generate_series(1, 5000) AS n",
            f"CREATE INDEX ON {SCHEMA}.numbers (exact, id)",
            f"CREATE INDEX ON {SCHEMA}.numbers (parent, exact, id)",
            f"CREATE UNIQUE INDEX ON {SCHEMA}.numbers (id)",
            f"CREATE TABLE {SCHEMA}.awkward (exact numeric)",
            f"CREATE TABLE {SCHEMA}.times (at timestamptz)",
            f"CREATE TABLE {SCHEMA}.beyond AS SELECT "
            "unnest(ARRAY['12000-01-01Z', '0044-03-15Z BC']::timestamptz[]) AS at",
            f"ANALYZE {SCHEMA}.numbers",
            f"GRANT USAGE ON SCHEMA {SCHEMA} TO gateway",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO gateway",
        ):
            await owner.execute(Statement("ddl", text, kind="exec"))
        for moment in (*map(repr, TIMES), "NULL"):
            insert = f"INSERT INTO {SCHEMA}.times VALUES ({moment})"
            await owner.execute(Statement("ddl", insert, kind="exec"))
        rows = [(Decimal(text),) for text in AWKWARD]
        await owner.copy_rows(f"{SCHEMA}.awkward", ("exact",), rows)
    async with Postgres(engine_urls.postgres) as client:
        yield client


async def plan_of(client: Postgres, read: Read) -> str:
    """How Postgres would answer a read."""
    built, values = statement(read)
    rows = await client.fetch(Statement("explain", f"EXPLAIN {built.text}"), *values)
    return "\n".join(row[0] for row in rows)


async def test_nine_comes_before_ten(numbers: Postgres) -> None:
    read = Read(SOURCE, ("exact",), None, ORDER, 11, texts=("exact", "id"))
    built, values = statement(read)
    assert [row[0] for row in await numbers.fetch(built, *values)] == [str(n) for n in range(1, 12)]


@pytest.mark.parametrize(
    "read",
    [
        Read(SOURCE, ("exact", "id"), None, ORDER, 10),
        Read(SOURCE, ("exact", "id"), after(ORDER, (Decimal(7), "0" * 32)), ORDER, 10),
        Read(SOURCE, ("exact",), None, ORDER, 3, Key("parent", "int"), (1, 2, 3)),
        Read(SOURCE, ("exact", "id"), None, (), None, Key("id", "uuid"), ("0" * 32,)),
    ],
)
async def test_texts_use_the_same_index(numbers: Postgres, read: Read) -> None:
    texts = replace(read, texts=("exact", "id"))
    shape = [line.split("(cost")[0] for line in (await plan_of(numbers, texts)).splitlines()]
    assert shape == [line.split("(cost")[0] for line in (await plan_of(numbers, read)).splitlines()]
    assert "Index" in "".join(shape)
    assert "Sort" not in "".join(shape)


async def test_the_server_writes_a_decimal_as_we_do(numbers: Postgres) -> None:
    read = Read(Source("postgres", f"{SCHEMA}.awkward"), ("exact",))
    native = await numbers.fetch(statement(read)[0])
    texts = await numbers.fetch(statement(replace(read, texts=("exact",)))[0])
    assert [row[0] for row in texts] == [format_decimal(row[0]) for row in native]
    assert [Decimal(row[0]) for row in texts] == [Decimal(text) for text in AWKWARD]


async def test_keys_may_be_text(numbers: Postgres) -> None:
    keys = ("00000000-0000-0000-0000-000000000042", "00000000-0000-0000-0000-000000000007")
    read = Read(SOURCE, ("exact",), key=Key("id", "uuid"), keys=keys, texts=("exact", "id"))
    built, values = statement(read)
    found = {row[0]: row[1] for row in await numbers.fetch(built, *values)}
    assert found == {keys[0]: "42", keys[1]: "7"}


async def test_the_server_writes_a_time_as_we_do(numbers: Postgres) -> None:
    order = (Sort("at", "timestamp", nulls="last"),)
    read = Read(Source("postgres", f"{SCHEMA}.times"), ("at",), None, order)
    native = [row[0] for row in await numbers.fetch(statement(read)[0])]
    texts = await numbers.fetch(statement(replace(read, instants=("at",)))[0])
    assert [row[0] for row in texts] == [
        None if moment is None else format_datetime(moment) for moment in native
    ]
    assert len(native) == len(TIMES) + 1


async def test_times_beyond_those_of_python_are_the_last_and_the_first(numbers: Postgres) -> None:
    read = Read(Source("postgres", f"{SCHEMA}.beyond"), ("at",), instants=("at",))
    found = await numbers.fetch(statement(read)[0])
    assert [row[0] for row in found] == ["9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z"]
