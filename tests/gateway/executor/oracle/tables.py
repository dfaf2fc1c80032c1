"""The synthetic graph's tables on the real engines, once for each kind of faulty rows.

A data set is a pair of databases, one in Postgres and one in ClickHouse, copied from the clean pair
and then spoiled; or the clean pair behind an address where nobody answers, or asked too late.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from stores.clickhouse.client import ClickHouse
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.postgres.client import Postgres
from stores.queries import Statement
from stores.urls import StoreUrls, with_path

START: Final = datetime(2024, 5, 1, tzinfo=UTC)
MAKERS: Final = 24
ITEMS: Final = 60
SALES: Final = 150
NOTES: Final = 30


def key(number: int, kind: int = 0) -> UUID:
    """The id of the row with a number."""
    return UUID(int=(kind << 64) + number + 1)


ALICE: Final = key(1, 9)
BOB: Final = key(2, 9)

_POSTGRES: Final = """
CREATE SCHEMA nasty;
GRANT USAGE ON SCHEMA nasty TO gateway;
ALTER DEFAULT PRIVILEGES IN SCHEMA nasty GRANT SELECT ON TABLES TO gateway;
CREATE TABLE nasty.makers (
    id uuid PRIMARY KEY, slug text UNIQUE NOT NULL, name text COLLATE "C", kind text,
    second_kind text, score float8, rank int8, place int8, supply numeric, worth numeric,
    contract_address text, active boolean, founded date, created_at timestamptz, code uuid,
    facts jsonb, tags text[], parent_id uuid, boss_id uuid, friend_slug text, best_id uuid
);
CREATE TABLE nasty.items (
    id uuid PRIMARY KEY, name text COLLATE "C", kind text, price numeric, quantity int8,
    weight float8, maker_id uuid, owner_id uuid, spare_id uuid, last_sale_id uuid
);
CREATE TABLE nasty.notes (
    id uuid PRIMARY KEY, user_id uuid NOT NULL, text text, written_at timestamptz, maker_id uuid
);
ALTER TABLE nasty.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON nasty.notes TO gateway
    USING (user_id = nullif(current_setting('app.current_user_id', true), '')::uuid);
"""
_CLICKHOUSE: Final = """
CREATE TABLE {database}.sales (
    id UUID, sold_at DateTime64(3, 'UTC'), amount Nullable(Decimal(76, 18)),
    weight Nullable(Float64), note Nullable(String), kind Nullable(String), units Int64,
    total Nullable(Int128), item_id Nullable(UUID), maker_id Nullable(UUID), version UInt32
) ENGINE = ReplacingMergeTree(version) ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Spoiled:
    """What is done to the clean rows.

    Attributes:
        postgres: statements.
        weight, amount, kind, units, item, maker: expressions of ClickHouse in place of columns.
    """

    postgres: str = ""
    clickhouse: Mapping[str, str] | None = None


_EVERY_THIRD: Final = "WHERE get_byte(uuid_send(id), 15) % 3 = 0"
_HIT: Final = "cityHash64(id) % 3 = 0"
SPOILED: Final[Mapping[str, Spoiled]] = {
    "clean": Spoiled(),
    "nulls": Spoiled(
        f"UPDATE nasty.makers SET name = NULL, kind = NULL, place = NULL {_EVERY_THIRD};"
        f"UPDATE nasty.items SET name = NULL, quantity = NULL {_EVERY_THIRD};"
        f"UPDATE nasty.notes SET text = NULL {_EVERY_THIRD};",
        {"amount": f"if({_HIT}, NULL, amount)", "kind": f"if({_HIT}, NULL, kind)"},
    ),
    "numbers": Spoiled(
        f"UPDATE nasty.makers SET score = 'NaN', worth = 'NaN' {_EVERY_THIRD};"
        "UPDATE nasty.makers SET score = 'Infinity', worth = 'Infinity' WHERE slug = 'm-4';"
        f"UPDATE nasty.items SET weight = '-Infinity', price = 'NaN' {_EVERY_THIRD};",
        {"weight": f"if({_HIT}, nan, weight)"},
    ),
    "ranges": Spoiled(
        "UPDATE nasty.makers SET rank = 2147483648, place = -2147483649, supply = 1e60"
        f" {_EVERY_THIRD};"
        "UPDATE nasty.makers SET rank = 2147483647, place = -2147483648 WHERE slug = 'm-4';"
        f"UPDATE nasty.items SET quantity = 9223372036854775807 {_EVERY_THIRD};",
        {"units": f"if({_HIT}, 2147483648, units)"},
    ),
    "dangling": Spoiled(
        "UPDATE nasty.makers SET boss_id = gen_random_uuid(), best_id = gen_random_uuid(),"
        f" friend_slug = 'nobody' {_EVERY_THIRD};"
        "UPDATE nasty.makers SET boss_id = NULL, parent_id = NULL WHERE slug IN ('m-4', 'm-9');"
        f"UPDATE nasty.items SET owner_id = NULL, maker_id = NULL {_EVERY_THIRD};"
        "UPDATE nasty.items SET last_sale_id = gen_random_uuid() WHERE name LIKE '%1%';",
        {
            "item_id": f"if({_HIT}, generateUUIDv4(), item_id)",
            "maker_id": "if(cityHash64(id) % 3 = 1, NULL, maker_id)",
        },
    ),
    "words": Spoiled(
        "UPDATE nasty.makers SET kind = 'medium', contract_address = '0xabc',"
        f" second_kind = 'SMALL' {_EVERY_THIRD};"
        "UPDATE nasty.makers SET created_at = 'infinity', founded = '-infinity',"
        " tags = array[NULL, 'b'] WHERE slug IN ('m-4', 'm-9');"
        f"UPDATE nasty.items SET kind = '' {_EVERY_THIRD};",
        {"kind": f"if({_HIT}, 'medium', kind)"},
    ),
    # Rows of one table come later than others of their level.
    "slow": Spoiled(
        "ALTER TABLE nasty.items RENAME TO kept;"
        "CREATE VIEW nasty.items AS SELECT kept.* FROM pg_sleep(0.004), nasty.kept;"
    ),
}
# Beside those: stores that are away, and one that is asked when it is too late.
NAMES: Final = (*SPOILED, "no_postgres", "no_clickhouse", "too_late")


