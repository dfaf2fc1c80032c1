"""Transfers over bridges, as their owner follows them."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers.fields import column, computed, entity, one
from resolvers.node import Node
from resolvers.plan import Owner, Table
from resolvers.scalars import Hash

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.place import Bridge

TRANSFERS = Table(
    "postgres",
    "trading.bridge_transactions",
    order=("-initiated_at",),
    owner=Owner("user_id"),
    kinds={"source_chain_id": "int", "destination_chain_id": "int"},
)
_Chain = Annotated["Chain", strawberry.lazy("resolvers.catalog.chain")]


@strawberry.enum(description="Where a transfer over a bridge stands.")
class BridgeStatus(enum.Enum):
    """Where a transfer over a bridge stands."""

    PENDING = strawberry.enum_value("pending", description="Sent, not seen on its chain yet.")
    CONFIRMED = strawberry.enum_value("confirmed", description="In a block of the source chain.")
    COMPLETED = strawberry.enum_value("completed", description="Arrived.")
    FAILED = strawberry.enum_value("failed", description="Did not leave.")
    REFUNDED = strawberry.enum_value("refunded", description="Came back.")


@entity(TRANSFERS, description="A transfer from one chain to another.")
class BridgeTransfer(Node):
    """A transfer from one chain to another."""

    status: BridgeStatus = column("Where it stands.")
    amount: Decimal = column("How much leaves, whole units.")
    fee_amount: Decimal | None = column("Fee of the bridge, whole units; null until known.")
    fee_usd: Decimal | None = column("Fee of the bridge, US dollars; null until known.")
    source_tx_hash: Hash | None = column("Transaction on the source chain; null until sent.")
    destination_tx_hash: Hash | None = column(
        "Transaction on the destination chain; null until it arrived."
    )
    initiated_at: datetime = column("When it was started.")
    completed_at: datetime | None = column("When it arrived; null until then.")
    bridge: Annotated[Bridge, strawberry.lazy("resolvers.catalog.place")] | None = one(
        "The bridge.", local="bridge_id"
    )
    source_chain: _Chain | None = one("The chain it leaves.", local="source_chain_id")
    destination_chain: _Chain | None = one("The chain it goes to.", local="destination_chain_id")
    asset: Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None = one(
        "The asset, on the source chain; null when it is not in the catalogue.", local="asset_id"
    )

    @computed(
        "Seconds from its start to its arrival; null until it arrived.",
        requires=("initiated_at", "completed_at"),
    )
    def duration_s(self) -> int | None:
        """Whole seconds."""
        if self.completed_at is None:
            return None
        return (self.completed_at - self.initiated_at) // timedelta(seconds=1)
