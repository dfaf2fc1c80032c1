"""What a user may own, made from the catalogue: a row of every private table, values marked."""

from __future__ import annotations

import json
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from importlib import resources
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg

from resolvers.ids import encode_id
from resolvers.reflection import Entity
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.sql.postgres.rows import Rows, acting_for

PRIVATE: Final = tomllib.loads(resources.files("sql").joinpath("postgres/private.toml").read_text())
OWNER_COLUMNS: Final[dict[str, str]] = PRIVATE["owner"]
THROUGH: Final[dict[str, dict[str, str]]] = PRIVATE["through"]
# What the edge itself writes down about a request.
_BOOKKEEPING: Final = ("last_used_at", "usage_count", "last_activity_at", "updated_at")
# Values that mean something in a text: what a marker would break is left as it is.
_NO_MARKERS: Final = ("address", "token_hash", "chain", "email", "currency", "provider", "version")
_MADE_UP: Final = re.compile(r"w\d+-[0-9a-f]{8}")
_MARKED_TYPES: Final = ("text", "numeric")
# Public types whose rows show what users asked for: other tests count on what theirs show.
_ADDED_TO: Final = {
    "Agent": "agents.agents",
    "Contract": "catalog.contracts",
    "PrivacyPool": "privacy.pools",
    "Trader": "trading.traders",
}
_MARKABLE: Final = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type FROM pg_attribute a
WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attgenerated = '' AND NOT EXISTS (SELECT FROM pg_constraint k
        WHERE k.conrelid = a.attrelid AND k.contype IN ('f', 'p') AND a.attnum = ANY (k.conkey))
