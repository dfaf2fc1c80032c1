"""How sums, amounts and days stand on a printed page."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from resolvers.tax.lots import EXACT

_CENT: Final = Decimal("0.01")
_SMALLEST: Final = Decimal("0.00000001")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)


def dollars(value: Decimal | None) -> str:
    """Two decimals, half to even, negative in parentheses; `unknown` when it is."""
    if value is None:
        return "unknown"
    cents = value.quantize(_CENT, ROUND_HALF_EVEN, context=EXACT)
    return f"({-cents:,.2f})" if cents < 0 else f"{abs(cents):,.2f}"


def units(amount: Decimal | None) -> str:
    """At most eight decimals, none for show; the CSV file has all of them."""
    if amount is None:
        return "unknown"
    shown = amount.quantize(_SMALLEST, ROUND_HALF_EVEN, context=EXACT)
    if amount and not shown:
        return "<0.00000001"
    text = f"{shown:,f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def day(at: date | None) -> str:
    """A day in ISO 8601; empty for none."""
    return "" if at is None else f"{at:%Y-%m-%d}"


def long_day(at: date) -> str:
    """A day in words, such as 6 April 2024."""
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def short_month(month: int) -> str:
    """Three letters of a month, 1 to 12."""
    return _MONTHS[month - 1][:3]
