"""Value that others took out of the order of transactions: events, and sums by kind."""

from __future__ import annotations

import asyncio
import enum
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry import Info

from resolvers.fields import batch, column, computed, entity, one
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.resolve import load_one
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
    "clickhouse",
    "mev_events",
    order=("-detected_at",),
    kinds={"chain_id": "int", "protocol_ids": "array"},
)
_Wallet = Annotated["Wallet", strawberry.lazy("resolvers.catalog.wallet")]


@strawberry.enum(description="How value is taken out of the order of transactions.")
class MevKind(enum.Enum):
    """How value is taken out of the order of transactions."""

    ARBITRAGE = strawberry.enum_value("arbitrage", description="A difference of prices is traded.")
    LIQUIDATION = strawberry.enum_value(
        "liquidation", description="A loan that may be closed is closed for the bonus."
    )
    SANDWICH = strawberry.enum_value(
        "sandwich", description="A trade is bought before and sold after."
    )
    FRONTRUN = strawberry.enum_value("frontrun", description="A transaction is overtaken.")
    BACKRUN = strawberry.enum_value(
        "backrun", description="A transaction is followed to profit from what it changed."
    )


@entity(EVENTS, description="An MEV opportunity that was seen, taken or not.")
class MevEvent(Node):
    """An MEV opportunity that was seen, taken or not."""

    kind: MevKind = column("How the value is taken.", column="opportunity_type")
    detected_at: datetime = column("When it was seen.")
    block_number: BigInt | None = column("Block it was seen in; null when unknown.")
    estimated_profit_usd: Decimal = column("Profit before gas, US dollars.")
    gas_cost_usd: Decimal | None = column(
        "Gas it would cost, US dollars; null when unknown.", column="gas_cost_estimate_usd"
    )
    net_profit_usd: Decimal = column(
        "Profit after gas, US dollars; before gas where its cost is unknown."
    )
    is_executed: bool = column("Whether somebody took it.")
    executed_by: Address | None = column("Address that took it; null while nobody did.")
    actual_profit_usd: Decimal | None = column(
        "Profit realised, US dollars; null when not taken or unknown."
    )
    tx_hash: Hash | None = column("Transaction that took it.", column="execution_tx_hash")
    executed_at: datetime | None = column("When it was taken; null while nobody did.")
    expires_at: datetime | None = column("When it stops being one; null when unknown.")
    victim_tx_hash: Hash | None = column("Transaction of the victim; null where there is none.")
    victim_address: Address | None = column("Address of the victim; null where there is none.")
    victim_loss_usd: Decimal | None = column(
        "What the victim lost, US dollars; null when the source does not say."
    )
    source: str = column("Who reported it; empty when unknown.")
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain.", local="chain_id"
    )
    token: Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None = one(
        "Asset the profit is made in; null when unknown.", local="token_id"
    )
    executor: _Wallet | None = batch(
        "The wallet that took it; null while nobody did, or when it was never observed.",
        wallets_at,
        local=("chain_id", "executed_by"),
    )
    victim: _Wallet | None = batch(
        "The wallet that lost by it; null where there is none, or when it was never observed.",
        wallets_at,
        local=("chain_id", "victim_address"),
    )

    @computed("Protocols involved, as far as they are listed.", requires=("protocol_ids",))
    async def protocols(
        self, info: Info
    ) -> list[Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")]]:
        """All protocols of a level are one statement."""
        from resolvers.catalog.protocol import Protocol

        keys = self.__dict__["protocol_ids"]
        found = await asyncio.gather(*(load_one(info, Protocol, key) for key in keys))
        return [protocol for protocol in found if protocol is not None]


@strawberry.type(description="MEV of one kind over a span of time.")
class MevTotal:
    """MEV of one kind over a span of time."""

    kind: MevKind = strawberry.field(description="How the value is taken.")
    events: int = strawberry.field(description="Opportunities seen.")
    executed: int = strawberry.field(description="Those somebody took.")
    net_profit_usd: Decimal = strawberry.field(
        description="Profit after gas of all of them, as estimated, US dollars."
    )
    actual_profit_usd: Decimal | None = strawberry.field(
        description="Profit realised by those taken, US dollars; null when none is known."
    )
    victim_loss_usd: Decimal | None = strawberry.field(
        description="What victims lost, US dollars, of the events whose source says it; null when "
        "none does."
    )
    victims: int = strawberry.field(description="Events whose loss is known.")
    over_time: Series = strawberry.field(description="Opportunities seen in each bucket.")


async def mev_totals(
    context: RequestContext, chain_id: int | None, asked: Window
) -> list[MevTotal]:
    """Sums by kind, the most frequent first; one statement."""
    if asked.start >= asked.end:
        return []
    values = {
        "chain_id": chain_id or 0,
        "start": asked.start,
        "end": asked.end,
        "step_s": asked.interval.value,
    }
    rows: list[Any] = await context.clickhouse("trading.mev_by_kind", values)
    return [
        MevTotal(
            kind=MevKind(kind),
            events=events,
            executed=executed,
            net_profit_usd=net,
            actual_profit_usd=actual,
            victim_loss_usd=loss,
            victims=victims,
            over_time=series(asked, [(t, Decimal(count)) for t, count in buckets]),
        )
        for kind, events, executed, net, actual, loss, victims, buckets in rows
    ]
