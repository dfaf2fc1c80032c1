"""Which assets texts name: lists of ids in Postgres."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

from resolvers.catalog.asset import Asset
from resolvers.resolve import load_one

if TYPE_CHECKING:
    from strawberry import Info

    from resolvers.context import RequestContext


async def assets_named_in(info: Info, mention: UUID) -> list[Asset]:
    """The assets a text names, in the order of their ids, without those that are gone."""
    context: RequestContext = info.context

    async def load(mentions: list[UUID]) -> list[list[UUID]]:
        rows: list[Any] = await context.postgres(
            "research.assets_of_mentions", mentions, keys=len(mentions)
        )
        found = {row[0]: row[1] for row in rows}
        return [found.get(key, []) for key in mentions]

    keys = await context.loaders.get(("assets of mentions",), lambda: load).load(mention)
    assets = await asyncio.gather(*(load_one(info, Asset, key) for key in keys))
    return [asset for asset in assets if asset is not None]
