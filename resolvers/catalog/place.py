"""Contracts, labels of addresses, and bridges."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from resolvers.fields import column, entity, one
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.scalars import Address, Hash

if TYPE_CHECKING:
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.protocol import Protocol

CONTRACTS = Table("postgres", "catalog.contracts", order=("address",), kinds={"chain_id": "int"})
LABELS = Table("postgres", "catalog.address_labels", order=("name",), kinds={"chain_id": "int"})
BRIDGES = Table("postgres", "catalog.bridges", order=("name",))


@entity(CONTRACTS, description="A smart contract.")
class Contract(Node):
    """A smart contract."""

    address: Address = column("Where it is.")
    name: str | None = column("Name in its source or label; null when unknown.")
    is_verified: bool | None = column("Whether its source is published; null when nobody looked.")
    bytecode_hash: Hash | None = column("Hash of its code.")
    deployed_at: datetime | None = column("When it was deployed.")
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain it is on.", local="chain_id"
    )
    protocol: Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None = one(
        "The protocol it belongs to; null when unknown.", local="protocol_id"
    )


@entity(LABELS, description="What one source says about an address.")
class AddressLabel(Node):
    """What one source says about an address."""

    address: Address = column("The address.")
    name: str = column("Name tag, such as Binance 14.")
    labels: list[str] = column("Kinds the source puts it in, such as exchange or phishing.")
    source: str = column("Who says so.")
    confidence: Decimal | None = column("How sure the source is, 0 to 1; null when it is silent.")
    evidence: JSON = column("What the label rests on: links, transactions, method.")
    first_seen_at: datetime | None = column("When the source first said so.")
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain of the address.", local="chain_id"
    )


@entity(BRIDGES, description="A bridge that moves assets between chains.")
class Bridge(Node):
    """A bridge that moves assets between chains."""

    slug: str = column("Readable key in lower case.")
    name: str = column("Name as the bridge writes it.")
    website_url: str | None = column("Home page.")
    audit_status: str | None = column("What is known about audits.")
    large_transfer_usd: Decimal | None = column(
        "Size from which the source calls a transfer large, US dollars."
    )
    is_active: bool = column("Whether it still runs.")
    protocol: Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None = one(
        "The same thing as a protocol; null when it is not listed as one.", local="protocol_id"
    )
