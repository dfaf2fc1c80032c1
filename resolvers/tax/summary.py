"""What a tax year adds up to, and what is left of purchases."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.resolve import load_one
from resolvers.tax.enums import CostBasisMethod

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.context import RequestContext

MAX_ASSETS: Final = 1_000


@strawberry.type(description="What is left of purchases of one asset.")
class TaxAssetHolding:
    """What is left of purchases of one asset."""

    asset_id: strawberry.Private[UUID | None]
    asset_symbol: str = strawberry.field(description="Ticker, as recorded.")
    remaining_amount: Decimal = strawberry.field(description="Not sold yet, whole units.")
    cost_basis_usd: Decimal | None = strawberry.field(
        description="What the part that is left cost, US dollars; null when a price is missing."
    )
    lot_count: int = strawberry.field(description="Purchases with something left.")
    oldest_at: datetime = strawberry.field(description="When the oldest of them was made.")

    @strawberry.field(description="The asset; null when known by ticker only.")  # type: ignore[untyped-decorator]
    async def asset(
        self, info: Info
    ) -> Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None:
        """All assets of a level are one statement."""
        from resolvers.catalog.asset import Asset

        found: Asset | None = await load_one(info, Asset, self.asset_id)
        return found


@strawberry.type(
    description="What the recorded taxable events of a year add up to. A report applies a "
    "country's rules to the same events; this does not."
)
class TaxYearSummary:
    """What the recorded taxable events of a year add up to."""

    tax_year: int = strawberry.field(description="Calendar year, UTC.")
    method: CostBasisMethod = strawberry.field(
        description="Which purchases sales were set against."
    )
    transaction_count: int = strawberry.field(description="Taxable events.")
    unclassified_count: int = strawberry.field(description="Events without a category yet.")
    disposal_count: int = strawberry.field(description="Sales out of single purchases.")
    proceeds_usd: Decimal = strawberry.field(description="What sales brought, US dollars.")
    gains_usd: Decimal = strawberry.field(description="Gains, US dollars.")
    losses_usd: Decimal = strawberry.field(description="Losses, US dollars, not negative.")
    net_gains_usd: Decimal = strawberry.field(description="Gains less losses, US dollars.")
    long_term_usd: Decimal = strawberry.field(
        description="Net gains on what was held for more than 365 days, US dollars."
    )
    short_term_usd: Decimal = strawberry.field(description="Net gains on the rest, US dollars.")
    income_usd: Decimal = strawberry.field(
        description="Worth received by events of the category income, US dollars."
    )
    expenses_usd: Decimal = strawberry.field(
        description="Worth given up by events of the category expense, US dollars."
    )
    fees_usd: Decimal = strawberry.field(description="Fees of all events, US dollars.")


async def year_summary(
    context: RequestContext, tax_year: int, method: CostBasisMethod
) -> TaxYearSummary:
    """Sums over the viewer's events of a year, two statements."""
    user = context.viewer.user_id
    gains: list[Any] = await context.postgres(
        "tax.gains", user, tax_year, method.value, as_viewer=True
    )
    flows: list[Any] = await context.postgres("tax.flows", user, tax_year, as_viewer=True)
    by_category = {row[0]: row for row in flows}

    def total(rows: list[Any], column: int) -> Decimal:
        return sum((row[column] for row in rows if row[column] is not None), Decimal(0))

    def of(category: str, column: int) -> Decimal:
        row = by_category.get(category)
        return Decimal(0) if row is None or row[column] is None else row[column]

    return TaxYearSummary(
        tax_year=tax_year,
        method=method,
        transaction_count=sum(row[4] for row in flows),
        unclassified_count=sum(row[5] for row in flows),
        disposal_count=sum(row[5] for row in gains),
        proceeds_usd=total(gains, 4),
        gains_usd=total(gains, 1),
        losses_usd=total(gains, 2),
        net_gains_usd=total(gains, 3),
        long_term_usd=total([row for row in gains if row[0]], 3),
        short_term_usd=total([row for row in gains if not row[0]], 3),
        income_usd=of("income", 1),
        expenses_usd=of("expense", 2),
        fees_usd=total(flows, 3),
    )


async def holdings(context: RequestContext, first: int) -> list[TaxAssetHolding]:
    """What is left of the viewer's purchases, by asset, one statement."""
    rows: list[Any] = await context.postgres(
        "tax.holdings", context.viewer.user_id, first, as_viewer=True
    )
    return [
        TaxAssetHolding(
            asset_id=asset,
            asset_symbol=symbol,
            remaining_amount=amount,
            cost_basis_usd=cost,
            lot_count=lots,
            oldest_at=oldest,
        )
        for symbol, asset, amount, cost, lots, oldest in rows
    ]
