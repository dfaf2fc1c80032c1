"""Assets that are cheaper on one chain than on another, and the bridges between."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.catalog.live import mapping, moment, number, whole
from resolvers.resolve import load_one
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.place import Bridge
    from resolvers.context import RequestContext

_PERCENT: Final = Decimal("0.000001")


@strawberry.type(
    description="A bridge between the cheaper and the dearer chain of an asset, priced now."
)
class ArbitrageRoute:
    """A bridge between the cheaper and the dearer chain of an asset."""

    source_chain_id: strawberry.Private[int]
    destination_chain_id: strawberry.Private[int]
    bridge_slug: strawberry.Private[str]
    source_price_usd: Decimal | None = strawberry.field(
        description="Price where the asset is bought, US dollars; null when unknown."
    )
    destination_price_usd: Decimal | None = strawberry.field(
        description="Price where it is sold, US dollars; null when unknown."
    )
    spread_pct: Decimal | None = strawberry.field(
        description="How much dearer it is there, percent of the lower price, before fees; null "
        "when a price is unknown."
    )
    fee_usd: Decimal | None = strawberry.field(
        description="Fixed fee of the bridge, US dollars; null when unknown."
    )
    fee_bps: Decimal | None = strawberry.field(
        description="Fee that grows with the amount, basis points; null when unknown."
    )
    eta_s: int | None = strawberry.field(
        description="Seconds until arrival, as the bridge expects; null when unknown."
    )
    at: datetime | None = strawberry.field(description="When it was computed; null when unknown.")

    @strawberry.field(description="Where the asset is bought.")  # type: ignore[untyped-decorator]
    async def source_chain(
        self, info: Info
    ) -> Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None:
        """All chains of a level are one statement."""
        from resolvers.catalog.chain import Chain

        found: Chain | None = await load_one(info, Chain, self.source_chain_id)
        return found

    @strawberry.field(description="Where it is sold.")  # type: ignore[untyped-decorator]
    async def destination_chain(
        self, info: Info
    ) -> Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None:
        """All chains of a level are one statement."""
        from resolvers.catalog.chain import Chain

        found: Chain | None = await load_one(info, Chain, self.destination_chain_id)
        return found

    @strawberry.field(description="The bridge; null when it is not listed.")  # type: ignore[untyped-decorator]
    async def bridge(
        self, info: Info
    ) -> Annotated[Bridge, strawberry.lazy("resolvers.catalog.place")] | None:
        """All bridges of a level are one statement."""
        from resolvers.catalog.place import Bridge

        found: Bridge | None = await load_one(info, Bridge, self.bridge_slug, "slug")
        return found


async def arbitrage_routes(
    context: RequestContext, keys: list[UUID]
) -> Mapping[UUID, list[ArbitrageRoute]]:
    """Bridge routes of assets, the widest spread first; one call of Redis."""
    pipeline = context.stores.redis.commands.pipeline(transaction=False)
    for key in keys:
        pipeline.hgetall(redis_keys.key("arbitrage_routes", asset_id=key))
    text = "HGETALL arb:routes:{asset_id}"
    with context.step("redis", "arbitrage_routes", text, len(keys)) as step:
        hashes = await pipeline.execute()
        step.rows = sum(map(len, hashes))
    found = {}
    for key, fields in zip(keys, hashes, strict=True):
        routes = [route for name, text in sorted(fields.items()) if (route := _route(name, text))]
        routes.sort(key=lambda each: (each.spread_pct is None, -(each.spread_pct or 0)))
        found[key] = routes
    return found


def _route(name: str, text: str) -> ArbitrageRoute | None:
    """None when its name is none."""
    source, _, rest = name.partition(":")
    destination, _, slug = rest.partition(":")
    if not slug or not _is_number(source) or not _is_number(destination):
        return None
    said = mapping(text)
    low, high = number(said.get("source_price_usd")), number(said.get("target_price_usd"))
    return ArbitrageRoute(
        source_chain_id=int(source),
        destination_chain_id=int(destination),
        bridge_slug=slug,
        source_price_usd=low,
        destination_price_usd=high,
        spread_pct=_spread(low, high),
        fee_usd=number(said.get("fee_usd")),
        fee_bps=number(said.get("fee_bps")),
        eta_s=whole(said.get("eta_s")),
        at=moment(said.get("ts")),
    )


def _spread(low: Decimal | None, high: Decimal | None) -> Decimal | None:
    if low is None or high is None or low <= 0:
        return None
    with localcontext(prec=100):
        return ((high - low) / low * 100).quantize(_PERCENT)


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isascii() and text.removeprefix("-").isdigit()
