"""Materialized views, refreshed beside their readers, and the leaderboards made from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.worker.job import CatchUp, JobContext, job
from resolvers.catalog.boards import BOARDS, publish
from stores.queries import load_queries

FREQUENT: Final = (
    "agents.agent_leaderboard",
    "catalog.protocol_summary",
    "catalog.smart_money_leaderboard",
    "portfolio.user_portfolio_summary",
)
HOURLY: Final = (
    "agents.agent_performance_trends",
    "ops.daily_platform_metrics",
    "trading.top_traders_leaderboard",
)


@job("refresh_views", every="*/5 * * * *", catch_up=CatchUp.ONCE, timeout_s=280)
async def refresh_views(run: JobContext) -> None:
    """Refreshes the views that follow balances, protocols and ranks; publishes boards."""
    await _refresh(run, FREQUENT)


@job("refresh_hourly_views", every="2 * * * *", catch_up=CatchUp.ONCE, timeout_s=1_800)
async def refresh_hourly_views(run: JobContext) -> None:
    """Refreshes the views of traders, trends of agents and figures of the platform."""
    await _refresh(run, HOURLY)


async def _refresh(run: JobContext, views: Sequence[str]) -> None:
    """One after the other, each in a transaction of its own; one refreshed elsewhere is passed."""
    query = load_queries("postgres")["operations.refresh_view"]
    for view in views:
        row = await run.stores.postgres.fetch_one(query, view, deadline=run.deadline)
        assert row is not None
        run.done(int(row["refreshed"]))
    for board in BOARDS:
        if board.view in views:
            run.details[board.name] = await publish(run.stores, board)
