"""Writes a batch to the stores; a row that a store refuses is found and set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from gateway.load.batch import Batch, Reject
from gateway.load.targets import SERIES, UPSERTS
from gateway.load.values import RowRejectedError, RowSkippedError
from stores.errors import StoreConflict, StoreRejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from gateway.load.reading import Line
    from gateway.load.source import Lookup, Source
    from stores.lifecycle import Stores
    from stores.queries import Statement

# ClickHouse refuses a block that touches more than a hundred partitions, and a month is one.
_MONTHS: Final = 90
_UPSERT_ROWS: Final = 5_000


def normalise(source: Source, lines: Sequence[Line], lookup: Lookup) -> Batch:
    """Turn rows into writes; wrong rows are set aside with their reason."""
    batch = Batch(rows=len(lines))
    for line in lines:
        if line.fault is not None:
            batch.rejects.append(Reject(line.number, line.fault))
            continue
        try:
            source.normalise(line.row, batch, lookup)
        except RowSkippedError as error:
            batch.rejects.append(Reject(line.number, str(error), expected=True))
        except RowRejectedError as error:
            batch.rejects.append(Reject(line.number, str(error)))
    return batch


class BatchWriter:
    """Writes batches of one source to ClickHouse and Postgres."""

    __slots__ = ("_lookup", "_queries", "_source", "_stores")

    def __init__(
        self,
        stores: Stores,
        queries: Mapping[str, Statement],
        source: Source,
        lookup: Lookup,
    ) -> None:
        self._stores = stores
        self._queries = queries
        self._source = source
        self._lookup = lookup

    async def write(self, lines: Sequence[Line], batch: Batch) -> list[Reject]:
        """Write a batch and return the rows that were set aside.

        When a store refuses the batch it is halved until the rows at fault stand alone.

        Raises:
            StoreError: a store cannot be reached, or is full; the batch may be repeated.
        """
        try:
            await self._store(batch)
        except (StoreRejected, StoreConflict) as error:
            if len(lines) == 1:
                return [Reject(lines[0].number, f"{error.store}: {error.message}")]
            middle = len(lines) // 2
            halves = (lines[:middle], lines[middle:])
            return [
                reject
                for half in halves
                for reject in await self.write(half, normalise(self._source, half, self._lookup))
            ]
        return batch.rejects

    async def _store(self, batch: Batch) -> None:
        if batch.upserts:
            async with self._stores.postgres.transaction(name="load") as transaction:
                for name in UPSERTS:
                    for rows in _slices(list(batch.upserts.get(name, {}).values())):
                        await transaction.execute(self._queries[name], as_json(rows))
        for table, series in batch.series.items():
            for block in partition_blocks(series):
                await self._stores.clickhouse.insert(table, SERIES[table], block)


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """Records as the JSON array that the load statements take; decimals become text."""
    return orjson.dumps(list(rows), default=str).decode()


def partition_blocks(
    rows: Sequence[tuple[object, ...]],
) -> Iterator[Sequence[tuple[object, ...]]]:
    """Rows in blocks of at most ninety months; the first column of a series is the time."""
    months = {_month(row) for row in rows}
    if len(months) <= _MONTHS:
        yield rows
        return
    ordered = sorted(months)
    for start in range(0, len(ordered), _MONTHS):
        chosen = set(ordered[start : start + _MONTHS])
        yield [row for row in rows if _month(row) in chosen]


def _month(row: tuple[object, ...]) -> int:
    moment: datetime = row[0]  # type: ignore[assignment]
    return moment.year * 12 + moment.month


def _slices(rows: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    for start in range(0, len(rows), _UPSERT_ROWS):
        yield rows[start : start + _UPSERT_ROWS]
