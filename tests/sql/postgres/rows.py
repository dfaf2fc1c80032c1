"""Makes a valid row of any table from the catalogue: required columns, parents and all."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg

_COUNTER = itertools.count(1)

#: What a column needs that its type does not tell.
_SPECIAL: Final[dict[str, Callable[[], Any]]] = {
    "account.sign_ups.email": lambda: f"{secrets.token_hex(4)}@example.org",
    "catalog.chains.id": lambda: secrets.randbelow(2**40) + 1_000_000,
    "catalog.chains.caip2": lambda: f"eip155:{secrets.randbelow(2**60)}",
    "account.subscription_changes.action": lambda: "cancel",
    "agents.agents.kind": lambda: "marketplace",
    "alerts.rules.alert_type": lambda: "portfolio_value",
    "alerts.rules.target_type": lambda: "portfolio",
    "risk.assessments.target_type": lambda: "portfolio",
    "risk.latest.target_type": lambda: "portfolio",
    "portfolio.tax_reports.tax_year": lambda: 2025,
    "portfolio.tax_reports.country_code": lambda: "US",
    "portfolio.tax_reports.end_date": lambda: date(2025, 12, 31),
    "portfolio.tax_reports.start_date": lambda: date(2025, 1, 1),
    "portfolio.tax_settlements.fingerprint": lambda: secrets.token_hex(32),
    "privacy.stealth_announcements.ephemeral_public_key": lambda: "0x02" + secrets.token_hex(32),
    "privacy.stealth_meta_addresses.meta_address": lambda: "st:eth:0x" + secrets.token_hex(66),
}
#: Parents that are optional in the table and needed for the row to be a private one.
_WANTED_PARENTS: Final[dict[str, set[str]]] = {
    "agents.tasks": {"user_id", "activation_id"},
    "alerts.rules": {"portfolio_id"},
    "risk.assessments": {"portfolio_id"},
    "risk.latest": {"portfolio_id"},
    "trading.trade_routes": {"user_id"},
    "account.billing_events": {"user_id"},
}
_BY_TYPE: Final[dict[str, Callable[[], Any]]] = {
    "uuid": uuid4,
    "text": lambda: f"w{next(_COUNTER)}-{secrets.token_hex(4)}",
    "bytea": lambda: secrets.token_bytes(32),
    "int2": lambda: 1,
    "int4": lambda: 1,
    "int8": lambda: 1,
    "numeric": lambda: Decimal("0.5"),
    "bool": lambda: False,
    "timestamptz": lambda: datetime.now(UTC),
    "date": lambda: datetime.now(UTC).date(),
    "jsonb": lambda: "{}",
}


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str
    labels: list[str] | None
    required: bool


@dataclass(frozen=True, slots=True)
class Reference:
    columns: list[str]
    parent: str
    parent_columns: list[str]


@dataclass(frozen=True, slots=True)
class Shape:
    columns: dict[str, Column]
    references: list[Reference]


@asynccontextmanager
async def acting_for(
    connection: asyncpg.Connection, user_id: UUID | None
) -> AsyncIterator[asyncpg.Connection]:
    """A transaction of a user, rolled back at the end; for nobody when there is no user."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        identity = "" if user_id is None else str(user_id)
        await connection.execute("SELECT set_config('app.current_user_id', $1, true)", identity)
        yield connection
    finally:
        await transaction.rollback()


class Rows:
    """Inserts rows through one connection.

    Args:
        connection: as a role that may write everything.
        shapes: what is known about tables already; filled with what is found out.
    """

    def __init__(
        self, connection: asyncpg.Connection, shapes: dict[str, Shape] | None = None
    ) -> None:
        self.connection = connection
        self._shapes = {} if shapes is None else shapes

    async def user(self, **values: Any) -> UUID:
        """A new user."""
        row = await self.insert("account.users", **values)
        return UUID(str(row["id"]))

    async def insert(
        self, table: str, *, owner: UUID | None = None, **values: Any
    ) -> asyncpg.Record:
        """One row, with the parents it needs; rows that belong to somebody belong to `owner`."""
        values = await self.complete(table, owner=owner, **values)
        names = ", ".join(values)
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        what = f"({names}) VALUES ({places})" if values else "DEFAULT VALUES"
        row = await self.connection.fetchrow(
            f"INSERT INTO {table} {what} RETURNING *", *values.values()
        )
        assert row is not None
        return row

    async def complete(
        self, table: str, *, owner: UUID | None = None, **values: Any
    ) -> dict[str, Any]:
        """`values` with everything else the table demands; parents are inserted, the row is not."""
        shape = await self._shape(table)
        if owner is not None and "user_id" in shape.columns:
            values.setdefault("user_id", owner)
        for reference in shape.references:
            await self._add_parent(table, shape, reference, owner, values)
        for column in shape.columns.values():
            if column.required and column.name not in values:
                values[column.name] = _value(table, column)
        if table == "risk.latest":
            values["target_id"] = values["portfolio_id"]
        return values

    async def _add_parent(
        self,
        table: str,
        shape: Shape,
        reference: Reference,
        owner: UUID | None,
        values: dict[str, Any],
    ) -> None:
        missing = [name for name in reference.columns if name not in values]
        wanted = _WANTED_PARENTS.get(table, set())
        if not any(shape.columns[name].required or name in wanted for name in missing):
            return
        known = {
            theirs: values[ours]
            for ours, theirs in zip(reference.columns, reference.parent_columns, strict=True)
            if ours in values
        }
        parent = await self.insert(reference.parent, owner=owner, **known)
        for ours, theirs in zip(reference.columns, reference.parent_columns, strict=True):
            values[ours] = parent[theirs]

    async def _shape(self, table: str) -> Shape:
        if table not in self._shapes:
            columns = await self.connection.fetch(_COLUMNS, table)
            references = await self.connection.fetch(_REFERENCES, table)
            self._shapes[table] = Shape(
                {row["name"]: Column(**dict(row)) for row in columns},
                [Reference(**dict(row)) for row in references],
            )
        return self._shapes[table]


def _value(table: str, column: Column) -> Any:
    special = _SPECIAL.get(f"{table}.{column.name}")
    if special is not None:
        return special()
    if column.labels:
        return column.labels[0]
    return _BY_TYPE[column.type]()


_COLUMNS: Final = """
SELECT a.attname AS name,
    CASE WHEN t.typtype = 'e' THEN format('%I.%I', n.nspname, t.typname) ELSE t.typname END
        AS type,
    (
        SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid
    )::text[] AS labels,
    a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS required
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
# References of several columns come first: they settle what the single ones would guess.
_REFERENCES: Final = """
SELECT
    (
        SELECT array_agg(a.attname ORDER BY k.place)
        FROM unnest(c.conkey) WITH ORDINALITY k (num, place)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num
    )::text[] AS columns,
    c.confrelid::regclass::text AS parent,
    (
        SELECT array_agg(a.attname ORDER BY k.place)
        FROM unnest(c.confkey) WITH ORDINALITY k (num, place)
        JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num
    )::text[] AS parent_columns
FROM pg_constraint c
JOIN pg_class parent ON parent.oid = c.confrelid AND NOT parent.relispartition
WHERE c.contype = 'f' AND c.conrelid = $1::text::regclass
ORDER BY cardinality(c.conkey) DESC, c.conname
"""
