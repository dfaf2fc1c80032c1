"""One month of a series leaves ClickHouse for a Parquet file.

    1  the rows are written to a file where nobody reads, read back into a table and compared
    2  the file is noted in Postgres
    3  the month is moved to a twin of the table, in one step for all readers, and compared again:
       if rows had arrived since, it is moved back and tried another day
    4  the file is put where it is read, in one step
    5  the twin is dropped, and Postgres notes that the rows have left

Rows are with readers until 3 and from 4 on again, and never in both places. Whatever is killed in
between goes on where it was: what exists says how far it came.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid4

from gateway.archive.series import PENDING, SERIES, archived_key, pending_key
from stores.lifecycle import Stores
from stores.objects.store import Objects
from stores.queries import load_queries

_FORMAT: Final = "Parquet"
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Month:
    """A file and the rows in it.

    Attributes:
        id: of the file.
        series: table the rows are of.
        partition: its month.
        row_count: rows.
        fingerprint: of the rows in any order.
        sha256: of the file.
        size: of the file, in bytes.
    """

    id: UUID
    series: str
    partition: str
    row_count: int
    fingerprint: int
    sha256: str
    size: int

    @property
    def rows(self) -> tuple[int, int]:
        """What tells these rows from others."""
        return self.row_count, self.fingerprint


class Archiver:
    """Moves months of history into files.

    Args:
        stores: as worker.
        objects: where the files are kept.
        deadline: `time.monotonic()` value after which nothing new is begun.
    """

    def __init__(self, stores: Stores, objects: Objects, deadline: float | None = None) -> None:
        self._postgres = stores.postgres
        self._clickhouse = stores.clickhouse
        self._objects = objects
        self._deadline = deadline
        self._asked = load_queries("postgres")
        self._queries = load_queries("clickhouse")

    async def archive(
        self, before: datetime, *, of: Iterable[str] = SERIES
    ) -> AsyncIterator[Month]:
        """Archive every month all of whose rows arrived before a time; what has left, one by one.

        Arrival counts and not the time of the rows: a history of 2013 that was loaded today stays.

        Args:
            before: the time.
            of: series to look at.
        """
        async for resumed in self.resume():
            yield resumed
        for series in of:
            cold = await self._clickhouse.fetch(
                self._queries["archives.cold_partitions"],
                {"table": series, "before": before},
                deadline=self._deadline,
            )
            for row in cold:
                month = await self._write(series, str(row[0]))
                if month is not None and await self._leave(month):
                    yield month

    async def resume(self) -> AsyncIterator[Month]:
        """Go on with what was cut off; months that have left now."""
        known: set[str] = set()
        for row in await self._postgres.fetch(self._asked["archives.leaving"]):
            month = Month(
                row["id"],
                row["series"],
                row["partition"],
                row["row_count"],
                int(row["fingerprint"]),
                row["sha256"],
                row["size_bytes"],
            )
            known.add(pending_key(month.id))
            if await self._leave(month):
                yield month
        for info in [info async for info in self._objects.list(PENDING)]:
            if info.key not in known:  # written and never noted
                await self._objects.delete(info.key)

    async def _write(self, series: str, partition: str) -> Month | None:
        """Steps 1 and 2; None when rows arrived meanwhile, and the month stays.

        Raises:
            ArchiveError: the file does not give the rows back.
        """
        archive_id = uuid4()
        row_count, fingerprint = await self._rows(series, partition)
        pieces = self._clickhouse.export(
            self._queries["archives.rows"],
            {"table": series, "partition": partition},
            format=_FORMAT,
            deadline=self._deadline,
        )
        stored = await self._objects.put_named(pending_key(archive_id), pieces)
        month = Month(
            *(archive_id, series, partition, row_count, fingerprint, stored.sha256, stored.size)
        )
        found = await self._read_back(month)
        if found != month.rows:
            await self._objects.delete(pending_key(month.id))
            if await self._rows(series, partition) != month.rows:
                return None
            raise ArchiveError(
                f"the file of {series} {partition} does not give its rows back: "
                f"{found[0]:,} of {row_count:,} rows; nothing has left"
            )
        await self._postgres.execute(
            self._asked["archives.add"],
            *self._asked["archives.add"].arguments(
                id=month.id,
                series=series,
                partition=partition,
                row_count=row_count,
                fingerprint=Decimal(fingerprint),
                sha256=stored.sha256,
                size_bytes=stored.size,
            ),
        )
        return month

    async def _read_back(self, month: Month) -> tuple[int, int]:
        """The rows that the file gives to a table of its own."""
        check = f"{month.series}_check"
        await self._drop(check)
        await self._clickhouse.create_like(check, month.series, deadline=self._deadline)
        try:
            content = self._objects.get(pending_key(month.id), sha256=month.sha256)
            await self._clickhouse.ingest(check, content, format=_FORMAT, deadline=self._deadline)
            return await self._rows(check, month.partition)
        finally:
            await self._drop(check)

    async def _leave(self, month: Month) -> bool:
        """Steps 3 to 5, from where they were cut off; False when the month stays."""
        key = archived_key(month.series, month.partition, month.id)
        twin = f"{month.series}_leaving"
        if not await self._objects.exists(key):
            if not await self._moved(month, twin):
                return False
            content = self._objects.get(pending_key(month.id), sha256=month.sha256)
            await self._objects.put_named(key, content)
        await self._drop(twin)
        await self._postgres.execute(self._asked["archives.finish"], month.id)
        await self._objects.delete(pending_key(month.id))
        return True

    async def _moved(self, month: Month, twin: str) -> bool:
        """Step 3: whether the rows of the file, and no others, are in the twin now."""
        await self._clickhouse.create_like(twin, month.series, deadline=self._deadline)
        moving = {"source": month.series, "target": twin}
        leaving = await self._rows(twin, month.partition)
        if not leaving[0]:
            if not (await self._rows(month.series, month.partition))[0]:
                return True  # they are in the file and nowhere else
            await self._clickhouse.move_partition(
                month.partition, **moving, deadline=self._deadline
            )
            leaving = await self._rows(twin, month.partition)
        if leaving == month.rows:
            return True
        await self._clickhouse.move_partition(
            month.partition, source=twin, target=month.series, deadline=self._deadline
        )
        await self._drop(twin)
        await self._postgres.execute(self._asked["archives.forget"], month.id)
        await self._objects.delete(pending_key(month.id))
        _LOG.info("%s %s got rows while it was archived, and stays", month.series, month.partition)
        return False

    async def _rows(self, table: str, partition: str) -> tuple[int, int]:
        found = await self._clickhouse.fetch(
            self._queries["archives.fingerprint"],
            {"table": table, "partition": partition},
            deadline=self._deadline,
        )
        return int(str(found[0][0])), int(str(found[0][1]))

    async def _drop(self, table: str) -> None:
        await self._clickhouse.execute(
            self._queries["archives.drop"], {"table": table}, deadline=self._deadline
        )


class ArchiveError(Exception):
    """A file is not what it has to be; the rows are still in ClickHouse."""
