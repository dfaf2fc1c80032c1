"""Every object of the seed designs has a home, and the home exists in the running stores."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import asyncpg
import clickhouse_connect
import pytest
import yaml

from gateway.config import Settings
from gateway.worker.jobs import JOBS
from stores.queries import load_queries
from stores.urls import StoreUrls
from tests.conftest import NOTE

ROOT = Path(__file__).parents[2]
KINDS = {
    "postgres", "partitioned", "schema", "role", "function", "trigger", "policy", "grant",
    "values", "row", "clickhouse", "redis", "script", "qdrant", "setting", "compose", "code",
    "query", "job", "check",
}  # fmt: skip
#: What the inventory counted in each seed: 000, 001, 002, 003, 004.
COUNTS = {
    "tables": (12, 16, 7, 14, 13),
    "tables_named": (0, 16, 0, 0, 0),
    "tables_implied": (0, 2, 2, 3, 0),
    "schemas": (0, 0, 0, 5, 0),
    "enums": (0, 0, 0, 0, 16),
    "checks": (7, 18, 12, 3, 0),
    "hypertables": (6, 6, 0, 0, 0),
    "partitions": (2, 4, 1, 4, 0),
    "views": (0, 0, 4, 0, 0),
    "materialized_views": (1, 3, 1, 0, 0),
    "functions": (4, 8, 2, 4, 0),
    "functions_undefined": (1, 0, 2, 0, 0),
    "triggers": (3, 0, 0, 1, 0),
    "trigger_templates": (0, 2, 0, 0, 0),
    "jobs": (0, 1, 2, 1, 0),
    "roles": (0, 0, 3, 0, 0),
    "roles_referenced": (1, 2, 0, 1, 0),
    "grants": (0, 0, 7, 0, 0),
    "rls_tables": (3, 4, 4, 0, 0),
    "policies": (2, 0, 5, 0, 0),
    "policy_templates": (0, 2, 0, 0, 0),
    "clickhouse": (0, 0, 0, 0, 6),
    "redis": (0, 5, 0, 0, 20),
    "qdrant": (0, 0, 0, 0, 3),
    "seed_rows": (0, 0, 2, 0, 8),
}
#: Rows of the inventory that several seeds share, so that only the sum can be compared.
TOTALS = {
    "secrets": 14,
    "settings": 23,
    "numbers": 52,
    "backup": 17,
    "monitoring": 9,
    "promises": 46,
    "jobs_promised": 9,
    "partitions_promised": 4,
    "redis_unnamed": 1,
}


def text(store: str, name: str) -> str:
    return resources.files("sql").joinpath(store, name).read_text(encoding="utf-8")


SEED_MAP: dict[str, list[dict[str, Any]]] = tomllib.loads(
    resources.files("sql").joinpath("seed-map.toml").read_text(encoding="utf-8")
)
FAMILIES: dict[str, dict[str, Any]] = tomllib.loads(text("redis", "keys.toml"))


def homes(entry: dict[str, Any]) -> list[str]:
    home = entry.get("home", [])
    return [home] if isinstance(home, str) else list(home)


def entries() -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, listed in SEED_MAP.items():
        for entry in listed:
            yield kind, entry


@dataclass(frozen=True, slots=True)
class Found:
    """What the stores and the repository really hold, as homes are written in the map."""

    homes: frozenset[str]
    values: dict[str, str]

    def has(self, home: str, entry: dict[str, Any]) -> bool:
        if home.startswith("values:"):
            allowed = self.values.get(home.removeprefix("values:"), "")
            renamed = entry.get("renamed", {})
            return all(f"'{renamed.get(value, value)}'" in allowed for value in entry["values"])
        return home in self.homes


CATALOGUE = {
    "schema": "SELECT nspname FROM pg_namespace",
    "role": "SELECT rolname FROM pg_roles",
    "postgres": """
        SELECT relnamespace::regnamespace || '.' || relname FROM pg_class
        WHERE relkind IN ('r', 'p', 'v', 'm')""",
    "partitioned": """
        SELECT relnamespace::regnamespace || '.' || relname FROM pg_class WHERE relkind = 'p'""",
    "function": "SELECT pronamespace::regnamespace || '.' || proname FROM pg_proc",
    "trigger": """
        SELECT relnamespace::regnamespace || '.' || relname
        FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE tgfoid = 'ops.set_updated_at'::regproc""",
    "policy": """
        SELECT relnamespace::regnamespace || '.' || relname FROM pg_class
        WHERE relrowsecurity AND relforcerowsecurity
          AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid)""",
    "grant": """
        SELECT grantee || ':' || privilege_type || ':' || table_schema || '.' || table_name
        FROM information_schema.role_table_grants""",
    "row": """
        SELECT 'agents.agents.slug=' || slug FROM agents.agents
        UNION ALL SELECT 'agents.agents.agent_type=' || agent_type::text FROM agents.agents""",
}
ALLOWED = """
    SELECT attrelid::regclass || '.' || attname AS column_name,
           concat_ws(' ',
               (SELECT string_agg(quote_literal(enumlabel), ' ') FROM pg_enum
                WHERE enumtypid = atttypid),
               (SELECT string_agg(pg_get_constraintdef(oid), ' ') FROM pg_constraint
                WHERE conrelid = attrelid AND attnum = ANY (conkey) AND contype = 'c')) AS allowed
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE attnum > 0 AND relkind IN ('r', 'p')
      AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')"""


