"""Figures of shielded pools become points of their series."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from gateway.worker.job import CatchUp, JobContext, job
from stores.queries import load_queries

_COLUMNS: Final = (
    *("ts", "pool_id", "pool_type", "chain_id", "total_pool_size", "eth_pool_size"),
    *("stablecoin_pool_size", "other_tokens_pool_size", "active_mixers", "new_mixers_24h"),
    *("anonymity_set", "total_unique_users", "total_deposits", "total_withdrawals"),
    *("deposits_24h", "withdrawals_24h", "volume_24h", "volume_7d", "volume_30d"),
    *("entropy_level", "mixing_efficiency", "avg_deposit_size", "avg_withdrawal_size"),
    *("median_transaction_time_s", "gas_efficiency_score", "compliance_score"),
)


@job("update_pool_statistics", every="*/30 * * * * *", catch_up=CatchUp.SKIP, timeout_s=25)
async def update_pool_statistics(run: JobContext) -> None:
    """Writes the newest figures of each shielded pool into its series."""
    pools = await run.stores.postgres.fetch(
        load_queries("postgres")["operations.observed_pools"], deadline=run.deadline
    )
    points = await run.stores.clickhouse.fetch(
        load_queries("clickhouse")["operations.newest_pool_points"],
        {"pools": [pool["pool_id"] for pool in pools]},
        deadline=run.deadline,
    )
    written = {point[0]: point[1] for point in points}
    fresh = [
        tuple(pool[column] for column in _COLUMNS)
        for pool in pools
        if written.get(pool["pool_id"]) != _milliseconds(pool["ts"])
    ]
    await run.stores.clickhouse.insert("pool_statistics", _COLUMNS, fresh, deadline=run.deadline)
    run.done(len(fresh))


def _milliseconds(moment: datetime) -> datetime:
    """The time as the series keeps it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
