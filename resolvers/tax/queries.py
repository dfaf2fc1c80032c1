"""Root fields of taxes: the viewer's own, nobody else's."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import Info

from resolvers.connection import Connection
from resolvers.errors import BadInput
from resolvers.fields import root_field, root_one, root_page
from resolvers.permissions import Access
from resolvers.resolve import load_one
from resolvers.tax.enums import CostBasisMethod
from resolvers.tax.summary import (
    MAX_ASSETS,
    TaxAssetHolding,
    TaxYearSummary,
    holdings,
    year_summary,
)
from resolvers.tax.types import (
    TaxIssue,
    TaxLot,
    TaxLotDisposal,
    TaxProfile,
    TaxReport,
    TaxTransaction,
)

FIRST_YEAR, LAST_YEAR = 2009, 2200


@strawberry.type(description="The viewer's taxes.")
class TaxQuery:
    """Root fields of taxes."""

    tax_transactions: Connection[TaxTransaction] | None = root_page(
        "The viewer's taxable events, newest first.", access=Access.OWNER
    )
    tax_lots: Connection[TaxLot] | None = root_page(
        "The viewer's purchases, newest first.", access=Access.OWNER
    )
    tax_disposals: Connection[TaxLotDisposal] | None = root_page(
        "The viewer's sales out of purchases, newest first.", access=Access.OWNER
    )
    tax_report: TaxReport | None = root_one(
        "One report of the viewer's; null when they asked for none with this id.",
        by=("id",),
        access=Access.OWNER,
    )
    tax_reports: Connection[TaxReport] | None = root_page(
        "Reports the viewer asked for, newest first.", access=Access.OWNER
    )

    tax_issues: Connection[TaxIssue] | None = root_page(
        "What the viewer has to complete before their taxes are, newest first.",
        access=Access.OWNER,
    )

    @root_field(
        "By which rules the viewer's purchases and sales are kept; null when they did not say: "
        "then those of the US, FIFO, without marks.",
        access=Access.OWNER,
    )
    async def tax_profile(self, info: Info) -> TaxProfile | None:
        """Their only one."""
        found: TaxProfile | None = await load_one(
            info, TaxProfile, info.context.viewer.user_id, "user_id"
        )
        return found

    @root_field("What the viewer's taxable events of a year add up to.", access=Access.OWNER)
    async def tax_year_summary(
        self,
        info: Info,
        tax_year: Annotated[int, strawberry.argument(description="Calendar year, from 2009 on.")],
        method: Annotated[
            CostBasisMethod,
            strawberry.argument(description="Which purchases sales are set against."),
        ] = CostBasisMethod.FIFO,
    ) -> TaxYearSummary | None:
        """Sums, whatever the number of events."""
        if not FIRST_YEAR <= tax_year <= LAST_YEAR:
            raise BadInput(
                f"`taxYear` is {tax_year}; it lies between {FIRST_YEAR} and {LAST_YEAR}."
            )
        return await year_summary(info.context, tax_year, method)

    @root_field(
        "What is left of the viewer's purchases, by asset, dearest first.", access=Access.OWNER
    )
    async def tax_holdings(
        self,
        info: Info,
        first: Annotated[
            int, strawberry.argument(description=f"How many at most; {MAX_ASSETS} is the maximum.")
        ] = 100,
    ) -> list[TaxAssetHolding] | None:
        """One statement."""
        if not 0 <= first <= MAX_ASSETS:
            raise BadInput(f"`first` is {first}; it must lie between 0 and {MAX_ASSETS}.")
        return await holdings(info.context, first)
