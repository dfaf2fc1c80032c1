"""How wallets trade, by the shape of their swaps, and which trade alike."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, cast
from uuid import UUID

import strawberry
from strawberry import Info
from strawberry.scalars import JSON

from resolvers.catalog.chains import ChainArgument, optional_chain_number
from resolvers.errors import BadInput
from resolvers.hits import leads_to
from resolvers.ids import checked_text, key_of
from resolvers.nearest import FirstSimilar, MinScore, near_points, shown
from resolvers.reflection import entity_of
from resolvers.resolve import load_one
from stores.qdrant.filters import Condition, Match, Range

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.wallet import Wallet
    from resolvers.context import RequestContext

_ALIAS: Final = "trading_patterns"
_WALLET: Final = "wallet"
_OF_WALLETS: Final = Match("subject_type", (_WALLET,))

WithAsset = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only patterns that trade this asset.")
]
Timeframe = Annotated[
    str | None,
    strawberry.argument(description="Only patterns over this span, such as 30d."),
]
MinSuccessRate = Annotated[
    float | None,
    strawberry.argument(
        description="Only patterns of which at least this share succeeded, 0 to 1; leaves out "
        "those whose success is unknown."
    ),
]


@strawberry.type(description="A wallet and how much it trades like another.")
class SimilarWallet:
    """A wallet and how much it trades like another."""

    wallet_id: strawberry.Private[UUID]
    score: float = strawberry.field(
        description="Cosine of the angle between the two patterns: 1 trades the same way, 0 has "
        "nothing in common."
    )

    wallet: Annotated[Wallet, strawberry.lazy("resolvers.catalog.wallet")] | None = leads_to(
        "The wallet; null when it has left the catalogue since it was compared.",
        "Wallet",
        module="resolvers.catalog.wallet",
        key="wallet_id",
    )


@strawberry.type(description="How a wallet trades, as it is compared with others.")
class TradingPattern:
    """How a wallet trades, as it is compared with others."""

    chain_id: strawberry.Private[int | None]
    asset_ids: strawberry.Private[list[UUID]]
    pattern_type: str | None = strawberry.field(
        description="What the pattern is made of, such as swaps."
    )
    features: JSON | None = strawberry.field(
        description="The figures it is compared by, by name: how often, how large, when and where "
        "it trades, on scales that only compare wallets with one another."
    )
    success_rate: float | None = strawberry.field(
        description="Share of its trades that succeeded, 0 to 1; null when unknown."
    )
    timeframe: str | None = strawberry.field(
        description="Span it covers, such as 30d; null for the whole history."
    )
    market_conditions: list[str] = strawberry.field(
        description="What the market did meanwhile, in words; empty when not told."
    )
    computed_at: datetime | None = strawberry.field(
        description="When it was computed, or the newest trade in it."
    )

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="The chain it trades on; null when there are several."
    )
    async def chain(
        self, info: Info
    ) -> Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None:
        """All chains of a level are one statement."""
        from resolvers.catalog.chain import Chain

        found: Chain | None = await load_one(info, Chain, self.chain_id)
        return found

    @strawberry.field(description="What it trades.")  # type: ignore[untyped-decorator]
    async def assets(
        self, info: Info
    ) -> list[Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")]]:
        """All assets of a level are one statement."""
        from resolvers.catalog.asset import Asset

        found = await asyncio.gather(*(load_one(info, Asset, key) for key in self.asset_ids))
        return [asset for asset in found if asset is not None]


async def wallets_alike(
    context: RequestContext,
    keys: list[UUID],
    *,
    first: FirstSimilar = 10,
    min_score: MinScore = None,
    chain: ChainArgument = None,
    asset: WithAsset = None,
    timeframe: Timeframe = None,
    min_success_rate: MinSuccessRate = None,
) -> Mapping[UUID, list[SimilarWallet]]:
    """The nearest of each wallet, for all wallets of a level at once.

    Raises:
        BadInput: there is no such chain, the id is not of an asset, or a number is out of bounds.
    """
    must = [_OF_WALLETS, *_conditions(asset, timeframe, min_success_rate)]
    number = await optional_chain_number(context, chain)
    if number is not None:
        must.append(Match("chain_id", (number,)))
    found = await near_points(
        context, _ALIAS, keys, first=first, min_score=min_score, must=tuple(must)
    )
    return {
        key: [SimilarWallet(wallet_id=UUID(hit.id), score=shown(hit.score)) for hit in hits]
        for key, hits in found.items()
    }


async def trading_patterns(
    context: RequestContext, keys: list[UUID]
) -> Mapping[UUID, TradingPattern]:
    """Patterns of wallets, one request; a wallet that trades too little has none."""
    with context.step("qdrant", f"by_ids {_ALIAS}", keys=len(keys)) as step:
        points = await context.stores.qdrant.by_ids(_ALIAS, keys, deadline=context.deadline)
        step.rows = len(points)
    return {
        UUID(point.id): _pattern(point.payload)
        for point in points
        if point.payload.get("subject_type") == _WALLET
    }


def _conditions(
    asset: str | None, timeframe: str | None, min_success_rate: float | None
) -> list[Condition]:
    from resolvers.catalog.asset import Asset

    found: list[Condition] = []
    if asset is not None:
        found.append(Match("asset_ids", (str(cast("UUID", key_of(entity_of(Asset), asset))),)))
    if timeframe is not None:
        found.append(Match("timeframe", (checked_text("timeframe", timeframe),)))
    if min_success_rate is not None:
        if not 0 <= min_success_rate <= 1:
            raise BadInput(f"`minSuccessRate` is {min_success_rate}; it must lie between 0 and 1.")
        found.append(Range("success_rate", gte=min_success_rate))
    return found


def _pattern(payload: Mapping[str, Any]) -> TradingPattern:
    computed_at, conditions = payload.get("computed_at"), payload.get("market_conditions", [])
    return TradingPattern(
        chain_id=payload.get("chain_id"),
        asset_ids=[UUID(key) for key in payload.get("asset_ids", [])],
        pattern_type=payload.get("pattern_type"),
        features=payload.get("features"),
        success_rate=payload.get("success_rate"),
        timeframe=payload.get("timeframe"),
        market_conditions=[conditions] if isinstance(conditions, str) else list(conditions),
        computed_at=None if computed_at is None else datetime.fromisoformat(computed_at),
    )
