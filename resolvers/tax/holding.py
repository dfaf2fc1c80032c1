"""What differs from country to country: holding periods, gifts, pools, when a tax year begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class CountryRules:
    """How a country taxes crypto-assets, as far as this engine knows.

    Attributes:
        country: ISO 3166-1 alpha-2.
        name: in English.
        long_term_days: held for more days than this is long-term; None where it makes no
            difference.
        gifts_at_cost: giving something away realises no gain; otherwise it counts at fair value.
        has_pool: shares are pooled by section 104; see `resolvers/tax/pooling.py`.
        has_wash_sales: there is a rule that may disallow losses; see `resolvers/tax/wash_sales.py`.
        year_begins: month and day on which a tax year begins.
    """

    country: str
    name: str
    long_term_days: int | None = 365
    gifts_at_cost: bool = True
    has_pool: bool = False
    has_wash_sales: bool = False
    year_begins: tuple[int, int] = (1, 1)


US: Final = CountryRules("US", "United States", has_wash_sales=True)
UK: Final = CountryRules(
    "GB",
    "United Kingdom",
    long_term_days=None,
    gifts_at_cost=False,
    has_pool=True,
    year_begins=(4, 6),
)
# Held for more than a year is free of tax in Germany, so the line is the same as in the US.
DE: Final = CountryRules("DE", "Germany")
COUNTRIES: Final = {rules.country: rules for rules in (US, UK, DE)}
_OTHER_NAMES: Final = {"UK": UK}


def rules_of(country: str) -> CountryRules | None:
    """Rules of a country by its two letters (`UK` also means `GB`); None when unknown."""
    code = country.upper()
    return COUNTRIES.get(code) or _OTHER_NAMES.get(code)


def holding_days(acquired_at: datetime, disposed_at: datetime) -> int:
    """Whole days between two moments; the second is not earlier."""
    return (disposed_at - acquired_at).days


def is_long_term(acquired_at: datetime, disposed_at: datetime, rules: CountryRules) -> bool | None:
    """Whether it was held for longer than the country's line; None where there is no line.

    Exactly `long_term_days` days to the second is not longer.
    """
    if rules.long_term_days is None:
        return None
    return disposed_at - acquired_at > timedelta(days=rules.long_term_days)
