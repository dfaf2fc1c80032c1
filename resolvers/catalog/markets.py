"""Root fields of what is measured: gas, movers, likeness, trades; and single chains and assets."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry import Info

from resolvers.catalog.asset import Asset
from resolvers.catalog.chain import Chain
from resolvers.catalog.chains import ChainArgument, chain_number
from resolvers.catalog.gas import Gas, gas_of
from resolvers.catalog.movers import (
    MAX_MOVERS,
    Mover,
    MoverDirection,
    MoverMetric,
    Ranking,
    top_movers,
)
from resolvers.catalog.similar import (
    CategoryArgument,
    SimilarProtocol,
    protocols_like,
)
from resolvers.catalog.spans import ANCHOR
from resolvers.catalog.trade import DexTrade
from resolvers.connection import Connection
from resolvers.errors import BadInput
from resolvers.fields import root_field, root_page
from resolvers.ids import key_of
from resolvers.nearest import FirstSimilar, MinScore
from resolvers.permissions import Access
from resolvers.reflection import entity_of
from resolvers.resolve import find_one, load_one
from resolvers.scalars import Address, ChainId
from resolvers.series import ChangeWindow
from stores.relational.conditions import Compare, both

ThisChain = Annotated[
    ChainId, strawberry.argument(description="CAIP-2 id, EVM chain id or slug of the chain.")
]


@strawberry.type(description="What is measured, and single rows by their natural keys.")
class MarketQuery:
    """Root fields of what is measured."""

    dex_trades: Connection[DexTrade] | None = root_page(
        "Trades on decentralised exchanges, newest first; null while their store is away.",
        access=Access.PUBLIC,
    )

    @root_field("One chain; null when there is none.", access=Access.PUBLIC)
    async def chain(self, info: Info, id: ThisChain) -> Chain | None:
        """One chain by any of its names."""
        found: Chain | None = await load_one(info, Chain, id, "caip2" if ":" in id else "slug")
        return found

    @root_field(
        "One asset, by `id`, or by `chain` and `address`; null when there is none.",
        access=Access.PUBLIC,
    )
    async def asset(
        self,
        info: Info,
        id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Global id, from the field `id`.")
        ] = None,
        chain: ChainArgument = None,
        address: Annotated[
            Address | None, strawberry.argument(description="Contract of the token.")
        ] = None,
    ) -> Asset | None:
        """One asset."""
        found: Asset | None
        if (id is not None) == (chain is not None or address is not None):
            raise BadInput("Give either `id`, or `chain` and `address`.")
        if id is not None:
            found = await load_one(info, Asset, key_of(entity_of(Asset), id))
            return found
        if chain is None or address is None:
            raise BadInput("Give `chain` and `address` together.")
        number = await chain_number(info.context, chain)
        where = both(
            Compare("chain_id", "int", "eq", number),
            Compare("contract_address", "text", "eq", address),
        )
        assert where is not None
        found = await find_one(info, Asset, where)
        return found

    @root_field("What gas costs on a chain, now and over time.", access=Access.PUBLIC)
    async def gas(self, info: Info, chain: ThisChain) -> Gas | None:
        """What gas costs on a chain."""
        return gas_of(await chain_number(info.context, chain))

    @root_field(
        "Protocols whose descriptions are most like a text, nearest first.", access=Access.PUBLIC
    )
    async def protocols_like(
        self,
        info: Info,
        text: Annotated[
            str, strawberry.argument(description="A few words or sentences, 2,000 characters.")
        ],
        first: FirstSimilar = 10,
        min_score: MinScore = None,
        category: CategoryArgument = None,
        chain: ChainArgument = None,
    ) -> list[SimilarProtocol] | None:
        """Protocols like a text."""
        return await protocols_like(
            info.context, text, first=first, min_score=min_score, category=category, chain=chain
        )

    @root_field(
        f"What moved most. {ANCHOR.removesuffix(' Null when either is unknown.')} What nobody has "
        "measured for longer than the span before the newest measurement of all is left out.",
        access=Access.PUBLIC,
    )
    async def top_movers(
        self,
        info: Info,
        by: Annotated[MoverMetric, strawberry.argument(description="What to compare.")],
        window: Annotated[
            ChangeWindow, strawberry.argument(description="Span to compare over.")
        ] = ChangeWindow.H24,
        direction: Annotated[
            MoverDirection, strawberry.argument(description="Which way it moved.")
        ] = MoverDirection.UP,
        min_tvl_usd: Annotated[
            Decimal | None,
            strawberry.argument(
                description="With TVL: only protocols with at least this value locked now, US "
                "dollars."
            ),
        ] = None,
        min_market_cap_usd: Annotated[
            Decimal | None,
            strawberry.argument(
                description="With PRICE: only assets whose market capitalisation is known and at "
                "least this, US dollars."
            ),
        ] = None,
        chain: ChainArgument = None,
        first: Annotated[
            int, strawberry.argument(description=f"How many; {MAX_MOVERS} at most.")
        ] = 10,
    ) -> list[Mover] | None:
        """What moved most."""
        ranking = Ranking(by, window, direction, min_tvl_usd, min_market_cap_usd, chain, first)
        return await top_movers(info.context, ranking)
