"""What a taxable event means: what it opens, what it closes, what is income, what is missing.

The rules, in one place:

- A trade (`buy`, `sell`, `swap`) is worth its money side; without one, what came in; without a
  value there, what went out. Both sides are then worth the same. A value is the recorded one, or
  amount times recorded price; there is no third source, so what has neither is an issue.
- The fee of an event lowers the proceeds of what went out; where nothing but money went out, it
  adds to the cost of what came in. The coins a fee was paid in are an event of their own (`fee`
  with an asset given up), so that they leave their lots exactly once.
- Staking, mining, airdrops and other income are income at fair value, which opens the lot.
- Moving between own wallets (an event that is not taxable) opens and closes nothing: lots belong to
  a person, not to a wallet, and keep their date and cost. Its gas is a `fee` event.
- What came from elsewhere, as a gift or a transfer, opens a lot at its recorded value.
- A gift that went out leaves at cost or at fair value, as the country has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from resolvers.tax.enums import TaxCategory, TaxTransactionType
from resolvers.tax.holding import CountryRules
from resolvers.tax.lots import EXACT, Acquisition, Disposal, Issue, Reason

_TRADES: Final = frozenset(
    {TaxTransactionType.BUY, TaxTransactionType.SELL, TaxTransactionType.SWAP}
)
INCOME: Final = frozenset(
    {
        TaxTransactionType.STAKING_REWARD,
        TaxTransactionType.MINING_REWARD,
        TaxTransactionType.AIRDROP,
        TaxTransactionType.INCOME,
    }
)
_EXPENSES: Final = frozenset({TaxTransactionType.EXPENSE, TaxTransactionType.FEE})
# Money that has no lots. A coin named after one of these is in the catalogue and has an id.
_MONEY: Final = frozenset({"USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD"})


class Asset(NamedTuple):
    """What lots are kept of: an asset of the catalogue, or else a ticker as recorded."""

    id: UUID | None
    symbol: str

    @property
    def key(self) -> Asset:
        """The same for everything that shares lots."""
        return Asset(self.id, "") if self.id is not None else self

    @property
    def is_money(self) -> bool:
        """Whether it is legal tender, which has no lots."""
        return self.id is None and self.symbol in _MONEY


@dataclass(frozen=True, slots=True)
class Side:
    """What came in or went out: an asset, whole units, worth in US dollars; None when unknown."""

    asset: Asset
    amount: Decimal | None
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Event:
    """A taxable event as recorded.

    Attributes:
        id: of the event; a lot entered by hand has its own.
        at: when, UTC.
        chain_id: where.
        kind: what it is.
        is_taxable: False for moving between own wallets.
        came: what was received.
        went: what was given up.
        fee: US dollars, 0 when there was none; None when there was one of unknown worth.
        named: acquisitions a sale is set against, when its owner named them.
    """

    id: UUID
    at: datetime
    chain_id: int
    kind: TaxTransactionType
    is_taxable: bool
    came: Side | None
    went: Side | None
    fee: Decimal | None = Decimal(0)
    named: tuple[UUID, ...] = ()

    @property
    def coins(self) -> list[Side]:
        """What came in and went out of it, but for money."""
        sides = (self.came, self.went)
        return [side for side in sides if side is not None and not side.asset.is_money]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an event does.

    Attributes:
        event: the event.
        opened: the lot it opens.
        closed: what it takes out of lots.
        category: how it is taxed; None when it is not, as a purchase.
        issues: what it lacks.
    """

    event: Event
    opened: Acquisition | None = None
    closed: Disposal | None = None
    category: TaxCategory | None = None
    issues: tuple[Issue, ...] = ()

    @property
    def is_income(self) -> bool:
        """Whether the worth of what came in is income."""
        return self.category is TaxCategory.INCOME


def meaning_of(event: Event, rules: CountryRules) -> Meaning:
    """Apply the rules above to one event."""
    if not event.is_taxable:
        return Meaning(event)
    came, went = _coins(event.came), _coins(event.went)
    issues = [
        Issue(event.id, Reason.MISSING_AMOUNT, None)
        for side in (came, went)
        if side is not None and side.amount is None
    ]
    came, went = _moved(came), _moved(went)
    if event.fee is None and (came or went):
        issues.append(Issue(event.id, Reason.MISSING_FEE_PRICE, None))
    opened = closed = None
    if went is not None and went.amount is not None:
        at_cost = event.kind is TaxTransactionType.GIFT and rules.gifts_at_cost
        worth = _value(event, went)
        if worth is None and not at_cost:
            issues.append(Issue(event.id, Reason.MISSING_PRICE, went.amount))
        proceeds = None if worth is None or event.fee is None else EXACT.subtract(worth, event.fee)
        closed = Disposal(event.id, event.at, went.amount, proceeds, event.named, at_cost)
    if came is not None and came.amount is not None:
        worth = _value(event, came)
        if worth is None:
            issues.append(Issue(event.id, Reason.MISSING_PRICE, came.amount))
        fee = Decimal(0) if closed is not None else event.fee
        cost = None if worth is None or fee is None else EXACT.add(worth, fee)
        opened = Acquisition(event.id, event.at, came.amount, cost)
    return Meaning(event, opened, closed, _category(event, closed), tuple(issues))


def _coins(side: Side | None) -> Side | None:
    """The side, unless it is money."""
    return None if side is None or side.asset.is_money else side


def _moved(side: Side | None) -> Side | None:
    """The side, unless nothing moved or it is unknown how much."""
    return side if side is not None and side.amount else None


def _value(event: Event, side: Side) -> Decimal | None:
    """What a side of an event is worth."""
    if event.kind not in _TRADES:
        return side.value
    sides = [other for other in (event.came, event.went) if other is not None]
    sides.sort(key=lambda other: not other.asset.is_money)
    return next((other.value for other in sides if other.value is not None), None)


def _category(event: Event, closed: Disposal | None) -> TaxCategory | None:
    if event.kind in INCOME:
        return TaxCategory.INCOME
    if event.kind in _EXPENSES:
        return TaxCategory.EXPENSE
    return None if closed is None else TaxCategory.CAPITAL_GAIN
