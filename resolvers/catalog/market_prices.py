"""Prices that holdings are valued at, for a job: live ones, else the newest of the last day."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from resolvers.catalog.price import quote_of
from resolvers.context import named_queries
from stores.errors import StoreError
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from stores.lifecycle import Stores

_LOG: Final = logging.getLogger(__name__)
# An older price is no price of today.
MAX_AGE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MarketPrices:
    """What the market says of some assets.

    Attributes:
        usd: price of one whole unit, US dollars, by asset.
        missing: assets that it priced before, but not within a day. What is in neither was never
            priced by anybody but its owner.
    """

    usd: Mapping[UUID, Decimal]
    missing: frozenset[UUID]


async def market_prices(stores: Stores, assets: Sequence[UUID], now: datetime) -> MarketPrices:
    """Redis in one round trip, then ClickHouse in one statement for what Redis lacks.

    Raises:
        StoreError: of ClickHouse. Without it nobody could say which assets were never priced.
    """
    found = await _live(stores, assets, now)
    rest = [asset for asset in assets if asset not in found]
    missing: set[UUID] = set()
    if rest:
        query = named_queries("clickhouse")["prices.newest"]
        values = {"keys": [str(asset) for asset in rest]}
        rows: list[Any] = await stores.clickhouse.fetch(query, values)
        for asset, at, _, price, *_ in rows:
            if now - at <= MAX_AGE:
                found[asset] = price
            else:
                missing.add(asset)
    return MarketPrices(found, frozenset(missing))


async def _live(stores: Stores, assets: Sequence[UUID], now: datetime) -> dict[UUID, Decimal]:
    pipeline = stores.redis.commands.pipeline(transaction=False)
    for asset in assets:
        pipeline.hgetall(redis_keys.key("price_current", asset_id=asset))
    try:
        hashes: list[Mapping[str, Any]] = await pipeline.execute() if assets else []
    except StoreError as error:
        _LOG.warning("valuation: no live prices (%s), taking those of the last day", error)
        return {}
    quotes = {
        asset: quote_of(fields) for asset, fields in zip(assets, hashes, strict=True) if fields
    }
    return {
        asset: quote.usd
        for asset, quote in quotes.items()
        if quote is not None and quote.usd >= 0 and now - quote.at <= MAX_AGE
    }
