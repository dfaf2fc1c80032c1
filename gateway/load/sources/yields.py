"""Pools that pay a yield, and what they paid and held over time."""

from __future__ import annotations

import re
from math import expm1
from typing import TYPE_CHECKING, Any, Final

from gateway.load.identity import asset_id, row_id
from gateway.load.source import STABLE_SYMBOLS, Source
from gateway.load.sources.prices import as_usd
from gateway.load.sources.protocols import ensure_protocol
from gateway.load.sources.tokens import NATIVE_PLACEHOLDERS
from gateway.load.sources.trades import use_token
from gateway.load.values import RowRejectedError, normal_address

if TYPE_CHECKING:
    from uuid import UUID

    from gateway.load.batch import Batch
    from gateway.load.chains import Chain
    from gateway.load.source import Lookup
    from gateway.load.values import Row

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")


def _pool(row: Row, batch: Batch, lookup: Lookup) -> None:
    pool_id, chain, record = _pool_record(row, batch, lookup)
    reference = row.optional_text("source_pool_ref")
    address = _ADDRESS.match(reference) if reference else None
    record |= {
        "pool_address": normal_address(address[0], chain.id) if address else None,
        "source_ref": reference,
        "asset_ids": _assets(row, batch, chain),
        "reward_asset_ids": _known(row.words("reward_tokens"), chain),
    }
    batch.upsert("load_catalog.upsert_yield_pools", pool_id, record)


def _pool_record(row: Row, batch: Batch, lookup: Lookup) -> tuple[UUID, Chain, dict[str, Any]]:
    """What every file says about a pool."""
    chain = lookup.use_chain(batch, row.text("chain"))
    pool_id = row.uuid("pool_id")
    record: dict[str, Any] = {
        "id": pool_id,
        "protocol_id": ensure_protocol(batch, row.text("protocol_slug"), "Dexes"),
        "chain_id": chain.id,
        "name": row.text("symbol"),
        "pool_type": "lp",
    }
    return pool_id, chain, record


def _assets(row: Row, batch: Batch, chain: Chain) -> list[UUID]:
    """Tokens of the pool; its name tells their symbols when it has as many parts."""
    addresses = row.words("underlying_tokens")
    symbols = row.text("symbol").split("-")
    if len(symbols) != len(addresses) or not all(symbols):
        return _known(addresses, chain)
    identities = []
    for text, symbol in zip(addresses, symbols, strict=True):
        address = normal_address(text, chain.id)
        if address in NATIVE_PLACEHOLDERS:
            identities.append(asset_id(chain.id, None))
        else:
            identities.append(use_token(batch, chain.id, address, symbol, None))
    return identities


def _known(addresses: list[str], chain: Chain) -> list[UUID]:
    """Ids of tokens whose symbols are not given; readers skip those the catalogue lacks."""
    normal = [normal_address(address, chain.id) for address in addresses]
    return [
        asset_id(chain.id, None if address in NATIVE_PLACEHOLDERS else address)
        for address in normal
    ]


def _day(row: Row, batch: Batch, lookup: Lookup) -> None:
    pool_id, chain, record = _pool_record(row, batch, lookup)
    tvl = as_usd(row.optional_decimal("tvl_usd", 30))
    if tvl is not None and tvl < 0:
        raise RowRejectedError(f"tvl_usd: {tvl} is negative")
    batch.ensure("load_catalog.ensure_yield_pools", pool_id, record)
    batch.append(
        "yield_metrics",
        row.day("date"),
        pool_id,
        record["protocol_id"],
        chain.id,
        None,
        row.optional_number("apy"),
        tvl,
        row.optional_number("apy_reward"),
        row.optional_number("apy_base"),
        "defillama",
    )


def _rates(row: Row, batch: Batch, lookup: Lookup) -> None:
    chain_id = lookup.chain_id(row.integer("chain_id", 1))
    name, symbol = row.text("protocol"), row.text("reserve_symbol")
    reserve = row.address("reserve_address", chain_id)
    pool_id = row_id("pool", name, chain_id, reserve)
    protocol = ensure_protocol(batch, name, "Lending")
    token = use_token(
        batch, chain_id, reserve, symbol, 6 if symbol.upper() in STABLE_SYMBOLS else None
    )
    rate = float(row.decimal("liquidity_rate"))
    record = {
        "id": pool_id,
        "protocol_id": protocol,
        "chain_id": chain_id,
        "name": symbol,
        "pool_type": "lending",
        "pool_address": reserve,
        "source_ref": f"{name}:{reserve}",
        "asset_ids": [token],
        "metadata": {
            "variable_borrow_rate": row.optional_text("variable_borrow_rate"),
            "stable_borrow_rate": row.optional_text("stable_borrow_rate"),
            "rates_at": row.moment("timestamp"),
        },
    }
    batch.upsert("load_catalog.upsert_yield_pools", pool_id, record)
    yearly = expm1(rate) * 100  # Aave pays by the second, as good as continuously
    batch.append(
        "yield_metrics",
        row.moment("timestamp"),
        pool_id,
        protocol,
        chain_id,
        reserve,
        yearly,
        None,
        0.0,
        yearly,
        "aave",
    )


_DAY: Final = ("date", "pool_id", "protocol_slug", "chain", "symbol", "tvl_usd", "apy")
SOURCES = (
    Source(
        "yield_pools",
        "yields/pools.csv",
        ("pool_id", "protocol_slug", "chain", "symbol", "underlying_tokens"),
        _pool,
    ),
    Source("yield_snapshots", "yields/pools_snapshots.csv", _DAY, _day),
    Source("yield_daily", "yields/pool_daily.csv", _DAY, _day),
    Source(
        "lending_rates",
        "lending/aave_v3_polygon_rates_10min.csv",
        (
            "chain_id",
            "protocol",
            "reserve_symbol",
            "reserve_address",
            "timestamp",
            "liquidity_rate",
        ),
        _rates,
    ),
)
