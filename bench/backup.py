"""What copying series away and back and archiving them takes as they grow, in rows a second."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.measure import Figure
from gateway.archive.moving import Archiver
from gateway.backup.series import copy_series, empty_series, restore_series
from gateway.backup.shelf import Shelf
from stores.lifecycle import Stores
from stores.objects.disk import DiskObjects
from stores.queries import Statement

_ROWS: Final = 10_000
_SIZES: Final = (1, 10, 100)
_FILL: Final = """
    INSERT INTO wallet_transactions
        (ts, chain_id, wallet_id, tx_hash, transaction_type, amount_in, amount_in_usd, ingested_at)
    SELECT
        toDateTime64('2020-01-01', 3, 'UTC') + toIntervalMinute(number % 500000),
        1, reinterpretAsUUID(sipHash128(number % 5000)), lower(hex(sipHash128(number))),
        'transfer', number / 7, number / 3, toDateTime64('2021-06-01', 3, 'UTC')
    FROM numbers({rows:UInt64})
"""


async def measure(stores: Stores) -> AsyncIterator[Figure]:
    """Fill, copy, copy again, bring back and archive wallet activity of three sizes."""
    series = stores.clickhouse
    for size in _SIZES:
        rows = size * _ROWS
        await empty_series(series)
        await series.execute(Statement("fill", _FILL, kind="exec"), {"rows": rows})
        with TemporaryDirectory(prefix="bench-backup-") as folder:
            shelf = Shelf(DiskObjects(Path(folder)))
            started = time.perf_counter()
            copies = await copy_series(series, shelf, "20200101T000000Z", (), _silent)
            copied = time.perf_counter()
            await copy_series(series, shelf, "20200101T010000Z", copies, _silent)
            again = time.perf_counter()
            await empty_series(series)
            emptied = time.perf_counter()
            await restore_series(series, shelf, copies, _silent)
            restored = time.perf_counter()
            archiver = Archiver(stores, shelf.objects)
            left = [
                month.row_count
                async for month in archiver.archive(
                    datetime(2022, 1, 1, tzinfo=UTC), of=["wallet_transactions"]
                )
            ]
            archived = time.perf_counter()
            assert sum(left) == rows
            size_of = sum(copy.file.size for copy in copies)
        yield Figure(f"{size}×: rows copied", rows / (copied - started), "rows/s")
        yield Figure(f"{size}×: copied again, unchanged", again - copied, "s")
        yield Figure(f"{size}×: rows brought back", rows / (restored - emptied), "rows/s")
        yield Figure(f"{size}×: rows archived", rows / (archived - restored), "rows/s")
        yield Figure(f"{size}×: bytes of a copied row", size_of / rows, "bytes")


def _silent(_line: str) -> None:
    """No progress."""
