"""Reports asked for and taken back, and notes on taxable events; figures are written by jobs."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

import strawberry

from resolvers.mutation import (
    Change,
    IdempotentInput,
    Payload,
    ReplayablePayload,
    UserErrorCode,
    changed,
    clash,
    given,
    mutation,
    outcome,
)
from resolvers.permissions import Tier
from resolvers.tax.enums import CostBasisMethod, TaxReportFormat, TaxReportType
from resolvers.tax.queries import FIRST_YEAR, LAST_YEAR
from resolvers.tax.types import TaxReport, TaxTransaction

MAX_WAITING: Final = 10
_RESOURCE: Final = "portfolio.tax_reports"
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


@strawberry.input(description="Which tax report is wanted.")
class RequestTaxReportInput(IdempotentInput):
    """Which tax report is wanted."""

    report_type: TaxReportType = strawberry.field(
        default=TaxReportType.ANNUAL, description="Which span it covers."
    )
    tax_year: int = strawberry.field(description="Calendar year, from 2009 on.")
    quarter: int | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 4; for QUARTERLY only."
    )
    start_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="First day, within the year; for CUSTOM only."
    )
    end_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="Last day, within the year; for CUSTOM only."
    )
    country_code: str = strawberry.field(
        description="Country whose rules apply, ISO 3166-1 alpha-2, such as US."
    )
    report_format: TaxReportFormat = strawberry.field(
        default=TaxReportFormat.CSV, description="Which form it has."
    )
    cost_basis_method: CostBasisMethod = strawberry.field(
        default=CostBasisMethod.FIFO, description="Which purchases sales are set against."
    )


@strawberry.input(description="Which report to remove.")
class DeleteTaxReportInput:
    """Which report to remove."""

    id: strawberry.ID = strawberry.field(description="Which report.")


@strawberry.input(description="Notes on a taxable event.")
class AnnotateTaxTransactionInput:
    """Notes on a taxable event."""

    id: strawberry.ID = strawberry.field(description="Which event.")
    notes: str | None = strawberry.field(description="Of at most 2,000 characters; null for none.")


@strawberry.type(description="What came of asking for a tax report.")
class RequestTaxReportPayload(ReplayablePayload):
    """What came of asking for a tax report."""

    report: TaxReport | None = changed("The report as it stands; null when it was not asked for.")


@strawberry.type(description="What came of removing a tax report.")
class DeleteTaxReportPayload(Payload):
    """What came of removing a tax report."""

    deleted_id: strawberry.ID | None = outcome("The id of what is gone; null when it is not.")


@strawberry.type(description="What came of annotating a taxable event.")
class AnnotateTaxTransactionPayload(Payload):
    """What came of annotating a taxable event."""

    transaction: TaxTransaction | None = changed("The event; null when it was not changed.")


_CLASHES: Final = {
    "tax_reports_user_id_report_type_tax_year_country_code_start_key": clash(
        "",
        UserErrorCode.TAKEN,
        "You asked for this report already. Read it, or remove it to have it made anew.",
    )
}


@strawberry.type(description="Changes of taxes.")
class TaxMutation:
    """Changes of taxes."""

    @mutation(
        "Asks for a tax report of the viewer's. It is made in the background: read its `status` "
        "until it says COMPLETED, then fetch `downloadUrl`.",
        tier=Tier.BASIC,
        clashes=_CLASHES,
    )
    async def request_tax_report(
        self, change: Change, input: RequestTaxReportInput
    ) -> RequestTaxReportPayload:
        """A row that the tax job finds."""
        start, end = _span(change, input)
        country = input.country_code.strip().upper()
        if not _COUNTRY.fullmatch(country):
            message = "Give two letters, such as US."
            change.refuse("country_code", UserErrorCode.INVALID, message)
        await change.limit(MAX_WAITING, "tax.waiting_reports", user_id=change.user_id)
        row = await change.one(
            "tax.request_report",
            user_id=change.user_id,
            report_type=input.report_type.value,
            tax_year=input.tax_year,
            country_code=country,
            start_date=start,
            end_date=end,
            report_format=input.report_format.value,
            method=input.cost_basis_method.value,
        )
        assert row is not None
        change.created(_RESOURCE, row, status=row["status"])
        return RequestTaxReportPayload(report=row["id"])

    @mutation("Removes a tax report of the viewer's, unless it is being made just now.")
    async def delete_tax_report(
        self, change: Change, input: DeleteTaxReportInput
    ) -> DeleteTaxReportPayload:
        """The row goes; the job removes the file."""
        mine = {"id": change.key("id", input.id, TaxReport), "user_id": change.user_id}
        await change.found("id", "TaxReport", "tax.lock_report", **mine)
        row = await change.one("tax.delete_report", **mine)
        if row is None:
            message = "It is being made just now. Wait until it is done, then remove it."
            change.refuse("id", UserErrorCode.NOT_ALLOWED, message)
            change.stop()
        assert row is not None
        change.deleted(_RESOURCE, row)
        return DeleteTaxReportPayload(deleted_id=input.id)

    @mutation("Puts notes of the viewer's own on a taxable event of theirs.")
    async def annotate_tax_transaction(
        self, change: Change, input: AnnotateTaxTransactionInput
    ) -> AnnotateTaxTransactionPayload:
        """One column of one row."""
        mine = {"id": change.key("id", input.id, TaxTransaction), "user_id": change.user_id}
        notes = change.text("notes", input.notes, longest=2000, required=False)
        before = await change.found("id", "TaxTransaction", "tax.lock_transaction", **mine)
        after = await change.one("tax.annotate_transaction", notes=notes, **mine)
        assert after is not None
        change.updated("portfolio.tax_transactions", before, after)
        return AnnotateTaxTransactionPayload(transaction=after["id"])


def _span(change: Change, input: RequestTaxReportInput) -> tuple[date | None, date | None]:
    """First and last day of a report; what is wrong is noted."""
    year = change.whole("tax_year", input.tax_year, least=FIRST_YEAR, most=LAST_YEAR)
    quarterly = input.report_type is TaxReportType.QUARTERLY
    custom = input.report_type is TaxReportType.CUSTOM
    for name, wanted in (("quarter", quarterly), ("start_date", custom), ("end_date", custom)):
        value = getattr(input, name)
        there = given(value) and value is not None
        if wanted and not there:
            change.refuse(name, UserErrorCode.REQUIRED, "Give it for this type of report.")
        elif there and not wanted:
            change.refuse(name, UserErrorCode.INVALID, "Leave it out for this type of report.")
    quarter = change.whole("quarter", input.quarter, least=1, most=4)
    if year is None or change.refusals:
        return None, None
    if custom:
        return _days(change, input, year)
    if quarter is None:
        return date(year, 1, 1), date(year, 12, 31)
    after = date(year + quarter // 4, quarter % 4 * 3 + 1, 1)
    return date(year, quarter * 3 - 2, 1), after - timedelta(days=1)


def _days(
    change: Change, input: RequestTaxReportInput, year: int
) -> tuple[date | None, date | None]:
    start, end = input.start_date, input.end_date
    assert start is not None
    assert end is not None
    for name, day in (("start_date", start), ("end_date", end)):
        if day.year != year:
            change.refuse(name, UserErrorCode.INVALID, "Give a day within the tax year.")
    if start > end:
        change.refuse("end_date", UserErrorCode.INVALID, "Give a day not before `startDate`.")
    return start, end
