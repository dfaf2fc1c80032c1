"""What bridges charge now, side by side."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.catalog.live import mapping, moment, number, whole
from resolvers.errors import BadInput
from resolvers.resolve import load_one
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from resolvers.catalog.place import Bridge
    from resolvers.context import RequestContext

MAX_FEES: Final = 100
_MOST_USD: Final = Decimal(10) ** 28
_CENTS: Final = Decimal("0.00000001")
_BPS: Final = Decimal(10_000)


@strawberry.type(description="What one bridge charges between two chains.")
class BridgeFee:
    """What one bridge charges between two chains."""

    bridge_id: strawberry.Private[UUID]
    fee_usd: Decimal | None = strawberry.field(
        description="Fixed fee, US dollars; null when the bridge has told nothing lately."
    )
    fee_bps: Decimal | None = strawberry.field(
        description="Fee that grows with the amount, basis points; null as before."
    )
    total_fee_usd: Decimal | None = strawberry.field(
        description="Both together for the amount asked about, US dollars; null when either is "
        "unknown."
    )
    receives_usd: Decimal | None = strawberry.field(
        description="What is left of the amount, US dollars; null when the fee is unknown, below "
        "zero when it is above the amount."
    )
    eta_s: int | None = strawberry.field(
        description="Seconds until arrival, as the bridge expects; null when unknown."
    )
    at: datetime | None = strawberry.field(description="When it said so; null when it did not.")
    age_s: int | None = strawberry.field(description="Seconds since `at`.")

    @strawberry.field(description="The bridge.")  # type: ignore[untyped-decorator]
    async def bridge(
        self, info: Info
    ) -> Annotated[Bridge, strawberry.lazy("resolvers.catalog.place")] | None:
        """All bridges of a level are one statement."""
        from resolvers.catalog.place import Bridge

        found: Bridge | None = await load_one(info, Bridge, self.bridge_id)
        return found


async def bridge_fees(
    context: RequestContext, source: int, destination: int, amount_usd: Decimal, first: int
) -> list[BridgeFee]:
    """Fees of the bridges between two chains, the cheapest first, those unknown last by name.

    One statement, and one call of Redis.

    Raises:
        BadInput: the amount or `first` is out of range, or both chains are one.
        StoreError: in one of its kinds.
    """
    if not 0 < amount_usd < _MOST_USD:
        raise BadInput("`amountUsd` must be above 0, and below 1e28.")
    if not 1 <= first <= MAX_FEES:
        raise BadInput(f"`first` is {first}; it must lie between 1 and {MAX_FEES}.")
    if source == destination:
        raise BadInput("`from` and `to` are the same chain.", hint="Name two chains.")
    connecting: list[Any] = await context.postgres("trading.bridges_between", source, destination)
    if not connecting:
        return []
    key = redis_keys.key("bridge_fees", source_chain_id=source, target_chain_id=destination)
    text = "HGETALL bridge:fees:{source_chain_id}:{target_chain_id}"
    with context.step("redis", "bridge_fees", text) as step:
        told = await context.stores.redis.commands.hgetall(key)
        step.rows = len(told)
    now = context.clock()
    fees = [_fee(id_, told.get(slug), amount_usd, now) for id_, slug in connecting]
    # The sort keeps the order of names among equals.
    fees.sort(key=lambda fee: (fee.total_fee_usd is None, fee.total_fee_usd or 0))
    return fees[:first]


def _fee(bridge_id: UUID, text: object, amount_usd: Decimal, now: datetime) -> BridgeFee:
    said = mapping(text)
    fixed, share = number(said.get("fee_usd")), number(said.get("fee_bps"))
    at = moment(said.get("ts"))
    total = None
    if fixed is not None and share is not None:
        with localcontext(prec=100):
            total = (fixed + amount_usd * share / _BPS).quantize(_CENTS)
    return BridgeFee(
        bridge_id=bridge_id,
        fee_usd=fixed,
        fee_bps=share,
        total_fee_usd=total,
        receives_usd=None if total is None else amount_usd - total,
        eta_s=whole(said.get("eta_s")),
        at=at,
        age_s=None if at is None else max(0, int((now - at).total_seconds())),
    )
