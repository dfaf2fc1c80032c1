"""A few rows of each domain that the sample has nothing of, the demo user's where they are owned.

Ids and times are fixed, so that answers are the same in every run; the newest is two days before
the sample's clock.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Final

from gateway.load.identity import DEMO_USER_ID
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.gateway.golden.account_rows import ACCOUNT_ROWS
from tests.gateway.golden.finding_rows import FINDING_ROWS
from tests.gateway.golden.row import AAVE, AT, ETHEREUM, KEY, SANDWICH, UNI, uuid
from tests.gateway.golden.trading_rows import TRADING_ROWS

_VIEWS: Final = (
    "trading.top_traders_leaderboard",
    "agents.agent_leaderboard",
    "agents.agent_performance_trends",
    "ops.daily_platform_metrics",
    "portfolio.user_portfolio_summary",
)


async def write_rows(worker: Stores) -> None:
    """Write them; `worker` must have the role of loaders."""
    async with worker.postgres.transaction() as work:
        for text in (*ACCOUNT_ROWS, *TRADING_ROWS, *FINDING_ROWS):
            await work.execute(Statement("rows", text, kind="exec"))
    for view in _VIEWS:
        await worker.postgres.fetch(
            Statement("refresh", f"SELECT ops.refresh_view('{view}')", kind="exec")
        )
    await _write_series(worker)


async def _write_series(worker: Stores) -> None:
    """Rows of ClickHouse: what happened, and what was forecast."""
    day = timedelta(days=1)
    write = worker.clickhouse.insert
    await write(
        "mev_opportunities",
        (
            "detected_at",
            "id",
            "opportunity_type",
            "chain_id",
            "token_id",
            "protocol_ids",
            "estimated_profit_usd",
            "executed_by",
        ),
        [(AT, SANDWICH, "sandwich", ETHEREUM, UNI, [AAVE], Decimal("12.5"), "0x" + "9" * 40)],
    )
    await write(
        "gas_predictions",
        (
            "ts",
            "chain_id",
            "prediction_for",
            "model_version",
            "predicted_low",
            "predicted_medium",
            "predicted_high",
            "predicted_instant",
            "actual_gas_price",
        ),
        [(AT, ETHEREUM, AT + timedelta(hours=1), "1", *map(Decimal, (8, 10, 12, 14, 9)))],
    )
    await write(
        "predictions",
        (
            "ts",
            "prediction_id",
            "prediction_type",
            "target_id",
            "chain_id",
            "predicted_value",
            "prediction_horizon_hours",
            "actual_value",
            "model_name",
            "model_version",
            "prediction_for",
        ),
        [
            (
                AT - day,
                uuid(100),
                "token_price",
                str(UNI),
                ETHEREUM,
                Decimal(8),
                24,
                Decimal(10),
                "trend",
                "1",
                AT,
            ),
            (
                AT,
                uuid(101),
                "protocol_tvl",
                str(AAVE),
                None,
                Decimal(10**9),
                24,
                None,
                "trend",
                "1",
                AT + day,
            ),
        ],
    )
    await write(
        "usage_events",
        (
            "ts",
            "event_id",
            "user_id",
            "api_key_id",
            "event_type",
            "resource_type",
            "resource_id",
            "cost",
        ),
        [(AT, uuid(102), DEMO_USER_ID, KEY, "query", "", "", 12)],
    )
