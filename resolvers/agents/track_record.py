"""How an agent did: yield, fall and return for the risk from its days, and what it is reputed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_DAYS_A_YEAR: Final = 365
_MEAN_OVER: Final = 30
#: Days and executions below which a ratio or a reputation would be chance.
LEAST_DAYS: Final = 30
LEAST_EXECUTIONS: Final = 30
# Two-sided 95 percent of the normal distribution.
_Z: Final = 1.959963984540054
_OF_SUCCESS, _OF_AUDIT = 0.7, 0.3
# A mean of a billion percent is no yield; the columns end somewhere too.
_MOST: Final = 1e9


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """What days of yields add up to; None is unknown.

    Attributes:
        avg_yield_pct: mean of the last thirty known days, percent a year.
        max_drawdown: largest fall from a peak, 0 to 1.
        sharpe_ratio: mean daily return over its standard deviation, a year.
    """

    avg_yield_pct: float | None
    max_drawdown: float | None
    sharpe_ratio: float | None


def track_record(yields_pct: Sequence[float]) -> TrackRecord:
    """The track record of an agent.

    A day earns a 365th of its yield; the worth of what is managed is the product of its days.

    Args:
        yields_pct: mean yield of each known day, percent a year, oldest first.
    """
    known = [value for value in yields_pct if math.isfinite(value) and abs(value) < _MOST]
    if not known:
        return TrackRecord(None, None, None)
    returns = [value / 100 / _DAYS_A_YEAR for value in known]
    return TrackRecord(statistics.fmean(known[-_MEAN_OVER:]), _drawdown(returns), _sharpe(returns))


def reputation(successes: int, failures: int, audit_score: float | None) -> float | None:
    """How much an agent may be trusted, 0 to 1; None for one that has hardly worked.

    The share of successes counts by the lower end of its confidence interval (E. B. Wilson, 1927),
    so that many good runs are worth more than few; an audit counts beside it where there is one.

    Args:
        successes: executions that reached their goal.
        failures: those that did not.
        audit_score: result of its security audit, 0 to 1; None without one.
    """
    count = successes + failures
    if count < LEAST_EXECUTIONS:
        return None
    success = lower_bound(successes, count)
    if audit_score is None:
        return success
    return _OF_SUCCESS * success + _OF_AUDIT * audit_score


def lower_bound(successes: int, count: int) -> float:
    """Lower end of Wilson's 95 percent interval of a share."""
    share, square = successes / count, _Z * _Z
    centre = share + square / (2 * count)
    spread = _Z * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return max(0.0, (centre - spread) / (1 + square / count))


def _drawdown(returns: Sequence[float]) -> float:
    worth = peak = 1.0
    deepest = 0.0
    for each in returns:
        worth = max(0.0, worth * (1 + each))
        peak = max(peak, worth)
        deepest = max(deepest, 1 - worth / peak)
    return deepest


def _sharpe(returns: Sequence[float]) -> float | None:
    if len(returns) < LEAST_DAYS:
        return None
    deviation = statistics.stdev(returns)
    # What never moves has a deviation of rounding errors.
    if deviation < 1e-12:
        return None
    return statistics.fmean(returns) / deviation * math.sqrt(_DAYS_A_YEAR)
