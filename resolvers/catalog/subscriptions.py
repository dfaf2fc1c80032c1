"""Prices as they arrive."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.catalog.asset import Asset
from resolvers.catalog.price import Quote, live_quotes, quote_of, quotes
from resolvers.errors import BadInput
from resolvers.ids import key_of
from resolvers.reflection import entity_of
from resolvers.resolve import load_one
from stores.errors import StoreError

if TYPE_CHECKING:
    from resolvers.context import RequestContext

TOPIC: Final = "asset_prices"
MAX_IDS: Final = 100


@strawberry.type(description="A price as it arrived.")
class AssetPriceTick:
    """A price as it arrived."""

    asset_id: strawberry.Private[UUID]
    price_usd: Decimal = strawberry.field(description="Price of one whole unit, US dollars.")
    change_24h_pct: Decimal | None = strawberry.field(
        name="change24hPct",
        description="Change over 24 hours, percent, as the source reports it; null when it does "
        "not.",
    )
    at: datetime = strawberry.field(description="When the price held, as the source says.")
    source: str = strawberry.field(description="Who reported it.")

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="The asset; null when it is not in the catalogue."
    )
    async def asset(
        self, info: Info
    ) -> Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None:
        """Read for each event anew, and only when selected."""
        found: Asset | None = await load_one(info, Asset, self.asset_id)
        return found


async def price_ticks(
    context: RequestContext, keys: list[UUID]
) -> AsyncGenerator[AssetPriceTick, None]:
    """Ticks of some assets: first what is known of each, then what arrives.

    Subscribed before the first values are read, so nothing falls between the two; a value that is
    not newer than the one sent before is not sent. After a cut of the connection the values in
    Redis are read again. A slow reader gets the newest value of each asset.

    Raises:
        StoreError: the feed cannot be reached at the start.
    """
    wanted = set(keys)
    sent: dict[UUID, datetime] = {}

    def fresh(key: UUID, quote: object) -> bool:
        if not isinstance(quote, Quote) or (key in sent and quote.at <= sent[key]):
            return False
        sent[key] = quote.at
        return True

    async with context.stores.topics.subscribe(TOPIC, conflate_by="asset_id") as feed:
        gaps = feed.gaps
        for key, known in (await _snapshot(context, keys)).items():
            if fresh(key, known):
                yield _tick(key, known)
        async for message in feed:
            if feed.gaps != gaps:
                gaps = feed.gaps
                for key, known in (await _reread(context, keys)).items():
                    if fresh(key, known):
                        yield _tick(key, known)
            arrived = _parsed(message)
            if arrived is not None and arrived[0] in wanted and fresh(*arrived):
                yield _tick(*arrived)


def asset_keys(given: list[strawberry.ID]) -> list[UUID]:
    """The keys of assets named by global ids, each once.

    Raises:
        BadInput: none, too many, or an id that is not one of an asset.
    """
    if not 1 <= len(given) <= MAX_IDS:
        raise BadInput(f"`assetIds` has {len(given)} entries; it must have 1 to {MAX_IDS}.")
    entity: Any = entity_of(Asset)
    return list(dict.fromkeys(_uuid(key_of(entity, each)) for each in given))


@strawberry.type(description="What the catalogue tells as it happens.")
class CatalogSubscription:
    """Subscriptions of the catalogue."""

    @strawberry.subscription(  # type: ignore[untyped-decorator]
        description="Prices of some assets: first the newest known price of each that has one, "
        "then every price that arrives. A reader slower than the feed gets the newest price of "
        "each asset."
    )
    async def asset_prices(
        self,
        info: Info,
        asset_ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="Global ids of assets, 1 to 100."),
        ],
    ) -> AsyncGenerator[AssetPriceTick, None]:
        """Prices of some assets."""
        context: RequestContext = info.context
        async with aclosing(price_ticks(context, asset_keys(asset_ids))) as ticks:
            async for tick in ticks:
                yield tick


async def _snapshot(context: RequestContext, keys: list[UUID]) -> dict[UUID, Any]:
    """What is known; nothing where the history is away, because live prices do not need it."""
    try:
        return dict(await quotes(context, keys))
    except StoreError:
        return {}


async def _reread(context: RequestContext, keys: list[UUID]) -> dict[UUID, Any]:
    try:
        return dict(await live_quotes(context, keys))
    except StoreError:
        return {}


def _parsed(message: dict[str, Any]) -> tuple[UUID, Quote] | None:
    """Asset and price of a message; None when it makes no sense."""
    quote = quote_of(message)
    try:
        return (UUID(str(message["asset_id"])), quote) if quote else None
    except (KeyError, ValueError):
        return None


def _tick(key: UUID, quote: Quote) -> AssetPriceTick:
    return AssetPriceTick(
        asset_id=key,
        price_usd=quote.usd,
        change_24h_pct=quote.change_24h,
        at=quote.at,
        source=quote.source,
    )


def _uuid(key: object) -> UUID:
    assert isinstance(key, UUID)
    return key
