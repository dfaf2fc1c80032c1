"""Coins and tokens."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers.fields import column, entity, one
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.scalars import Address

if TYPE_CHECKING:
    from resolvers.catalog.chain import Chain

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


@entity(ASSETS, description="A coin or token on one chain, or a ticker known from price feeds.")
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
        "The chain it lives on; null when it is known by ticker only.", local="chain_id"
    )
