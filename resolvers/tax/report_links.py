"""What the file of a tax report is called, and the link it is fetched by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from resolvers.tax.enums import TaxReportFormat, TaxReportType

if TYPE_CHECKING:
    from resolvers.context import RequestContext

NAMING: Final = (
    "report_type", "tax_year", "country_code", "start_date", "end_date", "report_format",
)  # fmt: skip


def report_file_name(row: Mapping[str, Any]) -> str:
    """The name of the file of a report, by its columns `NAMING`: country, days and layout."""
    form = TaxReportFormat(row["report_format"])
    days = (
        str(row["tax_year"])
        if TaxReportType(row["report_type"]) is TaxReportType.ANNUAL
        else f"{row['start_date'].isoformat()}-to-{row['end_date'].isoformat()}"
    )
    layout = form in (TaxReportFormat.TURBOTAX, TaxReportFormat.TAXACT)
    ending = f"-{form.value}.csv" if layout else f".{form.value}"
    return f"tax-{days}-{row['country_code'].lower()}{ending}"


def download_link(context: RequestContext, row: Mapping[str, Any]) -> str | None:
    """A link for the viewer to a report of theirs; None until it is made."""
    owner, key = context.viewer.user_id, row["file_key"]
    if key is None or owner is None or context.downloads is None:
        return None
    now = context.clock()
    return context.downloads.link(key, owner=owner, file_name=report_file_name(row), now=now)
