"""What happens in lending protocols: events, and sums by what was done."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from resolvers.fields import batch, column, entity, one
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.scalars import Address, BigInt, Hash
from resolvers.series import Series, Window, series
from resolvers.trading.wallets import wallets_at

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.protocol import Protocol
    from resolvers.catalog.wallet import Wallet
    from resolvers.context import RequestContext

EVENTS = Table(
    "clickhouse", "lending_events", order=("-ts",), final=True, kinds={"chain_id": "int"}
)
_Asset = Annotated["Asset", strawberry.lazy("resolvers.catalog.asset")]
_Wallet = Annotated["Wallet", strawberry.lazy("resolvers.catalog.wallet")]


@entity(EVENTS, description="Something that happened in a lending protocol.")
class LendingEvent(Node):
    """Something that happened in a lending protocol."""

    happened_at: datetime = column("Time of the block.", column="ts")
    action: str = column(
        "What was done: supply, withdraw, borrow, repay, liquidation, or another event under the "
        "protocol's own name."
    )
    protocol_name: str = column("Protocol as the source names it, such as aave-v3.")
    reserve_address: Address = column("Contract of the reserve's token.")
    owner: Address | None = column("Address whose position changed; null when unknown.")
    amount: Decimal | None = column(
        "Amount of the reserve's token, whole units; null when the event moves none."
    )
    amount_usd: Decimal | None = column("Its value then, US dollars; null when unpriced.")
    liquidator: Address | None = column("Address that liquidated; only of liquidations.")
    debt_asset_address: Address | None = column(
        "Contract of the token of the debt repaid; only of liquidations."
    )
    debt_amount: Decimal | None = column("Debt repaid, whole units; only of liquidations.")
    tx_hash: Hash = column("Hash of the transaction.")
    log_index: int = column("Position of the log in the block; -1 when the source has none.")
    block_number: BigInt | None = column("Block of the event; null when unknown.")
    source: str = column("Who reported it; empty when unknown.")
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain.", local="chain_id"
    )
    protocol: Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None = one(
        "The protocol; null when it is not listed.", local="protocol_id"
    )
    reserve_asset: _Asset | None = one(
        "Token of the reserve; null when it is not in the catalogue.", local="reserve_asset_id"
    )
    debt_asset: _Asset | None = one(
        "Token of the debt repaid; only of liquidations.", local="debt_asset_id"
    )
    wallet: _Wallet | None = one(
        "Wallet whose position changed; null when unknown.", local="wallet_id"
    )
    liquidated_by: _Wallet | None = batch(
        "Wallet that liquidated; null where none did, or when it was never observed.",
        wallets_at,
        local=("chain_id", "liquidator"),
    )


@strawberry.type(description="What was done in lending protocols in one way over a span.")
class LendingTotal:
    """What was done in lending protocols in one way over a span."""

    action: str = strawberry.field(description="What was done, such as borrow or liquidation.")
    events: int = strawberry.field(description="How often.")
    unpriced_events: int = strawberry.field(description="Events nobody priced, which no sum has.")
    amount_usd: Decimal | None = strawberry.field(
        description="Value at that time, US dollars; null when none was priced."
    )
    wallets: int = strawberry.field(description="Distinct wallets whose positions changed.")
    over_time: Series = strawberry.field(description="Value in each bucket, US dollars.")


async def lending_totals(
    context: RequestContext, chain_id: int | None, asked: Window
) -> list[LendingTotal]:
    """Sums by what was done, the most frequent first; one statement."""
    if asked.start >= asked.end:
        return []
    values = {
        "chain_id": chain_id or 0,
        "start": asked.start,
        "end": asked.end,
        "step_s": asked.interval.value,
    }
    rows: list[Any] = await context.clickhouse("trading.lending_by_action", values)
    return [
        LendingTotal(
            action=action,
            events=events,
            unpriced_events=unpriced,
            amount_usd=amount,
            wallets=wallets,
            over_time=series(asked, [bucket for bucket in buckets if bucket[1] is not None]),
        )
        for action, events, unpriced, amount, wallets, buckets in rows
    ]
