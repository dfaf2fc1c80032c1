"""What an event means for taxes, by hand."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from resolvers.tax.enums import CostBasisMethod, TaxCategory, TaxTransactionType
from resolvers.tax.events import Asset, Event, Meaning, Side, meaning_of
from resolvers.tax.holding import UK, US
from resolvers.tax.ledger import Terms, accounts, settled
from tests.resolvers.tax.cases import day

DOLLARS, COIN, OTHER = Asset(None, "USD"), Asset(UUID(int=5), "ETH"), Asset(None, "DOGE")
T = TaxTransactionType


def side(asset: Asset, amount: str | None, value: str | None) -> Side:
    return Side(
        asset,
        None if amount is None else Decimal(amount),
        None if value is None else Decimal(value),
    )


def event(
    kind: TaxTransactionType,
    came: Side | None = None,
    went: Side | None = None,
    fee: str | None = "0",
    *,
    key: int = 1,
    at: float = 0,
    is_taxable: bool = True,
) -> Event:
    paid = None if fee is None else Decimal(fee)
    return Event(UUID(int=key), day(at), 1, kind, is_taxable, came, went, paid)


def told(meaning: Meaning) -> tuple[str | None, str | None, str | None, list[str]]:
    """Cost of what is opened, proceeds of what is closed, category, reasons of issues."""
    return (
        None if meaning.opened is None else str(meaning.opened.cost),
        None if meaning.closed is None else str(meaning.closed.proceeds),
        None if meaning.category is None else str(meaning.category.value),
        [issue.reason.value for issue in meaning.issues],
    )


ETH, ETH_OUT = side(COIN, "2", "100"), side(COIN, "2", "90")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (event(T.BUY, ETH, side(DOLLARS, "98", "98"), "3"), ("101", None, None, [])),
        (event(T.BUY, side(COIN, "2", None), side(DOLLARS, "98", "98"), "3"),
         ("101", None, None, [])),
        (event(T.SELL, side(DOLLARS, "95", "95"), ETH_OUT, "3"),
         (None, "92", "capital_gain", [])),
        (event(T.SELL, None, ETH_OUT, "300"), (None, "-210", "capital_gain", [])),
        (event(T.SWAP, side(OTHER, "7", "80"), ETH_OUT, "3"), ("80", "77", "capital_gain", [])),
        (event(T.SWAP, side(OTHER, "7", None), ETH_OUT, "3"), ("90", "87", "capital_gain", [])),
        (event(T.SWAP, side(OTHER, "7", None), side(COIN, "2", None), "3"),
         ("None", "None", "capital_gain", ["missing_price", "missing_price"])),
        (event(T.SWAP, side(OTHER, "7", "80"), ETH_OUT, None),
         ("80", "None", "capital_gain", ["missing_fee_price"])),
        (event(T.STAKING_REWARD, ETH, None, "1"), ("101", None, "income", [])),
        (event(T.MINING_REWARD, ETH), ("100", None, "income", [])),
        (event(T.AIRDROP, side(COIN, "2", None)), ("None", None, "income", ["missing_price"])),
        (event(T.AIRDROP, side(COIN, None, "5")), (None, None, "income", ["missing_amount"])),
        (event(T.AIRDROP, side(COIN, "0", "0")), (None, None, "income", [])),
        (event(T.FEE, None, ETH_OUT), (None, "90", "expense", [])),
        (event(T.TRANSFER_IN, ETH), ("100", None, None, [])),
        (event(T.TRANSFER_OUT, None, ETH_OUT, None, is_taxable=False), (None, None, None, [])),
        (event(T.INCOME, side(DOLLARS, "5", "5")), (None, None, "income", [])),
    ],
)  # fmt: skip
def test_each_kind_has_its_rule(given: Event, expected: object) -> None:
    assert told(meaning_of(given, US)) == expected


def test_a_gift_leaves_at_cost_in_the_us_and_at_fair_value_in_the_uk() -> None:
    gift = event(T.GIFT, None, side(COIN, "2", None))
    (here, there) = (meaning_of(gift, US), meaning_of(gift, UK))
    assert here.closed is not None
    assert there.closed is not None
    assert (here.closed.at_cost, here.issues) == (True, ())
    assert (there.closed.at_cost, told(there)[3]) == (False, ["missing_price"])


def test_moving_between_own_wallets_keeps_date_and_cost() -> None:
    events = [
        event(T.BUY, ETH, key=1),
        event(T.TRANSFER_OUT, None, side(COIN, "2", "500"), key=2, at=1, is_taxable=False),
        event(T.TRANSFER_IN, side(COIN, "2", "500"), None, key=3, at=1, is_taxable=False),
        event(T.FEE, None, side(COIN, "0.5", "30"), key=4, at=1),
        event(T.SELL, None, side(COIN, "1.5", "900"), key=5, at=400),
    ]
    account = accounts(events, US)[COIN.key]
    outcome = settled(account, Terms(CostBasisMethod.FIFO, US))
    assert [(piece.gain, piece.acquisition.at) for piece in outcome.settlement.pieces] == [
        (Decimal(5), day(0)), (Decimal(825), day(0)),
    ]  # fmt: skip
    assert outcome.issues == []
    assert outcome.settlement.lots[0].remaining == 0


def test_a_coin_called_like_money_has_lots_when_it_is_in_the_catalogue() -> None:
    coin = Asset(UUID(int=6), "EUR")
    assert meaning_of(event(T.BUY, side(coin, "1", "1")), US).opened is not None
    assert meaning_of(event(T.BUY, side(Asset(None, "EUR"), "1", "1")), US).opened is None


def test_a_fingerprint_follows_the_events_and_the_terms_and_not_their_order() -> None:
    events = [event(T.BUY, ETH, key=1), event(T.SELL, None, ETH_OUT, key=2, at=3)]
    terms = Terms(CostBasisMethod.FIFO, US)
    first = accounts(events, US)[COIN.key].fingerprint(terms)
    assert accounts(events[::-1], US)[COIN.key].fingerprint(terms) == first
    other = Terms(CostBasisMethod.LIFO, US)
    assert accounts(events, US)[COIN.key].fingerprint(other) != first
    assert accounts(events[:1], US)[COIN.key].fingerprint(terms) != first


def test_an_exchange_is_decided_by_what_was_given_up() -> None:
    swap = meaning_of(event(T.SWAP, side(OTHER, "7", "80"), ETH_OUT), US)
    assert swap.category is TaxCategory.CAPITAL_GAIN
    assert set(accounts([swap.event], US)) == {COIN.key, OTHER}
