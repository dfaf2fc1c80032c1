"""Which assets pools hold, and which pools hold an asset: lists of ids in Postgres."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry

from resolvers.errors import BadInput
from resolvers.resolve import load_one

if TYPE_CHECKING:
    from strawberry import Info

    from resolvers.context import RequestContext

MAX_POOLS: Final = 100
FirstPools = Annotated[
    int, strawberry.argument(description=f"How many at most; {MAX_POOLS} is the maximum.")
]


async def pools_of(info: Info, asset: UUID, first: int) -> list[Any]:
    """The largest pools that take an asset.

    Raises:
        BadInput: `first` is out of range.
    """
    from resolvers.catalog.pool import YieldPool

    if not 0 <= first <= MAX_POOLS:
        raise BadInput(f"`first` is {first}; it must lie between 0 and {MAX_POOLS}.")
    context: RequestContext = info.context

    async def load(assets: list[UUID]) -> list[list[UUID]]:
        rows: list[Any] = await context.postgres("pools.by_asset", assets, first, keys=len(assets))
        found: defaultdict[UUID, list[UUID]] = defaultdict(list)
        for row in rows:
            found[row[0]].append(row[1])
        return [found.get(key, []) for key in assets]

    pools = await context.loaders.get(("pools of assets", first), lambda: load).load(asset)
    return await _all(info, YieldPool, pools)


async def assets_of(info: Info, pool: UUID, *, rewards: bool) -> list[Any]:
    """The assets a pool takes, or those it pays rewards in."""
    from resolvers.catalog.asset import Asset

    context: RequestContext = info.context

    async def load(pools: list[UUID]) -> list[tuple[list[UUID], list[UUID]]]:
        rows: list[Any] = await context.postgres("pools.assets", pools, keys=len(pools))
        found = {row[0]: (row[1], row[2]) for row in rows}
        return [found.get(key, ([], [])) for key in pools]

    held, paid = await context.loaders.get(("assets of pools",), lambda: load).load(pool)
    return await _all(info, Asset, paid if rewards else held)


async def _all(info: Info, cls: type[Any], keys: list[UUID]) -> list[Any]:
    """Rows in the order of their keys, without those that are not there."""
    found = await asyncio.gather(*(load_one(info, cls, key) for key in keys))
    return [row for row in found if row is not None]
