"""The baseline that any model has to beat: the last season again, and a smoothed level.

A forecast is the mean of both: what the series was a whole number of seasons before, and its level
by simple exponential smoothing (R. G. Brown, 1956). How wrong it tends to be is learned by
forecasting the end of the known series from what came before it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

MODEL: Final = "baseline"
VERSION: Final = "1"
SMOOTHING: Final = 0.3
#: Shorter series are not forecast.
LEAST_POINTS: Final = 12
_BACK: Final = 24


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a series will be.

    Attributes:
        value: the forecast.
        low: nine out of ten known outcomes were higher, were the error as usual.
        high: nine out of ten were lower.
        highest: nineteen out of twenty were lower.
        confidence: one less the mean distance of tried forecasts over the mean size of outcomes, 0
            to 1; None when there is too little to try.
    """

    value: float
    low: float
    high: float
    highest: float
    confidence: float | None


def forecast(values: Sequence[float], ahead: int, season: int) -> Forecast | None:
    """The value `ahead` steps after the last one; None for a series that is too short.

    Args:
        values: evenly spaced, oldest first.
        ahead: steps, at least 1.
        season: steps after which the series tends to repeat itself. With fewer than two of them
            known the level alone is forecast.
    """
    count = len(values)
    if count < LEAST_POINTS or not all(map(math.isfinite, values)):
        return None
    levels = smoothed(values)
    tried = range(max(LEAST_POINTS, count - ahead - _BACK), count - ahead + 1)
    errors = [
        values[end - 1 + ahead] - _at(values, levels, end, ahead, season)
        for end in tried
        if end + ahead <= count
    ]
    value = _at(values, levels, count, ahead, season)
    if not errors:
        return Forecast(value, value, value, value, None)
    outcomes = [abs(values[end - 1 + ahead]) for end in tried if end + ahead <= count]
    size = sum(outcomes)
    distance = sum(map(abs, errors))
    confidence = max(0.0, 1.0 - distance / size) if size else float(distance == 0)
    return Forecast(
        value,
        value + min(0.0, quantile(errors, 0.1)),
        value + max(0.0, quantile(errors, 0.9)),
        value + max(0.0, quantile(errors, 0.95)),
        confidence,
    )


def smoothed(values: Sequence[float]) -> list[float]:
    """The smoothed level after each value; the first value is the first level."""
    levels = [values[0]]
    for value in values[1:]:
        levels.append(SMOOTHING * value + (1 - SMOOTHING) * levels[-1])
    return levels


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share (0 to 1) of the values lies, linear between two of them."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def evenly(
    points: Sequence[tuple[datetime, float]], end: datetime, step: timedelta, most_missing: int
) -> list[float] | None:
    """The series as one value a step, the last for the step before `end`.

    A step without a value has that of the step before, of at most `most_missing` in a row; before a
    longer gap nothing is used. None when the last steps themselves are missing.

    Args:
        points: by start of the step, oldest first.
        end: end of the last step.
        step: length of a step.
        most_missing: steps in a row that may lack a value.
    """
    starts = [at for at, _ in points]
    known = points[: bisect_left(starts, end)]
    values: list[float] = []
    expected = end - step
    for at, value in reversed(known):
        missing = round((expected - at) / step)
        if missing > most_missing:
            break
        values.extend([value] * (missing + 1))
        expected = at - step
    return values[::-1] if values else None


def _at(
    values: Sequence[float], levels: Sequence[float], end: int, ahead: int, season: int
) -> float:
    """The forecast made when the first `end` values were known."""
    level = levels[end - 1]
    if end < 2 * season:
        return level
    seasons = -(-ahead // season)
    return (level + values[end - 1 + ahead - seasons * season]) / 2
