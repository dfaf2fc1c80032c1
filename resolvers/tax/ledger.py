"""All events of a person settled, asset by asset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from resolvers.tax.enums import CostBasisMethod
from resolvers.tax.events import Asset, Event, Meaning, meaning_of
from resolvers.tax.holding import CountryRules
from resolvers.tax.lots import Acquisition, Disposal, Issue, Settlement
from resolvers.tax.methods import settle
from resolvers.tax.wash_sales import WashSale, wash_sales

# Part of every fingerprint: raise it when a rule changes, and everything is settled anew.
RULES_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Terms:
    """By which rules to settle.

    Attributes:
        method: which lots go first.
        rules: of the country.
        marks_wash_sales: mark losses that section 1091 would disallow; for the US.
    """

    method: CostBasisMethod
    rules: CountryRules
    marks_wash_sales: bool = False


@dataclass(slots=True)
class Account:
    """The events of one asset.

    Attributes:
        asset: its key.
        opened: lots, by any event.
        closed: what went out of them.
        meanings: events that concern it, in the order given; those that went out of it first tell
            their outcome, so an exchange is in two accounts.
    """

    asset: Asset
    opened: list[Acquisition] = field(default_factory=list)
    closed: list[Disposal] = field(default_factory=list)
    meanings: list[Meaning] = field(default_factory=list)

    def fingerprint(self, terms: Terms) -> str:
        """The same as long as settling again would change nothing."""
        lines = sorted(
            f"{meaning.event!r}{meaning.category}{meaning.issues}" for meaning in self.meanings
        )
        head = f"{RULES_VERSION}{terms!r}{self.asset!r}"
        return sha256("\n".join([head, *lines]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One asset settled."""

    account: Account
    settlement: Settlement
    washes: tuple[WashSale, ...]

    @property
    def issues(self) -> list[Issue]:
        """Everything its owner has to complete, of this asset's events."""
        return [
            *(issue for meaning in self.account.meanings for issue in meaning.issues),
            *self.settlement.issues,
        ]


def accounts(events: Iterable[Event], rules: CountryRules) -> dict[Asset, Account]:
    """Sort events by what they move. An event with no known amount is in the account it names."""
    found: dict[Asset, Account] = {}
    for event in events:
        meaning = meaning_of(event, rules)
        moved = {side.asset.key for side in event.coins} if event.is_taxable else set()
        for asset in moved:
            account = found.setdefault(asset, Account(asset))
            account.meanings.append(meaning)
            if meaning.opened is not None and event.came and event.came.asset.key == asset:
                account.opened.append(meaning.opened)
            if meaning.closed is not None and event.went and event.went.asset.key == asset:
                account.closed.append(meaning.closed)
    return found


def settled(account: Account, terms: Terms) -> Outcome:
    """Settle one asset."""
    settlement = settle(account.opened, account.closed, terms.method)
    washes = tuple(wash_sales(settlement)) if terms.marks_wash_sales else ()
    return Outcome(account, settlement, washes)
