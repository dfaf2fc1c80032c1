"""Protocols that are alike, by what they say about themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry

from resolvers.catalog.chains import ChainArgument, optional_chain_number
from resolvers.hits import leads_to
from resolvers.ids import checked_text
from resolvers.nearest import FirstSimilar, MinScore, near_points, near_text, shown
from stores.qdrant.filters import Match

if TYPE_CHECKING:
    from resolvers.catalog.protocol import Protocol
    from resolvers.context import RequestContext
    from stores.qdrant.client import Hit

ALIAS: Final = "protocol_analysis"
DIMENSIONS: Final = 768

CategoryArgument = Annotated[
    str | None, strawberry.argument(description="Only of this category, such as Lending.")
]


@strawberry.type(description="A protocol and how much it is like what was asked for.")
class SimilarProtocol:
    """A protocol and how much it is like what was asked for."""

    protocol_id: strawberry.Private[UUID]
    score: float = strawberry.field(
        description="Cosine of the angle between the two descriptions as vectors: 1 is the same, "
        "0 has nothing in common."
    )

    protocol: Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None = leads_to(
        "The protocol; null when it has left the catalogue since it was compared.",
        "Protocol",
        module="resolvers.catalog.protocol",
        key="protocol_id",
    )


async def similar_protocols(
    context: RequestContext,
    keys: list[UUID],
    *,
    first: FirstSimilar = 10,
    min_score: MinScore = None,
    category: CategoryArgument = None,
    chain: ChainArgument = None,
) -> Mapping[UUID, list[SimilarProtocol]]:
    """The nearest of each protocol, for all protocols of a level at once."""
    must = await _wanted(context, category, chain)
    found = await near_points(context, ALIAS, keys, first=first, min_score=min_score, must=must)
    return {key: list(map(_similar, hits)) for key, hits in found.items()}


async def protocols_like(
    context: RequestContext,
    text: str,
    *,
    first: int,
    min_score: float | None,
    category: str | None,
    chain: Any,
) -> list[SimilarProtocol]:
    """The protocols nearest to a text.

    Raises:
        BadInput: the text has no words, or is too long; the number is out of bounds.
    """
    must = await _wanted(context, category, chain)
    hits = await near_text(
        context, ALIAS, text, DIMENSIONS, first=first, min_score=min_score, must=must
    )
    return list(map(_similar, hits))


async def _wanted(context: RequestContext, category: str | None, chain: Any) -> tuple[Match, ...]:
    conditions = []
    if category is not None:
        conditions.append(Match("category", (checked_text("category", category),)))
    number = await optional_chain_number(context, chain)
    if number is not None:
        conditions.append(Match("chain_id", (number,)))
    return tuple(conditions)


def _similar(hit: Hit) -> SimilarProtocol:
    return SimilarProtocol(protocol_id=UUID(hit.id), score=shown(hit.score))
