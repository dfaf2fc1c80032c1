"""Traders worth following, who follows them, and the trades copied from them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from resolvers.connection import Connection
from resolvers.fields import batch, column, entity, one, page
from resolvers.node import Node
from resolvers.plan import Owner, Table
from resolvers.scalars import BigInt, Hash
from resolvers.trading.performance import TraderPerformance, trader_performance

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.wallet import Wallet
    from resolvers.context import RequestContext

TRADERS = Table("postgres", "trading.traders", order=("-total_pnl_usd",))
FOLLOWS = Table(
    "postgres", "trading.trader_follows", order=("-created_at",), owner=Owner("user_id")
)
COPIES = Table(
    "postgres",
    "trading.copy_trades",
    order=("-executed_at",),
    owner=Owner("user_id"),
    kinds={"chain_id": "int"},
)
_Asset = Annotated["Asset", strawberry.lazy("resolvers.catalog.asset")]
_Trader = Annotated["Trader", strawberry.lazy("resolvers.trading.traders")]
_Follow = Annotated["TraderFollow", strawberry.lazy("resolvers.trading.traders")]
_Copy = Annotated["CopyTrade", strawberry.lazy("resolvers.trading.traders")]


@strawberry.enum(description="What became of a copied trade.")
class CopyStatus(enum.Enum):
    """What became of a copied trade."""

    PENDING = strawberry.enum_value("pending", description="Not sent yet, or not in a block yet.")
    EXECUTED = strawberry.enum_value("executed", description="Made.")
    SKIPPED = strawberry.enum_value("skipped", description="Left out because of the limits.")
    FAILED = strawberry.enum_value("failed", description="Sent, and undone by the chain.")


@strawberry.type(description="What the viewer's copies of one trader came to.")
class CopyTotals:
    """What the viewer's copies of one trader came to."""

    copies: int = strawberry.field(description="Copies, whatever became of them.")
    pending: int = strawberry.field(description="Those not made yet.")
    executed: int = strawberry.field(description="Those made.")
    skipped: int = strawberry.field(description="Those left out because of the limits.")
    failed: int = strawberry.field(description="Those that failed.")
    closed: int = strawberry.field(description="Those whose profit is known.")
    pnl_usd: Decimal | None = strawberry.field(
        description="Profit of the closed ones, US dollars; null when none is closed."
    )


def no_copies() -> CopyTotals:
    """Of a trader nobody copied yet."""
    return CopyTotals(copies=0, pending=0, executed=0, skipped=0, failed=0, closed=0, pnl_usd=None)


async def copied(context: RequestContext, keys: list[UUID]) -> Mapping[UUID, CopyTotals]:
    """The viewer's copies by trader, one statement."""
    rows: list[Any] = await context.postgres(
        "trading.copied", context.viewer.user_id, keys, keys=len(keys), as_viewer=True
    )
    return {
        row["trader_id"]: CopyTotals(
            **{name: value for name, value in row.items() if name != "trader_id"}
        )
        for row in rows
    }


@entity(FOLLOWS, description="That the viewer follows a trader, and how far trades are copied.")
class TraderFollow(Node):
    """That the viewer follows a trader, and how far trades are copied."""

    is_copying: bool = column("Whether new trades are copied.")
    copy_share_pct: Decimal | None = column(
        "Size of a copy, percent of the trade copied; null when never set."
    )
    max_trade_usd: Decimal | None = column("Largest single copy, US dollars; null when never set.")
    max_daily_usd: Decimal | None = column(
        "Copied in a day (UTC) at most, US dollars; null without limit."
    )
    max_slippage_pct: Decimal = column(
        "How much worse than the original price a copy may be, percent."
    )
    version: int = column("Goes up with every change; send it as `expectedVersion`.")
    created_at: datetime = column("Since when the trader is followed.")
    updated_at: datetime = column("When the settings last changed.")
    trader: _Trader | None = one("Who is followed.", local="trader_id")
    totals: CopyTotals = batch(
        "What the copies of this trader came to so far.",
        copied,
        local=("trader_id",),
        missing=no_copies,
    )
    copies: Connection[_Copy] = page(
        "The copies of this trader, newest first, those not made yet last.",
        remote="trader_id",
        local="trader_id",
    )


@entity(COPIES, description="A trade the viewer made because a trader made it.")
class CopyTrade(Node):
    """A trade the viewer made because a trader made it."""

    status: CopyStatus = column("What became of it.")
    source_tx_hash: Hash = column("The trade that was copied.")
    executed_tx_hash: Hash | None = column("The copy; null until sent.")
    amount_in: Decimal | None = column("How much was given up, whole units; null until made.")
    amount_out: Decimal | None = column("How much was received, whole units; null until made.")
    slippage_pct: Decimal | None = column(
        "How much worse than the original price it was, percent; null until made."
    )
    pnl_usd: Decimal | None = column("Profit, US dollars; null until closed.")
    executed_at: datetime | None = column("When it was made; null until then.")
    created_at: datetime = column("When it was noted.")
    trader: _Trader | None = one("Who was copied.", local="trader_id")
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain.", local="chain_id"
    )
    asset_in: _Asset | None = one("The asset given up.", local="asset_in_id")
    asset_out: _Asset | None = one("The asset received.", local="asset_out_id")


@entity(
    TRADERS,
    description="A wallet whose trades others may copy, with its record. Who owns it is not known "
    "here.",
)
class Trader(Node):
    """A wallet whose trades others may copy, with its record."""

    display_name: str | None = column("Name to show; null when it has none.")
    total_pnl_usd: Decimal | None = column(
        "Profit of all closed trades, US dollars; null when none could be priced."
    )
    win_rate: Decimal | None = column(
        "Share of closed trades with a profit, 0 to 1; null without closed trades."
    )
    follower_count: BigInt = column("Users who follow it.")
    total_trades: BigInt = column("Trades seen so far.")
    max_drawdown: Decimal | None = column(
        "Largest loss from a peak, as a share of it, 0 to 1; null when unknown."
    )
    sharpe_ratio: Decimal | None = column("Return per unit of risk, a year; null when unknown.")
    is_active: bool = column("Whether it may be copied.")
    created_at: datetime = column("Since when it is listed.")
    wallet: Annotated[Wallet, strawberry.lazy("resolvers.catalog.wallet")] | None = one(
        "The wallet it trades from.", local="wallet_id"
    )
    performance: TraderPerformance | None = batch(
        "How it did over time, up to two years back: the last known figures of each bucket.",
        trader_performance,
        store="clickhouse",
    )
    follow: _Follow | None = one(
        "The viewer's own follow of it; null when they do not follow it.",
        local="id",
        remote="trader_id",
    )
    copies: Connection[_Copy] | None = page(
        "The viewer's own copies of it, newest first, those not made yet last.",
        remote="trader_id",
    )
