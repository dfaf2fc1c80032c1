"""Labels, malicious addresses and incidents."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from gateway.load.identity import contract_id, row_id
from gateway.load.source import Source
from gateway.load.sources.transactions import use_wallet

if TYPE_CHECKING:
    from gateway.load.batch import Batch
    from gateway.load.source import Lookup
    from gateway.load.values import Row

_DOLLARS: Final = frozenset({"USD", "USDC", "USDT", "BUSD", "DAI"})
# How far each list can be trusted: reviewed by the explorer's staff, or collected from reports.
_REVIEWED: Final = "0.95"
_REPORTED: Final = "0.80"


def add_label(
    batch: Batch, chain_id: int, address: str, source: str, fields: dict[str, Any]
) -> None:
    """Add what a source says about an address, and the address as a wallet."""
    use_wallet(batch, chain_id, address)
    key = (chain_id, address, source)
    record = {
        "id": row_id("label", *key),
        "chain_id": chain_id,
        "address": address,
        "source": source,
        **fields,
    }
    batch.upsert("load_facts.upsert_address_labels", key, record)


def _label(row: Row, batch: Batch, lookup: Lookup) -> None:
    chain_id = lookup.chain_id(row.integer("chain_id", 1))
    labels = row.words("labels")
    name = row.optional_text("name") or (labels[0].replace("-", " ").title() if labels else None)
    fields = {"name": name or row.text("name"), "labels": labels, "confidence": _REVIEWED}
    source = row.optional_text("source") or "labels"
    add_label(batch, chain_id, row.address("address", chain_id), source, fields)


def _malicious(row: Row, batch: Batch, lookup: Lookup) -> None:
    chain_id = lookup.chain_id(row.integer("chain_id", 1))
    address, kind = row.address("address", chain_id), row.text("kind")
    creator, created_by = (
        row.optional_address("creator", chain_id),
        row.optional_tx_hash("creation_tx"),
    )
    is_contract = row.flag("is_contract")
    use_wallet(batch, chain_id, address, "contract" if is_contract else "unknown")
    record = {
        "id": row_id("malicious", chain_id, address, kind),
        "chain_id": chain_id,
        "address": address,
        "threat_type": kind,
        "source": row.optional_text("source") or "reports",
        "tag": row.optional_text("tag"),
        "is_contract": is_contract,
        "evidence": {
            key: value
            for key, value in (("creator", creator), ("creation_tx", created_by))
            if value is not None
        },
        "confidence": _REPORTED,
    }
    batch.upsert("load_facts.upsert_malicious_contracts", (chain_id, address, kind), record)
    if is_contract:
        contract = {"id": contract_id(chain_id, address), "chain_id": chain_id, "address": address}
        batch.ensure("load_catalog.ensure_contracts", (chain_id, address), contract)


def _incident(row: Row, batch: Batch, lookup: Lookup, fields: dict[str, Any]) -> None:
    """Add an incident; the files tell of the same ones, so day and name are the key in common."""
    day, name = row.day("date").date().isoformat(), row.text("name")
    chain_name = row.optional_text("chain")
    chain = lookup.chains.find(chain_name) if chain_name else None
    known = chain is not None and chain.id in lookup.known_chain_ids
    record = {
        "id": row_id("incident", day, name),
        "occurred_on": day,
        "name": name,
        "attack_type": row.optional_text("attack_type"),
        "chain_id": chain.id if chain is not None and known else None,
        "chain_name": chain_name,
        "source": "defihacklabs",
        "metadata": {"poc_path": row.optional_text("poc_path")},
        **fields,
    }
    batch.upsert("load_facts.upsert_incidents", (day, name), record)


def _hack(row: Row, batch: Batch, lookup: Lookup) -> None:
    fields = {
        "tx_hash": _hash_or_none(row.optional_text("attack_tx")),
        "loss_text": row.optional_text("loss_text"),
        "reference_urls": row.words("references"),
    }
    _incident(row, batch, lookup, fields)


def _hash_or_none(text: str | None) -> str | None:
    """Transaction hash; what the list gives otherwise (a link, a part of a hash) is left out."""
    return text.lower() if text and len(text) == 66 and text.startswith("0x") else None


def _loss(row: Row, batch: Batch, lookup: Lookup) -> None:
    amount, unit = row.optional_decimal("loss_amount", 58), row.optional_text("loss_unit")
    dollars = amount if unit in _DOLLARS else None
    fields: dict[str, Any] = {
        "loss_amount": _plain(amount),
        "loss_unit": unit,
        "loss_usd": _plain(dollars),
        "reference_urls": [],
    }
    _incident(row, batch, lookup, fields)


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


SOURCES = (
    Source("labels", "labels/address_labels.csv", ("chain_id", "address", "labels"), _label),
    Source(
        "malicious",
        "security/malicious_addresses.csv",
        ("chain_id", "address", "kind"),
        _malicious,
    ),
    Source("hacks", "security/defi_hacks.csv", ("date", "name", "attack_type"), _hack),
    Source(
        "incidents",
        "security/incidents_normalised.csv",
        ("date", "name", "loss_amount", "loss_unit"),
        _loss,
    ),
)
