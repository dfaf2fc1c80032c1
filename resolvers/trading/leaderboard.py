"""The most profitable traders, by rank."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.errors import BadInput
from resolvers.resolve import load_one
from resolvers.scalars import exact
from resolvers.trading.traders import Trader
from stores.errors import StoreError
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from resolvers.context import RequestContext

_LOG: Final = logging.getLogger(__name__)
MAX_RANKED: Final = 100

Ranking = list[tuple[UUID, Decimal | None]]


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
    """The best traders that may be copied, from Redis, else from the last refresh in Postgres.

    Equal scores are ranked by id, so that the board is the same whoever asks.

    Raises:
        BadInput: `first` is out of range.
        StoreError: of Postgres.
    """
    if not 1 <= first <= MAX_RANKED:
        raise BadInput(f"`first` is {first}; it must lie between 1 and {MAX_RANKED}.")
    try:
        ranking = await _from_redis(context)
    except StoreError as error:
        _LOG.warning("traders: no live leaderboard (%s), taking the last refresh", error)
        ranking = []
    if ranking:
        ranking = await _still_listed(context, ranking)
    else:
        rows: list[Any] = await context.postgres("trading.leaderboard", first)
        ranking = [(row[0], row[1]) for row in rows]
    return [
        RankedTrader(trader_id=key, rank=place, score=score)
        for place, (key, score) in enumerate(ranking[:first], 1)
    ]


async def _from_redis(context: RequestContext) -> Ranking:
    """The whole board, which is short: a tie at its cut would else be broken by Redis."""
    key = redis_keys.key("leaderboard", board="traders")
    with context.step("redis", "leaderboard", "ZREVRANGE lb:{board} WITHSCORES") as step:
        members: list[Any] = await context.stores.redis.commands.zrevrange(
            key, 0, MAX_RANKED - 1, withscores=True
        )
        step.rows = len(members)
    found = []
    for member, score in members:
        try:
            found.append((UUID(member), exact(score)))
        except ValueError:
            _LOG.warning("traders: the leaderboard holds %r, which is no id", member)
    return sorted(found, key=lambda each: (-(each[1] or 0), each[0]))


async def _still_listed(context: RequestContext, ranking: Ranking) -> Ranking:
    """Without those that left since the board was made."""
    keys = [key for key, _ in ranking]
    rows: list[Any] = await context.postgres("trading.active_traders", keys, keys=len(keys))
    active = {row[0] for row in rows}
    return [each for each in ranking if each[0] in active]
