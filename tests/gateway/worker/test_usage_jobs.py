"""Counts on their way: none is lost and none doubled, wherever a worker is killed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from resolvers.usage import usage_job
from resolvers.usage.counting import COLUMNS, usage_rows
from stores.clickhouse.client import ClickHouse, ClickHouseOptions
from stores.errors import StoreError
from stores.lifecycle import Stores
from stores.queries import Statement
from stores.redis import keys as redis_keys
from tests.gateway.worker.conftest import rows
from tests.gateway.worker.test_jobs import perform

pytestmark = pytest.mark.xdist_group("figures")
ALICE, BOB, GONE, CAROL = (UUID(int=0x9640 + number) for number in range(4))
NOBODY = UUID(int=0)


async def _count(stores: Stores, process: str, portion: int, *kinds: tuple[str, int, int]) -> None:
    keys = [redis_keys.key("usage_pending"), redis_keys.key("usage_sent", process=process)]
    arguments = [part for kind in kinds for part in kind]
    await stores.redis.run_script("count_usage", keys, [portion, 600, 600, *arguments])


async def _events(stores: Stores, *users: UUID) -> list[tuple[object, ...]]:
    text = (
        "SELECT user_id, event_type, sum(requests), sum(cost) FROM usage_events FINAL"
        " WHERE user_id IN {users:Array(UUID)}"
        " GROUP BY user_id, event_type ORDER BY toString(user_id), event_type"
    )
    values = {"users": [str(user) for user in users]}
    return [tuple(row) for row in await stores.clickhouse.fetch(Statement("test", text), values)]


async def _days(stores: Stores, user: UUID) -> list[tuple[object, ...]]:
    text = (
        "SELECT day, event_type, resource_type, count, cost, updated_at"
        " FROM account.usage_daily WHERE user_id = $1 ORDER BY day"
    )
    return [tuple(row) for row in await rows(stores, text, user)]


async def _user(stores: Stores, user: UUID) -> None:
    text = "INSERT INTO account.users (id, username) VALUES ($1, $1::uuid::text)"
    await rows(stores, text, user)


async def test_counts_reach_days_exactly_once(figure_stores: Stores) -> None:
    await _user(figure_stores, ALICE)
    counted = ((f"{ALICE}||query|graphql", 5, 9), (f"{GONE}||query|", 1, 1))
    await _count(figure_stores, "a", 1, *counted)
    # A worker was killed when it had written the rows and not dropped the batch.
    pending, taken = redis_keys.key("usage_pending"), redis_keys.key("usage_taken")
    batch, at_ms = await figure_stores.redis.run_script("take_usage", [pending, taken], ["first"])
    counts = await figure_stores.redis.commands.hgetall(taken)
    written = usage_rows(batch, int(at_ms), {str(k): str(v) for k, v in counts.items()})
    await figure_stores.clickhouse.insert("usage_events", COLUMNS, written)
    # What is counted meanwhile waits for the next batch.
    counted = ((f"{ALICE}||query|graphql", 2, 2), ("||query|graphql", 7, 7))
    await _count(figure_stores, "a", 2, *counted)
    assert [(await perform(figure_stores, "flush_usage"))[0] for _ in range(3)] == [2, 2, 0]
    assert await _events(figure_stores, NOBODY, ALICE, GONE) == [
        *((NOBODY, "query", 7, 7), (ALICE, "query", 7, 11), (GONE, "query", 1, 1))
    ]
    today = datetime.fromtimestamp(int(at_ms) / 1000, UTC).date()
    _, details = await perform(figure_stores, "roll_up_usage")
    assert today.isoformat() in details["days"]
    once = await _days(figure_stores, ALICE)
    assert [row[:-1] for row in once] == [(today, "query", "graphql", 7, 11)]
    await perform(figure_stores, "roll_up_usage")
    assert await _days(figure_stores, ALICE) == once


async def test_events_that_arrive_late_set_their_day_anew(figure_stores: Stores) -> None:
    await _user(figure_stores, BOB)
    day = datetime(2025, 3, 1, 12, tzinfo=UTC)
    events = [
        (day + timedelta(days=shift), UUID(int=number), BOB, None, "query", "", 2, 3)
        for number, shift in enumerate((0, 0, 1), start=1)
    ]
    await figure_stores.clickhouse.insert("usage_events", COLUMNS, events)
    moment = datetime.now(UTC)
    days = await usage_job.roll_up_usage(figure_stores, moment, batch=1)
    assert {date(2025, 3, 1), date(2025, 3, 2)} <= set(days)
    late = (day, UUID(int=9), BOB, None, "query", "", 10, 10)
    await figure_stores.clickhouse.insert("usage_events", COLUMNS, [late])
    await usage_job.roll_up_usage(figure_stores, moment, batch=1)
    assert [row[:-1] for row in await _days(figure_stores, BOB)] == [
        (date(2025, 3, 1), "query", "", 14, 16),
        (date(2025, 3, 2), "query", "", 2, 3),
    ]


async def test_counts_stay_while_clickhouse_is_away(figure_stores: Stores) -> None:
    await _count(figure_stores, "c", 1, (f"{CAROL}||query|graphql", 1, 1))
    async with ClickHouse("http://127.0.0.1:1", ClickHouseOptions(connect_timeout_s=0.2)) as away:
        with pytest.raises(StoreError):
            await usage_job.flush_usage(replace(figure_stores, clickhouse=away))
    assert await usage_job.flush_usage(figure_stores) == 1
    assert await _events(figure_stores, CAROL) == [(CAROL, "query", 1, 1)]
