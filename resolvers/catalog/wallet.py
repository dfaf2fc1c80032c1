"""Addresses and what they did."""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers.catalog.activity import (
    WalletTransactionConnection,
    wallet_activity,
    wallet_transactions,
)
from resolvers.catalog.alike import (
    SimilarWallet,
    TradingPattern,
    trading_patterns,
    wallets_alike,
)
from resolvers.catalog.reputation import labels_at, reports_at
from resolvers.connection import Connection
from resolvers.fields import batch, column, entity, one, page
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.scalars import Address, BigInt
from resolvers.series import Series
from stores.relational.conditions import Compare

if TYPE_CHECKING:
    from resolvers.alerts.types import AlertRule
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.place import AddressLabel, MaliciousReport
    from resolvers.catalog.trade import DexTrade
    from resolvers.risk.approval import TokenApproval
    from resolvers.risk.gathered import WalletRisk
    from resolvers.trading.lending import LendingEvent
    from resolvers.trading.traders import Trader

# What only a user pointed at is found by nobody: that it is there would say that a user has it.
LISTED = Compare("is_listed", "bool", "eq", True)
WALLETS = Table(
    "postgres", "catalog.wallets", order=("-transaction_count",), kinds={"chain_id": "int"}
)
LOTS = Table(
    "postgres",
    "catalog.wallet_lots",
    key="asset_id",
    tie=("wallet_id", "asset_id"),
    order=("-cost_usd",),
)


@strawberry.enum(description="What stands behind an address.")
class WalletType(enum.Enum):
    """What stands behind an address."""

    UNKNOWN = strawberry.enum_value("unknown", description="Not classified yet.")
    EOA = strawberry.enum_value("eoa", description="A person's or program's key.")
    CONTRACT = strawberry.enum_value("contract", description="A smart contract.")
    EXCHANGE = strawberry.enum_value("exchange", description="A centralised exchange.")
    BRIDGE = strawberry.enum_value("bridge", description="A bridge between chains.")
    DEFI_PROTOCOL = strawberry.enum_value("defi_protocol", description="A DeFi protocol.")


@entity(LOTS, description="What a wallet bought and has not sold yet, of one asset.")
class WalletLot:
    """What a wallet bought and has not sold yet, of one asset."""

    amount: Decimal = column("Amount left of what it bought in trades, whole units.")
    cost_usd: Decimal = column(
        "What that amount cost, US dollars; the earliest purchases are sold first."
    )
    asset: Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None = one(
        "The asset.", local="asset_id", joined=True
    )


@entity(
    WALLETS,
    description="An address on one chain. Public facts only; owners are not known here.",
    keys=("id",),
)
class Wallet(Node):
    """An address on one chain."""

    address: Address = column("The address, EIP-55 on EVM chains.")
    label: str | None = column("Best known name tag; null when there is none.")
    wallet_type: WalletType = column("What stands behind it.")
    smart_money_score: Decimal | None = column(
        "How well it traded in the 90 days before the newest trade of all wallets, 0 to 1; 0 when "
        "it closed none, null before it is computed."
    )
    total_pnl_usd: Decimal | None = column(
        "Profit of all trades that sold what an earlier trade had bought, first in first out, US "
        "dollars; null when it closed none."
    )
    unrealized_pnl_usd: Decimal | None = column(
        "Worth of what is left of its purchases less what that cost, US dollars, valued every "
        "hour; null when a part of it has no price."
    )
    win_rate: Decimal | None = column(
        "Share of the closed trades with a profit, 0 to 1; null without closed trades."
    )
    total_trades: BigInt = column("Trades observed: one known asset for another.")
    avg_trade_size_usd: Decimal | None = column("Mean size of a priced trade, US dollars.")
    trade_volume_usd: Decimal | None = column(
        "Sum of its priced trades, US dollars; null before it is computed."
    )
    transaction_count: BigInt = column("Transactions observed.")
    first_seen_at: datetime | None = column("Its first transaction observed.")
    last_activity_at: datetime | None = column("Its newest transaction observed.")
    indexed_at: datetime | None = column("When its figures were last computed.")
    open_lots: Connection[WalletLot] = page(
        "What it bought in trades and has not sold yet, the costliest first; what came in "
        "another way has no known cost and is not in it.",
        remote="wallet_id",
    )
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain it is on.", local="chain_id"
    )
    labels: list[Annotated[AddressLabel, strawberry.lazy("resolvers.catalog.place")]] = batch(
        "What sources say about the address, the surest first.",
        labels_at,
        local=("chain_id", "address"),
        missing=list,
    )
    malicious_reports: list[
        Annotated[MaliciousReport, strawberry.lazy("resolvers.catalog.place")]
    ] = batch(
        "Reports that it is harmful which still stand, the earliest first; none is no proof of "
        "innocence.",
        reports_at,
        local=("chain_id", "address"),
        missing=list,
    )
    risk: Annotated[WalletRisk, strawberry.lazy("resolvers.risk.gathered")] | None = one(
        "How dangerous it is to deal with, and what endangers it.", local="id"
    )
    approvals: Connection[Annotated[TokenApproval, strawberry.lazy("resolvers.risk.approval")]] = (
        page("Permissions it gave to take its tokens, newest first.", remote="wallet_id")
    )
    alert_rules: (
        Connection[Annotated[AlertRule, strawberry.lazy("resolvers.alerts.types")]] | None
    ) = page("The viewer's rules about it, newest first.", remote="wallet_id")
    transactions: WalletTransactionConnection | None = batch(
        "Everything it did, newest first: the newest months from the live store, older ones from "
        "the archive, as one list.",
        wallet_transactions,
    )
    activity: Series | None = batch(
        "Transactions in each bucket, legs of one transaction counted once.",
        wallet_activity,
        store="clickhouse",
    )
    behaves_like: list[SimilarWallet] | None = batch(
        "Wallets that trade alike, nearest first: what they swap, how often, how large and when; "
        "empty when it has too few swaps to tell.",
        wallets_alike,
        missing=list,
        store="qdrant",
    )
    trading_pattern: TradingPattern | None = batch(
        "How it trades, as it is compared with others; null when it has too few swaps to tell.",
        trading_patterns,
        store="qdrant",
    )
    dex_trades: (
        Connection[Annotated[DexTrade, strawberry.lazy("resolvers.catalog.trade")]] | None
    ) = page("Its trades on decentralised exchanges, newest first.", remote="wallet_id")
    lending_events: (
        Connection[Annotated[LendingEvent, strawberry.lazy("resolvers.trading.lending")]] | None
    ) = page(
        "What happened to its positions in lending protocols, newest first.", remote="wallet_id"
    )
    trader: Annotated[Trader, strawberry.lazy("resolvers.trading.traders")] | None = one(
        "Its record as a trader whose trades others may copy; null when it is none.",
        local="id",
        remote="wallet_id",
    )
