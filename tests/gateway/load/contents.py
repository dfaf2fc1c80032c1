"""What the stores hold, without when it arrived."""

from __future__ import annotations

from typing import Any, Final

from stores.lifecycle import Stores
from stores.queries import Statement

_ARRIVAL: Final = "{created_at,updated_at,indexed_at,arrivals,scored_at}"
_TABLES: Final = Statement(
    "tables",
    "SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class AS c"
    " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE n.nspname IN ('account', 'catalog', 'portfolio', 'risk', 'research')"
    " AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1",
)
_SERIES: Final = Statement(
    "series",
    "SELECT name FROM system.tables WHERE database = currentDatabase()"
    " AND engine = 'ReplacingMergeTree' AND name NOT LIKE '%migration%' ORDER BY name",
)
_COLLECTIONS: Final = (
    "agent_profiles",
    "market_sentiment",
    "protocol_analysis",
    "trading_patterns",
)


async def contents(stores: Stores) -> dict[str, Any]:
    """All rows of all tables that a load fills, and the number of vectors."""
    found: dict[str, Any] = {}
    for row in await stores.postgres.fetch(_TABLES):
        text = f"SELECT (to_jsonb(t) - '{_ARRIVAL}'::text[])::text AS r FROM {row['name']} AS t"
        rows = await stores.postgres.fetch(Statement("rows", text))
        found[row["name"]] = sorted(each["r"] for each in rows)
    for (name,) in await stores.clickhouse.fetch(_SERIES):
        text = f"SELECT toString(tuple(* EXCEPT ingested_at)) FROM {name} FINAL"
        found[str(name)] = sorted(await stores.clickhouse.fetch(Statement("rows", text)))
    for alias in _COLLECTIONS:
        found[alias] = await stores.qdrant.count(alias)
    return found


async def count(stores: Stores, relation: str) -> int:
    """Rows of a Postgres table (with a schema) or of a series."""
    if "." in relation:
        rows = await stores.postgres.fetch(Statement("c", f"SELECT count(*) AS n FROM {relation}"))
        return int(rows[0]["n"])
    found = await stores.clickhouse.fetch(Statement("c", f"SELECT count() FROM {relation} FINAL"))
    return int(str(found[0][0]))
