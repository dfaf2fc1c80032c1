"""Prices of assets: now from Redis, else the newest in ClickHouse; the past from ClickHouse."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import strawberry

from resolvers.catalog.spans import WindowArgument, span_values
from resolvers.scalars import exact
from resolvers.series import Change, ChangeWindow, change_of
from stores.errors import StoreError
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from resolvers.context import RequestContext

_LOG: Final = logging.getLogger(__name__)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Quote:
    """What one whole unit of an asset cost at a time, and who said so.

    Attributes:
        usd: price, US dollars.
        at: when it held; aware.
        live: it comes from Redis.
        volume_24h, market_cap: US dollars.
        change_1h, change_24h, change_7d: percent, as the source gives them.
    """

    usd: Decimal
    at: datetime
    source: str
    live: bool
    volume_24h: Decimal | None = None
    market_cap: Decimal | None = None
    change_1h: Decimal | None = None
    change_24h: Decimal | None = None
    change_7d: Decimal | None = None


@strawberry.type(description="Newest known price of an asset.")
class AssetPrice:
    """Newest known price of an asset."""

    usd: Decimal = strawberry.field(description="Price of one whole unit, US dollars.")
    at: datetime = strawberry.field(description="When the price held, as the source says.")
    source: str = strawberry.field(description="Who reported it, such as binance.")
    age_s: int = strawberry.field(description="Seconds since `at`; judge freshness by it.")
    is_live: bool = strawberry.field(
        description="True: a minute old at most. False: the newest observation known, which may "
        "be old."
    )
    change_1h_pct: Decimal | None = strawberry.field(
        name="change1hPct",
        description="Change over one hour, percent, as the source reports it; null when it does "
        "not. `Asset.change` computes changes from the history.",
    )
    change_24h_pct: Decimal | None = strawberry.field(
        name="change24hPct",
        description="Change over 24 hours, percent, as the source reports it; null when it does "
        "not.",
    )
    change_7d_pct: Decimal | None = strawberry.field(
        name="change7dPct",
        description="Change over seven days, percent, as the source reports it; null when it does "
        "not.",
    )
    volume_24h_usd: Decimal | None = strawberry.field(
        name="volume24hUsd",
        description="Traded over the 24 hours before `at`, US dollars; null when unknown.",
    )
    market_cap_usd: Decimal | None = strawberry.field(
        description="Market capitalisation, US dollars; null when unknown."
    )


async def current_prices(context: RequestContext, keys: list[UUID]) -> Mapping[UUID, Any]:
    """The newest price of each asset; a failure stands for an asset that only it could answer."""
    now = context.clock()
    return {
        key: quote if isinstance(quote, StoreError) else _shown(quote, now)
        for key, quote in (await quotes(context, keys)).items()
    }


async def quotes(context: RequestContext, keys: Sequence[UUID]) -> dict[UUID, Quote | StoreError]:
    """Redis in one round trip, then ClickHouse in one statement for those Redis lacks.

    Raises:
        StoreError: of ClickHouse, when Redis knows none of them.
    """
    found: dict[UUID, Quote | StoreError] = {}
    try:
        found.update(await live_quotes(context, keys))
    except StoreError as error:
        _LOG.warning("prices: no live ones (%s), reading the history", error)
    missing = [key for key in keys if key not in found]
    if not missing:
        return found
    try:
        found.update(await recorded_quotes(context, missing))
    except StoreError as error:
        if not found:
            raise
        found.update(dict.fromkeys(missing, error))
    return found


async def live_quotes(context: RequestContext, keys: Sequence[UUID]) -> dict[UUID, Quote]:
    """Prices in Redis, one pipeline."""
    pipeline = context.stores.redis.commands.pipeline(transaction=False)
    for key in keys:
        pipeline.hgetall(redis_keys.key("price_current", asset_id=key))
    with context.step("redis", "price_current", "HGETALL price:current:{asset_id}", len(keys)) as s:
        hashes = await pipeline.execute()
        read = {key: quote_of(fields) for key, fields in zip(keys, hashes, strict=True)}
        found = {key: quote for key, quote in read.items() if quote is not None}
        s.rows = len(found)
    return found


async def recorded_quotes(context: RequestContext, keys: Sequence[UUID]) -> dict[UUID, Quote]:
    """Newest prices in ClickHouse, one statement."""
    values = {"keys": [str(key) for key in keys]}
    rows: list[Any] = await context.clickhouse("prices.newest", values, keys=len(keys))
    return {
        row[0]: Quote(row[3], row[1], row[2], False, row[4], row[5], *map(exact, row[6:9]))
        for row in rows
    }


def quote_of(fields: Mapping[str, Any]) -> Quote | None:
    """The quote in a Redis hash or message; None when there is none, or none that makes sense."""
    try:
        return Quote(
            usd=_finite(fields["price"]),
            at=_EPOCH + timedelta(milliseconds=int(fields["ts"])),
            source=str(fields.get("source", "")),
            live=True,
            volume_24h=_optional(fields.get("volume_24h")),
            market_cap=_optional(fields.get("market_cap")),
            change_1h=_optional(fields.get("price_change_1h")),
            change_24h=_optional(fields.get("price_change_24h")),
            change_7d=_optional(fields.get("price_change_7d")),
        )
    except (KeyError, ValueError, TypeError, InvalidOperation, OverflowError):
        return None


async def price_changes(
    context: RequestContext, keys: list[UUID], *, window: WindowArgument
) -> Mapping[UUID, Change | None]:
    """Changes of prices, one statement."""
    # Within hours the minutes count; over days the hours are exact enough and kept for longer.
    fine = window is ChangeWindow.H1
    query = "prices.change_from_minutes" if fine else "prices.change_from_hours"
    values = {"keys": [str(key) for key in keys], **span_values(window)}
    rows: list[Any] = await context.clickhouse(query, values, keys=len(keys))
    return {key: change_of(price, earlier) for key, price, earlier in rows}


def _shown(quote: Quote, now: datetime) -> AssetPrice:
    age_s = max(0, int((now - quote.at).total_seconds()))
    return AssetPrice(
        usd=quote.usd,
        at=quote.at,
        source=quote.source,
        age_s=age_s,
        # Redis may hold an old price for a while: one that was loaded from a file, say.
        is_live=quote.live and age_s <= redis_keys.ttl_s("price_current"),
        change_1h_pct=quote.change_1h,
        change_24h_pct=quote.change_24h,
        change_7d_pct=quote.change_7d,
        volume_24h_usd=quote.volume_24h,
        market_cap_usd=quote.market_cap,
    )


def _finite(text: object) -> Decimal:
    value = Decimal(str(text))
    if not value.is_finite():
        raise ValueError(f"{text!r} is not finite")
    return value


def _optional(text: object) -> Decimal | None:
    return None if text is None else _finite(text)
