"""The series of ClickHouse: partition by partition, those alone that changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Final

from gateway.backup.manifest import PartitionCopy
from gateway.backup.packing import packed, unpacked
from gateway.backup.shelf import Shelf
from stores.clickhouse.client import ClickHouse
from stores.queries import load_queries

_FORMAT: Final = "Native"  # the only one that holds the states of aggregate functions
_PARTITION_S: Final = 3_600.0


async def copy_series(
    clickhouse: ClickHouse,
    shelf: Shelf,
    name: str,
    before: Sequence[PartitionCopy],
    report: Callable[[str], None],
) -> tuple[PartitionCopy, ...]:
    """Copy every partition; one in the state it had before is not read again."""
    known = {(each.table, each.partition, each.state): each for each in before}
    queries = load_queries("clickhouse")
    copies, taken = [], 0
    for row in await clickhouse.fetch(queries["backup.partitions"]):
        table, partition, state = str(row[0]), str(row[1]), str(row[2])
        copied = known.get((table, partition, state))
        if copied is None:
            rows = clickhouse.export(
                queries["backup.rows_of_partition"],
                {"table": table, "partition": partition},
                format=_FORMAT,
                deadline=time.monotonic() + _PARTITION_S,
            )
            key = f"{name}/clickhouse/{table}/{partition}.native.zst"
            file = await shelf.add(key, packed(rows))
            copied = PartitionCopy(table, partition, state, int(str(row[3])), file)
            taken += 1
        copies.append(copied)
    report(f"clickhouse: {taken:,} of {len(copies):,} partitions copied")
    return tuple(copies)


async def row_count(clickhouse: ClickHouse) -> int:
    """Rows in all tables."""
    partitions = await clickhouse.fetch(load_queries("clickhouse")["backup.partitions"])
    return sum(int(str(row[3])) for row in partitions)


async def empty_series(clickhouse: ClickHouse) -> None:
    """Remove the rows of every table that a backup would hold."""
    queries = load_queries("clickhouse")
    partitions = await clickhouse.fetch(queries["backup.partitions"])
    for table in dict.fromkeys(str(row[0]) for row in partitions):
        await clickhouse.execute(queries["backup.empty_table"], {"table": table})


async def restore_series(
    clickhouse: ClickHouse,
    shelf: Shelf,
    copies: Iterable[PartitionCopy],
    report: Callable[[str], None],
) -> None:
    """Put copied partitions into tables that are there and empty.

    What a table feeds by a materialized view is written after it, and emptied first, because the
    copy of it holds what the view wrote. Tables that this version no longer has are passed.
    """
    queries = load_queries("clickhouse")
    there = {str(row[0]) for row in await clickhouse.fetch(queries["backup.tables"])}
    feeds: dict[str, set[str]] = {}
    for source, target in await clickhouse.fetch(queries["backup.feeds"]):
        feeds.setdefault(str(target), set()).add(str(source))
    by_table: dict[str, list[PartitionCopy]] = {}
    for copy in copies:
        by_table.setdefault(copy.table, []).append(copy)
    for table in _in_order(there, feeds):
        if table in feeds:
            await clickhouse.execute(queries["backup.empty_table"], {"table": table})
        for copy in by_table.get(table, ()):
            rows = unpacked(shelf.read(copy.file))
            deadline = time.monotonic() + _PARTITION_S
            await clickhouse.ingest(table, rows, format=_FORMAT, deadline=deadline)
    restored = sum(len(listed) for table, listed in by_table.items() if table in there)
    report(f"clickhouse: {restored:,} partitions of {len(by_table.keys() & there):,} tables")
    if left_out := sorted(by_table.keys() - there):
        report(f"clickhouse: left out, as this version has no such table: {', '.join(left_out)}")


def _in_order(tables: set[str], feeds: Mapping[str, set[str]]) -> Iterable[str]:
    """Tables, each after those that feed it."""
    sorter = TopologicalSorter({table: feeds.get(table, set()) for table in sorted(tables)})
    return sorter.static_order()
