"""What differs from country to country: holding periods, gifts, wash sales."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class CountryRules:
    """How a country taxes crypto-assets, as far as this engine knows.

    Attributes:
        country: ISO 3166-1 alpha-2.
        long_term_days: held for more days than this is long-term; None where it makes no
            difference.
        gifts_at_cost: giving something away realises no gain; otherwise it counts at fair value.
        has_pool: shares are pooled by section 104; see `resolvers/tax/pooling.py`.
    """

    country: str
    long_term_days: int | None = 365
    gifts_at_cost: bool = True
    has_pool: bool = False


US: Final = CountryRules("US")
UK: Final = CountryRules("GB", long_term_days=None, gifts_at_cost=False, has_pool=True)
# Held for more than a year is free of tax in Germany, so the line is the same as in the US.
DE: Final = CountryRules("DE")
_COUNTRIES: Final = {rules.country: rules for rules in (US, UK, DE)} | {"UK": UK}


def rules_of(country: str) -> CountryRules | None:
    """Rules of a country by its two letters (`UK` also means `GB`); None when unknown."""
    return _COUNTRIES.get(country.upper())


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
