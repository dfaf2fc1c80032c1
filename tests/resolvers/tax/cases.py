"""Purchases, sales and wishes made short to write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from resolvers.tax.enums import CostBasisMethod, TaxReportFormat, TaxReportType
from resolvers.tax.holding import US, CountryRules
from resolvers.tax.ledger import Terms
from resolvers.tax.lots import Acquisition, Disposal
from resolvers.tax.report import Wish
from resolvers.tax.spans import year_span

START = datetime(2023, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    """A moment so many days after the start."""
    return START + timedelta(days=number)


def bought(key: int, at: float, amount: str, cost: str | None) -> Acquisition:
    """A purchase; `key` becomes its id."""
    paid = None if cost is None else Decimal(cost)
    return Acquisition(UUID(int=key), day(at), Decimal(amount), paid)


def sold(
    key: int, at: float, amount: str, proceeds: str | None, *named: int, at_cost: bool = False
) -> Disposal:
    """A sale; `key` becomes its id, `named` are keys of purchases."""
    chosen = tuple(UUID(int=name) for name in named)
    received = None if proceeds is None else Decimal(proceeds)
    return Disposal(UUID(int=key), day(at), Decimal(amount), received, chosen, at_cost)


def wish(
    year: int = 2024,
    rules: CountryRules = US,
    form: TaxReportFormat = TaxReportFormat.CSV,
    *,
    method: CostBasisMethod = CostBasisMethod.FIFO,
    marks: bool = False,
) -> Wish:
    """An annual report as somebody asked for it."""
    return Wish(
        UUID(int=77),
        UUID(int=78),
        TaxReportType.ANNUAL,
        year,
        year_span(year, rules),
        Terms(method, rules, marks),
        form,
        datetime(2025, 2, 3, 9, 30, tzinfo=UTC),
    )
