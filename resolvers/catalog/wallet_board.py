"""The wallets that trade best, by rank."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.catalog.boards import WALLETS, FirstRanked, ranking
from resolvers.catalog.wallet import Wallet
from resolvers.fields import root_field
from resolvers.permissions import Access
from resolvers.resolve import load_one


@strawberry.type(description="A wallet's place on the leaderboard.")
class RankedWallet:
    """A wallet's place on the leaderboard."""

    wallet_id: strawberry.Private[UUID]
    rank: int = strawberry.field(description="Place, 1 best; every place is given once.")
    score: Decimal | None = strawberry.field(
        description="Its smart-money score, 0 to 1, when the board was last made."
    )

    @strawberry.field(description="The wallet.")  # type: ignore[untyped-decorator]
    async def wallet(self, info: Info) -> Wallet | None:
        """All wallets of a level are one statement."""
        found: Wallet | None = await load_one(info, Wallet, self.wallet_id)
        return found


@strawberry.type(description="Wallets by how well they trade.")
class WalletBoardQuery:
    """Root fields of the board of wallets."""

    @root_field(
        "The wallets that trade best, with a smart-money score above 0.5, best first; ranked "
        "every five minutes, equal ones by id.",
        access=Access.PUBLIC,
    )
    async def wallet_leaderboard(
        self, info: Info, first: FirstRanked = 10
    ) -> list[RankedWallet] | None:
        """From Redis, else from the last refresh."""
        return [
            RankedWallet(wallet_id=key, rank=place, score=score)
            for place, (key, score) in enumerate(await ranking(info.context, WALLETS, first), 1)
        ]
