"""Contracts, labels of addresses, and bridges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info
from strawberry.scalars import JSON

from resolvers.catalog.reputation import labels_at, reports_at
from resolvers.connection import Connection
from resolvers.fields import batch, column, entity, one, page
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.resolve import load_one
from resolvers.scalars import Address, Hash

if TYPE_CHECKING:
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.protocol import Protocol
    from resolvers.context import RequestContext
    from resolvers.risk.gathered import ContractRisk
    from resolvers.trading.transfers import BridgeTransfer

CONTRACTS = Table("postgres", "catalog.contracts", order=("address",), kinds={"chain_id": "int"})
LABELS = Table("postgres", "catalog.address_labels", order=("name",), kinds={"chain_id": "int"})
REPORTS = Table(
    "postgres", "risk.malicious_contracts", order=("threat_type",), kinds={"chain_id": "int"}
)
BRIDGES = Table("postgres", "catalog.bridges", order=("name",))


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
        "The chain of the address.", local="chain_id", joined=True
    )


@entity(REPORTS, description="A report that an address is harmful, contract or not.")
class MaliciousReport(Node):
    """A report that an address is harmful, contract or not."""

    address: Address = column("The address.")
    threat_type: str = column("What it does, such as phishing or exploit.")
    source: str = column("Who reported it.")
    tag: str | None = column("Name the source gave it.")
    is_contract: bool | None = column("Whether it is a contract; null when unknown.")
    evidence: JSON = column("What the report rests on: creator, transactions, links.")
    confidence: Decimal | None = column("How sure the source is, 0 to 1; null when it is silent.")
    first_reported_at: datetime | None = column("When it was first reported.")
    is_active: bool = column("False once the report proved wrong.")
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain of the address.", local="chain_id", joined=True
    )


@entity(CONTRACTS, description="A smart contract.")
class Contract(Node):
    """A smart contract."""

    address: Address = column("Where it is.")
    name: str | None = column("Name in its source or label; null when unknown.")
    is_verified: bool | None = column("Whether its source is published; null when nobody looked.")
    bytecode_hash: Hash | None = column("Hash of its code.")
    deployed_at: datetime | None = column("When it was deployed.")
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain it is on.", local="chain_id", joined=True
    )
    protocol: Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None = one(
        "The protocol it belongs to; null when unknown.", local="protocol_id", joined=True
    )
    risk: Annotated[ContractRisk, strawberry.lazy("resolvers.risk.gathered")] | None = one(
        "How dangerous it is, and who looked at it.", local="id"
    )
    labels: list[AddressLabel] = batch(
        "What sources say about the address, the surest first.",
        labels_at,
        local=("chain_id", "address"),
        missing=list,
    )
    malicious_reports: list[MaliciousReport] = batch(
        "Reports that it is harmful which still stand, the earliest first; none is no proof of "
        "innocence.",
        reports_at,
        local=("chain_id", "address"),
        missing=list,
    )


@strawberry.type(description="A chain that a bridge connects.")
class BridgeChain:
    """A chain that a bridge connects."""

    chain_id: strawberry.Private[int]

    @strawberry.field(description="The chain.")  # type: ignore[untyped-decorator]
    async def chain(
        self, info: Info
    ) -> Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None:
        """All chains of a level are one statement."""
        from resolvers.catalog.chain import Chain

        found: Chain | None = await load_one(info, Chain, self.chain_id)
        return found


async def bridge_chains(
    context: RequestContext, keys: list[UUID]
) -> Mapping[UUID, list[BridgeChain]]:
    """Chains of bridges, one statement."""
    found: defaultdict[UUID, list[BridgeChain]] = defaultdict(list)
    rows: list[Any] = await context.postgres("wallets.bridge_chains", keys, keys=len(keys))
    for bridge_id, number in rows:
        found[bridge_id].append(BridgeChain(chain_id=number))
    return found


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
        "The same thing as a protocol; null when it is not listed as one.",
        local="protocol_id",
        joined=True,
    )
    chains: list[BridgeChain] = batch("Chains it connects, by name.", bridge_chains, missing=list)
    transfers: (
        Connection[Annotated[BridgeTransfer, strawberry.lazy("resolvers.trading.transfers")]] | None
    ) = page("The viewer's own transfers over it, newest first.", remote="bridge_id")
