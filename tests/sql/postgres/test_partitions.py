"""Partitions: complete, made ahead, filled from DEFAULT, dropped by month."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from stores.urls import StoreUrls
from tests.sql.postgres.conftest import connect
from tests.sql.postgres.rows import Rows

MONTHLY = [
    "alerts.deliveries",
    "alerts.delivery_attempts",
    "alerts.events",
    "catalog.wallet_transactions",
    "ops.audit_log",
]


async def partitions(connection: asyncpg.Connection, parent: str) -> list[str]:
    records = await connection.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits"
        " WHERE inhparent = $1::text::regclass ORDER BY 1",
        parent,
    )
    return [record["name"] for record in records]


def month(base: datetime, offset: int) -> str:
    number = base.year * 12 + base.month - 1 + offset
    return f"{number // 12:04d}_{number % 12 + 1:02d}"


async def stray_rows(worker: asyncpg.Connection) -> dict[str, int]:
    records = await worker.fetch("SELECT * FROM ops.default_partition_rows()")
    return {record["parent"]: record["stray_rows"] for record in records}


@pytest.mark.parametrize("parent", MONTHLY)
async def test_this_month_and_the_next_three_are_made(
    parent: str, migrator: asyncpg.Connection
) -> None:
    made = await partitions(migrator, parent)
    now = datetime.now(UTC)
    for offset in range(4):
        assert f"{parent}_{month(now, offset)}" in made
    assert f"{parent}_default" in made


async def test_making_them_again_makes_nothing(worker: asyncpg.Connection) -> None:
    assert await worker.fetch("SELECT * FROM ops.ensure_partitions(3)") == []


async def test_worker_makes_months_further_ahead(fresh: StoreUrls) -> None:
    async with connect(fresh.postgres_worker) as worker:
        made = [r[0] for r in await worker.fetch("SELECT ops.ensure_partitions(5)")]
        now = datetime.now(UTC)
        assert made == [f"{parent}_{month(now, offset)}" for parent in MONTHLY for offset in (4, 5)]


async def test_bounds_are_utc_months_whatever_the_session_says(fresh: StoreUrls) -> None:
    async with connect(fresh.postgres_worker) as worker:
        await worker.execute("SET timezone = 'Asia/Tokyo'")
        name = await worker.fetchval(
            "SELECT ops.create_month_partition('ops.audit_log', '2020-02-29')"
        )
        assert name == "ops.audit_log_2020_02"
        await worker.execute("SET timezone = 'UTC'")
        bounds = await worker.fetchval(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class"
            " WHERE oid = 'ops.audit_log_2020_02'::regclass"
        )
        assert bounds == (
            "FOR VALUES FROM ('2020-02-01 00:00:00+00') TO ('2020-03-01 00:00:00+00')"
        )


async def test_two_callers_make_one_partition(fresh: StoreUrls) -> None:
    async with connect(fresh.postgres_worker) as one, connect(fresh.postgres_worker) as other:
        transaction = one.transaction()
        await transaction.start()
        statement = "SELECT ops.create_month_partition('ops.audit_log', '2031-05-01')"
        assert await one.fetchval(statement) == "ops.audit_log_2031_05"
        task = asyncio.ensure_future(other.fetchval(statement))
        await transaction.commit()
        assert await task is None


async def test_rows_in_default_move_into_their_month(fresh: StoreUrls) -> None:
    async with connect(fresh.postgres_worker) as worker:
        rows = Rows(worker)
        user = await rows.user()
        moments = [datetime(2019, 7, day, tzinfo=UTC) for day in (1, 31)]
        for moment in moments:
            await rows.insert("ops.audit_log", actor_user_id=user, occurred_at=moment)
            await rows.insert("alerts.events", owner=user, triggered_at=moment)
        stray = await stray_rows(worker)
        assert stray["ops.audit_log"] == 2
        assert stray["alerts.events"] == 2
        for parent in ("ops.audit_log", "alerts.events"):
            assert await worker.fetchval(
                "SELECT ops.create_month_partition($1::text::regclass, '2019-07-15')", parent
            )
        stray = await stray_rows(worker)
        assert set(stray.values()) == {0}
        places = await worker.fetch("SELECT tableoid::regclass::text FROM alerts.events")
        assert [place[0] for place in places] == ["alerts.events_2019_07"] * 2
    async with connect(fresh.postgres_migrator) as migrator:
        forced = await migrator.fetch(
            "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = ANY ("
            "ARRAY['alerts.events_default', 'alerts.events_2019_07', 'alerts.deliveries']"
            "::regclass[])"
        )
        assert [row[0] for row in forced] == [True] * 3


async def test_deliveries_follow_events_that_move(fresh: StoreUrls) -> None:
    async with connect(fresh.postgres_worker) as worker:
        rows = Rows(worker)
        old = datetime(2019, 7, 4, tzinfo=UTC)
        events = [
            await rows.insert("alerts.events", owner=await rows.user(), triggered_at=moment)
            for moment in (old, datetime(2018, 1, 1, tzinfo=UTC))
        ]
        sent = [
            await rows.insert(
                "alerts.deliveries",
                owner=event["user_id"],
                event_triggered_at=event["triggered_at"],
                event_id=event["id"],
                created_at=moment,
            )
            for event in events
            for moment in (old, datetime.now(UTC))
        ]
        await worker.execute("SELECT ops.create_month_partition('alerts.events', '2019-07-01')")
        kept = await worker.fetch("SELECT * FROM alerts.deliveries ORDER BY id")
        assert kept == sorted(sent, key=lambda row: str(row["id"]))
        await worker.execute("SELECT ops.create_month_partition('alerts.deliveries', '2019-07-01')")
        assert await worker.fetch("SELECT * FROM alerts.deliveries ORDER BY id") == kept
        places = await worker.fetch("SELECT tableoid::regclass::text FROM alerts.deliveries")
        assert [place[0] for place in places].count("alerts.deliveries_2019_07") == 2


async def test_old_months_are_dropped_with_what_hangs_on_them(fresh: StoreUrls) -> None:
    async with connect(fresh.postgres_worker) as worker:
        rows = Rows(worker)
        user = await rows.user()
        for year in (2020, 2021):
            await worker.execute(
                "SELECT ops.create_month_partition('alerts.events', $1)", date(year, 3, 1)
            )
            event = await rows.insert(
                "alerts.events", owner=user, triggered_at=datetime(year, 3, 5, tzinfo=UTC)
            )
            await rows.insert(
                "alerts.deliveries",
                owner=user,
                event_triggered_at=event["triggered_at"],
                event_id=event["id"],
            )
        dropped = await worker.fetch(
            "SELECT ops.drop_old_partitions('alerts.events', '2020-04-01')"
        )
        assert [row[0] for row in dropped] == ["alerts.events_2020_03"]
        left = await worker.fetch("SELECT triggered_at FROM alerts.events")
        assert [row[0].year for row in left] == [2021]
        assert await worker.fetchval("SELECT count(*) FROM alerts.deliveries") == 1


async def test_a_month_is_kept_until_its_last_day(fresh: StoreUrls) -> None:
    async with connect(fresh.postgres_worker) as worker:
        await worker.execute("SELECT ops.create_month_partition('ops.audit_log', '2020-03-01')")
        drop = "SELECT ops.drop_old_partitions('ops.audit_log', $1)"
        assert await worker.fetch(drop, date(2020, 3, 31)) == []
        assert await worker.fetchval(drop, date(2020, 4, 1)) == "ops.audit_log_2020_03"


async def test_gateway_cannot_manage_partitions(gateway: asyncpg.Connection) -> None:
    for call in (
        "ops.ensure_partitions(1)",
        "ops.create_month_partition('ops.audit_log', '2030-01-01')",
        "ops.drop_old_partitions('ops.audit_log', '2030-01-01')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await gateway.execute(f"SELECT {call}")


async def test_partitions_cannot_be_read_past_the_policies(
    rows: Rows, gateway: asyncpg.Connection, worker: asyncpg.Connection
) -> None:
    event = await rows.insert("alerts.events", owner=await rows.user())
    name = f"alerts.events_{month(event['triggered_at'], 0)}"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await gateway.fetch(f"SELECT count(*) FROM {name}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await worker.execute(f"UPDATE {name} SET title = ''")


async def test_uuid_v7_sorts_by_time(worker: asyncpg.Connection) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    made = await worker.fetchval("SELECT ops.uuid_v7()")
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    moment = datetime.fromtimestamp((made.int >> 80) / 1000, UTC)
    assert before < moment < datetime.now(UTC) + timedelta(seconds=5)
    later = await worker.fetchval("SELECT ops.uuid_v7() FROM pg_sleep(0.002)")
    assert later > made
    many = await worker.fetchval(
        "SELECT count(DISTINCT ops.uuid_v7()) FROM generate_series(1, 1000)"
    )
    assert many == 1000
