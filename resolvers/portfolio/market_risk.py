"""What holdings could lose, by the past of their prices: pure functions over daily closes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from resolvers.portfolio.diversification import correlation_matrix, mean_correlation
from resolvers.portfolio.measures import historical_cvar, historical_var

#: Days of prices that are looked at.
WINDOW: Final = timedelta(days=90)
#: Days two assets must share before their correlation is told.
LEAST_SHARED_DAYS: Final = 20
#: The most valuable assets are compared; pairs grow with the square of their number.
MOST_COMPARED: Final = 20

Closes = Mapping[UUID, Mapping[date, float]]


@dataclass(frozen=True, slots=True)
class MarketRisk:
    """What holdings could lose. None is unknown.

    Attributes:
        var_95, cvar_95: loss of one day, US dollars, not negative.
        correlations: by pair of assets, the smaller id first.
        correlation: their mean.
    """

    var_95: float | None
    cvar_95: float | None
    correlations: Mapping[tuple[UUID, UUID], float]
    correlation: float | None


def daily_returns(closes: Mapping[date, float]) -> dict[date, float]:
    """Return of each day that has a price and whose day before has one, above zero."""
    found = {}
    for day, price in closes.items():
        before = closes.get(day - timedelta(days=1), 0.0)
        if before > 0:
            found[day] = price / before - 1
    return found


def outcomes(held: Mapping[UUID, Decimal], returns: Closes) -> list[float]:
    """Profit that today's holdings would have made on each past day: sum(worth * return).

    Only days of which the return of everything held is known; an asset without prices leaves none,
    because a loss without it would be somebody else's.
    """
    exposed = {asset: float(worth) for asset, worth in held.items() if worth != 0}
    if not exposed:
        return []
    known = [returns.get(asset, {}).keys() for asset in exposed]
    days = set.intersection(*(set(each) for each in known))
    return [
        math.fsum(worth * returns[asset][day] for asset, worth in exposed.items())
        for day in sorted(days)
    ]


def market_risk(held: Mapping[UUID, Decimal], returns: Closes) -> MarketRisk:
    """Risk of a portfolio.

    Args:
        held: worth of each asset, US dollars, below zero for what is owed on balance.
        returns: of each day, by asset.
    """
    past = outcomes(held, returns)
    largest = sorted(held, key=lambda asset: (-abs(held[asset]), asset))[:MOST_COMPARED]
    compared = {asset: returns[asset] for asset in sorted(largest) if asset in returns}
    pairs = correlation_matrix(compared, least=LEAST_SHARED_DAYS)
    return MarketRisk(
        var_95=historical_var(past),
        cvar_95=historical_cvar(past),
        correlations=pairs,
        correlation=mean_correlation(pairs),
    )
