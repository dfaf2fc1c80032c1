"""Returns, and how they are judged: pure functions over numbers, each with formula and source.

A measure of too few points is None and never 0: nobody measured it. Ratios are floats, because
roots and means have no exact value; money stays a Decimal up to the division that makes a ratio.

Sources: CFA Institute, Global Investment Performance Standards (GIPS) 2020, for returns; W. F.
Sharpe, "The Sharpe Ratio", Journal of Portfolio Management 21(1), 1994; P. Jorion, Value at Risk,
3rd ed., 2006, for historical simulation; C. Acerbi and D. Tasche, "On the coherence of expected
shortfall", Journal of Banking & Finance 26, 2002.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

# Markets of crypto assets never close.
DAYS_A_YEAR: Final = 365
# A spread needs two points to lie between.
LEAST_RETURNS: Final = 2
# Equal returns differ in their last binary digit, which is no spread.
_NO_SPREAD: Final = 1e-12


def period_return(before: Decimal, after: Decimal, flow: Decimal = Decimal(0)) -> float | None:
    """Return of one period: after / (before + flow) - 1.

    What is paid in counts as if it came at the start of the period (GIPS, "start-of-day flows"), so
    that paying in or taking out is no return.

    Args:
        before: worth at the start.
        after: worth at the end; below zero when debts exceed what is held.
        flow: paid in less taken out in between.

    Returns:
        A ratio, such as 0.1 for a tenth more; None when nothing was there to have a return.
    """
    base = before + flow
    return float(after / base - 1) if before >= 0 and base > 0 else None


def simple_returns(worths: Sequence[Decimal]) -> list[float | None]:
    """Return of each step of a series without flows: one less than points, None after 0 or less."""
    return [period_return(before, after) for before, after in pairwise(worths)]


def time_weighted_return(returns: Sequence[float]) -> float | None:
    """Return over consecutive periods: (1 + r1)(1 + r2)... - 1 (GIPS, linked sub-periods).

    Who loses everything in one period, or more, has lost everything: what comes later cannot be
    linked to it, and the whole is -1. None without periods.
    """
    if not returns:
        return None
    return wealth(returns)[-1] - 1


def wealth(returns: Iterable[float]) -> list[float]:
    """What 1 became after each period, beginning with the 1 itself; 0 from a total loss on."""
    found = [1.0]
    for each in returns:
        found.append(found[-1] * max(0.0, 1 + each))
    return found


def annual_return(whole: float | None, days: int) -> float | None:
    """The yearly return that gives `whole` over `days`: (1 + whole)^(365 / days) - 1.

    None for less than 30 days, which say little about a year, and after a total loss.
    """
    if whole is None or whole <= -1 or days < 30:
        return None
    return float((1 + whole) ** (DAYS_A_YEAR / days)) - 1


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean of at least one value."""
    return math.fsum(values) / len(values)


def volatility(returns: Sequence[float]) -> float | None:
    """Sample standard deviation, sqrt(sum((r - mean)^2) / (n - 1)); None for less than two.

    It is of the periods given: times the root of 365 makes daily ones those of a year.
    """
    if len(returns) < LEAST_RETURNS:
        return None
    middle = mean(returns)
    return math.sqrt(math.fsum((each - middle) ** 2 for each in returns) / (len(returns) - 1))


def sharpe_ratio(
    returns: Sequence[float], *, riskless: float = 0.0, periods_a_year: int = DAYS_A_YEAR
) -> float | None:
    """Mean excess return over its standard deviation, as of a year (Sharpe 1994, ex post).

    (mean(r) - riskless) / stdev(r) * sqrt(periods a year)

    Args:
        returns: of equal periods.
        riskless: return of one period without risk.
        periods_a_year: how many of those periods make a year.

    Returns:
        None for less than two returns, and when they do not differ.
    """
    spread = volatility(returns)
    if spread is None or spread < _NO_SPREAD:
        return None
    return (mean(returns) - riskless) / spread * math.sqrt(periods_a_year)


def max_drawdown(levels: Sequence[float]) -> float | None:
    """Deepest fall from an earlier peak, as a share of that peak: max(1 - level / peak).

    Args:
        levels: worth of one unit over time, such as `wealth` gives; not negative.

    Returns:
        0 to 1; 0 when it never fell; None for less than two levels, or when all are 0.
    """
    if len(levels) < LEAST_RETURNS or max(levels) <= 0:
        return None
    peak = deepest = 0.0
    for level in levels:
        peak = max(peak, level)
        if peak > 0:
            deepest = max(deepest, 1 - level / peak)
    return deepest


def historical_var(outcomes: Sequence[float], level: float = 0.95) -> float | None:
    """Loss that `level` of past outcomes stayed below (historical simulation, Jorion 2006).

    The quantile of the losses, interpolated between neighbours (type 7 of R. J. Hyndman and Y. Fan,
    "Sample Quantiles in Statistical Packages", The American Statistician 50, 1996).

    Args:
        outcomes: profit of each past period, negative for a loss.
        level: above 0, below 1.

    Returns:
        Not negative: 0 when there is no loss at that level. None when the outcomes are too few for
        one of them to lie beyond: 20 are needed for 0.95.
    """
    if len(outcomes) < _least_outcomes(level):
        return None
    return max(0.0, _quantile(sorted(-each for each in outcomes), level))


def historical_cvar(outcomes: Sequence[float], level: float = 0.95) -> float | None:
    """Mean of the losses at or beyond the value at risk: the expected shortfall.

    Returns:
        Not below `historical_var`, and None where that is.
    """
    if len(outcomes) < _least_outcomes(level):
        return None
    losses = sorted(-each for each in outcomes)
    border = _quantile(losses, level)
    return max(0.0, mean([each for each in losses if each >= border]))


def _least_outcomes(level: float) -> int:
    """So many that one in them is beyond the level."""
    return math.ceil(round(1 / (1 - level), 9))


def _quantile(ordered: Sequence[float], level: float) -> float:
    """Of values in order, at least one."""
    place = (len(ordered) - 1) * level
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
