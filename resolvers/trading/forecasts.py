"""Forecasts of gas prices, what came of them, and how good the models are."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Annotated, Final

import strawberry

from resolvers.fields import column, computed, entity, one
from resolvers.plan import Table
from resolvers.scalars import BigInt

if TYPE_CHECKING:
    from resolvers.catalog.chain import Chain

FORECASTS = Table(
    "clickhouse",
    "gas_predictions",
    key="chain_id",
    key_kind="int",
    order=("-prediction_for",),
    tie=("prediction_for", "ts", "model_version", "chain_id"),
    final=True,
)
_PERCENT: Final = Decimal("0.000001")


@entity(FORECASTS, description="A forecast of the gas price of a chain, gwei a unit.")
class GasForecast:
    """A forecast of the gas price of a chain."""

    made_at: datetime = column("When the forecast was made.", column="ts")
    holds_for: datetime = column("Instant it is for.", column="prediction_for")
    model_version: str = column("Version of the model.")
    low_gwei: Decimal = column("Price for a slow transaction, gwei.", column="predicted_low")
    medium_gwei: Decimal = column("Price for a usual transaction, gwei.", column="predicted_medium")
    high_gwei: Decimal = column("Price for a fast transaction, gwei.", column="predicted_high")
    instant_gwei: Decimal = column("Price for the next block, gwei.", column="predicted_instant")
    actual_gwei: Decimal | None = column(
        "Price that came, gwei; null until known.", column="actual_gas_price"
    )
    confidence: float | None = column(
        "How sure the model was, 0 to 1; null when it does not say.", column="confidence_score"
    )
    pending_transactions: BigInt | None = column(
        "Transactions waiting when it was made; null when unknown."
    )
    network_utilization: float | None = column(
        "Gas used over gas limit when it was made, 0 to 1; null when unknown."
    )
    block_number: BigInt | None = column("Newest block when it was made; null when unknown.")
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain.", local="chain_id"
    )

    @computed("Seconds it looks ahead.", requires=("ts", "prediction_for"))
    def horizon_s(self) -> int:
        """From when it was made to what it is for."""
        return int((self.holds_for - self.made_at) // timedelta(seconds=1))

    @computed(
        "`mediumGwei` less `actualGwei`: above zero when it forecast too much; null until known.",
        requires=("predicted_medium", "actual_gas_price"),
    )
    def error_gwei(self) -> Decimal | None:
        """From the two values, so that all three agree."""
        return None if self.actual_gwei is None else self.medium_gwei - self.actual_gwei

    @computed(
        "`errorGwei` in percent of `actualGwei`; null until known, or where gas was free.",
        requires=("predicted_medium", "actual_gas_price"),
    )
    def error_pct(self) -> Decimal | None:
        """Signed like the error."""
        if not self.actual_gwei:
            return None
        with localcontext(prec=100):
            off = (self.medium_gwei - self.actual_gwei) / self.actual_gwei * 100
            return off.quantize(_PERCENT)
