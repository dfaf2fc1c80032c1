"""Prices: daily bars, an hourly series, a snapshot of tokens, a pool by the minute."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING, Final

from gateway.load.identity import asset_id
from gateway.load.source import Source
from gateway.load.values import RowRejectedError, RowSkippedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.load.batch import Batch
    from gateway.load.source import Lookup
    from gateway.load.values import Row

WIDE: Final = Context(prec=100)
_PRICE: Final = Decimal(1).scaleb(-18)
_USD: Final = Decimal(1).scaleb(-8)
_TICK: Final = Decimal("1.0001")
_USDC_POLYGON: Final = "0x2791bca1f2de4661ed88a30c99a7a9449aa84174"
_WETH_POLYGON: Final = "0x7ceb23fd6bc0add59e62ac25578270cff1b9f619"
_USDC_WETH_POOL: Final = "0x45dda9cb7c25131df268515131f647d726f50608"


def as_price(value: Decimal) -> Decimal:
    """A price to 18 decimal places.

    Raises:
        RowSkippedError: zero or below what 18 places can show.
        RowRejectedError: negative.
    """
    if value < 0:
        raise RowRejectedError(f"negative price {value}")
    price = value.quantize(_PRICE, context=WIDE)
    if not price:
        raise RowSkippedError("price of zero or too small to store")
    return price


def as_usd(value: Decimal | None) -> Decimal | None:
    """An amount of dollars to 8 decimal places, or None."""
    return None if value is None else value.quantize(_USD, context=WIDE)


def _bar(
    source: str, quote: str, volume: str, market_cap: str | None
) -> Callable[[Row, Batch, Lookup], None]:
    """Normaliser of a vendor's daily bars whose price columns end in `quote`."""

    def normalise(row: Row, batch: Batch, lookup: Lookup) -> None:
        close = row.decimal(f"close_{quote}")
        prices = [row.optional_decimal(f"{part}_{quote}") for part in ("open", "high", "low")]
        opened, high, low = (as_price(close if price is None else price) for price in prices)
        if low > high:
            raise RowRejectedError(f"low {low.normalize()} is above high {high.normalize()}")
        coin = lookup.coins.by_symbol(row.text("symbol"), row.optional_text("name"))
        lookup.use_coin(batch, coin)
        traded = row.optional_decimal(volume, 30)
        batch.append(
            "market_bars",
            row.day("date"),
            "day",
            coin.id,
            None,
            source,
            opened,
            high,
            low,
            as_price(close),
            as_usd(traded) or None,  # vendors write 0 where they do not know
            as_usd(row.optional_decimal(market_cap, 30)) or None if market_cap else None,
        )

    return normalise


def _hourly(row: Row, batch: Batch, lookup: Lookup) -> None:
    coin = lookup.coins.by_name(row.text("coin_name"))
    lookup.use_coin(batch, coin)
    price = as_price(row.decimal("price_usd"))
    batch.append("market_data", row.moment("timestamp"), coin.id, None, "coinranking", price)


def _snapshot(row: Row, batch: Batch, lookup: Lookup) -> None:
    chain_id = lookup.chain_id(row.integer("chain_id", 1))
    address = row.address("address", chain_id)
    identity = asset_id(chain_id, address)
    symbol = row.text("symbol")
    record = {
        "id": identity,
        "symbol": symbol[:100],
        "name": row.optional_text("name") or symbol,
        "chain_id": chain_id,
        "contract_address": address,
        "decimals": row.optional_integer("decimals", 0, 255),
    }
    price = as_price(row.decimal("price_usd"))
    source = row.optional_text("price_source") or "snapshot"
    batch.ensure("load_catalog.ensure_assets", identity, record)
    batch.append("market_data", row.moment("as_of"), identity, chain_id, source, price)


def _pool_minute(row: Row, batch: Batch, lookup: Lookup) -> None:
    """The dollar price of WETH from the closing tick of a pool of USDC and WETH."""
    chain_id = lookup.chain_id(row.integer("chain_id", 1))
    pool = row.address("pool_address", chain_id)
    if pool != _USDC_WETH_POOL:
        raise RowRejectedError(f"pool {pool}: its tokens are unknown, so a tick is no price")
    weth = asset_id(chain_id, _WETH_POLYGON)
    tokens = (
        ("USDC.e", "USD Coin (PoS)", _USDC_POLYGON, 6),
        ("WETH", "Wrapped Ether", _WETH_POLYGON, 18),
    )
    for symbol, name, address, decimals in tokens:
        identity = asset_id(chain_id, address)
        record = {
            "id": identity,
            "symbol": symbol,
            "name": name,
            "chain_id": chain_id,
            "contract_address": address,
            "decimals": decimals,
            "is_stablecoin": decimals == 6,
            "is_wrapped": decimals == 18,
        }
        batch.ensure("load_catalog.ensure_assets", identity, record)
    tick = row.integer("close_tick", -887_272, 887_272)
    price = as_price(Decimal(10) ** 12 / _TICK**tick)
    batch.append("market_data", row.moment("timestamp"), weth, chain_id, "uniswap-v3", price)


_BAR: Final = ("symbol", "date")
SOURCES = (
    Source(
        "prices_ohlcv",
        "prices/daily_ohlcv.csv",
        (*_BAR, "close_usd"),
        _bar("yahoo", "usd", "volume_usd", None),
    ),
    Source(
        "prices_marketcap",
        "prices/daily_marketcap.csv",
        (*_BAR, "close_usd", "marketcap_usd"),
        _bar("coinmarketcap", "usd", "volume_usd", "marketcap_usd"),
    ),
    Source(
        "prices_binance",
        "prices/binance_daily.csv",
        (*_BAR, "close_usdt"),
        _bar("binance", "usdt", "volume_usdt", None),
    ),
    Source(
        "prices_hourly",
        "prices/hourly_30d.csv",
        ("coin_name", "timestamp", "price_usd"),
        _hourly,
    ),
    Source(
        "prices_snapshot",
        "prices/token_price_snapshot.csv",
        ("chain_id", "address", "symbol", "price_usd", "as_of"),
        _snapshot,
    ),
    Source(
        "prices_pool_minute",
        "dex/pool_minute_polygon_usdc_weth.csv",
        ("chain_id", "pool_address", "timestamp", "close_tick"),
        _pool_minute,
    ),
)
