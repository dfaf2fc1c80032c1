"""Reports asked for and taken back; figures are written by jobs."""

from __future__ import annotations

from datetime import date
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
from resolvers.tax.event_mutations import TaxEventMutation
from resolvers.tax.holding import US, CountryRules
from resolvers.tax.profile_mutations import TaxProfileMutation, known_marks, known_rules
from resolvers.tax.queries import FIRST_YEAR, LAST_YEAR
from resolvers.tax.sales import within
from resolvers.tax.spans import Span, quarter_span, year_span
from resolvers.tax.types import TaxReport

MAX_WAITING: Final = 10
_RESOURCE: Final = "portfolio.tax_reports"
_US_LAYOUTS: Final = (TaxReportFormat.TURBOTAX, TaxReportFormat.TAXACT)


@strawberry.input(description="Which tax report is wanted.")
class RequestTaxReportInput(IdempotentInput):
    """Which tax report is wanted."""

    report_type: TaxReportType = strawberry.field(
        default=TaxReportType.ANNUAL, description="Which span it covers."
    )
    tax_year: int = strawberry.field(
        description="Calendar year in which the tax year begins, from 2009 on: 2024 is 2024/25 in "
        "the United Kingdom."
    )
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
        description="Country whose rules apply, ISO 3166-1 alpha-2: US, GB or DE."
    )
    report_format: TaxReportFormat = strawberry.field(
        default=TaxReportFormat.CSV, description="Which form it has."
    )
    cost_basis_method: CostBasisMethod = strawberry.field(
        default=CostBasisMethod.FIFO,
        description="Which purchases sales are set against; GB pools them whatever is said.",
    )
    marks_wash_sales: bool = strawberry.field(
        default=False,
        description="Whether losses are marked that a wash sale would disallow; for US only.",
    )


@strawberry.input(description="Which report to remove.")
class DeleteTaxReportInput:
    """Which report to remove."""

    id: strawberry.ID = strawberry.field(description="Which report.")


@strawberry.type(description="What came of asking for a tax report.")
class RequestTaxReportPayload(ReplayablePayload):
    """What came of asking for a tax report."""

    report: TaxReport | None = changed("The report as it stands; null when it was not asked for.")


@strawberry.type(description="What came of removing a tax report.")
class DeleteTaxReportPayload(Payload):
    """What came of removing a tax report."""

    deleted_id: strawberry.ID | None = outcome("The id of what is gone; null when it is not.")


_CLASHES: Final = {
    "tax_reports_wish_key": clash(
        "",
        UserErrorCode.TAKEN,
        "You asked for this report already. Read it, or remove it to have it made anew.",
    )
}


@strawberry.type(description="Changes of tax reports.")
class TaxReportMutation:
    """Changes of tax reports."""

    @mutation(
        "Asks for a tax report of the viewer's. It is made in the background: read its `status` "
        "until it says COMPLETED, then fetch `downloadUrl`.",
        tier=Tier.BASIC,
        clashes=_CLASHES,
    )
    async def request_tax_report(
        self, change: Change, input: RequestTaxReportInput
    ) -> RequestTaxReportPayload:
        """A row, and in the same transaction its run in the queue of jobs."""
        rules = known_rules(change, input.country_code)
        start, end = _span(change, input, rules)
        marks = known_marks(change, input.marks_wash_sales, rules)
        if input.report_format in _US_LAYOUTS and rules.country != US.country:
            message = "This layout is that of a program for US returns. Choose PDF or CSV."
            change.refuse("report_format", UserErrorCode.INVALID, message)
        await change.limit(MAX_WAITING, "tax.waiting_reports", user_id=change.user_id)
        row = await change.one(
            "tax.request_report",
            user_id=change.user_id,
            report_type=input.report_type.value,
            tax_year=input.tax_year,
            country_code=rules.country,
            start_date=start,
            end_date=end,
            report_format=input.report_format.value,
            method=input.cost_basis_method.value,
            marks_wash_sales=marks,
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


def _span(
    change: Change, input: RequestTaxReportInput, rules: CountryRules
) -> tuple[date | None, date | None]:
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
    whole = year_span(year, rules)
    if custom:
        return _days(change, input, whole)
    return whole if quarter is None else quarter_span(year, quarter, rules)


def _days(
    change: Change, input: RequestTaxReportInput, year: Span
) -> tuple[date | None, date | None]:
    start, end = input.start_date, input.end_date
    assert start is not None
    assert end is not None
    for name, day in (("start_date", start), ("end_date", end)):
        if not within(year, day):
            message = f"Give a day of the tax year, {year.start} to {year.end}."
            change.refuse(name, UserErrorCode.INVALID, message)
    if start > end:
        change.refuse("end_date", UserErrorCode.INVALID, "Give a day not before `startDate`.")
    return start, end


@strawberry.type(description="Changes of taxes.")
class TaxMutation(TaxReportMutation, TaxEventMutation, TaxProfileMutation):
    """Changes of taxes."""