"""
_BASES: Final = """
WITH RECURSIVE beneath (oid) AS (
    SELECT $1::text::regclass::oid
    UNION
    SELECT d.refobjid FROM beneath b
    JOIN pg_rewrite r ON r.ev_class = b.oid
    JOIN pg_depend d ON d.objid = r.oid AND d.classid = 'pg_rewrite'::regclass
        AND d.refclassid = 'pg_class'::regclass
)
SELECT oid::regclass::text FROM beneath
"""


@dataclass
class Estate:
    """A user with everything a user can own.

    Attributes:
        owner: the user.
        marker: part of every text that was marked.
        marks: texts that appear in no answer but the owner's: marked values and ids of rows.
        rows: one row of each private table.
        series: key of one row of each private series, by table of ClickHouse.
    """

    owner: UUID
    marker: str
    marks: set[str] = field(default_factory=set)
    rows: dict[str, asyncpg.Record] = field(default_factory=dict)
    series: dict[str, UUID] = field(default_factory=dict)

    def traces_in(self, body: bytes, told: object = "") -> set[str]:
        """Marks that an answer holds, but for those that whoever asked has told themselves."""
        text, known = body.decode(), str(told)
        return {mark for mark in self.marks if mark in text and mark not in known}


async def found_estate(connection: asyncpg.Connection, stores: Stores) -> Estate:
    """A new user with a row in every private table.

    Args:
        connection: as worker.
        stores: as worker, for the rows that are in ClickHouse.
    """
    rows = Rows(connection)
    owner = await rows.user()
    estate = Estate(owner, f"mark-{secrets.token_hex(8)}", {str(owner)})
    for table in sorted([*OWNER_COLUMNS, *THROUGH]):
        estate.rows[table] = await _row(rows, table, owner)
        await _mark(connection, table, estate)
    for table in estate.rows:
        await _collect(connection, table, estate)
    await _series(stores, estate)
    await connection.execute("REFRESH MATERIALIZED VIEW portfolio.user_portfolio_summary")
    return estate


async def _row(rows: Rows, table: str, owner: UUID) -> asyncpg.Record:
    if table == "account.users":
        row = await rows.connection.fetchrow("SELECT * FROM account.users WHERE id = $1", owner)
        assert row is not None
        return row
    if table == "ops.audit_log":
        return await rows.insert(table, actor_user_id=owner)
    if table == "account.subscriptions":
        return await rows.insert(table, owner=owner, status="active", tier="enterprise")
    return await rows.insert(table, owner=owner)


async def _mark(connection: asyncpg.Connection, table: str, estate: Estate) -> None:
    """Give every text and number of a row, where constraints let it, a value that gives it away."""
    row = estate.rows[table]
    key = "id" if "id" in row else None
    if key is None:
        return
    for number, column in enumerate(await connection.fetch(_MARKABLE, table)):
        name, kind = column["attname"], column["type"].partition("(")[0]
        if kind not in _MARKED_TYPES or any(part in name for part in _NO_MARKERS):
            continue
        value: Any = f"{estate.marker}-{number}"
        if kind == "numeric":
            # The last digit counts, or a number would be written shorter than it is looked for.
            value = Decimal(f"0.{secrets.randbelow(10**6) + 10**6}7")
        savepoint = connection.transaction()
        await savepoint.start()
        try:
            await connection.execute(
                f"UPDATE {table} SET {name} = $2 WHERE {key} = $1", row[key], value
            )
            await savepoint.commit()
            estate.marks.add(estate.marker if kind == "text" else str(value))
        except asyncpg.PostgresError:
            await savepoint.rollback()


async def _collect(connection: asyncpg.Connection, table: str, estate: Estate) -> None:
    """Note ids and made-up texts of all rows, those made as parents of others among them."""
    text = f"SELECT to_jsonb(t)::text FROM {table} AS t{_of(table, estate.owner)}"
    for (row,) in await connection.fetch(text, estate.owner):
        values: dict[str, Any] = json.loads(row)
        texts = {each for each in values.values() if isinstance(each, str)}
        estate.marks.update(each for each in texts if _MADE_UP.fullmatch(each))
        if "id" in values:
            estate.marks.add(str(values["id"]))


async def _series(stores: Stores, estate: Estate) -> None:
    """What ClickHouse holds of a user."""
    portfolio = estate.rows["portfolio.portfolios"]["id"]
    now = datetime.now(UTC)
    event = uuid4()
    estate.marks.add(str(event))
    estate.series = {"portfolio_snapshots": portfolio, "usage_events": event}
    snapshot = {"ts": now, "snapshot_date": now.date(), "portfolio_id": portfolio}
    for table, values in (
        ("portfolio_snapshots", snapshot),
        ("usage_events", {"ts": now, "event_id": event}),
    ):
        columns = {**values, "user_id": estate.owner}
        places = ", ".join(f"{{{name}:{_type(value)}}}" for name, value in columns.items())
        text = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"
        await stores.clickhouse.fetch(Statement(f"estate {table}", text, ()), columns)


def _type(value: object) -> str:
    kinds = {"UUID": "UUID", "datetime": "DateTime64(3, 'UTC')", "date": "Date"}
    return kinds[type(value).__name__]


async def ids_of(connection: asyncpg.Connection, entity: Entity, estate: Estate) -> list[str]:
    """Global ids of an entity's rows that are the owner's, as the owner sees them.

    Args:
        connection: as gateway.
        entity: an owned type.
        estate: of the owner.
    """
    table = entity.table
    assert table.owner is not None
    if table.store != "postgres":
        key = estate.series.get(table.relation)
        return [] if key is None else [encode_id(entity, key)]
    owner, through = table.owner.column, table.owner.through
    users = f"SELECT id FROM {through} WHERE user_id = $1" if through else "SELECT $1::uuid"
    async with acting_for(connection, estate.owner):
        # A row that its owner shows to everybody is somebody else's.
        found = await connection.fetch(
            f"SELECT {table.key} FROM {table.relation} WHERE {owner} IN ({users})", estate.owner
        )
    return [encode_id(entity, row[0]) for row in found]


async def public_ids(connection: asyncpg.Connection, types: Mapping[str, Entity]) -> dict[str, str]:
    """A global id of each public type that has rows; a new row where a mutation adds to it.

    Args:
        connection: as worker.
        types: by name.
    """
    found = {}
    for name, entity in types.items():
        table = entity.table
        row: asyncpg.Record | None
        if name in _ADDED_TO:
            row = await Rows(connection).insert(_ADDED_TO[name])
        else:
            row = await connection.fetchrow(f"SELECT {table.key} FROM {table.relation} LIMIT 1")
        if row is not None:
            found[name] = encode_id(entity, row[table.key])
    return found


async def bases_of(connection: asyncpg.Connection, relation: str) -> list[str]:
    """Private tables that a table or view reads."""
    found = [row[0] for row in await connection.fetch(_BASES, relation)]
    return [name for name in found if name in OWNER_COLUMNS or name in THROUGH]


async def checksums(
    connection: asyncpg.Connection, owner: UUID | None = None
) -> dict[str, tuple[int, str]]:
    """Number and digest of rows of every private table, or of one owner's, but for bookkeeping.

    Args:
        connection: as worker.
        owner: whose; everybody's when not given.
    """
    kept = "".join(f" - '{name}'" for name in _BOOKKEEPING)
    parts = [
        f"SELECT '{table}', count(*), coalesce(md5(string_agg(row, '' ORDER BY row)), '')"
        f" FROM (SELECT (to_jsonb(t){kept})::text AS row FROM {table} AS t"
        f"{_of(table, owner)}) AS rows"
        for table in (*OWNER_COLUMNS, *THROUGH)
    ]
    found = await connection.fetch(" UNION ALL ".join(parts), *([owner] if owner else []))
    return {table: (number, digest) for table, number, digest in found}


def _of(table: str, owner: UUID | None) -> str:
    if owner is None:
        return ""
    if table in OWNER_COLUMNS:
        return f" WHERE t.{OWNER_COLUMNS[table]} = $1"
    through = THROUGH[table]
    parents = f"SELECT id FROM {through['parent']} WHERE user_id = $1"
    return f" WHERE t.{through['column']} IN ({parents})"
