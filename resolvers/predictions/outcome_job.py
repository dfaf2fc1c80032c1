"""Writes what came of forecasts, whoever made them: the body of a job, run as worker.

The row of a forecast is sent again with its outcome and replaces the one without. A forecast of
which nothing is known a week later is left open.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from resolvers.context import named_queries

if TYPE_CHECKING:
    from collections.abc import Callable

    from stores.lifecycle import Stores

BATCH: Final = 5_000
_WAITED_FOR: Final = timedelta(days=7)
_GAS: Final = (
    *("ts", "chain_id", "prediction_for", "model_version", "predicted_low", "predicted_medium"),
    *("predicted_high", "predicted_instant", "actual_gas_price", "prediction_error"),
    *("confidence_score", "pending_transactions", "network_utilization", "block_number"),
)
_OTHERS: Final = (
    *("ts", "prediction_id", "prediction_type", "target_id", "chain_id", "predicted_value"),
    *("confidence_score", "prediction_horizon_hours", "actual_value", "prediction_error"),
    *("model_name", "model_version", "prediction_for"),
)
_TICK: Final = timedelta(milliseconds=1)


async def fill_outcomes(
    stores: Stores,
    now: datetime,
    *,
    batch: int = BATCH,
    done: Callable[[int], None] = lambda _: None,
) -> dict[str, int]:
    """Write the outcome of every forecast that has one by now; how many by kind.

    Args:
        stores: opened as worker.
        now: aware.
        batch: forecasts in one step.
        done: told how many outcomes a step wrote.

    Raises:
        StoreError: steps before the failing one stay written.
    """
    series = named_queries("clickhouse")
    hour = now.replace(minute=0, second=0, microsecond=0)
    # The hour or day that tells the outcome must be over, or it would be told before its end.
    kinds = (
        ("gas_outcomes", "gas_predictions", _GAS, hour),
        ("price_outcomes", "predictions", _OTHERS, hour + _TICK),
        ("tvl_outcomes", "predictions", _OTHERS, hour.replace(hour=0) + _TICK),
    )
    counts: dict[str, int] = {}
    for name, table, columns, end in kinds:
        values = {"start": end - _WAITED_FOR, "end": end, "count": batch}
        counts[name] = 0
        while True:
            rows: list[Any] = await stores.clickhouse.fetch(series[f"predictions.{name}"], values)
            await stores.clickhouse.insert(table, columns, rows)
            done(len(rows))
            counts[name] += len(rows)
            if len(rows) < batch:
                break
    return counts
