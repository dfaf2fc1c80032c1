"""What a report says, by hand: lines, sums, and what is missing; for the US and the UK."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.tax.compute import Book, key_of
from resolvers.tax.enums import TaxTransactionType
from resolvers.tax.events import Event, meaning_of
from resolvers.tax.holding import DE, UK, US, CountryRules
from resolvers.tax.ledger import accounts
from resolvers.tax.report import Wish, compile_report, total
from resolvers.tax.spans import quarter_span, year_span
from tests.resolvers.tax.cases import wish
from tests.resolvers.tax.test_events import COIN, DOLLARS, OTHER, event, side

KIND = TaxTransactionType


def book(events: list[Event], rules: CountryRules) -> Book:
    found = accounts(events, rules)
    ordered = dict(sorted(found.items(), key=lambda item: key_of(item[0])))
    money = tuple(meaning_of(each, rules) for each in events if not each.coins)
    return Book(ordered, frozenset(), len(events), money)


# Day 365 is 1 January 2024, day 461 is 6 April 2024.
EVENTS = [
    event(KIND.BUY, side(COIN, "10", "100"), side(DOLLARS, "100", "100"), "2", key=1),
    event(KIND.SELL, side(DOLLARS, "60", "60"), side(COIN, "2", "60"), "1", key=2, at=364),
    event(KIND.SELL, side(DOLLARS, "90", "90"), side(COIN, "3", "90"), "1", key=3, at=366),
    event(KIND.BUY, side(COIN, "1", "40"), side(DOLLARS, "40", "40"), key=4, at=370),
    event(KIND.SWAP, side(OTHER, "50", "30"), side(COIN, "6", "30"), key=5, at=380),
    event(KIND.STAKING_REWARD, side(OTHER, "4", "8"), key=6, at=381),
    event(KIND.AIRDROP, side(OTHER, "9", None), key=7, at=382),
    event(KIND.EXPENSE, None, side(DOLLARS, "12", "12"), key=8, at=383),
    event(KIND.FEE, None, side(OTHER, "1", "1"), key=9, at=384),
    event(KIND.TRANSFER_OUT, None, side(COIN, "1", "9"), key=10, at=385, is_taxable=False),
    event(KIND.SELL, side(DOLLARS, "99", "99"), side(OTHER, "70", "99"), key=11, at=386),
    event(KIND.SELL, side(DOLLARS, "7", "7"), side(OTHER, "1", "7"), key=12, at=800),
]


def told(asked: Wish) -> dict[str, Any]:
    """Lines and sums in plain text."""
    report = compile_report(book(EVENTS, asked.terms.rules), asked)
    totals = report.totals
    return {
        "sales": [
            (sale.symbol, str(sale.amount), None if sale.gain is None else f"{sale.gain:.2f}")
            for sale in report.sales
        ],
        "income": [(flow.symbol, flow.value) for flow in report.income],
        "expenses": [(flow.symbol, flow.value) for flow in report.expenses],
        "lacks": [(lack.symbol, lack.reason.value, lack.event.int) for lack in report.lacks],
        "sums": (f"{totals.gains:.2f}", f"{totals.losses:.2f}", f"{totals.net:.2f}"),
        "terms": (totals.long_term, totals.short_term),
        "flows": (totals.income, totals.expenses),
        "counts": (totals.transactions, totals.disposals, totals.issues),
    }


def test_a_year_in_the_us() -> None:
    assert told(wish(2024, US)) == {
        "sales": [
            ("ETH", "3", "58.40"),
            ("ETH", "5", "-26.00"),
            ("ETH", "1", "-35.00"),
            ("DOGE", "1", "0.40"),
            ("DOGE", "49", "39.90"),
            ("DOGE", "4", "-2.34"),
            ("DOGE", "9", None),
        ],
        "income": [("DOGE", Decimal(8)), ("DOGE", None)],
        "expenses": [("USD", Decimal(12)), ("DOGE", Decimal(1))],
        "lacks": [("DOGE", "missing_price", 7), ("DOGE", "no_lot", 11)],
        "sums": ("98.70", "63.34", "35.36"),
        "terms": (Decimal("32.40000000"), Decimal("2.95714286")),
        "flows": (Decimal(8), Decimal(13)),
        "counts": (8, 7, 2),
    }


def test_a_purchase_of_unknown_cost_is_told_wherever_a_sale_needs_it() -> None:
    later = told(wish(2025, US))
    assert later["lacks"] == [("DOGE", "no_lot", 12)]
    assert later["counts"] == (1, 0, 1)
    early = [EVENTS[6], EVENTS[11]]
    report = compile_report(book(early, US), wish(2025, US))
    assert [lack.event.int for lack in report.lacks] == [7]
    assert [sale.gain for sale in report.sales] == [None]
    assert [report.totals.proceeds, report.totals.net] == [Decimal(0), Decimal(0)]


def test_the_uk_pools_and_its_year_begins_in_april() -> None:
    before = told(wish(2023, UK))
    assert before["sales"] == [
        ("ETH", "1", "-10.50"),  # bought six days later
        ("ETH", "1", "19.30"),
        ("ETH", "3", "58.40"),
        ("ETH", "6", "-31.20"),
        ("DOGE", "1", None),  # what went into the pool is not known
        ("DOGE", "62", None),
    ]
    assert before["terms"] == (None, None)
    assert before["counts"] == (9, 6, 2)
    assert before["lacks"] == [("DOGE", "missing_price", 7), ("DOGE", "no_lot", 11)]
    assert told(wish(2024, UK))["counts"] == (1, 0, 1)


@pytest.mark.parametrize(
    ("rules", "quarter", "expected"),
    [
        (US, None, (date(2024, 1, 1), date(2024, 12, 31))),
        (DE, 1, (date(2024, 1, 1), date(2024, 3, 31))),
        (US, 4, (date(2024, 10, 1), date(2024, 12, 31))),
        (UK, None, (date(2024, 4, 6), date(2025, 4, 5))),
        (UK, 3, (date(2024, 10, 6), date(2025, 1, 5))),
        (UK, 4, (date(2025, 1, 6), date(2025, 4, 5))),
    ],
)
def test_spans_of_tax_years(
    rules: CountryRules, quarter: int | None, expected: tuple[date, date]
) -> None:
    span = year_span(2024, rules) if quarter is None else quarter_span(2024, quarter, rules)
    assert span == expected


@given(st.lists(st.sampled_from(EVENTS), unique_by=lambda each: each.id), st.sampled_from([US, UK]))
@settings(deadline=None)
def test_the_sums_of_a_report_are_those_of_its_lines(
    events: list[Event], rules: CountryRules
) -> None:
    report = compile_report(book(events, rules), wish(2024, rules))
    totals, gains = report.totals, [sale.gain for sale in report.sales]
    assert totals.net == totals.proceeds - totals.cost == total(gains)
    if totals.long_term is not None and totals.short_term is not None:
        assert totals.long_term + totals.short_term == totals.net
    assert totals.disposals == len(report.sales)
    assert bool(None in gains) <= bool(report.lacks)
