"""Wallets that trade alike, by the shape of their swaps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.nearest import FirstSimilar, MinScore, near_points, shown
from resolvers.resolve import load_one
from stores.qdrant.filters import Match

if TYPE_CHECKING:
    from resolvers.catalog.wallet import Wallet
    from resolvers.context import RequestContext

_ALIAS: Final = "trading_patterns"
_OF_WALLETS: Final = (Match("subject_type", ("wallet",)),)


@strawberry.type(description="A wallet and how much it trades like another.")
class SimilarWallet:
    """A wallet and how much it trades like another."""

    wallet_id: strawberry.Private[UUID]
    score: float = strawberry.field(
        description="Cosine of the angle between the two patterns: 1 trades the same way, 0 has "
        "nothing in common."
    )

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="The wallet; null when it has left the catalogue since it was compared."
    )
    async def wallet(
        self, info: Info
    ) -> Annotated[Wallet, strawberry.lazy("resolvers.catalog.wallet")] | None:
        """All wallets of a level are one statement."""
        from resolvers.catalog.wallet import Wallet

        found: Wallet | None = await load_one(info, Wallet, self.wallet_id)
        return found


async def wallets_alike(
    context: RequestContext,
    keys: list[UUID],
    *,
    first: FirstSimilar = 10,
    min_score: MinScore = None,
) -> Mapping[UUID, list[SimilarWallet]]:
    """The nearest of each wallet, for all wallets of a level at once."""
    found = await near_points(
        context, _ALIAS, keys, first=first, min_score=min_score, must=_OF_WALLETS
    )
    return {
        key: [SimilarWallet(wallet_id=UUID(hit.id), score=shown(hit.score)) for hit in hits]
        for key, hits in found.items()
    }
