"""A tax report as the file its owner asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from gateway.reports.tax_pages import tax_pdf
from resolvers.tax.enums import TaxReportFormat
from resolvers.tax.report import Report
from resolvers.tax.report_files import own_csv, taxact_csv, turbotax_csv

_FORMS: Final[Mapping[TaxReportFormat, Callable[[Report], bytes]]] = {
    TaxReportFormat.CSV: own_csv,
    TaxReportFormat.TURBOTAX: lambda report: turbotax_csv(report.sales),
    TaxReportFormat.TAXACT: lambda report: taxact_csv(report.sales),
    TaxReportFormat.PDF: tax_pdf,
}


def render(report: Report) -> bytes:
    """The bytes of the file; the same report gives the same bytes."""
    return _FORMS[report.wish.report_format](report)
