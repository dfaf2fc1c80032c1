"""Which portfolios are the viewer's, for stores that know no owners."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

from resolvers.permissions import Access, require

if TYPE_CHECKING:
    from resolvers.context import RequestContext


async def own_portfolios(context: RequestContext, keys: list[UUID]) -> list[UUID]:
    """Those of some portfolios that are the viewer's own; one statement a level.

    Keys come from rows the viewer could read already. ClickHouse and Redis hold no second wall, so
    this is it: either alone would hold.
    """
    require(context.viewer, Access.OWNER)

    async def load(asked: list[UUID]) -> list[UUID | None]:
        rows: list[Any] = await context.postgres(
            "risk.own_portfolios", asked, context.viewer.user_id, keys=len(asked), as_viewer=True
        )
        own = {row[0] for row in rows}
        return [key if key in own else None for key in asked]

    loader = context.loaders.get(("own portfolios",), lambda: load)
    found = await asyncio.gather(*map(loader.load, keys))
    return [key for key in found if key is not None]
