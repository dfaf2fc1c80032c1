"""A load that is killed goes on where it stopped; memory stays the same throughout."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from gateway.load import LoadOptions, Progress, load
from stores.lifecycle import StoreOptions, Stores
from tests.gateway.load.contents import contents, count
from tests.gateway.load.files import write_files

_ROWS = 23_000


def _write_gas(directory: Path, rows: int) -> None:
    """One reading a minute; every thousandth is wrong."""
    path = directory / "gas" / "polygon_minute.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        file.write("chain_id,timestamp,gas_price_gwei\n")
        for row in range(rows):
            day, minute = divmod(row, 1440)
            month, day = divmod(day, 28)
            on = f"{2015 + month // 12}-{month % 12 + 1:02}-{day + 1:02}"
            at = f"{on}T{minute // 60:02}:{minute % 60:02}:00Z"
            file.write(f"137,{at},{'wrong' if row % 1000 == 999 else 30 + row % 7}\n")


async def _kill_after(chunks: int, directory: Path, options: StoreOptions, rejected: Path) -> int:
    told = {
        "urls": {each.name: getattr(options.urls, each.name) for each in fields(options.urls)},
        "prefix": options.qdrant_prefix,
        "rejected": str(rejected),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.gateway.load.interrupted",
        str(directory),
        str(chunks),
        json.dumps(told),
    )
    return await process.wait()


@pytest.mark.parametrize("chunks", [1, 4])
async def test_killed_load_is_continued_without_loss_or_repetition(
    empty_stores: Stores, fresh_options: StoreOptions, tmp_path: Path, chunks: int
) -> None:
    directory, rejected = write_files(tmp_path / "in"), tmp_path / "rejected"
    _write_gas(directory, _ROWS)
    seen: list[Progress] = []

    killed = await _kill_after(chunks, directory, fresh_options, rejected)
    report = await load(
        directory, empty_stores, LoadOptions(rejected_dir=rejected), on_progress=seen.append
    )

    assert killed == -signal.SIGKILL
    (gas,) = [file for file in report.files if file.source == "gas_minute"]
    assert (gas.rows, gas.rejected) == (_ROWS, _ROWS // 1000)
    assert await count(empty_stores, "gas_prices") == _ROWS - _ROWS // 1000 + 1
    resumed = await contents(empty_stores)
    lines = (rejected / "gas" / "polygon_minute.csv.jsonl").read_bytes()

    await load(directory, empty_stores, LoadOptions(rejected_dir=rejected, force=True))

    assert await contents(empty_stores) == resumed
    assert (rejected / "gas" / "polygon_minute.csv.jsonl").read_bytes() == lines
    assert len(lines.splitlines()) == _ROWS // 1000


async def test_killed_load_continues_in_the_middle_of_a_file(
    empty_stores: Stores, fresh_options: StoreOptions, tmp_path: Path
) -> None:
    _write_gas(tmp_path, _ROWS)
    seen: list[Progress] = []

    await _kill_after(2, tmp_path, fresh_options, tmp_path / "rejected")
    await load(tmp_path, empty_stores, on_progress=seen.append)

    rows = [each.rows for each in seen if each.source == "gas_minute" and each.state == "loading"]
    assert rows == [15_000, 20_000, 23_000]


async def test_memory_does_not_grow_with_the_file(empty_stores: Stores, tmp_path: Path) -> None:
    _write_gas(tmp_path, 300_000)
    resident: list[int] = []

    def measure(progress: Progress) -> None:
        if progress.source == "gas_minute" and progress.state == "loading":
            resident.append(_resident_kb())

    report = await load(
        tmp_path, empty_stores, LoadOptions(only=["gas_minute"]), on_progress=measure
    )

    assert report.rows == 300_000
    assert len(resident) == 60
    # From the tenth chunk on, when buffers and caches have their size.
    assert max(resident[10:]) - resident[10] < 60_000


def _resident_kb() -> int:
    status = Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in status if line.startswith("VmRSS:")]
    return int(line.split()[1])
