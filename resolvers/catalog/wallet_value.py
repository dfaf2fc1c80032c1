"""What wallets have gained and not yet taken: the body of a job, run over stores opened as worker.

The score job keeps what each wallet has left of its purchases. Prices move without the wallet doing
anything, so this is valued again on a schedule of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from resolvers.catalog.market_prices import market_prices, market_time
from resolvers.context import named_queries

if TYPE_CHECKING:
    from stores.lifecycle import Stores

BATCH: Final = 1_000
Prices = list[dict[str, Any]]
_FIRST: Final = UUID(int=0)
_PERFORMANCE: Final = (
    "ts", "trader_id", "pnl_usd", "win_rate", "trades", "volume_usd", "ingested_at",
)  # fmt: skip


async def value_wallets(stores: Stores, now: datetime, *, batch: int = BATCH) -> int:
    """Value what every wallet holds of its purchases, then record how each trader stands today.

    Running it again gives the same rows.

    Args:
        stores: opened as worker.
        now: aware.
        batch: wallets in one step.

    Returns:
        Wallets valued.

    Raises:
        StoreError: batches before the failing one stay valued.
    """
    query = named_queries("postgres")["scores.holders"]
    after, count = _FIRST, 0
    while rows := await stores.postgres.fetch(query, *query.arguments(after=after, count=batch)):
        keys = [row[0] for row in rows]
        await _revalue(stores, keys, now)
        after, count = keys[-1], count + len(keys)
    await _record_traders(stores, now, batch)
    return count


async def newest_prices(stores: Stores, assets: Sequence[UUID], now: datetime) -> Prices:
    """Prices as the statement that values wallets takes them; assets without one are missing."""
    if not assets:
        return []
    prices = await market_prices(stores, assets, await market_time(stores, now))
    return [{"asset_id": str(asset), "price_usd": price} for asset, price in prices.usd.items()]


async def _revalue(stores: Stores, wallets: Sequence[UUID], now: datetime) -> None:
    """Value some wallets at the newest prices; unknown where one of the assets has none."""
    queries = named_queries("postgres")
    assets = [row[0] for row in await stores.postgres.fetch(queries["scores.held"], list(wallets))]
    query, prices = queries["scores.revalue"], await newest_prices(stores, assets, now)
    await stores.postgres.execute(query, *query.arguments(wallet_ids=list(wallets), prices=prices))


async def _record_traders(stores: Stores, now: datetime, batch: int) -> None:
    """A row of the day for each trader: profit taken and not, unknown without all prices."""
    query = named_queries("postgres")["scores.traders"]
    moment = datetime.combine((await market_time(stores, now)).astimezone(UTC).date(), time(), UTC)
    after = _FIRST
    while rows := await stores.postgres.fetch(query, *query.arguments(after=after, count=batch)):
        await stores.clickhouse.insert(
            "trader_performance", _PERFORMANCE, [_performance(row, moment, now) for row in rows]
        )
        after = rows[-1][0]


def _performance(row: Any, moment: datetime, now: datetime) -> tuple[Any, ...]:
    trader, realized, unrealized, wins, trades, volume = row
    profit = None if unrealized is None else unrealized + (realized or 0)
    return moment, trader, profit, None if wins is None else float(wins), trades, volume, now
