"""What ClickHouse hears of: that something changed, and that series of a portfolio may go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gateway.relay.change import Change
from stores.queries import load_queries

if TYPE_CHECKING:
    from stores.clickhouse.client import ClickHouse

COLUMNS: Final = ("created_at", "position", "aggregate", "aggregate_id", "event")
_NAMELESS: Final = ("account.", "privacy.")
SERIES: Final = ("portfolio_snapshots", "portfolio_values", "risk_metrics")
"""Series of portfolios; they go with the portfolio."""


class ClickHouseReceiver:
    """Adds rows to `change_events`, which replaces equal ones, and drops series of what is gone."""

    name = "clickhouse"
    batch = 5_000
    gather_s = 1.0  # a part on disk for every insert: better few large ones

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse
        self._queries = load_queries("clickhouse")

    async def receive(self, changes: Sequence[Change]) -> None:
        """Drop first, so that nothing is recorded as done that is not."""
        gone = [
            UUID(change.aggregate_id)
            for change in changes
            if change.aggregate == "portfolio.portfolios" and change.event == "deleted"
        ]
        if gone:
            for series in SERIES:
                statement = self._queries["relay.drop_portfolios"]
                await self._clickhouse.execute(statement, {"series": series, "portfolios": gone})
            scores = self._queries["relay.drop_portfolio_scores"]
            await self._clickhouse.execute(scores, {"portfolios": gone})
        rows = [event_row(change) for change in changes]
        await self._clickhouse.insert("change_events", COLUMNS, rows)


def event_row(change: Change) -> tuple[object, ...]:
    """The row that says that something changed, without whose it is where that is private."""
    nameless = change.aggregate.startswith(_NAMELESS)
    key = "" if nameless else change.aggregate_id
    return change.created_at, change.position, change.aggregate, key, change.event
