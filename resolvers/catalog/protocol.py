"""DeFi protocols and where they run."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers.catalog.metrics import metric_changes, metric_histories, tvl_histories
from resolvers.catalog.similar import SimilarProtocol, similar_protocols
from resolvers.catalog.spans import ANCHOR
from resolvers.catalog.volume import protocol_volumes
from resolvers.connection import Connection
from resolvers.fields import batch, column, entity, many, one, page
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.scalars import Address, BigInt
from resolvers.series import Change, Series

if TYPE_CHECKING:
    from resolvers.alerts.types import AlertRule
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.incident import Incident
    from resolvers.catalog.place import Contract
    from resolvers.catalog.pool import YieldPool
    from resolvers.catalog.trade import DexTrade
    from resolvers.predictions.types import Prediction
    from resolvers.research.analyses import TokenomicsAnalysis
    from resolvers.research.project import Project
    from resolvers.risk.gathered import ProtocolRisk
    from resolvers.trading.lending import LendingEvent

PROTOCOLS = Table("postgres", "catalog.protocol_listing", order=("name",))
DEPLOYMENTS = Table(
    "postgres", "catalog.protocol_deployments", order=("-is_primary",), kinds={"chain_id": "int"}
)
PROTOCOL_CHAINS = Table(
    "postgres",
    "catalog.protocol_latest",
    key="chain_id",
    key_kind="int",
    order=("-tvl_usd",),
    tie=("protocol_id", "chain_id"),
)


@entity(DEPLOYMENTS, description="A protocol on one chain.")
class ProtocolDeployment(Node):
    """A protocol on one chain."""

    contract_address: Address | None = column("Its main contract there; null when not known.")
    is_primary: bool = column("Whether this is the chain the protocol is at home on.")
    protocol: Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None = one(
        "The protocol.", local="protocol_id", joined=True
    )
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain.", local="chain_id", joined=True
    )


@entity(PROTOCOL_CHAINS, description="Newest figures of a protocol on one chain.")
class ProtocolChainFigures:
    """Newest figures of a protocol on one chain."""

    tvl_usd: Decimal | None = column("Value locked there, US dollars; null when not measured.")
    volume_24h_usd: Decimal | None = column("Traded there in 24 hours, US dollars.")
    fees_24h_usd: Decimal | None = column("Fees users paid there in 24 hours, US dollars.")
    tvl_change_1h_pct: Decimal | None = column("Change of value locked over an hour, percent.")
    tvl_change_24h_pct: Decimal | None = column("Change of value locked over 24 hours, percent.")
    tvl_change_7d_pct: Decimal | None = column("Change of value locked over seven days, percent.")
    tvl_change_30d_pct: Decimal | None = column("Change of value locked over 30 days, percent.")
    observed_at: datetime = column("When the figures were measured.")
    indexed_at: datetime = column("When they reached the store.")
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain.", local="chain_id", joined=True
    )


@entity(PROTOCOLS, description="A DeFi protocol, over all chains it runs on.", keys=("id", "slug"))
class Protocol(Node):
    """A DeFi protocol, over all chains it runs on."""

    slug: str = column("Readable key in lower case, such as aave-v3.")
    name: str = column("Name as the protocol writes it.")
    description: str | None = column("What it does, in a few sentences.")
    category: str = column("Kind of business, such as Lending, Dexes or Liquid Staking.")
    website_url: str | None = column("Home page.")
    twitter_handle: str | None = column("Account name on X, without the at sign.")
    discord_url: str | None = column("Discord invitation.")
    telegram_url: str | None = column("Telegram group.")
    logo_url: str | None = column("Address of a picture.")
    audit_count: int | None = column("Published audits known; null when nobody looked.")
    listed_on: date | None = column("Day the source first listed it.")
    is_active: bool = column("False when it is dead, rugged or withdrawn.")
    updated_at: datetime = column("When its entry last changed.")
    tvl_usd: Decimal | None = column(
        "Newest value locked over all chains, US dollars; null when nobody measured it."
    )
    volume_24h_usd: Decimal | None = column(
        "Newest volume of 24 hours over all chains, US dollars; null when not measured."
    )
    fees_24h_usd: Decimal | None = column(
        "Newest fees of 24 hours over all chains, US dollars; null when not measured."
    )
    tvl_change_1h_pct: Decimal | None = column(
        "Change of value locked over an hour, percent, over chains with both values."
    )
    tvl_change_24h_pct: Decimal | None = column(
        "Change of value locked over 24 hours, percent, over chains with both values."
    )
    tvl_change_7d_pct: Decimal | None = column(
        "Change of value locked over seven days, percent, over chains with both values."
    )
    tvl_change_30d_pct: Decimal | None = column(
        "Change of value locked over 30 days, percent, over chains with both values."
    )
    chain_count: BigInt | None = column("Number of chains with figures.")
    observed_at: datetime | None = column("When the newest of its figures was measured.")
    parent: Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None = one(
        "The project this protocol is a version or part of.", local="parent_id", joined=True
    )
    token: Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None = one(
        "Its governance token.", local="token_asset_id", joined=True
    )
    children: list[Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")]] = many(
        "Versions and parts of this project, by name; at most 100.", remote="parent_id"
    )
    deployments: list[ProtocolDeployment] = many(
        "Chains it runs on, home chain first; at most 100.", remote="protocol_id"
    )
    by_chain: list[ProtocolChainFigures] = many(
        "Newest figures chain by chain, largest first; at most 100.", remote="protocol_id"
    )
    yield_pools: Connection[Annotated[YieldPool, strawberry.lazy("resolvers.catalog.pool")]] = page(
        "Pools it runs, largest first.", remote="protocol_id"
    )
    contracts: Connection[Annotated[Contract, strawberry.lazy("resolvers.catalog.place")]] = page(
        "Its contracts, by address.", remote="protocol_id"
    )
    incidents: Connection[Annotated[Incident, strawberry.lazy("resolvers.catalog.incident")]] = (
        page("Hacks and failures it suffered, newest first.", remote="protocol_id")
    )
    risk: Annotated[ProtocolRisk, strawberry.lazy("resolvers.risk.gathered")] | None = one(
        "How dangerous it is, and how it is at the moment.", local="id"
    )
    alert_rules: (
        Connection[Annotated[AlertRule, strawberry.lazy("resolvers.alerts.types")]] | None
    ) = page("The viewer's rules about it, newest first.", remote="protocol_id")
    predictions: (
        Connection[Annotated[Prediction, strawberry.lazy("resolvers.predictions.types")]] | None
    ) = page(
        "Forecasts of the value locked in it, those for the latest instants first; part of the "
        "tier basic.",
        remote="target_uuid",
    )
    metric_history: Series | None = batch(
        "A figure over time, the last value of each bucket. Over all chains it is the source's own "
        "total where there is one, else the sum over the chains measured in that bucket. Intervals "
        "below an hour reach back one year, those below a day five.",
        metric_histories,
        store="clickhouse",
    )
    tvl_history: Series | None = batch(
        "Value locked over time, US dollars: `metricHistory` of TVL.",
        tvl_histories,
        store="clickhouse",
    )
    change: Change | None = batch(
        "Change of a figure. Over all chains it is the source's own total where there is one, else "
        f"over the chains with both values. {ANCHOR}",
        metric_changes,
        store="clickhouse",
    )
    lending_events: (
        Connection[Annotated[LendingEvent, strawberry.lazy("resolvers.trading.lending")]] | None
    ) = page("What happened in it as a lending protocol, newest first.", remote="protocol_id")
    dex_volume: Series | None = batch(
        "Value traded on it as an exchange, US dollars: the sum of the trades in each bucket that "
        "were priced. Unlike `volume24hUsd` it is counted from the trades themselves.",
        protocol_volumes,
        store="clickhouse",
    )
    similar: list[SimilarProtocol] | None = batch(
        "Protocols whose descriptions are most like its own, nearest first; empty when it was not "
        "compared.",
        similar_protocols,
        missing=list,
        store="qdrant",
    )
    dex_trades: (
        Connection[Annotated[DexTrade, strawberry.lazy("resolvers.catalog.trade")]] | None
    ) = page("Trades on it, newest first; null while their store is away.", remote="protocol_id")
    projects: list[Annotated[Project, strawberry.lazy("resolvers.research.project")]] = many(
        "What it is analysed as, by name; at most 100.", remote="protocol_id"
    )
    tokenomics_analyses: Connection[
        Annotated[TokenomicsAnalysis, strawberry.lazy("resolvers.research.analyses")]
    ] = page("Looks at the economy of its token, newest first.", remote="protocol_id")
