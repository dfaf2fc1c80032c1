"""How a portfolio did up to a day, from the snapshots before it: pure functions.

Only days count of which the worth can be compared with others'. The return of a day is that since
the last such day on which the portfolio was worth something, so a gap makes one longer period and
breaks no chain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from resolvers.portfolio.measures import (
    DAYS_A_YEAR,
    max_drawdown,
    period_return,
    sharpe_ratio,
    time_weighted_return,
    volatility,
)


@dataclass(frozen=True, slots=True)
class PastDay:
    """A day with a snapshot.

    Attributes:
        value_usd: worth, US dollars.
        daily_return: since the day before, ratio; None when that was not such a day.
        total_return: since the first snapshot, ratio.
        total_pnl_usd: profit since then; None when an older version did not record it.
        valued_at: when it was valued last.
    """

    day: date
    value_usd: Decimal
    daily_return: float | None
    total_return: float
    total_pnl_usd: Decimal | None
    valued_at: datetime


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """Figures as of a day. Ratios; None is unknown.

    Attributes:
        daily_pnl_usd, daily_return: since the day before.
        total_pnl_usd, total_return: since the first snapshot.
        total_pnl_pct: profit in percent of the first worth and what was paid in since.
        sharpe_ratio: as of a year, over the known days.
        volatility: standard deviation of daily returns.
        max_drawdown: deepest fall from a peak, 0 to 1.
    """

    daily_pnl_usd: Decimal | None
    daily_return: float | None
    total_pnl_usd: Decimal | None
    total_pnl_pct: float | None
    total_return: float | None
    sharpe_ratio: float | None
    volatility: float | None
    max_drawdown: float | None

    @property
    def volatility_score(self) -> float | None:
        """Volatility as of a year, 0 calm to 1 wild: what moves more than its worth counts as 1."""
        if self.volatility is None:
            return None
        return min(1.0, self.volatility * math.sqrt(DAYS_A_YEAR))


def base_of(history: Sequence[PastDay]) -> PastDay | None:
    """The day that the next return is measured from; None when there is none yet."""
    return next((each for each in reversed(history) if each.value_usd > 0), None)


def track_record(
    history: Sequence[PastDay], day: date, value: Decimal | None, flow: Decimal | None
) -> TrackRecord:
    """How a portfolio did up to `day`.

    Args:
        history: days before it, oldest first.
        day: the day valued now.
        value: worth, US dollars; None when it cannot be compared with that of other days.
        flow: paid in less taken out since `base_of(history)` was valued; None when unknown.
    """
    base = base_of(history)
    daily, total = _returns(base, day, value, flow)
    profit = None
    if base is not None and value is not None and flow is not None and total is not None:
        profit = value - base.value_usd - flow
    gained = _gained(base, profit, total)
    returns = [each.daily_return for each in history if each.daily_return is not None]
    levels = [max(0.0, 1 + each.total_return) for each in history]
    if daily is not None:
        returns.append(daily)
    if total is not None:
        levels.append(max(0.0, 1 + total))
    return TrackRecord(
        daily_pnl_usd=None if daily is None else profit,
        daily_return=daily,
        total_pnl_usd=gained,
        total_pnl_pct=_percent(gained, value),
        total_return=total,
        sharpe_ratio=sharpe_ratio(returns),
        volatility=volatility(returns),
        max_drawdown=max_drawdown(levels),
    )


def _returns(
    base: PastDay | None, day: date, value: Decimal | None, flow: Decimal | None
) -> tuple[float | None, float | None]:
    """Since the day before, and since the first; the first day that is worth something has 0."""
    if value is None:
        return None, None
    if base is None:
        return None, 0.0 if value > 0 else None
    since = None if flow is None else period_return(base.value_usd, value, flow)
    if since is None:
        return None, None
    consecutive = day - base.day == timedelta(days=1)
    return since if consecutive else None, time_weighted_return([base.total_return, since])


def _gained(base: PastDay | None, profit: Decimal | None, total: float | None) -> Decimal | None:
    if base is None:
        return None if total is None else Decimal(0)
    if profit is None or base.total_pnl_usd is None:
        return None
    return base.total_pnl_usd + profit


def _percent(gained: Decimal | None, value: Decimal | None) -> float | None:
    if gained is None or value is None or value - gained <= 0:
        return None
    return float(gained / (value - gained) * 100)
