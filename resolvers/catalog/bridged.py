"""Which bridges connect a chain: lists of ids in Postgres."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from resolvers.resolve import load_one

if TYPE_CHECKING:
    from strawberry import Info

    from resolvers.context import RequestContext


async def bridges_of(info: Info, chain_id: int) -> list[Any]:
    """The bridges that connect a chain, by name; two statements for all chains of a level."""
    from resolvers.catalog.place import Bridge

    context: RequestContext = info.context

    async def load(chains: list[int]) -> list[list[UUID]]:
        rows: list[Any] = await context.postgres(
            "trading.bridges_of_chains", chains, keys=len(chains)
        )
        found: defaultdict[int, list[UUID]] = defaultdict(list)
        for row in rows:
            found[row[0]].append(row[1])
        return [found.get(chain, []) for chain in chains]

    keys = await context.loaders.get(("bridges of chains",), lambda: load).load(chain_id)
    found = await asyncio.gather(*(load_one(info, Bridge, key) for key in keys))
    return [bridge for bridge in found if bridge is not None]
