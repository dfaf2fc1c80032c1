"""Forecasts, and what came of them."""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Annotated, Final

import strawberry

from resolvers.fields import column, computed, entity, one
from resolvers.node import Node
from resolvers.permissions import Access, Tier
from resolvers.plan import Table

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.protocol import Protocol

PREDICTIONS = Table(
    "clickhouse",
    "forecasts",
    key="prediction_id",
    order=("-prediction_for",),
    tie=("prediction_for", "ts", "prediction_id"),
    kinds={"chain_id": "int"},
    readers=Access.AUTHENTICATED,
    tier=Tier.BASIC,
)
_PERCENT: Final = Decimal("0.000001")


@strawberry.enum(description="What a forecast is of, and in which unit.")
class PredictionType(enum.Enum):
    """What a forecast is of."""

    GAS_PRICE = strawberry.enum_value("gas_price", description="Price of gas on a chain, gwei.")
    TOKEN_PRICE = strawberry.enum_value(
        "token_price", description="Price of one unit of an asset, US dollars."
    )
    PROTOCOL_TVL = strawberry.enum_value(
        "protocol_tvl", description="Value locked in a protocol, US dollars."
    )
    MARKET_TREND = strawberry.enum_value(
        "market_trend", description="Trend of a market, -1 falling to 1 rising."
    )


@entity(PREDICTIONS, description="A forecast of a model, and what came of it.")
class Prediction(Node):
    """A forecast of a model, and what came of it."""

    prediction_type: PredictionType = column("What it is of, and in which unit.")
    target_id: str = column(
        "What it is about: key of an asset, protocol or chain, or the name of a market."
    )
    made_at: datetime = column("When it was made.", column="ts")
    holds_for: datetime = column("Instant it is for.", column="prediction_for")
    horizon_hours: int = column("How far ahead it looks, hours.", column="prediction_horizon_hours")
    predicted_value: Decimal = column("The forecast, in the unit of its type.")
    actual_value: Decimal | None = column("What came, in the same unit; null until known.")
    confidence: float | None = column(
        "How sure the model was, 0 to 1; null when it does not say.", column="confidence_score"
    )
    model_name: str = column("The model.")
    model_version: str = column("Its version.")
    asset: Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None = one(
        "The asset it is about; null when it is about something else.", local="target_uuid"
    )
    protocol: Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None = one(
        "The protocol it is about; null when it is about something else.", local="target_uuid"
    )
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain it is about or limited to; null when none is meant.", local="chain_id"
    )

    @computed(
        "`predictedValue` less `actualValue`: above zero when it forecast too much; null until "
        "known.",
        requires=("predicted_value", "actual_value"),
    )
    def error(self) -> Decimal | None:
        """From the two values, so that all three agree."""
        return _off(self)

    @computed(
        "`error` in percent of `actualValue`; null until known, or where that is zero.",
        requires=("predicted_value", "actual_value"),
    )
    def error_pct(self) -> Decimal | None:
        """Signed like the error."""
        off = _off(self)
        if off is None or not self.actual_value:
            return None
        with localcontext(prec=100):
            return (off / abs(self.actual_value) * 100).quantize(_PERCENT)


def _off(forecast: Prediction) -> Decimal | None:
    if forecast.actual_value is None:
        return None
    with localcontext(prec=100):
        return forecast.predicted_value - forecast.actual_value
