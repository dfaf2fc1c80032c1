"""What a portfolio was worth on past days, from what it holds now and daily closes: pure functions.

Nothing is known of what it held and no longer does: a position counts from the day on which it was
first acquired, with the amount it has now.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from resolvers.portfolio.market_risk import MarketRisk
from resolvers.portfolio.track_record import PastDay, base_of, track_record
from resolvers.portfolio.valuation import Position, valued
from resolvers.portfolio.valuation_job import Figures

# A close is carried over short gaps.
_CARRY: Final = timedelta(days=3)
_CENTS: Final = Decimal("0.00000001")
_ZERO: Final = Decimal(0)
_UNKNOWN: Final = MarketRisk(None, None, {}, None)

Closes = Mapping[UUID, Mapping[date, Decimal]]


@dataclass(frozen=True, slots=True)
class Holding:
    """A position and since when it is held.

    Attributes:
        position: as it is, its worth apart.
        quantity: whole units, below zero for a debt.
        since: first day.
    """

    position: Position
    quantity: Decimal
    since: date


def past_days(
    portfolio_id: UUID, user_id: UUID, holdings: Sequence[Holding], closes: Closes
) -> Iterator[tuple[date, Figures]]:
    """Figures of each day on which everything held has a price, oldest first.

    A price is the close of the day or of one of the three before. A stablecoin without any is at
    par. What was acquired since the day before came in from elsewhere and is no gain.
    """
    prices = {asset: _Closes(days) for asset, days in closes.items()}
    history: list[PastDay] = []
    for day in sorted({day for days in closes.values() for day in days}):
        held = _held(holdings, prices, day)
        if not held:
            continue
        base = base_of(history)
        came = [each for each in held if base is not None and each.since > base.day]
        flow = sum((each.position.value_usd or _ZERO for each in came), _ZERO)
        worth = valued([each.position for each in held])
        record = track_record(history, day, worth.value_usd, flow)
        yield (
            day,
            Figures(
                portfolio_id=portfolio_id,
                user_id=user_id,
                positions=len(held),
                is_partial=False,
                valuation=worth,
                record=record,
                risk=_UNKNOWN,
                protocol_risk=None,
                paid_in=None,
                taken_out=None,
            ),
        )
        if worth.value_usd is not None and record.total_return is not None:
            history.append(
                PastDay(
                    day=day,
                    value_usd=worth.value_usd,
                    daily_return=record.daily_return,
                    total_return=record.total_return,
                    total_pnl_usd=record.total_pnl_usd,
                    valued_at=datetime.combine(day, time(), UTC),
                )
            )


class _Closes:
    """Closes of one asset by day."""

    def __init__(self, days: Mapping[date, Decimal]) -> None:
        self._days = sorted(days)
        self._closes = days

    def on(self, day: date) -> Decimal | None:
        place = bisect_right(self._days, day) - 1
        if place < 0 or day - self._days[place] > _CARRY:
            return None
        return self._closes[self._days[place]]


def _held(holdings: Sequence[Holding], prices: Mapping[UUID, _Closes], day: date) -> list[Holding]:
    """What was held on a day with its worth then; nothing when one price is missing."""
    found = []
    for each in holdings:
        if each.since > day:
            continue
        closes = prices.get(each.position.asset_id)
        price = None if closes is None else closes.on(day)
        if price is None and each.position.is_stablecoin:
            price = Decimal(1)
        if price is None:
            return []
        worth = (each.quantity * price).quantize(_CENTS)
        found.append(replace(each, position=replace(each.position, value_usd=worth)))
    return found