async def in_postgres(url: str) -> tuple[set[str], dict[str, str]]:
    connection = await asyncpg.connect(url)
    try:
        found = {
            f"{kind}:{row[0]}"
            for kind, query in CATALOGUE.items()
            for row in await connection.fetch(query)
        }
        allowed = {row["column_name"]: row["allowed"] for row in await connection.fetch(ALLOWED)}
    finally:
        await connection.close()
    return found, allowed


async def in_clickhouse(url: str) -> tuple[set[str], dict[str, str]]:
    client = await clickhouse_connect.get_async_client(dsn=url)
    try:
        result = await client.query(
            "SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase()"
        )
    finally:
        await client.close()
    allowed = {
        f"clickhouse.{name}.{column}": values
        for name, created in result.result_rows
        for column, values in re.findall(r"CHECK (\w+) IN (\([^)]*\))", created)
    }
    return {f"clickhouse:{name}" for name, _ in result.result_rows}, allowed


def in_repository() -> set[str]:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    collections = tomllib.loads(text("qdrant", "collections.toml"))
    scripts = resources.files("sql").joinpath("redis").iterdir()
    paths = {
        home.partition(":")[2]
        for _, entry in entries()
        for home in homes(entry)
        if home.startswith(("code:", "check:"))
    }
    there = {path for path in paths if (ROOT / path).exists()}
    return {
        *(f"redis:{family}" for family in FAMILIES),
        *(f"script:{file.name[:-4]}" for file in scripts if file.name.endswith(".lua")),
        *(f"qdrant:{alias}" for alias in collections),
        *(f"setting:{field}" for field in Settings.model_fields),
        *(f"compose:{service}" for service in compose["services"]),
        *(f"query:postgres.{name}" for name in load_queries("postgres")),
        *(f"query:clickhouse.{name}" for name in load_queries("clickhouse")),
        *(f"job:{name}" for name in JOBS),
        *(f"code:{path}" for path in there),
        *(f"check:{path}" for path in there),
    }


@pytest.fixture(scope="module")
async def found(store_urls: StoreUrls) -> Found:
    relations, allowed = await in_postgres(store_urls.postgres_migrator)
    series, checked = await in_clickhouse(store_urls.clickhouse)
    return Found(
        homes=frozenset(relations | series | in_repository()), values={**allowed, **checked}
    )


def test_map_counts_what_the_inventory_counts() -> None:
    assert SEED_MAP.keys() == COUNTS.keys() | TOTALS.keys()
    for kind, expected in COUNTS.items():
        counted = Counter(entry["seed"] for entry in SEED_MAP[kind])
        assert tuple(counted[f"00{seed}"] for seed in range(5)) == expected, kind
    for kind, total in TOTALS.items():
        assert len(SEED_MAP[kind]) == total, kind


def test_every_entry_is_whole_and_stands_once() -> None:
    seen: set[tuple[str, str, str]] = set()
    for kind, entry in entries():
        assert set(entry) <= {"seed", "name", "home", "replaced", "planned", "values", "renamed"}
        assert homes(entry) or entry["replaced"], entry
        assert all(home.partition(":")[0] in KINDS for home in homes(entry)), entry
        key = (kind, entry["seed"], entry["name"])
        assert key not in seen
        seen.add(key)


async def test_every_home_exists(found: Found) -> None:
    missing = [
        f"{kind}: {entry['seed']} {entry['name']} -> {home}"
        for kind, entry in entries()
        if not entry.get("planned")
        for home in homes(entry)
        if not found.has(home, entry)
    ]
    assert "\n".join(missing) == ""


async def test_what_is_planned_is_really_missing(
    found: Found, record_property: Callable[[str, object], None]
) -> None:
    planned = [entry for _, entry in entries() if entry.get("planned")]
    for entry in planned:
        built = all(found.has(home, entry) for home in homes(entry))
        assert not built, f"{entry['seed']} {entry['name']} is there: remove planned"
    record_property(NOTE, f"seed map: {sum(1 for _ in entries())} objects, {len(planned)} planned")


def test_redis_families_name_the_patterns_they_replace() -> None:
    for entry in SEED_MAP["redis"] + SEED_MAP["redis_unnamed"]:
        pattern = f"{entry['seed']} {entry['name']}"
        families = [home[6:] for home in homes(entry) if home.startswith("redis:")]
        assert any(pattern in FAMILIES[family]["replaces"] for family in families), pattern
