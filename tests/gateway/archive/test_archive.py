"""History leaves ClickHouse for files: every row is in one place, whatever is cut off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.archive.moving import Archiver
from gateway.archive.series import PENDING, SERIES, query_of
from stores.clickhouse.client import ClickHouse
from stores.lifecycle import StoreOptions, Stores
from stores.objects.disk import DiskObjects
from stores.queries import Statement, load_queries
from tests.gateway.worker.conftest import own_stores, rows

__all__ = ["own_stores"]

NOW = datetime.now(UTC).replace(microsecond=0)
OLD = NOW - timedelta(days=800)
LIMIT = NOW - timedelta(days=730)
COLUMNS = ("ts", "chain_id", "price_gwei", "source", "ingested_at")
# What random rows of a series must not draw: months, and what the tables check.
FIXED = {
    "ts": "toDateTime64('2020-05-05', 3, 'UTC')",
    "detected_at": "toDateTime64('2020-05-05', 3, 'UTC')",
    "ingested_at": "toDateTime64('2021-05-05', 3, 'UTC')",
    "opportunity_type": "'sandwich'",
    "prediction_type": "'gas_price'",
}
TWINS = """
    SELECT count() FROM system.tables
    WHERE database = currentDatabase() AND (endsWith(name, '_leaving') OR endsWith(name, '_check'))
