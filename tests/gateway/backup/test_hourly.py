"""What the worker and Postgres themselves keep in GATEWAY_BACKUP_URL."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from gateway.config import Settings
from gateway.worker.job import JobContext
from gateway.worker.jobs import JOBS
from stores.lifecycle import open_stores
from tests.gateway.backup.conftest import Source, gateway, next_second

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("backup")]


async def back_up(source: Source, settings: Settings) -> dict[str, object]:
    async with await open_stores(source.options) as stores:
        run = JobContext(stores, time.monotonic() + 60, settings=settings)
        await JOBS["back_up"].function(run)
        return run.details


def test_the_worker_copies_everything_once_and_then_what_changed(
    source: Source, tmp_path: Path
) -> None:
    settings = Settings(data_dir=source.directory, backup_url=tmp_path.as_uri())
    full = asyncio.run(back_up(source, settings))
    next_second()
    added = asyncio.run(back_up(source, settings))
    assert [full["kind"], added["kind"]] == ["full", "incremental"]
    assert (full["removed"], added["removed"]) == ([], [])
    names = sorted(folder.name for folder in tmp_path.glob("2*"))
    assert names == [full["backup"], added["backup"]]
    assert not list((tmp_path / str(added["backup"])).glob("clickhouse/*/*"))


def test_without_a_place_the_worker_takes_none(source: Source) -> None:
    assert asyncio.run(back_up(source, Settings(data_dir=source.directory))) == {
        "off": "GATEWAY_BACKUP_URL is not set"
    }


def test_a_segment_is_archived_once_and_never_written_over(tmp_path: Path) -> None:
    segment, shelf = tmp_path / "000000010000000000000002", tmp_path / "shelf"
    segment.write_bytes(b"log")
    for _ in range(2):  # Postgres sends it again when it was stopped in between
        assert gateway(tmp_path, "wal", "put", segment, shelf).exit_code == 0
    assert (shelf / "wal" / segment.name).read_bytes() == b"log"
    segment.write_bytes(b"of another server")
    refused = gateway(tmp_path, "wal", "put", segment, shelf)
    assert refused.exit_code == 3
    assert "does another server write here?" in refused.output
    assert (shelf / "wal" / segment.name).read_bytes() == b"log"
