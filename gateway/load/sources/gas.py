"""Gas prices: Ethereum by the day, Polygon by the minute, base fees of single blocks."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from gateway.load.source import Source
from gateway.load.sources.prices import as_price
from gateway.load.values import RowRejectedError, RowSkippedError

if TYPE_CHECKING:
    from gateway.load.batch import Batch
    from gateway.load.source import Lookup
    from gateway.load.values import Row

_GWEI: Final = Decimal(1).scaleb(-9)


def gwei(wei: int) -> Decimal:
    """Wei as gwei, exactly."""
    return Decimal(wei).scaleb(-9).quantize(_GWEI)


def _daily(row: Row, batch: Batch, lookup: Lookup) -> None:
    chain_id, day = lookup.chain_id(row.integer("chain_id", 1)), row.day("date")
    dollars = row.optional_decimal("eth_price_usd")
    if dollars:
        coin = lookup.coins.by_symbol("ETH")
        lookup.use_coin(batch, coin)
        batch.append("market_data", day, coin.id, None, "etherscan", as_price(dollars))
    price = row.wide("avg_gas_price_wei")
    if price == 0:
        raise RowSkippedError("gas price of zero: nothing was measured on the chain's first days")
    batch.append(
        "gas_prices",
        day,
        chain_id,
        "etherscan",
        gwei(price),
        None,
        None,
        row.optional_integer("gas_used"),
        row.optional_integer("avg_gas_limit"),
        row.optional_integer("tx_count"),
        None,
    )


def _minute(row: Row, batch: Batch, lookup: Lookup) -> None:
    price = row.decimal("gas_price_gwei")
    if price <= 0:
        raise RowRejectedError(f"gas_price_gwei: {price} is not above zero")
    chain_id = lookup.chain_id(row.integer("chain_id", 1))
    rest = (None,) * 6
    batch.append(
        "gas_prices", row.moment("timestamp"), chain_id, "demeter", price.quantize(_GWEI), *rest
    )


def _block(row: Row, batch: Batch, lookup: Lookup) -> None:
    chain_id, at = lookup.chain_id(row.integer("chain_id", 1)), row.moment("block_timestamp")
    number = row.integer("block_number")
    head = {"chain_id": chain_id, "block_number": number, "block_at": at, "source": "blocks"}
    known = batch.upserts.get("load_catalog.upsert_chain_heads", {}).get(chain_id)
    if known is None or known["block_number"] < number:
        batch.upsert("load_catalog.upsert_chain_heads", chain_id, head)
    fee = row.optional_integer("base_fee_per_gas_wei")
    if fee is None:
        return  # before EIP-1559 a block has no price of its own
    used, limit = row.integer("gas_used"), row.integer("gas_limit", 1)
    batch.append(
        "gas_prices",
        at,
        chain_id,
        "blocks",
        gwei(fee),
        gwei(fee),
        number,
        used,
        limit,
        row.optional_integer("transaction_count"),
        used / limit,
    )


SOURCES = (
    Source(
        "gas_daily",
        "gas/ethereum_daily.csv",
        ("chain_id", "date", "avg_gas_price_wei"),
        _daily,
    ),
    Source(
        "gas_minute",
        "gas/polygon_minute.csv",
        ("chain_id", "timestamp", "gas_price_gwei"),
        _minute,
    ),
    Source(
        "blocks",
        "chain/blocks.csv",
        ("chain_id", "block_number", "block_timestamp", "gas_used", "gas_limit"),
        _block,
    ),
)
