"""Pools that earn yield."""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import Info

from resolvers.catalog.holdings import assets_of
from resolvers.catalog.spans import ANCHOR
from resolvers.catalog.yields import YieldSeries, yield_changes, yield_histories
from resolvers.fields import batch, column, computed, entity, one
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.scalars import Address
from resolvers.series import Change

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.protocol import Protocol

POOLS = Table("postgres", "catalog.yield_pools", order=("-tvl_usd",), kinds={"chain_id": "int"})


@strawberry.enum(description="How a pool earns.")
class PoolType(enum.Enum):
    """How a pool earns."""

    LP = strawberry.enum_value("lp", description="Fees of trades through it.")
    LENDING = strawberry.enum_value("lending", description="Interest of borrowers.")
    STAKING = strawberry.enum_value("staking", description="Rewards of consensus.")
    VAULT = strawberry.enum_value("vault", description="A managed strategy.")


@entity(POOLS, description="A pool that earns yield.")
class YieldPool(Node):
    """A pool that earns yield."""

    name: str = column("What it holds, such as USDC-WETH.")
    pool_type: PoolType = column("How it earns.")
    pool_address: Address | None = column("Its contract; null when the source does not say.")
    source_ref: str | None = column("Key of the pool at the source.")
    apy_pct: Decimal | None = column("Newest yield a year with compounding, percent.")
    apy_base_pct: Decimal | None = column("Part of the yield from fees or interest, percent.")
    apy_reward_pct: Decimal | None = column("Part of the yield paid in reward tokens, percent.")
    tvl_usd: Decimal | None = column("Newest value locked, US dollars; null when not measured.")
    observed_at: datetime | None = column("When the figures were measured.")
    indexed_at: datetime | None = column("When they reached the store.")
    is_active: bool = column("Whether it still takes deposits.")
    protocol: Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None = one(
        "The protocol that runs it.", local="protocol_id", joined=True
    )
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain it is on.", local="chain_id", joined=True
    )
    history: YieldSeries | None = batch(
        "Yield and value over time, up to five years back.",
        yield_histories,
        local=("id", "protocol_id"),
        store="clickhouse",
    )
    change: Change | None = batch(
        f"Change of its yield or value. {ANCHOR}",
        yield_changes,
        local=("id", "protocol_id"),
        store="clickhouse",
    )

    @computed("Assets to put in, in the order of the source.", requires=("id",))
    async def assets(
        self, info: Info
    ) -> list[Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")]]:
        """Two statements for all pools of a level: which assets, and the assets."""
        return await assets_of(info, self.__dict__["id"], rewards=False)

    @computed("Assets it pays as extra rewards, in the order of the source.", requires=("id",))
    async def reward_assets(
        self, info: Info
    ) -> list[Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")]]:
        """Two statements for all pools of a level: which assets, and the assets."""
        return await assets_of(info, self.__dict__["id"], rewards=True)