@dataclass(frozen=True, slots=True)
class DataSet:
    """Stores that hold one kind of faulty rows.

    Attributes:
        name: which kind.
        stores: opened.
        late: the deadline of whoever asks has passed.
    """

    name: str
    stores: Stores
    late: bool = False


@asynccontextmanager
async def data_sets(engines: StoreUrls) -> AsyncIterator[Mapping[str, DataSet]]:
    """All data sets by name, in databases of their own, which are dropped afterwards."""
    start = f"nasty{secrets.token_hex(5)}_"
    names = {name: start + name for name in SPOILED}
    server = await asyncpg.connect(engines.postgres_migrator)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.close)
        clickhouse = await stack.enter_async_context(ClickHouse(engines.clickhouse))
        base = await stack.enter_async_context(await open_stores(StoreOptions(engines)))
        for database in names.values():
            stack.push_async_callback(_dropped, server, clickhouse, database)
        await _clean(engines, server, clickhouse, names["clean"])
        sets: dict[str, DataSet] = {}
        for name, spoiled in SPOILED.items():
            if name != "clean":
                await _copied(engines, server, clickhouse, names["clean"], names[name], spoiled)
            urls = _urls(engines, names[name])
            postgres = await stack.enter_async_context(Postgres(urls.postgres))
            analytics = await stack.enter_async_context(ClickHouse(urls.clickhouse))
            stores = Stores(postgres, analytics, base.redis, base.qdrant)
            sets[name] = DataSet(name, stores)
        await _away(stack, engines, sets)
        yield sets


async def _away(stack: AsyncExitStack, engines: StoreUrls, sets: dict[str, DataSet]) -> None:
    """Stores behind a port that nobody listens on, and the clean ones asked too late."""
    away = stack.enter_context(nobody_at(engines))
    clean = sets["clean"].stores
    postgres = await stack.enter_async_context(Postgres(away.postgres))
    clickhouse = await stack.enter_async_context(ClickHouse(away.clickhouse))
    sets["no_postgres"] = DataSet("no_postgres", replace(clean, postgres=postgres))
    sets["no_clickhouse"] = DataSet("no_clickhouse", replace(clean, clickhouse=clickhouse))
    sets["too_late"] = DataSet("too_late", clean, late=True)


