"""Each defect of the chainlens seed (003-…) that concerns Postgres is gone."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest

from tests.sql.postgres.rows import Rows


async def test_003_01_accounts_need_no_outside_schema(rows: Rows) -> None:
    user = await rows.user()
    for table in ("api_keys", "subscriptions", "billing_events", "usage_daily"):
        assert (await rows.insert(f"account.{table}", owner=user))["user_id"] == user


async def test_003_03_prices_have_a_typed_column(rows: Rows) -> None:
    row = await rows.insert(
        "research.onchain_analyses", price_data='{"current": "n/a"}', current_price_usd=None
    )
    assert row["current_price_usd"] is None


@pytest.mark.parametrize("name", ["check_rate_limit", "get_usage_analytics"])
async def test_003_04_to_003_09_no_racing_functions(
    name: str, migrator: asyncpg.Connection
) -> None:
    assert await migrator.fetch("SELECT FROM pg_proc WHERE proname = $1", name) == []


async def test_003_06_policies_carry_their_window(worker: asyncpg.Connection) -> None:
    limits = await worker.fetch(
        "SELECT window_seconds, max_requests FROM account.rate_limit_policies"
        " WHERE tier = 'free' AND resource_type = 'graphql' ORDER BY 1"
    )
    assert [tuple(row) for row in limits] == [(3600, 1000), (86400, 10000)]


async def test_003_10_a_provider_event_counts_once(rows: Rows) -> None:
    event = await rows.insert("account.billing_events", amount_cents=2**31)
    assert event["amount_cents"] == 2147483648
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert(
            "account.billing_events",
            provider=event["provider"],
            provider_event_id=event["provider_event_id"],
        )


async def test_003_11_one_current_subscription_and_no_copied_tier(
    rows: Rows, migrator: asyncpg.Connection
) -> None:
    first = await rows.insert("account.subscriptions", status="trial")
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert("account.subscriptions", user_id=first["user_id"], status="active")
    assert not await migrator.fetchval(
        "SELECT count(*) FROM pg_attribute WHERE attrelid = 'account.users'::regclass"
        " AND attname ~ 'tier|subscription'"
    )


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("research.onchain_analyses", "risk_score", "-9"),
        ("research.onchain_analyses", "confidence", "9.99"),
        ("research.sentiment_analyses", "overall_sentiment", "9.99"),
        ("research.sentiment_analyses", "overall_sentiment", "-1.01"),
        ("research.tokenomics_analyses", "fairness_score", "1.5"),
        ("research.team_analyses", "credibility_score", "7"),
        ("research.mentions", "sentiment_score", "2"),
    ],
)
async def test_003_12_scores_off_the_scale_are_refused(
    table: str, column: str, value: str, rows: Rows
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await rows.insert(table, owner=None, **{column: Decimal(value)})


async def test_003_13_a_text_is_kept_once(rows: Rows) -> None:
    mention = await rows.insert("research.mentions")
    with pytest.raises(asyncpg.UniqueViolationError):
        await rows.insert(
            "research.mentions", source=mention["source"], platform_id=mention["platform_id"]
        )


async def test_003_15_accounts_are_isolated(migrator: asyncpg.Connection) -> None:
    open_tables = await migrator.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'account'::regnamespace"
        " AND relkind = 'r' AND NOT relforcerowsecurity"
    )
    assert [row[0] for row in open_tables] == ["rate_limit_policies"]


async def test_003_17_an_analysis_is_about_a_known_project(rows: Rows) -> None:
    for table in ("onchain", "sentiment", "tokenomics", "team"):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await rows.insert(f"research.{table}_analyses", project_id=uuid4())
