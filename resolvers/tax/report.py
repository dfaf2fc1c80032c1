"""A tax report: what was asked for, its lines, what they add up to, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any, Self
from uuid import UUID

from resolvers.tax.compute import Book
from resolvers.tax.enums import (
    CostBasisMethod,
    TaxCategory,
    TaxReportFormat,
    TaxReportType,
    TaxTransactionType,
)
from resolvers.tax.events import Meaning
from resolvers.tax.holding import CountryRules
from resolvers.tax.ledger import Account, Outcome, Terms, settled
from resolvers.tax.lots import EXACT, ZERO, Issue, Reason
from resolvers.tax.pooling import Pooled, pool
from resolvers.tax.sales import Sale, pool_sales_of, sales_of, symbols_of, within
from resolvers.tax.spans import Span


@dataclass(frozen=True, slots=True)
class Wish:
    """A report as its owner asked for it.

    Attributes:
        id: of the report.
        user_id: whose it is.
        report_type: which span it covers.
        tax_year: calendar year in which the tax year begins.
        span: first and last day.
        terms: method, country, and whether wash sales are marked.
        report_format: which form it has.
        asked_at: when it was asked for, UTC.
    """

    id: UUID
    user_id: UUID
    report_type: TaxReportType
    tax_year: int
    span: Span
    terms: Terms
    report_format: TaxReportFormat
    asked_at: datetime

    @classmethod
    def of(cls, row: Any, rules: CountryRules) -> Self:
        """From a row of the reports."""
        return cls(
            row["id"],
            row["user_id"],
            TaxReportType(row["report_type"]),
            row["tax_year"],
            Span(row["start_date"], row["end_date"]),
            Terms(CostBasisMethod(row["cost_basis_method"]), rules, row["marks_wash_sales"]),
            TaxReportFormat(row["report_format"]),
            row["created_at"],
        )


@dataclass(frozen=True, slots=True)
class Flow:
    """Income that came in, or an expense that went out.

    Attributes:
        kind: of the event.
        at: when, UTC.
        symbol: ticker of what moved; empty for a fee in money.
        amount: whole units; None when unknown.
        value: US dollars at that time; None when unknown.
    """

    kind: TaxTransactionType
    at: datetime
    symbol: str
    amount: Decimal | None
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Lack:
    """Something the owner has to complete.

    Attributes:
        at: when the event was, UTC.
        symbol: ticker.
        reason: what is missing.
        amount: units concerned; None when unknown.
        event: the taxable event.
    """

    at: datetime
    symbol: str
    reason: Reason
    amount: Decimal | None
    event: UUID


@dataclass(frozen=True, slots=True)
class Totals:
    """What a report adds up to, US dollars; what is unknown is in none of the sums.

    Attributes:
        transactions: taxable events.
        disposals: lines of sales.
        proceeds: of sales whose gain is known.
        cost: of the same.
        gains: of sales with a gain.
        losses: of sales with a loss, as a positive sum.
        long_term: net gains beyond the line of the country; None where there is no line.
        short_term: net gains on the rest; None where there is no line.
        income: worth of what came in as income.
        expenses: fees and other expenses that are no part of a sale.
        disallowed: losses that wash sales would disallow; None when not asked for.
        issues: what has to be completed.
    """

    transactions: int
    disposals: int
    proceeds: Decimal
    cost: Decimal
    gains: Decimal
    losses: Decimal
    long_term: Decimal | None
    short_term: Decimal | None
    income: Decimal
    expenses: Decimal
    disallowed: Decimal | None
    issues: int

    @property
    def net(self) -> Decimal:
        """Gains less losses."""
        return EXACT.subtract(self.gains, self.losses)


@dataclass(frozen=True, slots=True)
class Report:
    """A report with all its lines, each list in order of time."""

    wish: Wish
    sales: Sequence[Sale]
    income: Sequence[Flow]
    expenses: Sequence[Flow]
    lacks: Sequence[Lack]
    totals: Totals


def compile_report(book: Book, wish: Wish) -> Report:
    """Settle everything by the terms of a report and keep what lies within its days."""
    rules, span = wish.terms.rules, wish.span
    accounts = list(book.accounts.values())
    if rules.has_pool:
        pooled = [(account, pool(account.opened, account.closed)) for account in accounts]
        sales, lacks = pool_sales_of(pooled, span), _pool_lacks(pooled, span)
    else:
        outcomes = [settled(account, wish.terms) for account in accounts]
        sales, lacks = sales_of(outcomes, rules, span), _lot_lacks(outcomes, span)
    meanings = {
        meaning.event.id: meaning
        for meaning in chain.from_iterable(
            (*(account.meanings for account in accounts), book.money_only)
        )
        if within(span, meaning.event.at)
    }
    income, expenses = _flows(meanings.values())
    lacks = sorted(set(lacks), key=lambda lack: (lack.at, lack.symbol, lack.reason.value))
    totals = _totals(wish, sales, income, expenses, len(meanings), len(lacks))
    return Report(wish, sales, income, expenses, lacks, totals)


def total(values: Iterable[Decimal | None]) -> Decimal:
    """An exact sum of what is known."""
    result = ZERO
    for value in values:
        if value is not None:
            result = EXACT.add(result, value)
    return result


def _flows(meanings: Iterable[Meaning]) -> tuple[list[Flow], list[Flow]]:
    income, expenses = [], []
    for meaning in sorted(meanings, key=lambda each: (each.event.at, each.event.id)):
        event = meaning.event
        if meaning.is_income and event.came is not None:
            came = event.came
            income.append(Flow(event.kind, event.at, came.asset.symbol, came.amount, came.value))
        elif meaning.category is TaxCategory.EXPENSE:
            went = event.went
            value = event.fee if went is None else went.value
            if went is not None and value is not None and event.fee is not None:
                value = EXACT.add(value, event.fee)
            symbol, amount = ("", None) if went is None else (went.asset.symbol, went.amount)
            expenses.append(Flow(event.kind, event.at, symbol, amount, value))
    return income, expenses


def _lot_lacks(outcomes: Iterable[Outcome], span: Span) -> list[Lack]:
    """Issues of events within days, and of the purchases that sales of these days need."""
    found: list[Lack] = []
    for outcome in outcomes:
        needed = {
            piece.acquisition.id
            for piece in outcome.settlement.pieces
            if piece.cost is None and within(span, piece.disposal.at)
        }
        found += _lacks(outcome.account, outcome.issues, span, needed)
    return found


def _pool_lacks(pooled: Iterable[tuple[Account, Pooled]], span: Span) -> list[Lack]:
    """The same; a pool of unknown cost needs every purchase that went into it until then."""
    found: list[Lack] = []
    for account, result in pooled:
        unknown = [
            sale.sold_on
            for sale in result.sales
            if sale.cost is None and within(span, sale.sold_on)
        ]
        until = max(unknown, default=None)
        needed = {
            bought.id
            for bought in account.opened
            if bought.cost is None and until is not None and bought.at.date() <= until
        }
        last = {sold.at.date(): sold.id for sold in sorted(account.closed, key=lambda s: s.at)}
        short = [Issue(last[day], Reason.NO_LOT, amount) for day, amount in result.short]
        issues = [issue for meaning in account.meanings for issue in meaning.issues]
        found += _lacks(account, [*issues, *short], span, needed)
    return found


def _lacks(
    account: Account, issues: Iterable[Issue], span: Span, needed: set[UUID]
) -> Iterable[Lack]:
    symbols = symbols_of(account)
    times = {meaning.event.id: meaning.event.at for meaning in account.meanings}
    for issue in issues:
        at = times[issue.event]
        if within(span, at) or issue.event in needed:
            yield Lack(at, symbols[issue.event], issue.reason, issue.amount, issue.event)


def _totals(
    wish: Wish,
    sales: Sequence[Sale],
    income: Sequence[Flow],
    expenses: Sequence[Flow],
    transactions: int,
    issues: int,
) -> Totals:
    known = [(sale, sale.gain) for sale in sales if sale.gain is not None]
    has_line = wish.terms.rules.long_term_days is not None
    return Totals(
        transactions=transactions,
        disposals=len(sales),
        proceeds=total(sale.proceeds for sale, _ in known),
        cost=total(sale.cost for sale, _ in known),
        gains=total(gain for _, gain in known if gain is not None and gain > 0),
        losses=EXACT.minus(total(gain for _, gain in known if gain is not None and gain < 0)),
        long_term=total(gain for sale, gain in known if sale.is_long_term) if has_line else None,
        short_term=total(gain for sale, gain in known if not sale.is_long_term)
        if has_line
        else None,
        income=total(flow.value for flow in income),
        expenses=total(flow.value for flow in expenses),
        disallowed=total(sale.disallowed for sale in sales)
        if wish.terms.marks_wash_sales
        else None,
        issues=issues,
    )