@contextmanager
def nobody_at(urls: StoreUrls) -> Iterator[StoreUrls]:
    """The same addresses on a port where every connection is refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        yield StoreUrls(**{name: _at_port(url, port) for name, url in asdict(urls).items()})


def _at_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}{at}127.0.0.1:{port}").geturl()


def _urls(engines: StoreUrls, database: str) -> StoreUrls:
    urls = engines.with_postgres_database(database)
    return replace(urls, clickhouse=with_path(engines.clickhouse, database))


async def _dropped(server: asyncpg.Connection, clickhouse: ClickHouse, database: str) -> None:
    await clickhouse.execute(_statement(f"DROP DATABASE IF EXISTS {database}"), {})
    await server.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


async def _clean(
    engines: StoreUrls, server: asyncpg.Connection, clickhouse: ClickHouse, database: str
) -> None:
    await server.execute(f"CREATE DATABASE {database}")
    await clickhouse.execute(_statement(f"CREATE DATABASE {database}"), {})
    owner = Postgres(_urls(engines, database).postgres_migrator)
    async with owner, owner.transaction() as work:
        for text in filter(str.strip, _POSTGRES.split(";")):
            await work.execute(_statement(text))
        for relation, columns, rows in (
            ("makers", _MAKER_COLUMNS, _makers()),
            ("items", _ITEM_COLUMNS, _items()),
            ("notes", _NOTE_COLUMNS, _notes()),
        ):
            await work.copy_rows(f"nasty.{relation}", columns, rows)
    await clickhouse.execute(_statement(_CLICKHOUSE.format(database=database)), {})
    await clickhouse.insert(f"{database}.sales", _SALE_COLUMNS, _sales())


async def _copied(
    engines: StoreUrls,
    server: asyncpg.Connection,
    clickhouse: ClickHouse,
    clean: str,
    database: str,
    spoiled: Spoiled,
) -> None:
    await server.execute(f"CREATE DATABASE {database} TEMPLATE {clean}")
    connection = await asyncpg.connect(_urls(engines, database).postgres_migrator)
    try:
        if spoiled.postgres:
            await connection.execute(spoiled.postgres)
    finally:
        await connection.close()
    await clickhouse.execute(_statement(f"CREATE DATABASE {database}"), {})
    await clickhouse.execute(_statement(_CLICKHOUSE.format(database=database)), {})
    changed = spoiled.clickhouse or {}
    columns = ", ".join(changed.get(name, name) for name in _SALE_COLUMNS)
    copy = f"INSERT INTO {database}.sales SELECT {columns} FROM {clean}.sales"
    await clickhouse.execute(_statement(copy), {})


def _statement(text: str) -> Statement:
    return Statement("ddl", text, kind="exec")


_Rows = list[Sequence[Any]]
_MAKER_COLUMNS: Final = (
    "id", "slug", "name", "kind", "second_kind", "score", "rank", "place", "supply", "worth",
    "contract_address", "active", "founded", "created_at", "code", "facts", "tags", "parent_id",
    "boss_id", "friend_slug", "best_id",
)  # fmt: skip
_ITEM_COLUMNS: Final = (
    "id", "name", "kind", "price", "quantity", "weight", "maker_id", "owner_id", "spare_id",
    "last_sale_id",
)  # fmt: skip
_NOTE_COLUMNS: Final = ("id", "user_id", "text", "written_at", "maker_id")
_SALE_COLUMNS: Final = (
    "id", "sold_at", "amount", "weight", "note", "kind", "units", "total", "item_id", "maker_id",
    "version",
)  # fmt: skip
_KINDS: Final = ("small", "large", "odd")


def _makers() -> _Rows:
    return [
        (
            key(n),
            f"m-{n}",
            f"Maker {n % 10}",
            _KINDS[n % 3],
            None if n % 2 else _KINDS[n % 3],
            None if n % 4 == 0 else n / 8,
            None if n % 5 == 0 else n * 1000,
            n,
            None if n % 3 == 0 else Decimal(10) ** n,
            None if n % 4 == 1 else Decimal(n) / 8,
            f"0x{n:040x}" if n % 3 else None,
            (True, False, None)[n % 3],
            None if n % 6 == 0 else date(2020, 1, 1) + timedelta(days=n),
            START + timedelta(microseconds=n, minutes=n // 2),
            None if n % 7 == 0 else key(n, 5),
            None if n % 4 == 3 else {"z": n, "a": [1.5, None, "x"]},
            ["a", f"b{n}"][: n % 3],
            None if n % 4 == 0 else key(n % 5),
            key((n * 7) % MAKERS),
            None if n % 5 == 2 else f"m-{(n * 5) % MAKERS}",
            None if n % 6 == 1 else key(n % ITEMS, 1),
        )
        for n in range(MAKERS)
    ]


def _items() -> _Rows:
    return [
        (
            key(n, 1),
            f"Item {n % 20}",
            None if n % 5 == 0 else _KINDS[n % 3],
            None if n % 7 == 0 else Decimal(n % 11) / 4,
            n * 3,
            n / 16,
            None if n % 9 == 0 else key(n % (MAKERS - 4)),
            key((n * 3) % MAKERS),
            None if n % 4 == 0 else key((n + 1) % ITEMS, 1),
            None if n % 6 == 0 else key(n * 2, 3),
        )
        for n in range(ITEMS)
    ]


def _notes() -> _Rows:
    return [
        (key(n, 4), ALICE if n % 2 else BOB, f"note {n}", START + timedelta(hours=n), key(n % 7))
        for n in range(NOTES)
    ]


def _sales() -> _Rows:
    return [
        (
            key(n, 3),
            START + timedelta(seconds=n // 10),
            Decimal(n) / 8,
            None if n % 5 == 0 else n / 4,
            None if n % 4 else f"sale {n}",
            _KINDS[n % 3],
            n,
            None if n % 3 else 10**30 + n,
            None if n % 8 == 0 else key(n % (ITEMS - 10), 1),
            key(n % MAKERS),
            1,
        )
        for n in range(SALES)
    ]
