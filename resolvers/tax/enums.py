"""Words of taxes."""

from __future__ import annotations

import enum

import strawberry


@strawberry.enum(description="Which purchase a sale is set against.")
class CostBasisMethod(enum.Enum):
    """Which purchase a sale is set against."""

    FIFO = strawberry.enum_value("fifo", description="The oldest.")
    LIFO = strawberry.enum_value("lifo", description="The newest.")
    HIFO = strawberry.enum_value("hifo", description="The dearest.")
    SPECIFIC = strawberry.enum_value("specific", description="One that its owner names.")


@strawberry.enum(description="What a taxable event is.")
class TaxTransactionType(enum.Enum):
    """What a taxable event is."""

    BUY = strawberry.enum_value("buy", description="Bought for money.")
    SELL = strawberry.enum_value("sell", description="Sold for money.")
    SWAP = strawberry.enum_value("swap", description="Exchanged for another asset.")
    TRANSFER_IN = strawberry.enum_value("transfer_in", description="Came from elsewhere.")
    TRANSFER_OUT = strawberry.enum_value("transfer_out", description="Went elsewhere.")
    STAKING_REWARD = strawberry.enum_value("staking_reward", description="Earned by staking.")
    MINING_REWARD = strawberry.enum_value("mining_reward", description="Earned by mining.")
    AIRDROP = strawberry.enum_value("airdrop", description="Given to holders of something.")
    GIFT = strawberry.enum_value("gift", description="Given or received as a present.")
    INCOME = strawberry.enum_value("income", description="Other income.")
    EXPENSE = strawberry.enum_value("expense", description="Spent.")
    FEE = strawberry.enum_value("fee", description="A fee on its own.")


@strawberry.enum(description="How an event is taxed.")
class TaxCategory(enum.Enum):
    """How an event is taxed."""

    CAPITAL_GAIN = strawberry.enum_value("capital_gain", description="As a gain on capital.")
    INCOME = strawberry.enum_value("income", description="As income.")
    EXPENSE = strawberry.enum_value("expense", description="As an expense.")


@strawberry.enum(description="Which span a tax report covers.")
class TaxReportType(enum.Enum):
    """Which span a tax report covers."""

    ANNUAL = strawberry.enum_value("annual", description="A calendar year.")
    QUARTERLY = strawberry.enum_value("quarterly", description="A calendar quarter.")
    CUSTOM = strawberry.enum_value("custom", description="From one day to another.")


@strawberry.enum(description="Which form a tax report has.")
class TaxReportFormat(enum.Enum):
    """Which form a tax report has."""

    PDF = strawberry.enum_value("pdf", description="For reading and printing.")
    CSV = strawberry.enum_value("csv", description="A table.")
    TURBOTAX = strawberry.enum_value("turbotax", description="For TurboTax.")
    TAXACT = strawberry.enum_value("taxact", description="For TaxAct.")


@strawberry.enum(description="Where the making of a tax report stands.")
class TaxReportStatus(enum.Enum):
    """Where the making of a tax report stands."""

    PENDING = strawberry.enum_value("pending", description="Asked for.")
    PROCESSING = strawberry.enum_value("processing", description="Being made.")
    COMPLETED = strawberry.enum_value("completed", description="Ready to be fetched.")
    FAILED = strawberry.enum_value("failed", description="Could not be made.")


@strawberry.enum(description="Why a taxable event could not be settled.")
class TaxIssueReason(enum.Enum):
    """Why a taxable event could not be settled."""

    MISSING_PRICE = strawberry.enum_value(
        "missing_price", description="Its worth at that time is not recorded."
    )
    MISSING_FEE_PRICE = strawberry.enum_value(
        "missing_fee_price", description="The worth of its fee is not recorded."
    )
    MISSING_AMOUNT = strawberry.enum_value(
        "missing_amount", description="How much was moved is not recorded."
    )
    NO_LOT = strawberry.enum_value(
        "no_lot", description="More was sold than all purchases until then brought in."
    )
    UNKNOWN_LOT = strawberry.enum_value(
        "unknown_lot", description="The purchases it was set against do not cover it."
    )
