"""Which days a tax year and its quarters have."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from resolvers.tax.holding import CountryRules

_MONTHS = 12


class Span(NamedTuple):
    """Days of a report, both included, UTC."""

    start: date
    end: date


def year_span(year: int, rules: CountryRules) -> Span:
    """The tax year that begins in a calendar year."""
    return _span(year, rules, 0, _MONTHS)


def quarter_span(year: int, quarter: int, rules: CountryRules) -> Span:
    """A quarter of that year, 1 to 4."""
    return _span(year, rules, 3 * quarter - 3, 3 * quarter)


def _span(year: int, rules: CountryRules, first: int, after: int) -> Span:
    """From so many months after the beginning of the year until before so many."""
    month, day = rules.year_begins

    def begins(months: int) -> date:
        years, place = divmod(month - 1 + months, _MONTHS)
        return date(year + years, place + 1, day)

    return Span(begins(first), begins(after) - timedelta(days=1))
