"""Reads the catalogue of a database as comparable text."""

from __future__ import annotations

from typing import Final

import asyncpg

SCHEMAS: Final = [
    "account", "agents", "alerts", "catalog", "ops", "portfolio", "privacy", "research", "risk",
    "trading",
]  # fmt: skip

#: Ordinary and partitioned tables of the ten schemas, without the partitions.
TABLES: Final = """
SELECT format('%I.%I', n.nspname, c.relname) AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY 1
"""

_SNAPSHOT: Final = {
    "schemas": """
        SELECT nspname || ' ' || coalesce(obj_description(oid, 'pg_namespace'), '') || ' '
            || pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = ANY ($1)""",
    "relations": """
        SELECT format('%s %s %s %s %s %s', c.oid::regclass, c.relkind, c.relrowsecurity,
            c.relforcerowsecurity, pg_get_userbyid(c.relowner), array_to_string(c.reloptions, ','))
            || ' ' || coalesce(pg_get_expr(c.relpartbound, c.oid), '')
            || ' ' || coalesce(pg_get_partkeydef(c.oid), '')
            || ' ' || coalesce(obj_description(c.oid, 'pg_class'), '')
        FROM pg_class c WHERE c.relnamespace::regnamespace::text = ANY ($1)""",
    "columns": """
        SELECT format('%s %s %s %s %s %s%s', a.attrelid::regclass, a.attnum, a.attname,
            format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated)
            || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
            || ' ' || coalesce(col_description(a.attrelid, a.attnum), '')
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace::regnamespace::text = ANY ($1) AND a.attnum > 0
            AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT a.attisdropped""",
    "constraints": """
        SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE connamespace::regnamespace::text = ANY ($1)""",
    "indexes": """
        SELECT pg_get_indexdef(indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        WHERE c.relnamespace::regnamespace::text = ANY ($1)""",
    "policies": """
        SELECT format('%s.%s %s %s %s %s %s', schemaname, tablename, policyname, cmd, roles, qual,
            with_check) FROM pg_policies WHERE schemaname = ANY ($1)""",
    "triggers": """
        SELECT t.tgrelid::regclass || ' ' || pg_get_triggerdef(t.oid)
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal AND c.relnamespace::regnamespace::text = ANY ($1)""",
    "routines": """
        SELECT pg_get_functiondef(oid) || ' ' || pg_get_userbyid(proowner) || ' '
            || coalesce(obj_description(oid, 'pg_proc'), '')
        FROM pg_proc WHERE pronamespace::regnamespace::text = ANY ($1)""",
    "types": """
        SELECT t.oid::regtype || ' ' || coalesce(obj_description(t.oid, 'pg_type'), '') || ' '
            || string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)
        FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
        WHERE t.typnamespace::regnamespace::text = ANY ($1) GROUP BY t.oid""",
    "views": """
        SELECT c.oid::regclass || ' ' || pg_get_viewdef(c.oid) FROM pg_class c
        WHERE c.relkind IN ('v', 'm') AND c.relnamespace::regnamespace::text = ANY ($1)""",
    "grants": """
        SELECT format('%s %s %s', what, a.grantee::regrole, a.privilege_type) FROM (
            SELECT 'schema ' || nspname AS what, nspacl AS acl FROM pg_namespace
            WHERE nspname = ANY ($1)
            UNION ALL
            SELECT c.oid::regclass::text, c.relacl FROM pg_class c
            WHERE c.relnamespace::regnamespace::text = ANY ($1)
            UNION ALL
            SELECT format('%s.%s', t.attrelid::regclass, t.attname), t.attacl
            FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid
            WHERE c.relnamespace::regnamespace::text = ANY ($1)
            UNION ALL
            SELECT oid::regprocedure::text, proacl FROM pg_proc
            WHERE pronamespace::regnamespace::text = ANY ($1)
            UNION ALL
            SELECT format('default %s %s %s', defaclrole::regrole,
                nullif(defaclnamespace, 0)::regnamespace, defaclobjtype), defaclacl
            FROM pg_default_acl
        ) AS things, aclexplode(acl) AS a""",
    "rows": """
        SELECT to_jsonb(a) - 'created_at' - 'updated_at' || '{}' FROM agents.agents a""",
}


async def snapshot(url: str) -> dict[str, list[str]]:
    """Everything the ten schemas hold, by kind, sorted; empty lists for an empty database."""
    connection = await asyncpg.connect(url)
    try:
        found = {}
        for kind, query in _SNAPSHOT.items():
            if kind == "rows":
                exists = await connection.fetchval("SELECT to_regclass('agents.agents')")
                records = await connection.fetch(query) if exists else []
            else:
                arguments = [SCHEMAS] if "$1" in query else []
                records = await connection.fetch(query, *arguments)
            found[kind] = sorted(str(record[0]) for record in records)
        return found
    finally:
        await connection.close()


async def tables(connection: asyncpg.Connection) -> list[str]:
    """The tables of the ten schemas, without partitions."""
    return [row["name"] for row in await connection.fetch(TABLES, SCHEMAS)]
