"""Which assets texts name, and which texts name an asset: lists of ids in Postgres."""

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
    from resolvers.research.choice import Choice

MAX_MENTIONS: Final = 100
FirstMentions = Annotated[
    int, strawberry.argument(description=f"How many at most; {MAX_MENTIONS} is the maximum.")
]


async def assets_named_in(info: Info, mention: UUID) -> list[Any]:
    """The assets a text names, in the order of their ids."""
    from resolvers.catalog.asset import Asset

    context: RequestContext = info.context

    async def load(mentions: list[UUID]) -> list[list[UUID]]:
        rows: list[Any] = await context.postgres(
            "research.assets_of_mentions", mentions, keys=len(mentions)
        )
        found = {row[0]: row[1] for row in rows}
        return [found.get(key, []) for key in mentions]

    keys = await context.loaders.get(("assets of mentions",), lambda: load).load(mention)
    return await _all(info, Asset, keys)


async def mentions_about(
    info: Info,
    asset: UUID,
    *,
    first: int,
    among: Choice,
) -> list[Any]:
    """The newest texts that name an asset, of those chosen by source and time.

    Raises:
        BadInput: `first` is out of range.
    """
    from resolvers.research.mention import Mention

    if not 0 <= first <= MAX_MENTIONS:
        raise BadInput(f"`first` is {first}; it must lie between 0 and {MAX_MENTIONS}.")
    context: RequestContext = info.context

    async def load(assets: list[UUID]) -> list[list[UUID]]:
        rows: list[Any] = await context.postgres(
            "research.mentions_about_assets",
            assets,
            among.source,
            among.start,
            among.end,
            first,
            keys=len(assets),
        )
        found: defaultdict[UUID, list[UUID]] = defaultdict(list)
        for key, mention in rows:
            found[key].append(mention)
        return [found.get(key, []) for key in assets]

    identity = ("mentions about assets", first, among)
    keys = await context.loaders.get(identity, lambda: load).load(asset)
    return await _all(info, Mention, keys)


async def _all(info: Info, cls: type[Any], keys: list[UUID]) -> list[Any]:
    """Rows in the order of their keys, without those that are not there."""
    found = await asyncio.gather(*(load_one(info, cls, key) for key in keys))
    return [row for row in found if row is not None]
