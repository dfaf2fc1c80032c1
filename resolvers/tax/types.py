"""The tax ledger of a user: taxable events, purchases, sales out of them, and reports."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import Info

from resolvers.connection import Connection
from resolvers.fields import batch, column, computed, entity, one, page
from resolvers.node import Node
from resolvers.plan import Owner, Table
from resolvers.scalars import BigInt, Hash
from resolvers.tax.enums import (
    CostBasisMethod,
    TaxCategory,
    TaxIssueReason,
    TaxReportFormat,
    TaxReportStatus,
    TaxReportType,
    TaxTransactionType,
)
from resolvers.tax.naming import named_lots
from resolvers.tax.report_links import NAMING as _NAMING
from resolvers.tax.report_links import download_link, report_file_name

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.chain import Chain
    from resolvers.portfolio.types import LedgerEntry

_OWNER = Owner("user_id")
TRANSACTIONS = Table(
    "postgres",
    "portfolio.tax_transactions",
    order=("-occurred_at",),
    owner=_OWNER,
    kinds={"chain_id": "int"},
)
LOTS = Table(
    "postgres",
    "portfolio.tax_lots",
    order=("-acquired_at",),
    owner=_OWNER,
    kinds={"chain_id": "int"},
)
DISPOSALS = Table("postgres", "portfolio.tax_lot_disposals", order=("-disposed_at",), owner=_OWNER)
REPORTS = Table(
    "postgres",
    "portfolio.tax_reports",
    order=("-created_at",),
    owner=_OWNER,
    kinds={"file_key": "text"},
)
ISSUES = Table("postgres", "portfolio.tax_issues", order=("-created_at",), owner=_OWNER)
PROFILES = Table("postgres", "portfolio.tax_profiles", owner=_OWNER)

_Asset = Annotated["Asset", strawberry.lazy("resolvers.catalog.asset")]
_Chain = Annotated["Chain", strawberry.lazy("resolvers.catalog.chain")]
_Disposals = Connection[Annotated["TaxLotDisposal", strawberry.lazy("resolvers.tax.types")]]


@entity(TRANSACTIONS, description="A taxable event, one for each leg of a transaction.")
class TaxTransaction(Node):
    """A taxable event, one for each leg of a transaction."""

    transaction_type: TaxTransactionType = column("What it is.")
    occurred_at: datetime = column("When it happened.")
    tax_year: int = column("Calendar year it belongs to, UTC.")
    tx_hash: Hash = column("Its transaction.")
    log_index: int = column("Place of the event in the block; -1 for the transaction itself.")
    leg: int = column("Which part of the event it is, counted from 0.")
    block_number: BigInt | None = column("Its block; null when unknown.")
    asset_in_symbol: str | None = column("Ticker of the asset received, as recorded.")
    asset_in_amount: Decimal | None = column("Amount received, whole units.")
    asset_in_price_usd: Decimal | None = column("Price of one unit received, US dollars.")
    asset_in_value_usd: Decimal | None = column("Worth of what was received, US dollars.")
    asset_out_symbol: str | None = column("Ticker of the asset given up, as recorded.")
    asset_out_amount: Decimal | None = column("Amount given up, whole units.")
    asset_out_price_usd: Decimal | None = column("Price of one unit given up, US dollars.")
    asset_out_value_usd: Decimal | None = column("Worth of what was given up, US dollars.")
    fee_amount: Decimal | None = column("Fee, whole units of `feeSymbol`.")
    fee_symbol: str | None = column("Ticker of the coin the fee was paid in.")
    fee_value_usd: Decimal | None = column("Fee, US dollars.")
    cost_basis_method: CostBasisMethod = column("Which purchases a sale is set against.")
    cost_basis_usd: Decimal | None = column("Cost of what was given up, US dollars.")
    capital_gain_usd: Decimal | None = column(
        "Proceeds less cost and fee, US dollars; negative for a loss."
    )
    holding_period_days: int | None = column("Days between purchase and sale.")
    is_long_term: bool | None = column(
        "Whether it was held beyond the line of the country, 365 days as a rule."
    )
    tax_category: TaxCategory | None = column("How it is taxed; null before it is classified.")
    is_taxable: bool = column("Whether it counts; moving between own wallets does not.")
    notes: str | None = column("Notes of its owner.")
    created_at: datetime = column("When it was written.")
    updated_at: datetime = column("When it last changed.")
    chain: _Chain | None = one("The chain it is on.", local="chain_id")
    asset_in: _Asset | None = one("The asset received.", local="asset_in_id")
    asset_out: _Asset | None = one("The asset given up.", local="asset_out_id")
    ledger_entry: Annotated[LedgerEntry, strawberry.lazy("resolvers.portfolio.types")] | None = one(
        "Entry of the portfolio's ledger it was made from.", local="source_transaction_id"
    )
    lots: Connection[Annotated[TaxLot, strawberry.lazy("resolvers.tax.types")]] = page(
        "Purchases it made.", remote="acquired_transaction_id"
    )
    disposals: _Disposals = page("Sales out of purchases it made.", remote="transaction_id")
    named_lot_ids: list[strawberry.ID] = batch(
        "Ids of the purchases its owner set it against, in order; they count where the method is "
        "SPECIFIC.",
        named_lots,
        missing=list,
    )
    issues: Connection[Annotated[TaxIssue, strawberry.lazy("resolvers.tax.types")]] = page(
        "What has to be completed before it can be settled.", remote="event_id"
    )


@entity(LOTS, description="One purchase, and how much of it is left to set sales against.")
class TaxLot(Node):
    """One purchase, and how much of it is left."""

    asset_symbol: str = column("Ticker of what was bought.")
    acquired_at: datetime = column("When it was bought.")
    acquired_amount: Decimal = column("How much was bought, whole units.")
    acquired_price_usd: Decimal | None = column(
        "Cost of one unit with fees, US dollars; null when a price is missing."
    )
    cost_basis_usd: Decimal | None = column(
        "Paid for all of it with fees, US dollars; null when a price is missing."
    )
    remaining_amount: Decimal = column("How much is not sold yet, whole units.")
    created_at: datetime = column("When it was written.")
    updated_at: datetime = column("When it last changed.")
    asset: _Asset | None = one("What was bought.", local="asset_id")
    chain: _Chain | None = one("The chain it is on.", local="chain_id")
    acquired_by: TaxTransaction | None = one(
        "The taxable event that bought it; null when it was entered by hand.",
        local="acquired_transaction_id",
    )
    disposals: _Disposals = page("Sales out of it, newest first.", remote="lot_id")


@entity(DISPOSALS, description="A sale out of one purchase.")
class TaxLotDisposal(Node):
    """A sale out of one purchase."""

    amount: Decimal = column("How much was sold, whole units.")
    price_usd: Decimal | None = column(
        "Proceeds of one unit, US dollars; null when a price is missing."
    )
    proceeds_usd: Decimal | None = column(
        "What it brought less fees, US dollars; null when a price is missing."
    )
    gain_usd: Decimal | None = column(
        "Proceeds less cost, US dollars; negative for a loss, null when a price is missing."
    )
    wash_sale_loss_usd: Decimal | None = column(
        "The part of a loss that a US wash sale would disallow, US dollars; null when there is "
        "none or it was not asked for."
    )
    disposed_at: datetime = column("When it was sold.")
    created_at: datetime = column("When it was written.")
    updated_at: datetime = column("When it last changed.")
    lot: TaxLot | None = one("The purchase.", local="lot_id")
    transaction: TaxTransaction | None = one("The sale.", local="transaction_id")


@entity(REPORTS, description="A tax report its owner asked for, and its totals once it is made.")
class TaxReport(Node):
    """A tax report its owner asked for."""

    report_type: TaxReportType = column("Which span it covers.")
    tax_year: int = column("Calendar year.")
    country_code: str = column("Country whose rules apply, ISO 3166-1 alpha-2.")
    start_date: date = column("First day.")
    end_date: date = column("Last day.")
    report_format: TaxReportFormat = column("Which form it has.")
    cost_basis_method: CostBasisMethod = column("Which purchases sales are set against.")
    marks_wash_sales: bool = column(
        "Whether losses are marked that a wash sale would disallow; for the US."
    )
    status: TaxReportStatus = column("Where its making stands.")
    progress: Decimal = column("How far its making is, from 0 to 1.")
    error_message: str | None = column("Why it could not be made.")
    total_transactions: BigInt = column("Taxable events in it; 0 until it is made.")
    disposal_count: BigInt = column(
        "Sales in it, one for each purchase they were set against; 0 until it is made."
    )
    issue_count: BigInt = column(
        "What has to be completed, because nothing was guessed in its place; 0 until it is made."
    )
    total_proceeds_usd: Decimal | None = column(
        "What sales of known gain brought less fees, US dollars; null until made."
    )
    total_cost_basis_usd: Decimal | None = column(
        "What was sold in them had cost with fees, US dollars; null until made."
    )
    total_capital_gains_usd: Decimal | None = column("Gains, US dollars; null until made.")
    total_capital_losses_usd: Decimal | None = column("Losses, US dollars; null until made.")
    net_capital_gains_usd: Decimal | None = column(
        "Gains less losses, US dollars; null until made."
    )
    long_term_gains_usd: Decimal | None = column(
        "Net gains on what was held beyond the line of the country, US dollars; null until made, "
        "and where there is no line."
    )
    short_term_gains_usd: Decimal | None = column(
        "Net gains on the rest, US dollars; null until made, and where there is no line."
    )
    wash_sale_loss_usd: Decimal | None = column(
        "Losses that wash sales would disallow, US dollars; null until made, or not asked for."
    )
    total_income_usd: Decimal | None = column("Income, US dollars; null until made.")
    total_expenses_usd: Decimal | None = column("Expenses, US dollars; null until made.")
    file_size_bytes: BigInt | None = column("Size of the file; null until made.")
    generated_at: datetime | None = column("When it was made.")
    created_at: datetime = column("When it was asked for.")
    updated_at: datetime = column("When it last changed.")

    @computed("Under which name the file is saved, such as tax-2024-us.pdf.", requires=_NAMING)
    def file_name(self) -> str:
        """From what was asked for."""
        return report_file_name(self.__dict__)

    @computed(
        "Path on this server from which the file can be fetched for a quarter of an hour, without "
        "credentials; ask again for another. Null until made.",
        requires=("file_key", *_NAMING),
    )
    def download_url(self, info: Info) -> str | None:
        """A link signed for the viewer, whose report it is."""
        return download_link(info.context, self.__dict__)


@entity(ISSUES, description="Something to be completed before taxes are; nothing was guessed.")
class TaxIssue(Node):
    """Something its owner has to complete."""

    reason: TaxIssueReason = column("What is missing.")
    asset_symbol: str = column("Ticker of the asset, as recorded.")
    amount: Decimal | None = column("Units concerned, whole units; null when unknown.")
    created_at: datetime = column("When it was found.")
    asset: _Asset | None = one("The asset.", local="asset_id")
    transaction: TaxTransaction | None = one(
        "The taxable event; null when it is a purchase entered by hand.", local="event_id"
    )


@entity(PROFILES, description="By which rules the purchases and sales of a user are kept.")
class TaxProfile(Node):
    """By which rules the purchases and sales of a user are kept."""

    country_code: str = column("Country whose rules apply, ISO 3166-1 alpha-2.")
    cost_basis_method: CostBasisMethod = column("Which purchases sales are set against.")
    marks_wash_sales: bool = column(
        "Whether losses are marked that a wash sale would disallow; for the US."
    )
    created_at: datetime = column("When it was first said.")
    updated_at: datetime = column("When it last changed.")
