"""Chains and their native coins (`reference/chains.csv`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.load.identity import asset_id
from gateway.load.source import Source
from gateway.load.values import slugify

if TYPE_CHECKING:
    from gateway.load.batch import Batch
    from gateway.load.source import Lookup
    from gateway.load.values import Row


def _chain(row: Row, batch: Batch, lookup: Lookup) -> None:
    chain_id = row.integer("chain_id", 1)
    name, short_name = row.text("name"), row.text("short_name")
    built_in = lookup.chains.by_id.get(chain_id)
    symbol = row.optional_text("native_symbol")
    record = {
        "id": chain_id,
        "caip2": f"eip155:{chain_id}",
        "slug": built_in.slug if built_in else _free_slug(short_name, chain_id, lookup),
        "short_name": short_name,
        "name": built_in.name if built_in else name,
        "native_symbol": symbol,
        "parent_chain_id": row.optional_integer("parent_chain_id"),
        "is_evm": True,
        "is_testnet": bool(row.flag("is_testnet")),
        "explorer_url": row.optional_text("explorer_url"),
        "info_url": row.optional_text("info_url"),
        "is_active": row.optional_text("status") != "deprecated",
        "metadata": {
            "registry_name": name,
            "network_id": row.optional_integer("network_id"),
            "slip44": row.optional_integer("slip44"),
            "explorer_name": row.optional_text("explorer_name"),
            "status": row.optional_text("status"),
        },
    }
    batch.upsert("load_catalog.upsert_chains", chain_id, record)
    if symbol:
        coin_id = asset_id(chain_id, None)
        coin = {
            "id": coin_id,
            "symbol": symbol[:100],
            "name": row.optional_text("native_name") or symbol,
            "chain_id": chain_id,
            "decimals": row.optional_integer("native_decimals", 0, 255),
            "is_stablecoin": symbol.upper() in ("XDAI", "USDC"),
            "metadata": {"native": True},
        }
        batch.upsert("load_catalog.upsert_assets", coin_id, coin)


def _free_slug(short_name: str, chain_id: int, lookup: Lookup) -> str:
    """The short name, unless a better known chain goes by it."""
    slug = slugify(short_name)
    taken = lookup.chains.find(slug)
    return f"{slug}-{chain_id}" if taken is not None and taken.id != chain_id else slug


SOURCE = Source("chains", "reference/chains.csv", ("chain_id", "name", "short_name"), _chain)
