"""Counts of usage on their way: from Redis to ClickHouse, and from there to the days of users.

The bodies of two jobs, run over stores opened as worker. Both may be killed anywhere and run again:
a batch of counts is written under ids of its own until it is dropped, and a day is set whole.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from resolvers.context import named_queries
from resolvers.usage.counting import COLUMNS, NOBODY, usage_rows
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from stores.lifecycle import Stores

BATCH: Final = 5_000
# An insert under way may show rows with an earlier time than those already seen.
_OVERLAP: Final = timedelta(minutes=10)
_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)


async def flush_usage(stores: Stores, *, batch: int = BATCH) -> int:
    """Write what was counted since the last time to ClickHouse; how many rows.

    Counts are taken out of the counting as a batch, written, and dropped when they are there. A
    batch that was left by a killed worker is written again, as the same rows.

    Raises:
        StoreError: the batch waits for the next run.
    """
    pending, taken = redis_keys.key("usage_pending"), redis_keys.key("usage_taken")
    found = await stores.redis.run_script("take_usage", [pending, taken], [str(uuid4())])
    if not found:
        return 0
    name, at_ms = str(found[0]), int(found[1])
    counts: dict[str, str] = {}
    async for field, value in stores.redis.commands.hscan_iter(taken, count=batch):
        counts[str(field)] = str(value)
    rows = usage_rows(name, at_ms, counts)
    for start in range(0, len(rows), batch):
        await stores.clickhouse.insert("usage_events", COLUMNS, rows[start : start + batch])
    await stores.redis.run_script("drop_usage", [taken], [name])
    return len(rows)


async def roll_up_usage(
    stores: Stores,
    now: datetime,
    *,
    batch: int = BATCH,
    done: Callable[[int], None] = lambda _: None,
) -> list[date]:
    """Set the figures of every day that events arrived of since the last run; which days.

    Args:
        stores: opened as worker.
        now: aware; up to when arrivals are looked at.
        batch: users in one step.
        done: told how many rows of days were set.

    Raises:
        StoreError: days before the failing one are set; the next run does all again.
    """
    queries, series = named_queries("postgres"), named_queries("clickhouse")
    known = await stores.postgres.fetch_one(queries["usage.watermark"])
    since = _EVER if known is None else known[0] - _OVERLAP
    rows: list[Any] = await stores.clickhouse.fetch(series["usage.arrived_days"], {"since": since})
    days: list[date] = [row[0] for row in rows]
    for day in days:
        await _set_day(stores, day, batch, done)
    await stores.postgres.execute(queries["usage.advance"], now)
    return days


async def _set_day(stores: Stores, day: date, batch: int, done: Callable[[int], None]) -> None:
    series = named_queries("clickhouse")
    write = named_queries("postgres")["usage.write_days"]
    start = datetime.combine(day, time(), UTC)
    span = {"start": start, "end": start + timedelta(days=1)}
    after: UUID = NOBODY
    while True:
        values = {**span, "after": str(after), "count": batch}
        users: list[Any] = await stores.clickhouse.fetch(series["usage.users_of_day"], values)
        if not users:
            return
        keys = [str(user) for (user,) in users]
        found: list[Any] = await stores.clickhouse.fetch(
            series["usage.day"], {**span, "keys": keys}
        )
        records = [
            {
                "user_id": str(user),
                "day": day.isoformat(),
                "event_type": event_type,
                "resource_type": resource_type,
                "count": requests,
                "cost": cost,
            }
            for user, event_type, resource_type, requests, cost in found
        ]
        await stores.postgres.execute(write, *write.arguments(rows=records))
        done(len(records))
        after = users[-1][0]
