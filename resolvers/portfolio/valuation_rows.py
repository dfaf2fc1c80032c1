"""Figures of a valuation in the form of the rows and keys that hold them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from resolvers.portfolio.valuation_job import Figures
    from stores.lifecycle import Stores

SNAPSHOT_COLUMNS: Final = (
    "ts", "snapshot_date", "portfolio_id", "user_id", "total_value_usd", "total_assets",
    "total_chains", "total_protocols", "daily_pnl_usd", "daily_pnl_pct", "total_pnl_usd",
    "total_pnl_pct", "total_return", "daily_return", "sharpe_ratio", "max_drawdown", "volatility",
    "allocation_by_asset_type", "allocation_by_chain", "allocation_by_protocol",
    "asset_allocation", "ingested_at",
)  # fmt: skip
RISK_COLUMNS: Final = (
    "ts", "portfolio_id", "user_id", "var_95", "cvar_95", "correlation_score",
    "liquidation_distance", "protocol_risk_score", "ingested_at",
)  # fmt: skip
_CENTS: Final = Decimal("0.00000001")
# More than any column of US dollars or of ratios holds.
_MOST_USD: Final = Decimal(10) ** 30
_MOST_RATIO: Final = 1e12


def snapshot_row(
    figures: Figures, moment: datetime, arrived_at: datetime
) -> tuple[Any, ...] | None:
    """A row of `portfolio_snapshots`; None on a day of which no worth, or only a part, is known.

    A worth that lacks a price for a day would look like a loss, and a gain on the day after.
    """
    worth, record = figures.valuation, figures.record
    value = _usd(worth.value_usd)
    if value is None or figures.is_partial:
        return None
    daily = record.daily_return
    return (
        moment,
        moment.date(),
        figures.portfolio_id,
        figures.user_id,
        value,
        worth.assets,
        worth.chains,
        worth.protocols,
        _usd(record.daily_pnl_usd),
        None if daily is None else daily * 100,
        _usd(record.total_pnl_usd),
        record.total_pnl_pct,
        record.total_return,
        daily,
        record.sharpe_ratio,
        record.max_drawdown,
        record.volatility,
        worth.by_asset_type,
        worth.by_chain,
        worth.by_protocol,
        worth.shares,
        arrived_at,
    )


def risk_row(figures: Figures, moment: datetime, arrived_at: datetime) -> tuple[Any, ...]:
    """A row of `risk_metrics`."""
    distance = figures.valuation.liquidation_distance
    return (
        moment,
        figures.portfolio_id,
        figures.user_id,
        _usd(figures.risk.var_95),
        _usd(figures.risk.cvar_95),
        figures.risk.correlation,
        None if distance is None else float(distance),
        figures.protocol_risk,
        arrived_at,
    )


def summary_row(figures: Figures) -> dict[str, Any]:
    """The part of a row of `portfolio.summaries` that this job knows."""
    worth, record = figures.valuation, figures.record
    profit = None
    if worth.value_usd is not None and figures.paid_in is not None:
        profit = worth.value_usd + (figures.taken_out or Decimal(0)) - figures.paid_in
    return {
        "portfolio_id": str(figures.portfolio_id),
        "total_value_usd": _usd(worth.value_usd),
        "total_deposited": _usd(figures.paid_in),
        "total_withdrawn": _usd(figures.taken_out),
        "total_profit": _usd(profit),
        "eth_value": _usd(worth.ether_usd),
        "stablecoin_value": _usd(worth.stablecoin_usd),
        "other_value": _usd(worth.other_usd),
        "max_drawdown": _ratio(record.max_drawdown),
        "sharpe_ratio": _ratio(record.sharpe_ratio),
        "volatility_score": _ratio(record.volatility_score),
        "diversification_score": _ratio(worth.spread),
    }


async def publish(stores: Stores, figures: Sequence[Figures], now: datetime) -> None:
    """Correlations and nearness to liquidation into Redis, one transaction for all.

    What a portfolio no longer has is removed.
    """
    board = redis_keys.key("risk_liquidation")
    pipeline = stores.redis.commands.pipeline(transaction=True)
    for each in figures:
        key = redis_keys.key("risk_correlation", portfolio_id=each.portfolio_id)
        pipeline.delete(key)
        if each.risk.correlations:
            pairs: Any = {
                f"{a}:{b}": repr(value) for (a, b), value in each.risk.correlations.items()
            }
            pipeline.hset(key, mapping=pairs)
            pipeline.expire(key, redis_keys.ttl_s("risk_correlation"))
        state = redis_keys.key("risk_liquidation_state", portfolio_id=each.portfolio_id)
        distance = each.valuation.liquidation_distance
        if distance is None:
            pipeline.delete(state)
            pipeline.zrem(board, str(each.portfolio_id))
            continue
        score = 1 - distance
        shown: Any = {
            "score": format(score.quantize(_CENTS), "f"),
            "distance": format(distance.quantize(_CENTS), "f"),
            "updated_at_ms": int(now.timestamp() * 1000),
        }
        pipeline.hset(state, mapping=shown)
        pipeline.expire(state, redis_keys.ttl_s("risk_liquidation_state"))
        pipeline.zadd(board, {str(each.portfolio_id): float(score)})
    if figures:
        await pipeline.execute()


def _usd(value: Decimal | float | None) -> Decimal | None:
    """Eight digits, as the columns keep; None where no column could hold it."""
    if value is None or not math.isfinite(value) or abs(Decimal(value)) >= _MOST_USD:
        return None
    return Decimal(value).quantize(_CENTS)


def _ratio(value: Decimal | float | None) -> Decimal | None:
    if value is None or not math.isfinite(value) or abs(float(value)) >= _MOST_RATIO:
        return None
    return Decimal(value).quantize(_CENTS)
