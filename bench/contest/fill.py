"""The database `contest`: made once, filled with the same rows everywhere, kept between runs."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg

from stores.embedded import Engines
from stores.urls import with_path

DATABASE: Final = "contest"
PROTOCOLS: Final = 2_000
TOKENS: Final = 500
WALLETS: Final = 20_000
TRANSACTIONS: Final = 400_000
# Wallets with a score above one half, the first ones, have many transactions; the others few.
ACTIVE_WALLETS: Final = 2_500
_OF_AN_ACTIVE_WALLET: Final = 60

_HERE: Final = Path(__file__).parent
_SCHEMA: Final = _HERE / "schema.sql"
_INDEXES: Final = _HERE / "indexes.sql"
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
_CATEGORIES: Final = ("Dexes", "Lending", "Bridge", "Yield", "Derivatives", "Liquid Staking")
_KINDS: Final = ("swap", "transfer", "deposit", "withdrawal", "approval", "mint")

Row = tuple[Any, ...]


async def fill(engines: Engines) -> str:
    """Make the database unless it is there as this code makes it.

    Returns:
        Its URL, for a role that may only read.
    """
    admin = engines.postgres.url("postgres")
    server = await asyncpg.connect(admin)
    try:
        known = await server.fetchval(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1",
            DATABASE,
        )
        if known != _fingerprint():
            await server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            await server.execute(f"CREATE DATABASE {DATABASE}")
            await _fill(with_path(admin, DATABASE))
            await server.execute(f"COMMENT ON DATABASE {DATABASE} IS '{_fingerprint()}'")
    finally:
        await server.close()
    return with_path(engines.urls.postgres, DATABASE)


def addresses() -> list[str]:
    """Addresses of the active wallets, the most active kind to ask for."""
    numbers = random.Random("wallets")  # noqa: S311  # the same everywhere, not secret
    return [_address(numbers, place) for place in range(ACTIVE_WALLETS)]


def slugs() -> list[str]:
    """Slugs of all protocols."""
    return [_slug(place) for place in range(PROTOCOLS)]


def _fingerprint() -> str:
    text = b"".join(path.read_bytes() for path in (_SCHEMA, _INDEXES, Path(__file__)))
    return hashlib.sha256(text).hexdigest()


async def _fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_SCHEMA.read_text())
        protocols, tokens, wallets = list(_protocols()), list(_tokens()), list(_wallets())
        transactions = _transactions(_ids(protocols), _ids(tokens), _ids(wallets))
        for table, rows in (
            ("protocols", protocols),
            ("tokens", tokens),
            ("wallets", wallets),
            ("wallet_transactions", transactions),
        ):
            await connection.copy_records_to_table(table, schema_name="contest", records=rows)
        for statement in _INDEXES.read_text().split(";\n"):
            if statement.strip():
                await connection.execute(statement)
    finally:
        await connection.close()


def _ids(rows: list[Row]) -> list[UUID]:
    return [row[0] for row in rows]


def _protocols() -> Iterator[Row]:
    numbers = random.Random("protocols")  # noqa: S311
    for place in range(PROTOCOLS):
        name = f"Protocol {place} {numbers.choice(_CATEGORIES)}"
        yield (
            _id(numbers),
            _slug(place),
            name,
            numbers.choice(_CATEGORIES),
            _maybe(numbers, 0.95, f"https://protocol-{place}.example.org/app"),
            _maybe(numbers, 0.9, numbers.randrange(12)),
            numbers.random() < 0.9,
            _maybe(numbers, 0.95, _amount(numbers, 10_000_000_000, 8)),
            _maybe(numbers, 0.85, _amount(numbers, 50_000_000, 8)),
            _maybe(numbers, 0.9, date(2018, 1, 1) + timedelta(days=numbers.randrange(2900))),
            _NOW - timedelta(microseconds=numbers.randrange(10**12)),
        )


def _tokens() -> Iterator[Row]:
    numbers = random.Random("tokens")  # noqa: S311
    for place in range(TOKENS):
        yield (
            _id(numbers),
            f"TK{place}",
            f"Token number {place}",
            _maybe(numbers, 0.97, numbers.choice((6, 8, 18))),
        )


def _wallets() -> Iterator[Row]:
    numbers = random.Random("wallets")  # noqa: S311
    known = [_address(numbers, place) for place in range(WALLETS)]
    for place, address in enumerate(known):
        active = place < ACTIVE_WALLETS
        score = round(numbers.random() / 2 + (0.5 if active else 0), 6)
        yield (
            _id(numbers),
            address,
            _maybe(numbers, 0.3, f"Wallet label {place}"),
            score if active else _maybe(numbers, 0.8, score),
            _maybe(numbers, 0.9, numbers.randrange(1, 5_000)),
            _maybe(numbers, 0.9, _NOW - timedelta(seconds=numbers.randrange(10**8))),
        )


def _transactions(protocols: list[UUID], tokens: list[UUID], wallets: list[UUID]) -> Iterator[Row]:
    numbers = random.Random("transactions")  # noqa: S311
    for place in range(TRANSACTIONS):
        active = place < ACTIVE_WALLETS * _OF_AN_ACTIVE_WALLET
        owner = place % ACTIVE_WALLETS if active else numbers.randrange(ACTIVE_WALLETS, WALLETS)
        age_s = numbers.randrange(10**7)
        yield (
            _id(numbers),
            wallets[owner],
            f"0x{numbers.getrandbits(256):064x}",
            numbers.choice(_KINDS),
            _NOW - timedelta(seconds=age_s),
            24_000_000 - age_s // 12,
            _maybe(numbers, 0.95, _amount(numbers, 10_000, 18)),
            _maybe(numbers, 0.85, _amount(numbers, 10_000, 18)),
            _maybe(numbers, 0.95, _amount(numbers, 1_000_000, 8)),
            _maybe(numbers, 0.98, numbers.randrange(21_000, 900_000)),
            _maybe(numbers, 0.8, numbers.choice(protocols)),
            _maybe(numbers, 0.95, numbers.choice(tokens)),
            _maybe(numbers, 0.85, numbers.choice(tokens)),
        )


def _slug(place: int) -> str:
    return f"protocol-{place}"


def _address(numbers: random.Random, place: int) -> str:
    return f"0x{numbers.getrandbits(128):032x}{place:08x}"


def _id(numbers: random.Random) -> UUID:
    return UUID(int=numbers.getrandbits(128), version=4)


def _amount(numbers: random.Random, most: int, digits: int) -> Decimal:
    """Between 1 and `most`: no contestant writes such a number with an exponent."""
    return Decimal(numbers.randrange(10**digits, most * 10**digits)).scaleb(-digits)


def _maybe(numbers: random.Random, share: float, value: Any) -> Any:
    """The value in a share of the cases, else null."""
    return value if numbers.random() < share else None
