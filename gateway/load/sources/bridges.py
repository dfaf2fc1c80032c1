"""Bridges between chains (`reference/bridges.csv`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.load.identity import row_id
from gateway.load.source import Source
from gateway.load.values import slugify

if TYPE_CHECKING:
    from gateway.load.batch import Batch
    from gateway.load.source import Lookup
    from gateway.load.values import Row


def _bridge(row: Row, batch: Batch, lookup: Lookup) -> None:
    name = row.text("name")
    slug = slugify(row.optional_text("slug") or name)
    chain_ids = {lookup.use_chain(batch, chain).id for chain in row.words("chains")}
    record = {
        "id": row_id("bridge", slug),
        "slug": slug,
        "name": name,
        "website_url": row.optional_text("url"),
        "chain_ids": sorted(chain_ids),
        "large_transfer_usd": str(row.optional_decimal("large_tx_threshold_usd") or "") or None,
        "metadata": {
            "defillama_id": row.optional_text("defillama_id"),
            "destination_chain": row.optional_text("destination_chain"),
        },
    }
    batch.upsert("load_catalog.upsert_bridges", slug, record)


SOURCE = Source("bridges", "reference/bridges.csv", ("name", "chains"), _bridge)
