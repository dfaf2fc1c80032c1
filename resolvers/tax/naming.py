"""Purchases that their owner sets a sale against: specific identification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import strawberry

from resolvers.ids import encode_id
from resolvers.reflection import entity_of

if TYPE_CHECKING:
    from resolvers.context import RequestContext


async def named_lots(
    context: RequestContext, keys: list[UUID]
) -> Mapping[UUID, list[strawberry.ID]]:
    """Global ids of the purchases that events of the viewer name, in order."""
    from resolvers.tax.types import TaxLot

    rows: list[Any] = await context.postgres(
        "tax.named_lots", context.viewer.user_id, keys, keys=len(keys), as_viewer=True
    )
    lot = entity_of(TaxLot)
    return {key: [strawberry.ID(encode_id(lot, each)) for each in lots] for key, lots in rows}


def unfit(
    sale: Mapping[str, Any], lots: Mapping[UUID, Mapping[str, Any]], wanted: Sequence[UUID]
) -> dict[int, str]:
    """Why a sale cannot be set against some of the purchases, by their place in the list.

    Args:
        sale: the taxable event.
        lots: the purchases that were found, by id.
        wanted: ids of all that were named, in order.
    """
    out = sale["asset_out_id"], sale["asset_out_symbol"]
    sold = out[1] if out[0] is None else str(out[0])
    at: datetime = sale["occurred_at"]
    problems: dict[int, str] = {}
    for place, key in enumerate(wanted):
        if key not in lots:
            problems[place] = "There is no such purchase of yours."
        elif key in wanted[:place]:
            problems[place] = "It is named twice."
        elif lots[key]["asset_key"] != sold:
            problems[place] = "Another asset was bought."
        elif lots[key]["acquired_at"] > at:
            problems[place] = "It was bought after the sale."
    return problems
