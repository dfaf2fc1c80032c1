"""Coins and tokens."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import Info

from resolvers.catalog.bars import PriceSeries, price_histories
from resolvers.catalog.holdings import FirstPools, pools_of
from resolvers.catalog.mentioned import (
    FirstMentions,
    PublishedFrom,
    PublishedTo,
    SourceArgument,
    mentions_about,
)
from resolvers.catalog.mood import Mood, moods_about_assets
from resolvers.catalog.price import AssetPrice, current_prices, price_changes
from resolvers.catalog.spans import ANCHOR
from resolvers.catalog.spreads import ArbitrageRoute, arbitrage_routes
from resolvers.catalog.volume import asset_volumes
from resolvers.connection import Connection
from resolvers.fields import batch, column, computed, entity, many, one, page
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.scalars import Address
from resolvers.series import Change, Series

if TYPE_CHECKING:
    from resolvers.alerts.types import AlertRule
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.pool import YieldPool
    from resolvers.predictions.types import Prediction
    from resolvers.research.mention import Mention
    from resolvers.research.project import Project
    from resolvers.risk.approval import TokenApproval
    from resolvers.risk.gathered import AssetRisk
    from resolvers.trading.lending import LendingEvent
    from resolvers.trading.mev import MevEvent

ASSETS = Table("postgres", "catalog.assets", order=("symbol",), kinds={"chain_id": "int"})


@strawberry.enum(description="What kind of thing an asset is.")
class AssetType(enum.Enum):
    """What kind of thing an asset is."""

    CRYPTO = strawberry.enum_value("crypto", description="A plain coin or token.")
    LP_TOKEN = strawberry.enum_value("lp_token", description="A share of a liquidity pool.")
    STAKED_TOKEN = strawberry.enum_value("staked_token", description="A receipt of staking.")
    YIELD_TOKEN = strawberry.enum_value("yield_token", description="A receipt that earns yield.")
    RWA_TOKEN = strawberry.enum_value("rwa_token", description="A tokenised real-world asset.")
    NFT = strawberry.enum_value("nft", description="A non-fungible token.")


@entity(
    ASSETS,
    description="A coin or token on one chain, or a ticker known from price feeds.",
    keys=("id",),
)
class Asset(Node):
    """A coin or token on one chain, or a ticker known from price feeds."""

    symbol: str = column("Ticker as written on chain; not unique.")
    name: str = column("Full name.")
    asset_type: AssetType = column("What kind of thing it is.")
    contract_address: Address | None = column("Token contract; null for a native coin.")
    decimals: int | None = column("Digits after the point of one whole unit; null when unknown.")
    logo_url: str | None = column("Address of a picture.")
    coingecko_id: str | None = column("Key of the asset at CoinGecko.")
    is_stablecoin: bool = column("Whether it is meant to keep a fixed price.")
    is_wrapped: bool = column("Whether it stands for another asset locked elsewhere.")
    is_active: bool = column("Whether it is still priced.")
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain it lives on; null when it is known by ticker only.",
        local="chain_id",
        joined=True,
    )
    risk: Annotated[AssetRisk, strawberry.lazy("resolvers.risk.gathered")] | None = one(
        "How dangerous it is.", local="id"
    )
    approvals: Connection[Annotated[TokenApproval, strawberry.lazy("resolvers.risk.approval")]] = (
        page("Permissions given to take it, newest first.", remote="asset_id")
    )
    alert_rules: (
        Connection[Annotated[AlertRule, strawberry.lazy("resolvers.alerts.types")]] | None
    ) = page("The viewer's rules about it, newest first.", remote="asset_id")
    predictions: (
        Connection[Annotated[Prediction, strawberry.lazy("resolvers.predictions.types")]] | None
    ) = page(
        "Forecasts of its price, those for the latest instants first; part of the tier basic.",
        remote="target_uuid",
    )
    price: AssetPrice | None = batch(
        "Newest known price: the live one, else the newest in the history; null when nobody "
        "priced it.",
        current_prices,
        store="redis",
    )
    price_history: PriceSeries | None = batch(
        "Prices over time, all from one source, so that a series never jumps from one to another. "
        "Intervals below an hour reach back one year, those below a day five; a source that gives "
        "only daily prices has none of either, ask for DAY then.",
        price_histories,
        store="clickhouse",
    )
    change: Change | None = batch(
        f"Change of the price, both values from the source of the newest one. {ANCHOR}",
        price_changes,
        store="clickhouse",
    )

    projects: list[Annotated[Project, strawberry.lazy("resolvers.research.project")]] = many(
        "Analysed projects that issue it, by name; at most 100.", remote="asset_id"
    )
    mood: Mood = batch(
        "How the texts that name it sound over time, from all that were judged.",
        moods_about_assets,
    )

    dex_volume: Series | None = batch(
        "Value of the trades on decentralised exchanges it took part in, on either side, US "
        "dollars: the sum of those in each bucket that were priced.",
        asset_volumes,
        store="clickhouse",
    )
    arbitrage_routes: list[ArbitrageRoute] | None = batch(
        "Bridges from where it is cheaper to where it is dearer right now, the widest spread "
        "first; empty when none was found lately.",
        arbitrage_routes,
        missing=list,
        store="redis",
    )
    lending_events: (
        Connection[Annotated[LendingEvent, strawberry.lazy("resolvers.trading.lending")]] | None
    ) = page("What happened in reserves of it, newest first.", remote="reserve_asset_id")
    mev_events: Connection[Annotated[MevEvent, strawberry.lazy("resolvers.trading.mev")]] | None = (
        page("MEV opportunities whose profit is made in it, newest first.", remote="token_id")
    )

    @computed("The largest pools that take it and are active, largest first.", requires=("id",))
    async def yield_pools(
        self, info: Info, first: FirstPools = 20
    ) -> list[Annotated[YieldPool, strawberry.lazy("resolvers.catalog.pool")]]:
        """Two statements for all assets of a level: which pools, and the pools."""
        return await pools_of(info, self.__dict__["id"], first)

    @computed("The newest texts that name it, newest first.", requires=("id",))
    async def mentions(
        self,
        info: Info,
        first: FirstMentions = 20,
        source: SourceArgument = None,
        from_: PublishedFrom = None,
        to: PublishedTo = None,
    ) -> list[Annotated[Mention, strawberry.lazy("resolvers.research.mention")]]:
        """Two statements for all assets of a level: which texts, and the texts."""
        asset = self.__dict__["id"]
        return await mentions_about(info, asset, first=first, source=source, start=from_, end=to)