"""
MAY, JUNE = datetime(2020, 5, 3, tzinfo=UTC), datetime(2020, 6, 3, tzinfo=UTC)


async def observe(stores: Stores, at: datetime, *prices: int, arrived: datetime = OLD) -> None:
    series = [
        (at + timedelta(minutes=number), 1, price, "test", arrived)
        for number, price in enumerate(prices)
    ]
    await stores.clickhouse.insert("gas_prices", COLUMNS, series)


async def asked(stores: Stores, text: str) -> list[int]:
    found = await stores.clickhouse.fetch(Statement("asked", text))
    return sorted(int(float(str(row[0]))) for row in found)


async def live(stores: Stores) -> list[int]:
    return await asked(stores, "SELECT price_gwei FROM gas_prices FINAL")


async def filed(stores: Stores, objects: DiskObjects) -> list[int]:
    """Prices in the files, by the query that operators are given."""
    if not [info async for info in objects.list("archive/gas_prices")]:
        return []
    query = await query_of(stores.clickhouse, objects, "gas_prices")
    return await asked(stores, f"SELECT price_gwei FROM ({query})")


async def archived(stores: Stores, objects: DiskObjects) -> list[tuple[str, int]]:
    months = [month async for month in Archiver(stores, objects).archive(LIMIT, of=["gas_prices"])]
    return [(month.partition, month.row_count) for month in months]


@pytest.fixture
def objects(tmp_path: Path) -> DiskObjects:
    return DiskObjects(tmp_path)


async def test_months_leave_when_all_their_rows_arrived_long_ago(
    own_stores: Stores, objects: DiskObjects
) -> None:
    await observe(own_stores, MAY, 1, 2)
    await observe(own_stores, MAY, 3)  # the first minute again: it replaces
    await observe(own_stores, JUNE, 4)
    await observe(own_stores, JUNE + timedelta(days=1), 5, arrived=NOW)

    assert await archived(own_stores, objects) == [("202005", 2)]
    assert (await live(own_stores), await filed(own_stores, objects)) == ([4, 5], [2, 3])
    assert await archived(own_stores, objects) == []

    await observe(own_stores, MAY + timedelta(days=9), 6)  # late, and old by now
    assert await archived(own_stores, objects) == [("202005", 1)]
    assert (await live(own_stores), await filed(own_stores, objects)) == ([4, 5], [2, 3, 6])
    noted = await rows(
        own_stores, "SELECT series, partition, row_count FROM ops.archives ORDER BY id"
    )
    assert sorted(map(tuple, noted)) == [("gas_prices", "202005", 1), ("gas_prices", "202005", 2)]
    hourly = await asked(own_stores, "SELECT high_gwei FROM gas_prices_hourly")
    assert hourly == [3, 4, 5, 6], "roll-ups stay"


async def test_a_month_that_gets_rows_meanwhile_stays(
    own_stores: Stores, objects: DiskObjects
) -> None:
    await observe(own_stores, MAY, 1, 2)
    archiver = Archiver(own_stores, objects)
    month = await archiver._write("gas_prices", "202005")
    assert month is not None
    await observe(own_stores, MAY + timedelta(days=1), 3, arrived=NOW)

    assert [each async for each in archiver.resume()] == []
    assert (await live(own_stores), await filed(own_stores, objects)) == ([1, 2, 3], [])
    assert await rows(own_stores, "SELECT FROM ops.archives") == []
    assert [info async for info in objects.list(PENDING)] == []


async def test_every_archived_series_gives_its_rows_back(
    own_stores: Stores, objects: DiskObjects
) -> None:
    """Parquet keeps every type the tables have: maps, wide decimals, ids, nulls."""
    for series in SERIES:
        columns = await own_stores.clickhouse.fetch(
            load_queries("clickhouse")["archives.columns"], {"table": series}
        )
        structure = ", ".join(f"`{name}` {kind}" for name, kind in columns)
        drawn = structure.replace("'", "\\'")
        fixed = ", ".join(
            f"{FIXED.get(str(name), '0.5')} AS {name}"
            for name, kind in columns
            if name in FIXED or str(kind) in {"Float64", "Nullable(Float64)"}
        )
        fill = (
            f"INSERT INTO {series} SELECT * REPLACE ({fixed})"
            f" FROM generateRandom('{drawn}', 1, 8, 3) LIMIT 10"
        )
        await own_stores.clickhouse.execute(Statement("fill", fill, kind="exec"))
    left = [month async for month in Archiver(own_stores, objects).archive(LIMIT)]
    assert {month.series for month in left} == set(SERIES)


class Cut(Exception):
    """The process is gone."""


class Counter:
    """Cuts off at one of the calls of the stores: it is made, and nobody hears the answer."""

    def __init__(self, at: int) -> None:
        self.at, self.calls = at, 0

    async def pass_on(self, call: Callable[[], Awaitable[Any]]) -> Any:
        self.calls += 1
        answer = await call()
        if self.calls == self.at:
            raise Cut
        return answer


class CutClickHouse(ClickHouse):
    counter: Counter

    async def _once(self, *args: Any) -> Any:
        return await self.counter.pass_on(lambda: super(CutClickHouse, self)._once(*args))


class CutObjects(DiskObjects):
    counter: Counter

    async def _write(self, *args: Any) -> Any:
        return await self.counter.pass_on(lambda: super(CutObjects, self)._write(*args))

    async def delete(self, key: str) -> None:
        await self.counter.pass_on(lambda: super(CutObjects, self).delete(key))


async def test_cut_off_anywhere_no_row_is_lost_or_doubled(
    own_stores: Stores, fresh_options: StoreOptions, tmp_path: Path
) -> None:
    cuts = 0
    while True:
        objects = CutObjects(tmp_path / str(cuts))
        month = MAY + timedelta(days=31 * cuts)
        await observe(own_stores, month, 1, 2)
        clickhouse = CutClickHouse(fresh_options.urls.clickhouse)
        clickhouse.counter = objects.counter = Counter(cuts + 1)
        try:
            await archived(replace(own_stores, clickhouse=clickhouse), objects)
        except Cut:
            cuts += 1
        else:
            break
        finally:
            await clickhouse.close()
        seen = await live(own_stores) + await filed(own_stores, objects)
        assert sorted(set(seen)) == sorted(seen), f"cut {cuts} shows rows twice"
        whole = DiskObjects(tmp_path / str(cuts - 1))
        await archived(own_stores, whole)
        assert (await live(own_stores), await filed(own_stores, whole)) == ([], [1, 2]), cuts
        assert [info async for info in whole.list(PENDING)] == []
        left = await rows(own_stores, "SELECT FROM ops.archives WHERE archived_at IS NULL")
        assert left == []
        assert await asked(own_stores, TWINS) == [0]
    assert cuts > 12
