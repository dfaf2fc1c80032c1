"""What wallets did: one list over the hot window in Postgres and the history in ClickHouse."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.catalog.wallet_history import Found, Stretch, count_of, pages
from resolvers.connection import Count, Edge, PageInfo
from resolvers.fields import column, entity, one
from resolvers.plan import DEFAULT_PAGE, MAX_PAGE, Table
from resolvers.scalars import Address, BigInt, Hash
from resolvers.series import (
    Fill,
    FillArgument,
    From,
    IncludeOpen,
    Interval,
    IntervalArgument,
    Series,
    To,
    histories,
    window,
)

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.protocol import Protocol
    from resolvers.catalog.wallet import Wallet
    from resolvers.context import RequestContext
    from stores.errors import StoreError

TRANSACTIONS = Table(
    "postgres",
    "catalog.wallet_transactions",
    order=("-occurred_at",),
    tie=("occurred_at", "id"),
    kinds={"chain_id": "int"},
)

_Asset = Annotated["Asset", strawberry.lazy("resolvers.catalog.asset")]

First = Annotated[
    int | None,
    strawberry.argument(
        description=f"How many rows from the newest on; {DEFAULT_PAGE} when neither `first` nor "
        f"`last` is given, {MAX_PAGE} at most."
    ),
]
After = Annotated[
    str | None, strawberry.argument(description="Rows after, so older than, this cursor's.")
]
Last = Annotated[
    int | None, strawberry.argument(description=f"How many from the oldest, {MAX_PAGE} at most.")
]
Before = Annotated[
    str | None, strawberry.argument(description="Rows before, so newer than, this cursor's.")
]


@strawberry.enum(description="What a wallet did, as far as it could be decoded.")
class WalletTransactionType(enum.Enum):
    """What a wallet did, as far as it could be decoded."""

    TRANSFER = strawberry.enum_value("transfer", description="Sent or received an asset.")
    SWAP = strawberry.enum_value("swap", description="Gave one asset for another.")
    MINT = strawberry.enum_value("mint", description="Created an asset or a share.")
    BURN = strawberry.enum_value("burn", description="Destroyed an asset or a share.")
    DEPOSIT = strawberry.enum_value("deposit", description="Put into a protocol.")
    WITHDRAW = strawberry.enum_value("withdraw", description="Took out of a protocol.")
    BORROW = strawberry.enum_value("borrow", description="Borrowed.")
    REPAY = strawberry.enum_value("repay", description="Paid a loan back.")
    STAKE = strawberry.enum_value("stake", description="Locked for rewards.")
    UNSTAKE = strawberry.enum_value("unstake", description="Unlocked.")
    CLAIM = strawberry.enum_value("claim", description="Collected rewards.")
    BRIDGE = strawberry.enum_value("bridge", description="Moved to another chain.")
    APPROVE = strawberry.enum_value("approve", description="Let a contract spend a token.")
    LIQUIDATION = strawberry.enum_value("liquidation", description="Liquidated, or was.")
    CONTRACT_CREATION = strawberry.enum_value(
        "contract_creation", description="Created a contract."
    )
    CONTRACT_CALL = strawberry.enum_value("contract_call", description="Called a contract.")
    OTHER = strawberry.enum_value("other", description="Anything else.")


@entity(TRANSACTIONS, description="Something a wallet did; a transaction may have several legs.")
class WalletTransaction:
    """Something a wallet did; a transaction may have several legs."""

    hash: Hash = column("The transaction.", column="tx_hash")
    log_index: int = column("Log in the block; -1 stands for the transaction itself.")
    block_number: BigInt | None = column("Its block; null when the source does not say.")
    at: datetime = column("Time of the block, UTC.", column="occurred_at")
    transaction_type: WalletTransactionType = column("What the wallet did.")
    counterparty: Address | None = column(
        "The other side: who received what was sent or sent what was received; null when a "
        "contract was created."
    )
    amount_in: Decimal | None = column("Amount that came in, whole units of `tokenIn`.")
    amount_out: Decimal | None = column("Amount that left, whole units of `tokenOut`.")
    amount_in_usd: Decimal | None = column("Its value then, US dollars; null when unpriced.")
    amount_out_usd: Decimal | None = column("Its value then, US dollars; null when unpriced.")
    pnl_usd: Decimal | None = column("Profit realised, US dollars; null when nothing was closed.")
    gas_used: BigInt | None = column("Gas used; null when the source has no receipt.")
    gas_price_wei: BigInt | None = column(
        "Price of a unit of gas, wei.", column="gas_price", kind="decimal"
    )
    gas_cost_usd: Decimal | None = column("Fee paid, US dollars at that time; null when unknown.")
    source: str = column("Who reported it; empty when unknown.")
    token_in: _Asset | None = one("The asset that came in.", local="token_in_id")
    token_out: _Asset | None = one("The asset that left.", local="token_out_id")
    protocol: Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None = one(
        "The protocol used; null when none was recognised.", local="protocol_id"
    )
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain it is on.", local="chain_id"
    )
    wallet: Annotated[Wallet, strawberry.lazy("resolvers.catalog.wallet")] | None = one(
        "The wallet that did it.", local="wallet_id"
    )


@strawberry.type(
    description="One page of a wallet's transactions, newest first, over its whole history."
)
class WalletTransactionConnection:
    """One page of a wallet's transactions."""

    wallet_id: strawberry.Private[UUID]
    stretch: strawberry.Private[Stretch]
    page: strawberry.Private[Found]

    @strawberry.field(description="The rows with their cursors.")  # type: ignore[untyped-decorator]
    def edges(self) -> list[Edge[WalletTransaction]]:
        """Cursors are made for those who ask only."""
        return [Edge(node=node, cursor=self.stretch.cursor(node)) for node in self.page.nodes]

    @strawberry.field(description="The rows alone.")  # type: ignore[untyped-decorator]
    def nodes(self) -> list[WalletTransaction]:
        """The rows alone."""
        return self.page.nodes

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="Whether there are more rows, and where."
    )
    def page_info(self) -> PageInfo:
        """Whether there are more rows, and where."""
        nodes, cursor = self.page.nodes, self.stretch.cursor
        return PageInfo(
            has_next_page=self.page.has_older,
            has_previous_page=self.page.has_newer,
            start_cursor=cursor(nodes[0]) if nodes else None,
            end_cursor=cursor(nodes[-1]) if nodes else None,
        )

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="False when the archive could not be read, so that older rows may be missing "
        "at the end of this page; ask again later with `after: pageInfo.endCursor`."
    )
    def is_complete(self) -> bool:
        """Whether the archive was read, or was not needed."""
        return self.page.is_complete

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="Number of rows of the whole history; null while the archive is away."
    )
    async def total_count(self, info: Info) -> Count | None:
        """All wallets of a level are one statement."""
        return await count_of(info.context, self.wallet_id)


async def wallet_transactions(
    context: RequestContext,
    keys: list[UUID],
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Mapping[UUID, WalletTransactionConnection | StoreError]:
    """Pages of wallets: one statement in Postgres, and one in ClickHouse where needed."""
    stretch = Stretch.of(first, after, last, before)
    found = await pages(context, keys, stretch, WalletTransaction)
    return {
        # An error stands for a page of which nothing can be said.
        key: page
        if isinstance(page, Exception)
        else WalletTransactionConnection(wallet_id=key, stretch=stretch, page=page)
        for key, page in found.items()
    }


async def wallet_activity(
    context: RequestContext,
    keys: list[UUID],
    *,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    fill: FillArgument = Fill.ZERO,
    include_open: IncludeOpen = False,
) -> Mapping[UUID, Series]:
    """Transactions a bucket, one statement."""
    wanted = window(
        context.clock(),
        from_=from_,
        to=to,
        interval=interval,
        fill=fill,
        include_open=include_open,
    )
    return await histories(context, "wallets.activity", keys, wanted)
