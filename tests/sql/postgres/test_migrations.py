"""The migrations as files, and what going up and down leaves behind."""

from __future__ import annotations

import re

from stores.urls import StoreUrls
from tests.sql.postgres.catalogue import snapshot
from tests.sql.postgres.migrations import apply_all, files, revert_all


async def test_down_leaves_nothing_and_up_again_the_same(empty: StoreUrls) -> None:
    before = await snapshot(empty.postgres_migrator)
    await apply_all(empty.postgres_migrator)
    first = await snapshot(empty.postgres_migrator)
    await revert_all(empty.postgres_migrator)
    assert await snapshot(empty.postgres_migrator) == before
    await apply_all(empty.postgres_migrator)
    second = await snapshot(empty.postgres_migrator)
    for kind, things in first.items():
        assert second[kind] == things, kind
    assert len(first["columns"]) > 800


def test_every_migration_says_why_and_can_be_undone() -> None:
    names = [name for name, _, _ in files()]
    assert [name[:4] for name in names] == [f"{number:04d}" for number in range(1, len(names) + 1)]
    for name, up, down in files():
        assert up.strip(), name
        assert down.strip(), name
        assert re.fullmatch(r"\d{4}_[a-z]+_[a-z_]+\.sql", name)


def test_no_migration_needs_an_extension() -> None:
    for name, up, _ in files():
        assert not re.search(r"CREATE\s+EXTENSION|create_hypertable|cron\.", up, re.IGNORECASE), (
            name
        )
