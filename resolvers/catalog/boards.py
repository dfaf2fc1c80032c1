"""Leaderboards: published to Redis after each refresh of their views, and read from there.

A board is a sorted set of ids by the negative of what they are ranked by. Read from the lowest on,
that is best first, and the server itself puts equal ones in the order of their ids, as the view
does: any beginning of the board is the same whoever asks. Unknown is infinite and comes last. A
board that was not refreshed in time expires, and the view is read instead.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry

from resolvers.context import named_queries
from resolvers.errors import BadInput
from resolvers.scalars import exact
from stores.errors import StoreError
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from resolvers.context import RequestContext
    from stores.lifecycle import Stores

_LOG: Final = logging.getLogger(__name__)
MAX_RANKED: Final = 100
# Some may have left since the board was made; so many can before a list of a hundred is short.
KEPT: Final = 200

Ranking = list[tuple[UUID, Decimal | None]]
FirstRanked = Annotated[int, strawberry.argument(description=f"How many; {MAX_RANKED} at most.")]


@dataclass(frozen=True, slots=True)
class Board:
    """A leaderboard.

    Attributes:
        name: of its sorted set.
        view: the materialized view that ranks.
        ranked: named query of Postgres with the view's ids and scores, best first.
        allowed: named query of Postgres with those of some ids that still have a place.
    """

    name: str
    view: str
    ranked: str
    allowed: str


WALLETS: Final = Board(
    "smart_money", "catalog.smart_money_leaderboard", "boards.wallets", "boards.listed_wallets"
)
TRADERS: Final = Board(
    "traders", "trading.top_traders_leaderboard", "boards.traders", "boards.active_traders"
)
BOARDS: Final = (WALLETS, TRADERS)


async def publish(stores: Stores, board: Board) -> int:
    """Write a board anew from its view, in one step; how many are on it.

    Args:
        stores: opened as worker.
        board: which.
    """
    rows = await stores.postgres.fetch(named_queries("postgres")[board.ranked], KEPT)
    key = redis_keys.key("leaderboard", board=board.name)
    pipeline = stores.redis.commands.pipeline(transaction=True)
    pipeline.delete(key)
    if rows:
        pipeline.zadd(key, {str(row[0]): _place(row[1]) for row in rows})
        pipeline.expire(key, redis_keys.ttl_s("leaderboard", board=board.name))
    await pipeline.execute()
    return len(rows)


async def ranking(context: RequestContext, board: Board, first: int) -> Ranking:
    """The first of a board that still have a place: from Redis, else from the last refresh.

    Raises:
        BadInput: `first` is out of range.
        StoreError: of Postgres.
    """
    if not 1 <= first <= MAX_RANKED:
        raise BadInput(f"`first` is {first}; it must lie between 1 and {MAX_RANKED}.")
    try:
        found = await _published(context, board)
    except StoreError as error:
        _LOG.warning("board %s: no live one (%s), taking the last refresh", board.name, error)
        found = []
    if not found:
        rows: list[Any] = await context.postgres(board.ranked, KEPT)
        found = [(row[0], row[1]) for row in rows]
    if not found:
        return []
    keys = [key for key, _ in found]
    allowed = {row[0] for row in await context.postgres(board.allowed, keys, keys=len(keys))}
    return [each for each in found if each[0] in allowed][:first]


async def _published(context: RequestContext, board: Board) -> Ranking:
    key = redis_keys.key("leaderboard", board=board.name)
    with context.step("redis", "leaderboard", "ZRANGE lb:{board} WITHSCORES") as step:
        members: list[Any] = await context.stores.redis.commands.zrange(
            key, 0, KEPT - 1, withscores=True
        )
        step.rows = len(members)
    found: Ranking = []
    for member, place in members:
        try:
            found.append((UUID(member), exact(0.0 - place) if math.isfinite(place) else None))
        except ValueError:
            _LOG.warning("board %s holds %r, which is no id", board.name, member)
    return found


def _place(score: Decimal | None) -> float:
    return math.inf if score is None else 0.0 - float(score)
