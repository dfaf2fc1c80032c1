"""Blockchains."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import Info

from resolvers.catalog.bridged import bridges_of
from resolvers.catalog.metrics import chain_tvl, chain_tvl_histories
from resolvers.catalog.volume import chain_volumes
from resolvers.catalog.wallet import LISTED
from resolvers.connection import Connection
from resolvers.fields import batch, column, computed, entity, one, page
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.scalars import BigInt, ChainId, Hash
from resolvers.series import Series

if TYPE_CHECKING:
    from resolvers.alerts.types import AlertRule
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.gas import Gas
    from resolvers.catalog.place import Bridge
    from resolvers.catalog.pool import YieldPool
    from resolvers.catalog.protocol import ProtocolDeployment
    from resolvers.catalog.trade import DexTrade
    from resolvers.catalog.wallet import Wallet
    from resolvers.privacy.pools import PrivacyPool
    from resolvers.privacy.stealth import StealthAnnouncement
    from resolvers.risk.health import ProtocolHealth
    from resolvers.trading.lending import LendingEvent
    from resolvers.trading.mev import MevEvent

CHAINS = Table(
    "postgres",
    "catalog.chains",
    key_kind="int",
    order=("name",),
    kinds={"parent_chain_id": "int"},
)
CHAIN_HEADS = Table("postgres", "catalog.chain_heads", key="chain_id", key_kind="int")


@entity(CHAIN_HEADS, description="How far a chain has been read into the stores.")
class ChainHead:
    """How far a chain has been read into the stores."""

    block_number: BigInt = column("Height of the newest block read.")
    block_hash: Hash | None = column("Hash of that block; null when the source gave none.")
    block_at: datetime = column("Time written in that block.")
    indexed_at: datetime = column("When the block reached the stores.")
    source: str | None = column("Where the block came from.")


@entity(CHAINS, description="A blockchain.")
class Chain(Node):
    """A blockchain."""

    caip2: ChainId = column("Name by CAIP-2, such as eip155:1; accepted wherever a chain is given.")
    slug: str = column("Readable key in lower case, such as ethereum; accepted as well.")
    name: str = column("Full name, such as Ethereum Mainnet.")
    short_name: str | None = column("Prefix of EIP-3770 addresses, such as eth or arb1.")
    native_symbol: str | None = column("Ticker of the coin that pays for gas.")
    is_evm: bool = column("Whether it runs the Ethereum virtual machine.")
    is_testnet: bool = column("Whether its coins are worthless on purpose.")
    explorer_url: str | None = column("Address of a block explorer.")
    info_url: str | None = column("Home page of the chain.")
    is_active: bool = column("Whether the chain is still followed.")
    parent: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "Chain it settles on; null for a layer 1.", local="parent_chain_id"
    )
    native_asset: Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None = one(
        "The coin that pays for gas.", local="native_asset_id"
    )
    head: ChainHead | None = one(
        "How far the chain has been read; null when no block has been.", local="id"
    )
    assets: Connection[Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")]] = page(
        "Coins and tokens on it, by ticker.", remote="chain_id"
    )
    yield_pools: Connection[Annotated[YieldPool, strawberry.lazy("resolvers.catalog.pool")]] = page(
        "Pools on it, largest first.", remote="chain_id"
    )
    deployments: Connection[
        Annotated[ProtocolDeployment, strawberry.lazy("resolvers.catalog.protocol")]
    ] = page("Protocols that run on it.", remote="chain_id")
    wallets: Connection[Annotated[Wallet, strawberry.lazy("resolvers.catalog.wallet")]] = page(
        "Addresses seen on it, most active first.", remote="chain_id", where=LISTED
    )

    privacy_pools: Connection[
        Annotated[PrivacyPool, strawberry.lazy("resolvers.privacy.pools")]
    ] = page("Shielded pools on it, those that hide best first.", remote="chain_id")
    stealth_announcements: Connection[
        Annotated[StealthAnnouncement, strawberry.lazy("resolvers.privacy.stealth")]
    ] = page(
        "Payments to stealth addresses on it, in the order in which they arrived here.",
        remote="chain_id",
    )
    protocol_health: Connection[
        Annotated[ProtocolHealth, strawberry.lazy("resolvers.risk.health")]
    ] = page("How protocols are on it at the moment, largest first.", remote="chain_id")
    alert_rules: (
        Connection[Annotated[AlertRule, strawberry.lazy("resolvers.alerts.types")]] | None
    ) = page(
        "The viewer's rules about it, or about something on it, newest first.", remote="chain_id"
    )

    # Chain ids pass 32 bits, where a GraphQL Int ends (Palm is 11297108109), hence BigInt.
    @computed("EVM chain id; null when the chain is not EVM.", requires=("id",))
    def evm_chain_id(self) -> BigInt | None:
        """Ids of chains that are not EVM are negative and ours alone."""
        number = chain_number(self)
        return BigInt(number) if number > 0 else None

    tvl_usd: Decimal | None = batch(
        "Newest value locked on it, US dollars, summed over the protocols measured there; null "
        "when none was. Value that one protocol deposits in another counts twice.",
        chain_tvl,
    )
    tvl_history: Series | None = batch(
        "Value locked on it over time, US dollars: the sum of the protocols measured in each "
        "bucket, so a bucket with fewer of them is lower.",
        chain_tvl_histories,
        store="clickhouse",
    )

    dex_trades: (
        Connection[Annotated[DexTrade, strawberry.lazy("resolvers.catalog.trade")]] | None
    ) = page("Trades on its decentralised exchanges, newest first.", remote="chain_id")
    dex_volume: Series | None = batch(
        "Value traded on its decentralised exchanges, US dollars: the sum of the trades in each "
        "bucket that were priced.",
        chain_volumes,
        store="clickhouse",
    )
    lending_events: (
        Connection[Annotated[LendingEvent, strawberry.lazy("resolvers.trading.lending")]] | None
    ) = page("What happened in its lending protocols, newest first.", remote="chain_id")
    mev_events: Connection[Annotated[MevEvent, strawberry.lazy("resolvers.trading.mev")]] | None = (
        page("MEV opportunities seen on it, newest first.", remote="chain_id")
    )

    @computed("Bridges that connect it and still run, by name.", requires=("id",))
    async def bridges(
        self, info: Info
    ) -> list[Annotated[Bridge, strawberry.lazy("resolvers.catalog.place")]]:
        """Two statements for all chains of a level: which bridges, and the bridges."""
        return await bridges_of(info, chain_number(self))

    @computed("What gas costs on it, now and over time.", requires=("id",))
    def gas(self) -> Annotated[Gas, strawberry.lazy("resolvers.catalog.gas")]:
        """Reads nothing by itself."""
        from resolvers.catalog.gas import gas_of

        return gas_of(chain_number(self))


def chain_number(chain: Chain) -> int:
    """The number by which the stores know a chain."""
    number: int = chain.__dict__["id"]
    return number
