"""Root fields of the catalogue."""

from __future__ import annotations

import strawberry

from resolvers.catalog.asset import Asset
from resolvers.catalog.chain import Chain
from resolvers.catalog.incident import Incident
from resolvers.catalog.place import AddressLabel, Bridge, Contract
from resolvers.catalog.pool import YieldPool
from resolvers.catalog.protocol import Protocol
from resolvers.catalog.wallet import LISTED, Wallet
from resolvers.connection import Connection
from resolvers.fields import root_one, root_page
from resolvers.permissions import Access


@strawberry.type(description="Public reference facts.")
class CatalogQuery:
    """Root fields of the catalogue."""

    chains: Connection[Chain] | None = root_page("Blockchains, by name.", access=Access.PUBLIC)
    protocol: Protocol | None = root_one(
        "One protocol, by `id` or `slug`; null when there is none.",
        by=("id", "slug"),
        access=Access.PUBLIC,
    )
    protocols: Connection[Protocol] | None = root_page(
        "DeFi protocols, by name; order by TVL_USD for the largest.", access=Access.PUBLIC
    )
    assets: Connection[Asset] | None = root_page(
        "Coins and tokens, by ticker.", access=Access.PUBLIC
    )
    wallets: Connection[Wallet] | None = root_page(
        "Addresses observed, most active first.", access=Access.PUBLIC, where=LISTED
    )
    yield_pool: YieldPool | None = root_one(
        "One pool by its id; null when there is none.", by=("id",), access=Access.PUBLIC
    )
    yield_pools: Connection[YieldPool] | None = root_page(
        "Pools that earn yield, largest first.", access=Access.PUBLIC
    )
    contracts: Connection[Contract] | None = root_page(
        "Smart contracts, by address.", access=Access.PUBLIC
    )
    bridge: Bridge | None = root_one(
        "One bridge, by `id` or `slug`; null when there is none.",
        by=("id", "slug"),
        access=Access.PUBLIC,
    )
    bridges: Connection[Bridge] | None = root_page(
        "Bridges between chains, by name.", access=Access.PUBLIC
    )
    incidents: Connection[Incident] | None = root_page(
        "Hacks and failures, newest first.", access=Access.PUBLIC
    )
    address_labels: Connection[AddressLabel] | None = root_page(
        "What sources say about addresses, by name.", access=Access.PUBLIC
    )
