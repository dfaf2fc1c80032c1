"""Mentions that say alike things, and mentions near a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.nearest import FirstSimilar, MinScore, near_points, near_text, shown
from resolvers.resolve import load_one
from stores.qdrant.filters import Match

if TYPE_CHECKING:
    from resolvers.context import RequestContext
    from resolvers.research.mention import Mention
    from stores.qdrant.client import Hit

_ALIAS: Final = "market_sentiment"
_DIMENSIONS: Final = 384


@strawberry.type(description="A mention and how much it is like what was asked for.")
class SimilarMention:
    """A mention and how much it is like what was asked for."""

    mention_id: strawberry.Private[UUID]
    score: float = strawberry.field(
        description="Cosine of the angle between the two texts as vectors: 1 says the same, 0 has "
        "nothing in common."
    )

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="The mention; null when it was removed since it was compared."
    )
    async def mention(
        self, info: Info
    ) -> Annotated[Mention, strawberry.lazy("resolvers.research.mention")] | None:
        """All mentions of a level are one statement."""
        from resolvers.research.mention import Mention

        found: Mention | None = await load_one(info, Mention, self.mention_id)
        return found


async def similar_mentions(
    context: RequestContext,
    keys: list[UUID],
    *,
    first: FirstSimilar = 10,
    min_score: MinScore = None,
) -> Mapping[UUID, list[SimilarMention]]:
    """The nearest of each mention, for all mentions of a level at once."""
    found = await near_points(context, _ALIAS, keys, first=first, min_score=min_score)
    return {key: list(map(_similar, hits)) for key, hits in found.items()}


async def mentions_like(
    context: RequestContext,
    text: str,
    *,
    first: int,
    min_score: float | None,
    source: str | None,
) -> list[SimilarMention]:
    """The mentions nearest to a text.

    Raises:
        BadInput: the text has no words, or is too long.
    """
    must = () if source is None else (Match("source", (source,)),)
    hits = await near_text(
        context, _ALIAS, text, _DIMENSIONS, first=first, min_score=min_score, must=must
    )
    return list(map(_similar, hits))


def _similar(hit: Hit) -> SimilarMention:
    return SimilarMention(mention_id=UUID(hit.id), score=shown(hit.score))
