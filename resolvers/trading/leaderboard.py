"""The most profitable traders, by rank."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.catalog.boards import TRADERS, ranking
from resolvers.resolve import load_one
from resolvers.trading.traders import Trader

if TYPE_CHECKING:
    from resolvers.context import RequestContext


@strawberry.type(description="A trader's place on the leaderboard.")
class RankedTrader:
    """A trader's place on the leaderboard."""

    trader_id: strawberry.Private[UUID]
    rank: int = strawberry.field(description="Place, 1 best; every place is given once.")
    score: Decimal | None = strawberry.field(
        description="What it was ranked by: profit of all closed trades, US dollars, when the "
        "board was last made; null when unknown, which comes last."
    )

    @strawberry.field(description="The trader.")  # type: ignore[untyped-decorator]
    async def trader(self, info: Info) -> Trader | None:
        """All traders of a level are one statement."""
        found: Trader | None = await load_one(info, Trader, self.trader_id)
        return found


async def trader_leaderboard(context: RequestContext, first: int) -> list[RankedTrader]:
    """The best traders that may be copied; see `ranking`."""
    return [
        RankedTrader(trader_id=key, rank=place, score=score)
        for place, (key, score) in enumerate(await ranking(context, TRADERS, first), 1)
    ]
