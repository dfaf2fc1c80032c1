"""Tokens of public lists (`reference/tokens.csv`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.load.identity import asset_id
from gateway.load.source import STABLE_SYMBOLS, Source
from gateway.load.values import RowSkippedError

if TYPE_CHECKING:
    from gateway.load.batch import Batch
    from gateway.load.source import Lookup
    from gateway.load.values import Row

# Lists write these where the native coin is meant, which has no contract.
NATIVE_PLACEHOLDERS: Final = frozenset({"0x" + "0" * 40, "0x" + "e" * 40})


def _token(row: Row, batch: Batch, lookup: Lookup) -> None:
    chain_id = lookup.chain_id(row.integer("chain_id", 1))
    address = row.address("address", chain_id)
    if address in NATIVE_PLACEHOLDERS:
        raise RowSkippedError(f"{address} stands for the native coin, which is an asset already")
    symbol, name = row.text("symbol"), row.optional_text("name") or row.text("symbol")
    lists = row.words("lists")
    token_id = asset_id(chain_id, address)
    record = {
        "id": token_id,
        "symbol": symbol[:100],
        "name": name,
        "chain_id": chain_id,
        "contract_address": address,
        "decimals": row.optional_integer("decimals", 0, 255),
        "logo_url": row.optional_text("logo_uri"),
        "is_stablecoin": symbol.upper() in STABLE_SYMBOLS and len(lists) > 1,
        "is_wrapped": name.lower().startswith("wrapped "),
        "metadata": {"lists": lists},
    }
    batch.upsert("load_catalog.upsert_assets", token_id, record)


SOURCE = Source(
    "tokens",
    "reference/tokens.csv",
    ("chain_id", "address", "symbol", "name", "decimals"),
    _token,
)
