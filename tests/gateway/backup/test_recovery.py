"""Postgres comes back as it was at a moment between two backups."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from gateway.backup.shelf import Shelf
from stores.embedded import start
from stores.objects.disk import DiskObjects
from tests.gateway.backup.conftest import Source, gateway, next_second, superuser

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("backup")]

_CHAIN = (
    "INSERT INTO catalog.chains (id, caip2, slug, name, is_evm)"
    " VALUES ($1, 'eip155:' || $1::bigint, 'c' || $1::bigint, 'c', true)"
)
_CHAINS = "SELECT array_agg(id ORDER BY id) FROM catalog.chains WHERE id BETWEEN 970001 AND 970009"
_CHANGE = (
    "INSERT INTO ops.outbox (aggregate, aggregate_id, event, published_at)"
    " VALUES ($1, '1', 'made', now())"
)


def archived(source: Source) -> None:
    """Wait until everything that was written is in the archive."""
    segment = superuser(source.engines, "SELECT pg_walfile_name(pg_switch_wal())")
    while not (source.shelf / "wal" / str(segment)).exists():
        superuser(source.engines, "SELECT pg_sleep(0.02)")


def test_bases_and_the_log_lead_to_any_moment(source: Source, tmp_path: Path) -> None:
    first = gateway(source.directory, "backup", source.shelf, "--postgres", "base")
    assert first.exit_code == 0, first.output
    superuser(source.engines, _CHAIN, 970_001)
    next_second()
    added = gateway(
        *(source.directory, "backup", source.shelf, "--postgres", "base", "--incremental")
    )
    assert added.exit_code == 0, added.output
    assert "what changed since the base" in added.output
    superuser(source.engines, _CHAIN, 970_002)
    superuser(source.engines, _CHANGE, "late")
    moment = superuser(source.engines, "SELECT clock_timestamp() AT TIME ZONE 'UTC'")
    assert isinstance(moment, datetime)
    superuser(source.engines, _CHAIN, 970_003)
    archived(source)
    segments = sorted((source.shelf / "wal").iterdir())
    assert asyncio.run(Shelf(DiskObjects(source.shelf)).trim_log()) > 0, "one before the first base"
    assert set(segments) > set((source.shelf / "wal").iterdir()) > set()

    target = tmp_path / "data"
    to = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    restored = gateway(target, "restore", source.shelf, "--to", to)
    assert restored.exit_code == 0, restored.output
    with start(target, durable=False) as engines:
        assert superuser(source.engines, _CHAINS) == [970_001, 970_002, 970_003]
        assert superuser(engines, _CHAINS) == [970_001, 970_002]
        # Passed on after the copies of the other stores were made: they hear of it again.
        waiting = "SELECT published_at IS NULL FROM ops.outbox WHERE aggregate = 'late'"
        assert superuser(engines, waiting) is True


def test_a_moment_before_every_base_is_refused(source: Source, tmp_path: Path) -> None:
    refused = gateway(*(tmp_path / "data", "restore", source.shelf, "--to", "2020-01-01T00:00:00Z"))
    assert refused.exit_code == 3
    assert "no base backup was begun before 2020-01-01" in refused.output
    assert not (tmp_path / "data").exists()
