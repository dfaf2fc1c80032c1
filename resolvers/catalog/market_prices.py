"""Prices that jobs value holdings at: live ones, else the newest of the last day.

Recorded data may end years ago. Valued at the prices of today all of it would be unpriced, so the
market has a time of its own: the newest price that anybody recorded, once that is a day old.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
# What had no price for so long is no longer traded where anybody looks.
GONE_AFTER: Final = timedelta(days=90)
#: Source of prices that are shown as live in a demonstration and are none of today.
REPLAYED: Final = "replay"
_NEVER: Final = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MarketPrices:
    """What the market says of some assets.

    Attributes:
        usd: price of one whole unit, US dollars, by asset.
        missing: assets that it priced within 90 days, but not within one. What is in neither is
            priced by nobody but its owner.
    """

    usd: Mapping[UUID, Decimal]
    missing: frozenset[UUID]


async def market_time(stores: Stores, now: datetime) -> datetime:
    """As of when holdings can be valued: `now`, or the newest price when it is over a day older.

    Raises:
        StoreError: of ClickHouse.
    """
    query = named_queries("clickhouse")["valuation.newest_price"]
    rows: list[Any] = await stores.clickhouse.fetch(query, {"now": now})
    newest: datetime = rows[0][0]
    return now if newest < _NEVER or now - newest <= MAX_AGE else newest


async def market_prices(stores: Stores, assets: Sequence[UUID], now: datetime) -> MarketPrices:
    """Redis in one round trip, then ClickHouse in one statement for what Redis lacks.

    Args:
        stores: opened as worker.
        assets: which.
        now: as of when, see `market_time`; aware.

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
            if _holds(at, now):
                found[asset] = price
            elif now - at <= GONE_AFTER:
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
        if quote is not None
        and quote.usd >= 0
        and quote.source != REPLAYED
        and _holds(quote.at, now)
    }


def _holds(at: datetime, now: datetime) -> bool:
    """Whether a price of one moment is a price of another."""
    return abs(now - at) <= MAX_AGE
