"""The migrations as files, and what going up and down leaves behind."""

from __future__ import annotations

import re
from importlib import resources

from stores.migrate import migrate, rollback
from stores.migrate.files import load_migrations
from stores.migrate.model import Migration
from stores.urls import StoreUrls
from tests.sql.postgres.catalogue import snapshot


def migrations() -> list[Migration]:
    return load_migrations(resources.files("sql") / "postgres", "postgres")


async def test_down_leaves_nothing_and_up_again_the_same(empty: StoreUrls) -> None:
    before = await snapshot(empty.postgres_migrator)
    await migrate(empty, stores=["postgres"])
    first = await snapshot(empty.postgres_migrator)
    await rollback(empty, "postgres", target="0")
    assert await snapshot(empty.postgres_migrator) == before
    await migrate(empty, stores=["postgres"])
    second = await snapshot(empty.postgres_migrator)
    for kind, things in first.items():
        assert second[kind] == things, kind
    assert len(first["columns"]) > 800


async def test_each_migration_undoes_exactly_what_it_did(empty: StoreUrls) -> None:
    states = [await snapshot(empty.postgres_migrator)]
    for migration in migrations():
        await migrate(empty, stores=["postgres"], target=migration.version)
        states.append(await snapshot(empty.postgres_migrator))
    for migration, state in zip(reversed(migrations()), reversed(states[:-1]), strict=True):
        await rollback(empty, "postgres", steps=1)
        assert await snapshot(empty.postgres_migrator) == state, migration.filename


def test_every_migration_says_why_and_can_be_undone() -> None:
    found = migrations()
    assert [m.version for m in found] == [f"{number:04d}" for number in range(1, len(found) + 1)]
    for migration in found:
        assert len(migration.description) > 40, migration.filename
        assert migration.down is not None, migration.filename
        assert migration.irreversible is None, migration.filename
        assert re.fullmatch(r"\d{4}_[a-z]+_[a-z_]+\.sql", migration.filename)


def test_no_migration_needs_an_extension() -> None:
    for migration in migrations():
        assert not re.search(
            r"CREATE\s+EXTENSION|create_hypertable|cron\.", migration.up.sql, re.IGNORECASE
        ), migration.filename
