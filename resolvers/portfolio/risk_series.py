"""What portfolios could lose: the newest figures, and how they came to be."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.portfolio.performance import measured
from resolvers.resolve import load_one
from resolvers.scalars import exact
from resolvers.series import (
    Fill,
    FillArgument,
    From,
    IncludeOpen,
    Interval,
    IntervalArgument,
    Series,
    To,
    window,
)
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.context import RequestContext


@strawberry.enum(description="A measure of what a portfolio could lose.")
class RiskMeasure(enum.Enum):
    """A measure of what a portfolio could lose."""

    VAR_95_USD = strawberry.enum_value(
        "var_95", description="Loss of one day that 95 of 100 days stay below, US dollars."
    )
    CVAR_95_USD = strawberry.enum_value(
        "cvar_95", description="Mean loss of the other five days, US dollars."
    )
    CORRELATION = strawberry.enum_value(
        "correlation_score", description="Mean correlation of what is held, -1 to 1."
    )
    LIQUIDATION_DISTANCE_PCT = strawberry.enum_value(
        "liquidation_distance",
        description="Fall of the collateral that would liquidate, percent; none without debt.",
    )
    PROTOCOL_RISK = strawberry.enum_value(
        "protocol_risk_score",
        description="Risk of the protocols used, weighted by worth, 0 safe to 1 dangerous.",
    )


@strawberry.type(description="What a portfolio could lose, as last computed.")
class PortfolioRiskMetrics:
    """What a portfolio could lose, as last computed."""

    at: datetime = strawberry.field(description="When it was computed.")
    var_95_usd: Decimal | None = strawberry.field(
        name="var95Usd",
        description="Loss of one day that 95 of 100 days stay below, US dollars, not negative.",
    )
    cvar_95_usd: Decimal | None = strawberry.field(
        name="cvar95Usd",
        description="Mean loss of the other five days, US dollars, not negative.",
    )
    correlation: Decimal | None = strawberry.field(
        description="Mean correlation of what is held, -1 to 1."
    )
    liquidation_distance_pct: Decimal | None = strawberry.field(
        description="Fall of the collateral that would liquidate, percent; null without debt."
    )
    protocol_risk: Decimal | None = strawberry.field(
        description="Risk of the protocols used, weighted by worth, 0 safe to 1 dangerous."
    )


@strawberry.type(description="How two holdings move together.")
class AssetCorrelation:
    """How two holdings move together."""

    first_id: strawberry.Private[UUID]
    second_id: strawberry.Private[UUID]
    correlation: Decimal = strawberry.field(
        description="-1 opposite to 1 alike, over what the risk job looked at last."
    )

    @strawberry.field(description="The one.")  # type: ignore[untyped-decorator]
    async def first(
        self, info: Info
    ) -> Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None:
        """All assets of a level are one statement."""
        found: Asset | None = await _asset(info, self.first_id)
        return found

    @strawberry.field(description="The other.")  # type: ignore[untyped-decorator]
    async def second(
        self, info: Info
    ) -> Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None:
        """All assets of a level are one statement."""
        found: Asset | None = await _asset(info, self.second_id)
        return found


RiskMeasureArgument = Annotated[
    RiskMeasure, strawberry.argument(description="What to show over time.")
]


async def risk_metrics(
    context: RequestContext, keys: list[UUID]
) -> Mapping[UUID, PortfolioRiskMetrics]:
    """Newest risk of portfolios that were read as the viewer's own, one statement."""
    values = {"keys": [str(key) for key in keys], "user_id": str(context.viewer.user_id)}
    rows: list[Any] = await context.clickhouse("portfolio.risk_now", values, keys=len(keys))
    return {
        key: PortfolioRiskMetrics(
            at=at,
            var_95_usd=var,
            cvar_95_usd=cvar,
            correlation=exact(correlation),
            liquidation_distance_pct=None if distance is None else exact(distance * 100),
            protocol_risk=exact(protocol),
        )
        for key, at, var, cvar, correlation, distance, protocol in rows
    }


async def risk_history(
    context: RequestContext,
    keys: list[UUID],
    *,
    measure: RiskMeasureArgument,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    fill: FillArgument = Fill.NONE,
    include_open: IncludeOpen = False,
) -> Mapping[UUID, Series]:
    """One measure over time, one statement."""
    wanted = window(
        context.clock(),
        from_=from_,
        to=to,
        interval=interval,
        fill=fill,
        include_open=include_open,
    )
    return await measured(context, "portfolio.risks", keys, str(measure.value), wanted)


async def correlations(
    context: RequestContext, keys: list[UUID]
) -> Mapping[UUID, list[AssetCorrelation]]:
    """Pairs of holdings of portfolios that were read as the viewer's own, one pipeline."""
    pipeline = context.stores.redis.commands.pipeline(transaction=False)
    for key in keys:
        pipeline.hgetall(redis_keys.key("risk_correlation", portfolio_id=key))
    text = "HGETALL risk:correlation:{portfolio_id}"
    with context.step("redis", "risk_correlation", text, len(keys)) as step:
        hashes = await pipeline.execute()
        step.rows = sum(map(len, hashes))
    return {
        key: sorted(_pairs(fields), key=lambda pair: (-abs(pair.correlation), pair.first_id.int))
        for key, fields in zip(keys, hashes, strict=True)
        if fields
    }


def _pairs(fields: Mapping[str, Any]) -> list[AssetCorrelation]:
    """The pairs of a hash; a field that makes no sense is left out."""
    found = []
    for name, value in fields.items():
        try:
            first, second = map(UUID, name.split(":"))
            number = exact(float(value))
        except ValueError:
            continue
        if number is not None and -1 <= number <= 1:
            made = AssetCorrelation(first_id=first, second_id=second, correlation=number)
            found.append(made)
    return found


async def _asset(info: Info, key: UUID) -> Any:
    from resolvers.catalog.asset import Asset

    return await load_one(info, Asset, key)
