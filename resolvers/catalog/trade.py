"""Trades on decentralised exchanges."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers.fields import column, entity, one
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.scalars import Address, BigInt, Hash

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.protocol import Protocol
    from resolvers.catalog.wallet import Wallet

TRADES = Table("clickhouse", "dex_trades", order=("-ts",), final=True, kinds={"chain_id": "int"})


@entity(TRADES, description="A trade on a decentralised exchange.")
class DexTrade(Node):
    """A trade on a decentralised exchange."""

    traded_at: datetime = column("Time of the block.", column="ts")
    dex_name: str = column("Exchange as the source names it, such as uniswap-v3.")
    pair_address: Address = column("Contract of the pool.")
    amount0: Decimal = column(
        "Change of the first token in the pool, whole units; positive goes into the pool."
    )
    amount1: Decimal = column(
        "Change of the second token in the pool, whole units; positive goes into the pool."
    )
    price: Decimal | None = column(
        "First tokens paid for one second token; null when one amount is zero."
    )
    amount_usd: Decimal | None = column(
        "Value of the trade, US dollars at that time; null when unknown."
    )
    fee_bps: int | None = column("Fee of the pool, basis points; null when unknown.")
    sender: Address | None = column("Address that called the pool; null when unknown.")
    recipient: Address | None = column("Address that received the proceeds; null when unknown.")
    tx_hash: Hash = column("Hash of the transaction.")
    log_index: int = column("Position of the log in the block; -1 when the source has none.")
    block_number: BigInt | None = column("Block of the trade; null when unknown.")
    source: str = column("Who reported it.")
    token0: Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None = one(
        "The first token of the pool; null when it is not in the catalogue.", local="token0_id"
    )
    token1: Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None = one(
        "The second token of the pool; null when it is not in the catalogue.", local="token1_id"
    )
    protocol: Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None = one(
        "The exchange as a protocol; null when it is not in the catalogue.", local="protocol_id"
    )
    wallet: Annotated[Wallet, strawberry.lazy("resolvers.catalog.wallet")] | None = one(
        "The address that traded; null when unknown.", local="wallet_id"
    )
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain.", local="chain_id"
    )
