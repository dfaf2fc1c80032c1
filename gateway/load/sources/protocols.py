"""Protocols, the projects they belong to, and where they are deployed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from gateway.load.identity import asset_id, deployment_id, protocol_id
from gateway.load.source import Source
from gateway.load.values import RowRejectedError, normal_address, slugify

if TYPE_CHECKING:
    from gateway.load.batch import Batch
    from gateway.load.source import Lookup
    from gateway.load.values import Row

_AUDITS: Final = {0: "none", 1: "partly", 2: "yes", 3: "fork of an audited protocol"}
_DETAILS: Final = ("audit_links", "audit_note", "oracles", "forked_from", "github")


def project_slug(reference: str) -> str:
    """Slug of the project a protocol belongs to, from a reference such as `parent#aave`."""
    return slugify(reference.partition("#")[2] or reference)


def ensure_protocol(batch: Batch, slug: str, category: str) -> UUID:
    """Id of a protocol named by a series; it is added by its slug when the catalogue lacks it."""
    slug = slugify(slug)
    identity = protocol_id(slug)
    record = {
        "id": identity,
        "slug": slug,
        "name": slug.replace("-", " ").title(),
        "category": category,
        "metadata": {"named_only": True},
    }
    batch.ensure("load_catalog.ensure_protocols", identity, record)
    return identity


def _parent(row: Row, batch: Batch, _: Lookup) -> None:
    slug = project_slug(row.text("id"))
    identity = protocol_id(slug)
    record = {
        "id": identity,
        "slug": slug,
        "name": row.text("name"),
        "description": row.optional_text("description"),
        "category": "Project",
        "website_url": row.optional_text("url"),
        "twitter_handle": row.optional_text("twitter"),
        "logo_url": row.optional_text("logo"),
        "is_active": True,
        "metadata": {"github": row.words("github"), "gecko_id": row.optional_text("gecko_id")},
    }
    batch.upsert("load_catalog.upsert_protocols", identity, record)
    _alias(batch, identity, row.text("id"))


def _protocol(row: Row, batch: Batch, lookup: Lookup) -> None:
    slug, name = slugify(row.text("slug")), row.text("name")
    identity = protocol_id(slug)
    audits = row.optional_integer("audits", 0, 1_000)
    parent = row.optional_text("parent_protocol")
    record = {
        "id": identity,
        "slug": slug,
        "name": name,
        "description": row.optional_text("description"),
        "category": row.text("category"),
        # A project with one protocol of its own name is one row.
        "parent_id": _use_parent(batch, parent)
        if parent and project_slug(parent) != slug
        else None,
        "token_asset_id": _token(row, batch, lookup),
        "website_url": row.optional_text("url"),
        "twitter_handle": row.optional_text("twitter"),
        "logo_url": row.optional_text("logo"),
        "audit_count": _audit_count(row, audits),
        "listed_on": _listed_on(row),
        "is_active": not (row.flag("rugged") or row.flag("dead_url")),
        "metadata": {
            "symbol": row.optional_text("symbol"),
            "audits": _AUDITS.get(audits) if audits is not None else None,
            "rugged": bool(row.flag("rugged")),
            "gecko_id": row.optional_text("gecko_id"),
        }
        | {key: row.value(key) for key in _DETAILS if row.value(key)},
    }
    batch.upsert("load_catalog.upsert_protocols", identity, record)
    if row.optional_text("id"):
        _alias(batch, identity, row.text("id"))
    _deployments(row, batch, lookup, slug)


def _deployments(row: Row, batch: Batch, lookup: Lookup, slug: str) -> None:
    first = row.optional_text("chain")
    for name in dict.fromkeys(row.words("chains") or ([first] if first else [])):
        chain = lookup.use_chain(batch, name)
        identity = deployment_id(slug, chain.id, None)
        record = {
            "id": identity,
            "protocol_id": protocol_id(slug),
            "chain_id": chain.id,
            "contract_address": None,
            "is_primary": name == first,
        }
        batch.upsert("load_catalog.upsert_deployments", identity, record)


def _use_parent(batch: Batch, reference: str) -> UUID:
    """Id of the project; it is added by name when its own file does not have it."""
    slug = project_slug(reference)
    identity = protocol_id(slug)
    name = reference.partition("#")[2].replace("-", " ").title() or reference
    record = {"id": identity, "slug": slug, "name": name, "category": "Project", "metadata": {}}
    batch.ensure("load_catalog.ensure_protocols", identity, record)
    return identity


def _alias(batch: Batch, identity: UUID, alias: str) -> None:
    record = {"source": "defillama", "alias": alias, "protocol_id": identity}
    batch.upsert("load_catalog.upsert_protocol_aliases", ("defillama", alias), record)


def _token(row: Row, batch: Batch, lookup: Lookup) -> UUID | None:
    """The protocol's own token, where the listing gives a usable contract."""
    chain_name, address = (
        row.optional_text("token_address_chain"),
        row.optional_text("token_address"),
    )
    symbol = row.optional_text("symbol")
    chain = lookup.chains.find(chain_name) if chain_name else None
    if chain is None or address is None or symbol is None or chain.id not in lookup.known_chain_ids:
        return None
    try:
        address = normal_address(address, chain.id)
    except RowRejectedError:
        return None  # a fault of one detail is no reason to lose the protocol
    identity = asset_id(chain.id, address)
    record: dict[str, Any] = {
        "id": identity,
        "symbol": symbol[:100],
        "name": row.text("name"),
        "chain_id": chain.id,
        "contract_address": address,
        "coingecko_id": row.optional_text("gecko_id"),
    }
    batch.ensure("load_catalog.ensure_assets", identity, record)
    return identity


def _audit_count(row: Row, audits: int | None) -> int | None:
    """Published audits; None where the listing only says that there are some elsewhere."""
    return 0 if audits == 0 else len(row.words("audit_links")) or None


def _listed_on(row: Row) -> str | None:
    seconds = row.optional_integer("listed_at", 0, 4_000_000_000)
    return datetime.fromtimestamp(seconds, UTC).date().isoformat() if seconds else None


PARENTS = Source("parent_protocols", "reference/parent_protocols.jsonl", (), _parent)
PROTOCOLS = Source("protocols", "reference/protocols.jsonl", (), _protocol)
