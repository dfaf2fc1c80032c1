"""How well a wallet trades, from what it did: pure functions.

A trade gives one asset for another at one worth. What it gives is set against the earliest lots of
that asset (first in, first out), so that profit = proceeds - cost of those lots. Stablecoins are
the money that trades are made with: giving one closes nothing. What came in without a trade has an
unknown cost; selling it is neither profit nor loss. Network fees are not taken off.

The score is that of the seed's `calculate_smart_money_score`, with its two defects mended: a wallet
that closed nothing has 0, not the mark of the best profit, and losses lower the score, which ends
at 0. Its 90 days end at a moment that the caller names, so that recorded data can be scored as of
its own time; `fades_at` says when the passing of time alone will change it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

#: Trades closed longer ago do not count for the score.
WINDOW: Final = timedelta(days=90)
WIN_WEIGHT, PROFIT_WEIGHT, NUMBER_WEIGHT = Decimal("0.4"), Decimal("0.3"), Decimal("0.3")
#: Mean profit of a trade and number of trades that get full marks.
FULL_PROFIT_USD, FULL_NUMBER = Decimal(10_000), Decimal(1_000)
_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class Movement:
    """What came into a wallet and what left it at once.

    Attributes:
        at: when; aware.
        is_trade: one asset was given for another.
        got, given: assets; None when nothing came or left.
        worth_usd: worth of either side, US dollars; None when unpriced.
    """

    at: datetime
    is_trade: bool
    got: UUID | None
    got_amount: Decimal | None
    given: UUID | None
    given_amount: Decimal | None
    worth_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class WalletScore:
    """Figures of a wallet.

    Attributes:
        score: 0 to 1, over the 90 days before `as_of`; 0 when nothing was closed in them.
        fades_at: when the oldest of the trades behind the score leaves the 90 days; None without.
        realized_usd: profit of all closed trades; None when there is none.
        win_rate: share of them with a profit; None when there is none.
        trades: all trades, priced or not.
        average_usd: mean size of the priced trades; None when there is none.
        volume_usd: their sum.
        open_lots: amount still held and what it cost, by asset, of lots whose cost is known.
    """

    score: Decimal
    fades_at: datetime | None
    realized_usd: Decimal | None
    win_rate: Decimal | None
    trades: int
    average_usd: Decimal | None
    volume_usd: Decimal
    open_lots: Mapping[UUID, tuple[Decimal, Decimal]]

    def unrealized_usd(self, prices: Mapping[UUID, Decimal]) -> Decimal | None:
        """Worth of the open lots less their cost; None when one of them has no price."""
        if not self.open_lots.keys() <= prices.keys():
            return None
        return sum(
            (amount * prices[asset] - cost for asset, (amount, cost) in self.open_lots.items()),
            _ZERO,
        )


@dataclass(slots=True)
class _Lot:
    """An amount that came at once; its cost is None when unknown."""

    amount: Decimal
    cost: Decimal | None


@dataclass(slots=True)
class Scoring:
    """A wallet being scored, movement by movement; what it holds grows with open lots only.

    Attributes:
        money: stablecoins.
        as_of: end of the 90 days; aware.
    """

    money: Set[UUID]
    as_of: datetime
    _lots: dict[UUID, deque[_Lot]] = field(default_factory=dict)
    _recent: list[tuple[datetime, Decimal]] = field(default_factory=list)
    _closed: int = 0
    _wins: int = 0
    _realized: Decimal = _ZERO
    _trades: int = 0
    _priced: int = 0
    _volume: Decimal = _ZERO

    def add(self, movement: Movement) -> None:
        """Take in a movement that is not earlier than those before it."""
        worth = movement.worth_usd if movement.is_trade else None
        self._trades += movement.is_trade
        if worth is not None:
            self._priced += 1
            self._volume += worth
        if movement.given is not None and movement.given_amount and movement.given_amount > 0:
            self._give(movement.at, movement.given, movement.given_amount, worth)
        if movement.got is None or movement.got in self.money:
            return
        if movement.got_amount and movement.got_amount > 0:
            self._lots.setdefault(movement.got, deque()).append(_Lot(movement.got_amount, worth))

    def result(self) -> WalletScore:
        """The figures so far."""
        times = [at for at, _ in self._recent]
        return WalletScore(
            score=smart_money_score([profit for _, profit in self._recent]),
            fades_at=min(times) + WINDOW if times else None,
            realized_usd=self._realized if self._closed else None,
            win_rate=Decimal(self._wins) / self._closed if self._closed else None,
            trades=self._trades,
            average_usd=self._volume / self._priced if self._priced else None,
            volume_usd=self._volume,
            open_lots=_open(self._lots),
        )

    def _give(self, at: datetime, asset: UUID, amount: Decimal, worth: Decimal | None) -> None:
        lots = self._lots.get(asset)
        left, known, cost = amount, _ZERO, _ZERO
        while lots and left > 0:
            lot = lots[0]
            taken = min(left, lot.amount)
            if lot.cost is not None:
                part = lot.cost if taken == lot.amount else lot.cost * taken / lot.amount
                known, cost, lot.cost = known + taken, cost + part, lot.cost - part
            lot.amount -= taken
            left -= taken
            if lot.amount <= 0:
                lots.popleft()
        if worth is not None and known > 0:
            self._close(at, worth * known / amount - cost)

    def _close(self, at: datetime, profit: Decimal) -> None:
        self._closed += 1
        self._wins += profit > 0
        self._realized += profit
        if at > self.as_of - WINDOW:
            self._recent.append((at, profit))


def score_wallet(movements: Iterable[Movement], money: Set[UUID], as_of: datetime) -> WalletScore:
    """Figures of a wallet.

    Args:
        movements: everything it did, oldest first.
        money: stablecoins.
        as_of: end of the 90 days; aware.
    """
    scoring = Scoring(money, as_of)
    for movement in movements:
        scoring.add(movement)
    return scoring.result()


def smart_money_score(profits: list[Decimal]) -> Decimal:
    """0.4 * win rate + 0.3 * mean profit / 10,000 + 0.3 * trades / 1,000, from 0 to 1.

    Each part counts 1 at most; the mean profit -1 at least, so that a mean loss lowers the sum.

    Args:
        profits: of each trade closed in the window, US dollars.
    """
    if not profits:
        return _ZERO
    wins = Decimal(sum(each > 0 for each in profits)) / len(profits)
    profit = sum(profits, _ZERO) / len(profits) / FULL_PROFIT_USD
    number = min(_ONE, len(profits) / FULL_NUMBER)
    score = (
        WIN_WEIGHT * wins + PROFIT_WEIGHT * max(-_ONE, min(_ONE, profit)) + NUMBER_WEIGHT * number
    )
    return max(_ZERO, min(_ONE, score))


def _open(lots: Mapping[UUID, Iterable[_Lot]]) -> dict[UUID, tuple[Decimal, Decimal]]:
    found: dict[UUID, tuple[Decimal, Decimal]] = {}
    for asset, held in lots.items():
        known = [(lot.amount, lot.cost) for lot in held if lot.cost is not None]
        if known:
            amounts, costs = zip(*known, strict=True)
            found[asset] = (sum(amounts, _ZERO), sum(costs, _ZERO))
    return found
