"""Keeps the figures of shielded pools, now and over time: the body of a job, run as worker."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from resolvers.catalog.market_prices import market_prices, market_time
from resolvers.context import named_queries
from resolvers.privacy.pool_figures import AssetDeposits, pool_figures

if TYPE_CHECKING:
    from stores.lifecycle import Stores

_COLUMNS: Final = (
    *("ts", "pool_id", "pool_type", "chain_id", "total_pool_size", "eth_pool_size"),
    *("stablecoin_pool_size", "other_tokens_pool_size", "active_mixers", "new_mixers_24h"),
    *("anonymity_set", "total_unique_users", "total_deposits", "total_withdrawals"),
    *("deposits_24h", "withdrawals_24h", "volume_24h", "volume_7d", "volume_30d"),
    *("entropy_level", "mixing_efficiency", "avg_deposit_size", "avg_withdrawal_size"),
    *("median_transaction_time_s", "gas_efficiency_score", "compliance_score"),
)


@dataclass(slots=True)
class PoolReport:
    """What a run did.

    Attributes:
        computed: pools whose figures were computed from their deposits.
        unpriced: pools left as they were, because an asset of theirs has no price.
        points: points added to series.
    """

    computed: int = 0
    unpriced: list[UUID] = field(default_factory=list)
    points: int = 0


async def update_pools(
    stores: Stores, now: datetime, *, deadline: float | None = None
) -> PoolReport:
    """Compute the figures of every active pool with deposits, and add those observed to the series.

    A pool without a deposit here keeps what an observer wrote, which goes into the series likewise.

    Args:
        stores: opened as worker.
        now: aware; as of when.
        deadline: `time.monotonic()` value.
    """
    report = PoolReport()
    await _compute(stores, now, report, deadline)
    report.points = await _record(stores, deadline)
    return report


async def _compute(
    stores: Stores, now: datetime, report: PoolReport, deadline: float | None
) -> None:
    queries = named_queries("postgres")
    rows: list[Any] = await stores.postgres.fetch(
        queries["pool_figures.of_deposits"], now, deadline=deadline
    )
    if not rows:
        return
    times = {
        row[0]: row[1]
        for row in await stores.postgres.fetch(
            queries["pool_figures.times"], now, deadline=deadline
        )
    }
    assets = sorted({row[1] for row in rows})
    prices = (await market_prices(stores, assets, await market_time(stores, now))).usd
    records = []
    for pool, group in groupby(rows, key=lambda row: row[0]):
        figures = pool_figures([AssetDeposits(*row[1:]) for row in group], prices)
        if figures is None:
            report.unpriced.append(pool)
            continue
        median = times.get(pool)
        records.append({"id": str(pool), **figures, "median_s": median})
    write = queries["pool_figures.write"]
    values = write.arguments(rows=records, now=now)
    report.computed = await stores.postgres.execute(write, *values, deadline=deadline)


async def _record(stores: Stores, deadline: float | None) -> int:
    """Add a point for each pool that was observed since its newest one."""
    pools: list[Any] = await stores.postgres.fetch(
        named_queries("postgres")["pool_figures.observed"], deadline=deadline
    )
    points = await stores.clickhouse.fetch(
        named_queries("clickhouse")["privacy.newest_points"],
        {"pools": [str(pool["pool_id"]) for pool in pools]},
        deadline=deadline,
    )
    written = {point[0]: point[1] for point in points}
    fresh = [
        tuple(pool[column] for column in _COLUMNS)
        for pool in pools
        if written.get(pool["pool_id"]) != _milliseconds(pool["ts"])
    ]
    await stores.clickhouse.insert("pool_statistics", _COLUMNS, fresh, deadline=deadline)
    return len(fresh)


def _milliseconds(moment: datetime) -> datetime:
    """The time as the series keeps it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
