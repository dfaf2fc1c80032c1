"""How holdings move together, and how a worth is spread over them: pure functions.

Sources: K. Pearson's product-moment correlation; E. H. Simpson, "Measurement of Diversity", Nature
163, 1949, for the spread, which is 1 less the Herfindahl-Hirschman index of the shares.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Final, TypeVar

from resolvers.portfolio.measures import mean

# Two points always lie on a line, so their correlation says nothing.
LEAST_POINTS: Final = 3

_Key = TypeVar("_Key", bound=Hashable)


def correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Pearson's correlation of two series of the same periods.

    sum((x - mean x)(y - mean y)) / sqrt(sum((x - mean x)^2) * sum((y - mean y)^2))

    Returns:
        -1 to 1; None for less than three periods, and when one of the two never moves.

    Raises:
        ValueError: they are not equally long.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} points of one series and {len(second)} of the other")
    if len(first) < LEAST_POINTS:
        return None
    middle, other = mean(first), mean(second)
    xs = [each - middle for each in first]
    ys = [each - other for each in second]
    # Of equal values the mean may differ in its last binary digits, which is no movement.
    if _still(first, xs) or _still(second, ys):
        return None
    spread = math.sqrt(math.fsum(x * x for x in xs)) * math.sqrt(math.fsum(y * y for y in ys))
    found = math.fsum(x * y for x, y in zip(xs, ys, strict=True)) / spread
    return max(-1.0, min(1.0, found))


def correlation_matrix(
    returns: Mapping[_Key, Mapping[date, float]], *, least: int = LEAST_POINTS
) -> dict[tuple[_Key, _Key], float]:
    """Correlation of each pair of series, over the days that both of the pair have.

    Args:
        returns: return of each day, by series.
        least: days a pair must share.

    Returns:
        Each pair once, in the order of `returns`; pairs without a correlation are missing, and so
        are the ones on the diagonal, which are always 1.
    """
    found: dict[tuple[_Key, _Key], float] = {}
    for first, second in combinations(returns, 2):
        days = sorted(returns[first].keys() & returns[second].keys())
        if len(days) < least:
            continue
        pair = correlation(
            [returns[first][day] for day in days], [returns[second][day] for day in days]
        )
        if pair is not None:
            found[first, second] = pair
    return found


def mean_correlation(matrix: Mapping[tuple[_Key, _Key], float]) -> float | None:
    """Mean over the pairs; None when there is none."""
    return mean(list(matrix.values())) if matrix else None


def diversification(worths: Sequence[Decimal]) -> Decimal | None:
    """How spread a worth is: 1 - sum(share^2), the chance that two dollars of it differ.

    Args:
        worths: of each different asset. Debts do not spread anything: what is not above 0 is left
            out.

    Returns:
        0 for one asset, towards 1 for many equal ones; None when nothing is held.
    """
    held = [each for each in worths if each > 0]
    if not held:
        return None
    whole = sum(held, Decimal(0))
    return 1 - sum(((each / whole) ** 2 for each in held), Decimal(0))


def _still(values: Sequence[float], deviations: Sequence[float]) -> bool:
    """Whether a series never moves, but for rounding."""
    return max(map(abs, deviations)) <= 1e-12 * max(map(abs, values))
