"""Ways to swap one asset for another, as they were quoted to their owner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.fields import column, computed, entity, one
from resolvers.node import Node
from resolvers.plan import Owner, Table
from resolvers.resolve import load_one
from resolvers.scalars import Address, BigInt, Hash

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.pool import YieldPool
    from resolvers.catalog.protocol import Protocol

ROUTES = Table(
    "postgres",
    "trading.trade_routes",
    order=("-created_at",),
    owner=Owner("user_id"),
    kinds={"chain_id": "int", "route_path": "json"},
)
_Asset = Annotated["Asset", strawberry.lazy("resolvers.catalog.asset")]
_AMOUNT: Final = Decimal("0.000000000000000001")


@strawberry.type(description="One swap of a route, in one pool.")
class RouteStep:
    """One swap of a route, in one pool."""

    pool_id: strawberry.Private[UUID]
    protocol_id: strawberry.Private[UUID]
    token_in_id: strawberry.Private[UUID]
    token_out_id: strawberry.Private[UUID]
    amount_in: Decimal = strawberry.field(description="How much goes in, whole units of `tokenIn`.")
    amount_out: Decimal = strawberry.field(
        description="How much comes out, whole units of `tokenOut`."
    )
    fee_bps: int = strawberry.field(description="Fee of the pool, basis points of what goes in.")
    price_impact_pct: Decimal = strawberry.field(
        description="How much the swap moves the price of the pool against itself, percent."
    )
    share_pct: Decimal = strawberry.field(
        description="Part of the amount that takes this way, percent."
    )
    is_estimate: bool = strawberry.field(
        description="Whether the reserves of the pool were estimated from its value, not read."
    )
    observed_at: datetime | None = strawberry.field(
        description="When the pool held what is counted on; of an estimate, how old the oldest "
        "figure in it is. Null when unknown."
    )

    @strawberry.field(description="The pool; null when it is no longer listed.")  # type: ignore[untyped-decorator]
    async def pool(
        self, info: Info
    ) -> Annotated[YieldPool, strawberry.lazy("resolvers.catalog.pool")] | None:
        """All pools of a level are one statement."""
        from resolvers.catalog.pool import YieldPool

        found: YieldPool | None = await load_one(info, YieldPool, self.pool_id)
        return found

    @strawberry.field(description="The exchange; null when it is no longer listed.")  # type: ignore[untyped-decorator]
    async def protocol(
        self, info: Info
    ) -> Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None:
        """All protocols of a level are one statement."""
        from resolvers.catalog.protocol import Protocol

        found: Protocol | None = await load_one(info, Protocol, self.protocol_id)
        return found

    @strawberry.field(description="The asset given up.")  # type: ignore[untyped-decorator]
    async def token_in(self, info: Info) -> _Asset | None:
        """All assets of a level are one statement."""
        found: Asset | None = await _asset(info, self.token_in_id)
        return found

    @strawberry.field(description="The asset received.")  # type: ignore[untyped-decorator]
    async def token_out(self, info: Info) -> _Asset | None:
        """All assets of a level are one statement."""
        found: Asset | None = await _asset(info, self.token_out_id)
        return found


@entity(ROUTES, description="A way to swap one asset for another, as it was quoted to the viewer.")
class TradeRoute(Node):
    """A way to swap one asset for another, as it was quoted to the viewer."""

    token_in_address: Address = column("Contract of the token given up.")
    token_out_address: Address = column("Contract of the token received.")
    amount_in: Decimal = column("How much is given up, whole units.")
    amount_out: Decimal = column("How much is received by the quote, whole units, fees taken off.")
    dex_count: int = column("Exchanges used.")
    hop_count: int = column("Swaps in a row.")
    price_impact_pct: Decimal | None = column(
        "How much the swap moves prices against itself, percent, fees not counted."
    )
    slippage_tolerance_pct: Decimal = column(
        "How much less than `amountOut` may arrive, percent; see `minAmountOut`."
    )
    gas_estimate: BigInt | None = column("Expected gas units; null where it cannot be told.")
    gas_cost_usd: Decimal | None = column(
        "Expected network fee, US dollars; null when gas or the coin that pays it is unpriced."
    )
    protocol_fees_usd: Decimal | None = column(
        "Fees of the exchanges, US dollars; null when an asset on the way is unpriced."
    )
    total_cost_usd: Decimal | None = column(
        "Network fee, fees of the exchanges and price impact together, US dollars; null when any "
        "of them is unknown."
    )
    is_estimate: bool = column(
        "Whether reserves of a pool on the way were estimated from its value, not read."
    )
    is_executed: bool = column("Whether it was used.")
    tx_hash: Hash | None = column("Transaction that used it; null while it was not.")
    executed_at: datetime | None = column("When it was used; null while it was not.")
    expires_at: datetime = column("Until when the quote holds.")
    created_at: datetime = column("When it was quoted.")
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain.", local="chain_id"
    )
    token_in: _Asset | None = one("The asset given up.", local="token_in_id")
    token_out: _Asset | None = one("The asset received.", local="token_out_id")

    @computed("Whether the quote holds no longer.", requires=("expires_at",))
    def is_expired(self, info: Info) -> bool:
        """By the clock of the request."""
        now: datetime = info.context.clock()
        return now >= self.expires_at

    @computed(
        "The least that may arrive: `amountOut` less the slippage tolerated, whole units.",
        requires=("amount_out", "slippage_tolerance_pct"),
    )
    def min_amount_out(self) -> Decimal:
        """Rounded down, so that it is never more than tolerated."""
        return least_out(self.amount_out, self.slippage_tolerance_pct)

    @computed("The swaps it is made of, in order.", requires=("route_path",))
    def steps(self) -> list[RouteStep]:
        """From the plan kept with the route."""
        return [_step(each) for each in self.__dict__["route_path"]]


def least_out(amount_out: Decimal, tolerance_pct: Decimal) -> Decimal:
    """What is left of an amount when the tolerance is used up, rounded down to 18 places."""
    with localcontext(prec=120, rounding="ROUND_DOWN"):
        return (amount_out * (100 - tolerance_pct) / 100).quantize(_AMOUNT)


def _step(kept: Mapping[str, Any]) -> RouteStep:
    observed = kept.get("observed_at")
    return RouteStep(
        pool_id=UUID(kept["pool_id"]),
        protocol_id=UUID(kept["protocol_id"]),
        token_in_id=UUID(kept["token_in_id"]),
        token_out_id=UUID(kept["token_out_id"]),
        amount_in=Decimal(kept["amount_in"]),
        amount_out=Decimal(kept["amount_out"]),
        fee_bps=kept["fee_bps"],
        price_impact_pct=Decimal(kept["price_impact_pct"]),
        share_pct=Decimal(kept["share_pct"]),
        is_estimate=kept["is_estimate"],
        observed_at=None if observed is None else datetime.fromisoformat(observed),
    )


async def _asset(info: Info, key: UUID) -> Any:
    from resolvers.catalog.asset import Asset

    return await load_one(info, Asset, key)
