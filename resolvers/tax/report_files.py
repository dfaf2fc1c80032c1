"""A tax report as a CSV file: our own layout, and those TurboTax and TaxAct read.

Bytes are UTF-8 with CRLF and no byte order mark. A sale whose gain is unknown is in our own file,
with empty cells, and in no other: those programs would read an empty cell as 0. A gift that left at
cost is no sale and in none. Whoever writes a file tells its owner of the issues.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from resolvers.tax.lots import EXACT
from resolvers.tax.report import Report
from resolvers.tax.sales import Sale

_CENT: Final = Decimal("0.01")
# A cell that begins with one of these is a formula to a spreadsheet, and tickers come from anybody.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
Rows = list[list[str]]


def own_csv(report: Report) -> bytes:
    """Everything we know, exact, times in ISO 8601: sales, then income, then expenses.

    Of income `cost_basis_usd` is its fair value, which the lot it opened costs.
    """
    head = [
        "type", "asset", "amount", "acquired_at", "sold_at", "proceeds_usd", "cost_basis_usd",
        "gain_usd", "term", "wash_sale_loss_usd", "income_usd", "expense_usd",
    ]  # fmt: skip
    rows = [
        [
            "sale", _text(sale.symbol), _exact(sale.amount), _iso(sale.acquired_at),
            _iso(sale.sold_at), _exact(sale.proceeds), _exact(sale.cost), _exact(sale.gain),
            term_of(sale), _exact(sale.disallowed), "", "",
        ]
        for sale in report.sales
    ]  # fmt: skip
    rows += [
        [
            str(flow.kind.value), _text(flow.symbol), _exact(flow.amount), _iso(flow.at), "", "",
            _exact(flow.value), "", "", "", _exact(flow.value), "",
        ]
        for flow in report.income
    ]  # fmt: skip
    rows += [
        [
            str(flow.kind.value), _text(flow.symbol), _exact(flow.amount), "", _iso(flow.at), "",
            "", "", "", "", "", _exact(flow.value),
        ]
        for flow in report.expenses
    ]  # fmt: skip
    return _csv(head, rows)


def term_of(sale: Sale) -> str:
    """Long or short, or the rule of the pool; empty where there is neither."""
    if sale.rule is not None:
        return sale.rule.value
    return {True: "long", False: "short", None: ""}[sale.is_long_term]


def turbotax_csv(sales: Sequence[Sale]) -> bytes:
    """The columns TurboTax asks for when capital gains of crypto-assets are uploaded."""
    head = ["Currency Name", "Purchase Date", "Cost Basis", "Date Sold", "Proceeds"]
    rows = [
        [
            _text(sale.symbol), _us_day(sale.acquired_at), _cents(sale.cost),
            _us_day(sale.sold_at), _cents(sale.proceeds),
        ]
        for sale in sales
        if sale.gain is not None
    ]  # fmt: skip
    return _csv(head, rows)


def taxact_csv(sales: Sequence[Sale]) -> bytes:
    """The columns of TaxAct's own spreadsheet for Form 1099-B; C and F: no such form was sent."""
    head = [
        "Description", "Date Acquired", "Date Sold", "Sales Proceeds", "Cost or Other Basis",
        "Wash Sale", "Adjustment Code", "Adjustment Amount", "Reporting Category",
    ]  # fmt: skip
    rows = []
    for sale in sales:
        if sale.gain is None:
            continue
        wash = "W" if sale.disallowed is not None else ""
        rows.append(
            [
                _text(f"{_exact(sale.amount)} {sale.symbol}"), _us_day(sale.acquired_at),
                _us_day(sale.sold_at), _cents(sale.proceeds), _cents(sale.cost), wash, wash,
                _cents(sale.disallowed), "F" if sale.is_long_term else "C",
            ]
        )  # fmt: skip
    return _csv(head, rows)


def _csv(head: list[str], rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([head, *rows])
    return text.getvalue().encode()


def _text(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _exact(value: Decimal | None) -> str:
    """All digits, none for show, no exponent; empty when unknown."""
    if value is None:
        return ""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def _cents(value: Decimal | None) -> str:
    """Two decimals, half to even; empty when unknown."""
    if value is None:
        return ""
    cents = value.quantize(_CENT, ROUND_HALF_EVEN, context=EXACT)
    return f"{cents if cents else abs(cents):f}"


def _iso(at: date | None) -> str:
    """A moment, or a day where no moment is meant; empty for none."""
    if isinstance(at, datetime):
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return "" if at is None else at.isoformat()


def _us_day(at: date | None) -> str:
    return "" if at is None else at.strftime("%m/%d/%Y")
