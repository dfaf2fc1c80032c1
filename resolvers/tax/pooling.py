"""The share pooling of the UK: same day, then the next 30 days, then the section 104 holding.

As HMRC applies it to tokens (Cryptoassets Manual, CRYPTO22200 and following). What is bought on a
day is one purchase and what is sold on a day is one sale. Days are those of UTC. There are no lots,
so the outcome is for reports and not for the tables of lots.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from resolvers.tax.lots import EXACT, ZERO, Acquisition, Disposal, share

_DAYS_AFTER: Final = 30


class PoolRule(enum.Enum):
    """What a sale was matched with."""

    SAME_DAY = "same_day"
    THIRTY_DAYS = "thirty_days"
    POOL = "section_104"


@dataclass(frozen=True, slots=True)
class PoolSale:
    """The part of a day's sales that one rule matched.

    Attributes:
        sold_on: the day of the sale.
        rule: how it was matched.
        bought_on: the day of the purchase; None for the pool, which has none.
        amount: whole units.
        proceeds: less fees; None when unknown.
        cost: with fees; None when unknown.
    """

    sold_on: date
    rule: PoolRule
    bought_on: date | None
    amount: Decimal
    proceeds: Decimal | None
    cost: Decimal | None

    @property
    def gain(self) -> Decimal | None:
        """Proceeds less cost; None when either is unknown."""
        if self.proceeds is None or self.cost is None:
            return None
        return EXACT.subtract(self.proceeds, self.cost)


@dataclass(frozen=True, slots=True)
class Pooled:
    """One asset settled by pooling.

    Attributes:
        sales: matched parts, by day of sale, and of a day in the order of the rules.
        amount: units left in the pool.
        cost: what they cost; None when unknown.
        short: units sold that nothing covers, by day.
    """

    sales: tuple[PoolSale, ...]
    amount: Decimal
    cost: Decimal | None
    short: tuple[tuple[date, Decimal], ...]


def pool(acquisitions: Iterable[Acquisition], disposals: Iterable[Disposal]) -> Pooled:
    """Settle one asset. The order of the arguments means nothing."""
    bought = _by_day((bought.at.date(), bought.amount, bought.cost) for bought in acquisitions)
    sold = _by_day((sold.at.date(), sold.amount, sold.proceeds) for sold in disposals)
    sales = [*_of_the_day(sold, bought), *_of_thirty_days(sold, bought)]
    holding = _Sum(ZERO, ZERO)
    short: list[tuple[date, Decimal]] = []
    for day in sorted(sold.keys() | bought.keys()):
        if day in bought:
            holding.add(bought[day].amount, bought[day].money)
        if day in sold and sold[day].amount and holding.amount:
            sales.append(_match(PoolRule.POOL, day, sold[day], None, holding))
        if day in sold and sold[day].amount:
            short.append((day, sold[day].amount))
    order = list(PoolRule)
    sales.sort(key=lambda sale: (sale.sold_on, order.index(sale.rule)))
    return Pooled(tuple(sales), holding.amount, holding.money, tuple(short))


def _of_the_day(sold: dict[date, _Sum], bought: dict[date, _Sum]) -> Iterator[PoolSale]:
    for day in sorted(sold.keys() & bought.keys()):
        yield _match(PoolRule.SAME_DAY, day, sold[day], day, bought[day])


def _of_thirty_days(sold: dict[date, _Sum], bought: dict[date, _Sum]) -> Iterator[PoolSale]:
    """Earlier sales first, and of each the nearest purchases first."""
    for day in sorted(sold):
        for days in range(1, _DAYS_AFTER + 1):
            later = day + timedelta(days=days)
            if later in bought and sold[day].amount and bought[later].amount:
                yield _match(PoolRule.THIRTY_DAYS, day, sold[day], later, bought[later])


@dataclass(slots=True)
class _Sum:
    """Units and what they cost or brought, while they are drawn from."""

    amount: Decimal
    money: Decimal | None

    def add(self, amount: Decimal, money: Decimal | None) -> None:
        """More of it; unknown money makes all of it unknown, as long as any is left."""
        if not amount:
            return
        before = self.money if self.amount else ZERO
        self.amount = EXACT.add(self.amount, amount)
        self.money = None if before is None or money is None else EXACT.add(before, money)

    def take(self, amount: Decimal) -> Decimal | None:
        """Less of it; the money that goes with it."""
        money = share(self.money, amount, self.amount)
        self.amount = EXACT.subtract(self.amount, amount)
        if self.money is not None and money is not None:
            self.money = EXACT.subtract(self.money, money)
        return money


def _by_day(moves: Iterable[tuple[date, Decimal, Decimal | None]]) -> dict[date, _Sum]:
    found: dict[date, _Sum] = {}
    for day, amount, money in moves:
        found.setdefault(day, _Sum(ZERO, ZERO)).add(amount, money)
    return found


def _match(
    rule: PoolRule, sold_on: date, sold: _Sum, bought_on: date | None, bought: _Sum
) -> PoolSale:
    """Set as much as both have of a sale against a purchase."""
    amount = min(sold.amount, bought.amount)
    return PoolSale(sold_on, rule, bought_on, amount, sold.take(amount), bought.take(amount))
