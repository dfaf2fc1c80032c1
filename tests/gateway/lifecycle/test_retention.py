"""Activity goes when it is older than its user allows; everything else stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from stores.queries import Statement
from tests.gateway.lifecycle.conftest import Town
from tests.sql.postgres.rows import Rows

SEEN = Statement(
    "seen",
    "SELECT user_id, toInt32(dateDiff('day', ts, now())) FROM usage_events ORDER BY user_id, ts",
)


def ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


async def test_activity_is_kept_as_long_as_each_user_allows(town: Town) -> None:
    rows = Rows(town.sql)
    short = await rows.user(data_retention_days=10, consent_given_at=ago(100))
    long = await rows.user(data_retention_days=90, consent_given_at=ago(100))
    silent = await rows.user(data_retention_days=90)
    for user in (short, long, silent):
        for days in (5, 50, 500):
            event = await rows.insert("alerts.events", owner=user, triggered_at=ago(days))
            await rows.insert(
                "alerts.deliveries",
                owner=user,
                event_id=event["id"],
                event_triggered_at=event["triggered_at"],
            )
            await rows.insert("account.usage_daily", owner=user, day=ago(days).date())
            await rows.insert("risk.alerts", owner=user, resolved_at=ago(days))
        await rows.insert("risk.alerts", owner=user, resolved_at=None, created_at=ago(500))
    await town.stores.clickhouse.insert(
        "usage_events",
        ("ts", "event_id", "user_id"),
        [
            (ago(days), uuid4(), user)
            for user in (short, long, silent, UUID(int=0))
            for days in (1, 5, 50, 500)
        ],
    )

    count, details = await town.job("apply_retention")
    expected = {"alerts.events": 4, "account.usage_daily": 4, "risk.alerts": 4, "usage_events": 6}
    assert (count, details) == (18, expected)

    for table, dated in (
        ("alerts.events", "triggered_at"),
        ("alerts.deliveries", "event_triggered_at"),
    ):
        left = await town.sql.fetch(
            f"SELECT user_id, extract(day FROM now() - {dated})::int FROM {table} ORDER BY 2"
        )
        assert sorted((row[0], row[1]) for row in left) == sorted(
            [(short, 5), (long, 5), (long, 50), (silent, 5), (silent, 50)]
        ), table
    assert (
        await town.sql.fetchval("SELECT count(*) FROM risk.alerts WHERE resolved_at IS NULL") == 3
    )
    seen = await town.stores.clickhouse.fetch(SEEN)
    assert sorted(seen) == sorted(
        [
            *((short, 1), (short, 5), (long, 1), (long, 5), (long, 50), (silent, 1)),
            *((UUID(int=0), days) for days in (1, 5, 50, 500)),
        ]
    ), "what nobody did alone stays, and without consent two days do"
    assert (await town.job("apply_retention"))[0] == 0


async def test_what_was_thrown_away_or_ended_goes_after_a_month(town: Town) -> None:
    rows = Rows(town.sql)
    user = await rows.user()
    for days in (29, 31):
        await rows.insert("account.dashboards", owner=user, name=f"{days}", deleted_at=ago(days))
        await rows.insert("alerts.rules", owner=user, name=f"{days}", deleted_at=ago(days))
        await rows.insert("risk.assessments", owner=user, expires_at=ago(days))
        await town.sql.execute(
            "INSERT INTO ops.job_runs (job, status, started_at, finished_at)"
            " VALUES ($1, 'succeeded', $2, $2)",
            *(f"{days}", ago(days)),
        )
    fired = await rows.insert("alerts.rules", owner=user, name="fired", deleted_at=ago(31))
    await rows.insert("alerts.events", owner=user, rule_id=fired["id"])
    for name, days in (("ended", 1), ("works", -1)):
        await rows.insert(
            "account.dashboards",
            owner=user,
            name=name,
            share_token_hash=name.encode().ljust(32),
            share_expires_at=ago(days),
        )

    count, details = await town.job("delete_expired")
    found = {kind: number for kind, number in details.items() if number}
    kinds = ("assessments", "dashboards", "share_links", "alert_rules", "job_runs")
    assert (count, found) == (5, dict.fromkeys(kinds, 1))
    boards = await town.sql.fetch(
        "SELECT name, share_token_hash IS NOT NULL FROM account.dashboards ORDER BY name"
    )
    assert [tuple(row) for row in boards] == [("29", False), ("ended", False), ("works", True)]
    rules = await town.sql.fetch("SELECT name FROM alerts.rules ORDER BY name")
    assert [row[0] for row in rules] == ["29", "fired"]
    assert await town.sql.fetchval("SELECT count(*) FROM risk.assessments") == 1
    assert await town.sql.fetchval("SELECT job FROM ops.job_runs") == "29"
    assert (await town.job("delete_expired"))[0] == 0
