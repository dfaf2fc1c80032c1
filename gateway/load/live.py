"""Newest prices and gas: ClickHouse for good, Redis for now, and a message to whoever listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from gateway.load.targets import SERIES
from stores.redis import keys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from stores.lifecycle import Stores
    from stores.redis.client import Redis

PRICE_TOPIC: Final = "asset_prices"
GAS_TOPIC: Final = "gas"
_PIPELINE: Final = 500
_CHANGES: Final = ("price_change_1h", "price_change_24h", "price_change_7d")


_Fields: TypeAlias = "dict[Any, Any]"  # redis-py asks for a key type that admits no str alone


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of an asset cost.

    Attributes:
        at: when; aware.
        price: US dollars.
        chain_id: chain of the quoted token, None when the price is of the asset as such.
        volume_24h, market_cap: US dollars, None when unknown.
        change_1h, change_24h, change_7d: percent, None when unknown.
    """

    asset_id: UUID
    at: datetime
    price: Decimal
    source: str
    chain_id: int | None = None
    volume_24h: Decimal | None = None
    market_cap: Decimal | None = None
    change_1h: float | None = None
    change_24h: float | None = None
    change_7d: float | None = None


@dataclass(frozen=True, slots=True)
class GasPrice:
    """What gas cost on a chain; gwei."""

    chain_id: int
    at: datetime
    price: Decimal
    source: str
    base_fee: Decimal | None = None
    block_number: int | None = None


async def record_prices(stores: Stores, prices: Sequence[Price]) -> None:
    """Store prices and tell subscribers: ingestion's way in.

    ClickHouse comes first, so that what subscribers hear can be read afterwards. An older price
    than the one in Redis still goes into the history, and nowhere else.

    Raises:
        StoreError: a store failed; the call may be repeated, the same price is stored once.
    """
    columns = (*SERIES["market_data"], "volume_24h", "market_cap", *_CHANGES)
    rows = [
        (
            price.at,
            price.asset_id,
            price.chain_id,
            price.source,
            price.price,
            price.volume_24h,
            price.market_cap,
            price.change_1h,
            price.change_24h,
            price.change_7d,
        )
        for price in prices
    ]
    await stores.clickhouse.insert("market_data", columns, rows)
    await publish_prices(stores.redis, prices)


async def publish_prices(redis: Redis, prices: Sequence[Price]) -> None:
    """Put prices into Redis and tell subscribers, leaving out those older than what is there."""
    for start in range(0, len(prices), _PIPELINE):
        chosen = prices[start : start + _PIPELINE]
        names = [keys.key("price_current", asset_id=price.asset_id) for price in chosen]
        reading = redis.commands.pipeline(transaction=False)
        for name in names:
            reading.hget(name, "ts")
        known = await reading.execute()
        newer = [
            (name, price)
            for name, price, ts in zip(names, chosen, known, strict=True)
            if ts is None or int(ts) <= _milliseconds(price.at)
        ]
        await _write_hashes(
            redis, [(name, _price_fields(price)) for name, price in newer], "price_current"
        )
        for _, price in newer:
            message = {"asset_id": str(price.asset_id), **_price_fields(price)}
            await redis.topics.publish(PRICE_TOPIC, message)


async def publish_gas(redis: Redis, prices: Sequence[GasPrice]) -> None:
    """Put gas prices into Redis and tell subscribers."""
    hashes = [
        (keys.key("gas_price", chain_id=price.chain_id), _gas_fields(price)) for price in prices
    ]
    await _write_hashes(redis, hashes, "gas_price")
    for price in prices:
        message = {"chain_id": price.chain_id, **_gas_fields(price)}
        await redis.topics.publish(GAS_TOPIC, message)


async def _write_hashes(redis: Redis, hashes: Sequence[tuple[str, _Fields]], family: str) -> None:
    """Replace hashes whole, so that no field of an older value stays behind."""
    writing = redis.commands.pipeline(transaction=True)
    for name, fields in hashes:
        writing.delete(name)
        writing.hset(name, mapping=fields)
        writing.expire(name, keys.ttl_s(family))
    if hashes:
        await writing.execute()


def _price_fields(price: Price) -> _Fields:
    fields = {
        "price": _text(price.price),
        "volume_24h": _text(price.volume_24h),
        "market_cap": _text(price.market_cap),
        "price_change_1h": _text(price.change_1h),
        "price_change_24h": _text(price.change_24h),
        "price_change_7d": _text(price.change_7d),
        "ts": _milliseconds(price.at),
        "source": price.source,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _gas_fields(price: GasPrice) -> _Fields:
    fields = {
        "medium": _text(price.price),
        "base_fee": _text(price.base_fee),
        "block_number": price.block_number,
        "ts": _milliseconds(price.at),
        "source": price.source,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _text(value: Decimal | float | None) -> str | None:
    if value is None:
        return None
    text = f"{value:f}" if not isinstance(value, float) else repr(value)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
