"""A tax report as a CSV file: our own layout, and those TurboTax and TaxAct read.

Bytes are UTF-8 with CRLF and no byte order mark. A sale whose gain is unknown is in our own file,
with empty cells, and in no other: those programs would read an empty cell as 0. A gift that left at
cost is no sale and in none. Whoever writes a file tells its owner of the issues.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from resolvers.tax.holding import CountryRules, is_long_term
from resolvers.tax.ledger import Outcome
from resolvers.tax.lots import EXACT

_CENT: Final = Decimal("0.01")
# A cell that begins with one of these is a formula to a spreadsheet, and tickers come from anybody.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
Rows = list[list[str]]


@dataclass(frozen=True, slots=True)
class Sale:
    """One line of a report: the part of a sale that came out of one lot.

    Attributes:
        symbol: ticker.
        amount: whole units.
        acquired_at: when it was bought, UTC.
        sold_at: when it was sold, UTC.
        proceeds: US dollars less fees; None when unknown.
        cost: US dollars with fees; None when unknown.
        is_long_term: None where the country draws no line.
        disallowed: the part of a loss a wash sale disallows; None when there is none.
    """

    symbol: str
    amount: Decimal
    acquired_at: datetime
    sold_at: datetime
    proceeds: Decimal | None
    cost: Decimal | None
    is_long_term: bool | None
    disallowed: Decimal | None = None

    @property
    def gain(self) -> Decimal | None:
        """Proceeds less cost; None when either is unknown."""
        if self.proceeds is None or self.cost is None:
            return None
        return EXACT.subtract(self.proceeds, self.cost)


def sales_of(
    outcomes: Iterable[Outcome], rules: CountryRules, start: date, end: date
) -> list[Sale]:
    """Sales from one day to another, both included, UTC; by time of sale, then of purchase."""
    found = []
    for outcome in outcomes:
        symbols = {
            meaning.event.id: side.asset.symbol
            for meaning in outcome.account.meanings
            for side in (meaning.event.came, meaning.event.went)
            if side is not None and side.asset.key == outcome.account.asset
        }
        washed = {id(wash.piece): wash.disallowed for wash in outcome.washes}
        found += [
            Sale(
                symbols[piece.disposal.id],
                piece.amount,
                piece.acquisition.at,
                piece.disposal.at,
                piece.proceeds,
                piece.cost,
                is_long_term(piece.acquisition.at, piece.disposal.at, rules),
                washed.get(id(piece)),
            )
            for piece in outcome.settlement.pieces
            if start <= piece.disposal.at.date() <= end and not piece.disposal.at_cost
        ]
    return sorted(found, key=lambda sale: (sale.sold_at, sale.acquired_at, sale.symbol))


def own_csv(sales: Sequence[Sale]) -> bytes:
    """Everything we know, exact, times in ISO 8601."""
    head = [
        "asset", "amount", "acquired_at", "sold_at", "proceeds_usd", "cost_basis_usd", "gain_usd",
        "term", "wash_sale_loss_usd",
    ]  # fmt: skip
    rows = [
        [
            _text(sale.symbol), _exact(sale.amount), _iso(sale.acquired_at), _iso(sale.sold_at),
            _exact(sale.proceeds), _exact(sale.cost), _exact(sale.gain),
            {True: "long", False: "short", None: ""}[sale.is_long_term], _exact(sale.disallowed),
        ]
        for sale in sales
    ]  # fmt: skip
    return _csv(head, rows)


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


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _us_day(at: datetime) -> str:
    return at.strftime("%m/%d/%Y")
