"""When something is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.worker.cron import Cron, CronError
from gateway.worker.job import CatchUp, Job
from gateway.worker.queue import missed, pause_s


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "moment", "due"),
    [
        ("*/5 * * * *", "2026-03-01 10:03:20", "2026-03-01 10:05"),
        ("*/5 * * * *", "2026-03-01 10:05:00", "2026-03-01 10:10"),
        ("*/30 * * * * *", "2026-03-01 10:05:29", "2026-03-01 10:05:30"),
        ("*/30 * * * * *", "2026-12-31 23:59:30", "2027-01-01 00:00"),
        ("0 2 * * 0", "2026-03-02 00:00", "2026-03-08 02:00"),
        ("0 2 * * 7", "2026-03-02 00:00", "2026-03-08 02:00"),
        ("0 9-17/4 * * 1-5", "2026-03-06 13:00", "2026-03-06 17:00"),
        ("0 9-17/4 * * 1-5", "2026-03-06 17:00", "2026-03-09 09:00"),
        ("0 0 29 2 *", "2097-01-01 00:00", "2104-02-29 00:00"),
        ("15,45 * 1 1 *", "2026-01-01 23:45", "2027-01-01 00:15"),
        # Day of month and day of week both restricted: either one.
        ("0 0 13 * 5", "2026-03-09 00:00", "2026-03-13 00:00"),
        ("0 0 13 * 5", "2026-03-13 00:00", "2026-03-20 00:00"),
    ],
)
def test_next_due_time(schedule: str, moment: str, due: str) -> None:
    assert Cron.parse(schedule).after(at(moment)) == at(due)


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        ("* * * *", "five or six fields"),
        ("60 * * * *", "out of range for minute"),
        ("*/0 * * * *", "out of range for minute"),
        ("5-1 * * * *", "out of range for minute"),
        ("* * * JAN *", "no number for month"),
        ("* * 30 2 *", "never due"),
    ],
)
def test_schedules_that_cannot_be_read_say_why(schedule: str, reason: str) -> None:
    with pytest.raises(CronError, match=reason):
        Cron.parse(schedule)


def test_missed_runs_are_made_up_as_the_job_says() -> None:
    async def nothing(_: object) -> None: ...

    def job(catch_up: CatchUp) -> Job:
        return Job("j", nothing, Cron.parse("0 * * * *"), catch_up, 1, 1, True, "")

    until, now = at("2026-03-01 10:00"), at("2026-03-01 13:30")
    assert missed(job(CatchUp.ALL), until, now) == [
        at("2026-03-01 11:00"),
        at("2026-03-01 12:00"),
        at("2026-03-01 13:00"),
    ]
    assert missed(job(CatchUp.ONCE), until, now) == [at("2026-03-01 13:00")]
    assert missed(job(CatchUp.SKIP), until, now) == []
    assert missed(job(CatchUp.SKIP), until, at("2026-03-01 13:00:20")) == [at("2026-03-01 13:00")]
    years_later = now + timedelta(days=3_650)
    assert missed(job(CatchUp.ONCE), until, years_later) == [at("2036-02-27 13:00")]
    assert len(missed(job(CatchUp.ALL), until, years_later)) == 1_000


def test_pauses_grow_and_stay_bounded() -> None:
    for attempt, longest in ((1, 5), (2, 10), (4, 40), (12, 1_800), (500, 1_800)):
        assert longest / 2 <= pause_s(attempt) <= longest
