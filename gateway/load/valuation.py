"""What the demonstration portfolios are worth and were worth, at real historical prices."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from gateway.load.identity import DEMO_USER_ID
from gateway.load.writing import partition_blocks
from resolvers.catalog.market_prices import market_time
from resolvers.portfolio.past_days import Holding, past_days
from resolvers.portfolio.valuation import Position
from resolvers.portfolio.valuation_job import ValuationReport, value_batch
from resolvers.portfolio.valuation_rows import SNAPSHOT_COLUMNS, snapshot_row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stores.lifecycle import Stores
    from stores.queries import Statement

_DEBT: Final = "borrowing"


class Valuation:
    """Values the demonstration portfolios on each day that has prices, and as of the newest."""

    def __init__(
        self, stores: Stores, queries: Mapping[str, Statement], series: Mapping[str, Statement]
    ) -> None:
        self._stores = stores
        self._queries = queries
        self._series = series

    async def run(self) -> int:
        """Value all demonstration portfolios; the number of past days written."""
        rows = await self._stores.postgres.fetch(
            self._queries["load_demo.positions_to_value"], DEMO_USER_ID
        )
        portfolios: dict[UUID, list[Holding]] = defaultdict(list)
        for row in rows:
            portfolios[row["portfolio_id"]].append(_holding(row))
        now = datetime.now(UTC)
        count = sum([await self._value(key, held, now) for key, held in portfolios.items()])
        if portfolios:
            as_of = await market_time(self._stores, now)
            owners = dict.fromkeys(portfolios, DEMO_USER_ID)
            await value_batch(self._stores, as_of, owners, ValuationReport(), arrived_at=now)
        return count

    async def _value(self, portfolio: UUID, holdings: Sequence[Holding], now: datetime) -> int:
        closes: dict[UUID, dict[Any, Any]] = defaultdict(dict)
        assets = sorted({each.position.asset_id for each in holdings})
        rows: Sequence[Any] = await self._stores.clickhouse.fetch(
            self._series["load_series.day_prices"], {"asset_ids": assets}
        )
        for asset, day, price in rows:
            closes[asset][day] = price
        snapshots = []
        for day, figures in past_days(portfolio, DEMO_USER_ID, holdings, closes):
            row = snapshot_row(figures, datetime.combine(day, time(), UTC), now)
            snapshots += [] if row is None else [row]
        for block in partition_blocks(snapshots):
            await self._stores.clickhouse.insert("portfolio_snapshots", SNAPSHOT_COLUMNS, block)
        return len(snapshots)


def _holding(row: Any) -> Holding:
    named = (
        *("asset_id", "symbol", "asset_type", "is_stablecoin", "position_type", "chain"),
        *("protocol_id", "protocol", "wallet_id"),
    )
    known = {name: row[name] for name in named}
    sign = -1 if row["position_type"] == _DEBT else 1
    return Holding(
        position=Position(value_usd=None, **known),
        quantity=sign * row["quantity"],
        since=row["first_acquired_at"].date(),
    )
