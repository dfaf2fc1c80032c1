"""What users of the platform did by day, without a figure that leads to one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.context import RequestContext, Viewer
from stores.errors import StoreRejected
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.queries import Statement
from tests.resolvers.graph import ask

TODAY = datetime.now(UTC).date()
USERS = [uuid4() for _ in range(12)]
PORTFOLIOS = [uuid4() for _ in USERS]

DAYS = """query ($from: Date, $to: Date) { platformMetrics(from: $from, to: $to) {
  minimumGroupSize days { day uniqueUsers transactions depositsUsd withdrawalsUsd
    avgConfidentialityScore } } }"""


def entries(days_ago: int, kind: str, amounts: dict[int, int], score: str | None) -> Any:
    """One entry for each user by number, with its worth."""
    at = datetime.combine(TODAY - timedelta(days=days_ago), time(12), UTC)
    return [
        (
            PORTFOLIOS[user],
            USERS[user],
            kind,
            Decimal(worth),
            None if score is None else Decimal(score),
            at,
        )
        for user, worth in amounts.items()
    ]


@pytest.fixture
async def platform(fresh_options: StoreOptions) -> AsyncIterator[Stores]:
    """Twelve users over five days, their ledgers summed up."""
    async with await open_stores(replace(fresh_options, role="worker")) as worker:
        postgres = worker.postgres
        await postgres.copy_rows("account.users", ("id",), [(user,) for user in USERS])
        await postgres.copy_rows(
            "portfolio.portfolios",
            ("id", "user_id", "name"),
            [(portfolio, user, "P") for portfolio, user in zip(PORTFOLIOS, USERS, strict=True)],
        )
        everybody = dict.fromkeys(range(12), 100)
        columns = ("portfolio_id", "user_id", "tx_type", "usd_value", "confidentiality_score")
        await postgres.copy_rows(
            "portfolio.transactions",
            (*columns, "occurred_at"),
            [
                # Five days ago: twelve pay in, ten take out, and all of it is known.
                *entries(5, "deposit", everybody, "0.5"),
                *entries(5, "privacy_withdrawal", dict.fromkeys(range(10), 7), "1"),
                # Four days ago: nine users only.
                *entries(4, "deposit", dict.fromkeys(range(9), 50), "0.5"),
                # Three days ago: twelve users, nine of whom pay in.
                *entries(3, "deposit", dict.fromkeys(range(9), 50), None),
                *entries(3, "swap", {9: 1, 10: 1, 11: 1}, "0.25"),
                # Two days ago: one user pays in more than all the others together.
                *entries(2, "deposit", {**everybody, 0: 1101}, "0.75"),
                # Yesterday: exactly as much as all the others together.
                *entries(1, "deposit", {**everybody, 0: 1100}, None),
                # Today goes on.
                *entries(0, "deposit", everybody, "0.5"),
            ],
        )
        await postgres.execute(
            Statement(
                "refresh", "SELECT ops.refresh_view('ops.daily_platform_metrics')", (), "exec"
            )
        )
    async with await open_stores(fresh_options) as opened:
        yield opened


def _shown(day: Any) -> tuple[Any, ...]:
    return tuple(
        None if value is None else Decimal(value) for name, value in day.items() if name != "day"
    )


async def test_figures_over_too_few_or_mostly_of_one_are_not_told(platform: Stores) -> None:
    answer = await ask(platform, DAYS)
    assert not answer.errors
    metrics = answer.data["platformMetrics"]
    assert metrics["minimumGroupSize"] == 10
    by_day = {date.fromisoformat(day["day"]): _shown(day) for day in metrics["days"]}
    assert [(TODAY - day).days for day in by_day] == [5, 4, 3, 2, 1]
    # users, entries, paid in, taken out, score: (12 × 0.5 + 10 × 1) / 22
    assert by_day[TODAY - timedelta(days=5)] == (12, 22, 1200, 70, Decimal("0.7273"))
    assert by_day[TODAY - timedelta(days=4)] == (None,) * 5
    assert by_day[TODAY - timedelta(days=3)] == (12, 12, None, None, None)
    assert by_day[TODAY - timedelta(days=2)] == (12, 12, None, None, Decimal("0.75"))
    assert by_day[TODAY - timedelta(days=1)] == (12, 12, 2200, None, None)


async def test_the_running_day_is_not_told_however_it_is_asked(platform: Stores) -> None:
    span: dict[str, Any]
    span = {"from": TODAY.isoformat(), "to": (TODAY + timedelta(days=5)).isoformat()}
    answer = await ask(platform, DAYS, **span)
    assert not answer.errors
    assert answer.data["platformMetrics"]["days"] == []
    span = {
        "from": (TODAY - timedelta(days=2)).isoformat(),
        "to": (TODAY - timedelta(days=1)).isoformat(),
    }
    answer = await ask(platform, DAYS, **span)
    assert [day["day"] for day in answer.data["platformMetrics"]["days"]] == [span["from"]]


async def test_the_gateway_cannot_read_past_the_groups(platform: Stores) -> None:
    for text in (
        "SELECT depositing_users FROM ops.daily_platform_metrics",
        "SELECT user_id FROM portfolio.transactions",
    ):
        statement = Statement("peek", text)
        try:
            assert await platform.postgres.fetch(statement) == []  # row level security
        except StoreRejected:
            continue


async def test_a_span_that_is_none_is_refused(stores: Stores) -> None:
    spans: list[dict[str, Any]] = [
        {"from": "2025-05-02", "to": "2025-05-02"},
        {"from": "2023-05-02", "to": "2025-05-02"},
        {"to": "0001-01-02"},
        {"from": "9999-12-30", "to": "9999-12-31"},
    ]
    for span in spans:
        answer = await ask(stores, DAYS, **span)
        assert answer.codes == [("platformMetrics", "BAD_USER_INPUT")]
        assert answer.statements == []


async def test_only_what_is_selected_is_read(stores: Stores) -> None:
    user: UUID = uuid4()
    context = RequestContext(Viewer(user, "user"), stores)
    answer = await ask(stores, "{ platformMetrics { minimumGroupSize } }", context=context)
    assert answer.statements == [("postgres", "status.minimum_group_size")]
