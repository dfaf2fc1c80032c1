"""Mentions that say alike things, mentions near a text, and mentions with some words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry

from resolvers.errors import BadInput
from resolvers.hits import leads_to
from resolvers.ids import checked_text
from resolvers.nearest import FirstSimilar, MinScore, near_points, near_text, shown
from resolvers.research.choice import Choice
from stores.qdrant.filters import Condition, Match, Range

if TYPE_CHECKING:
    from resolvers.context import RequestContext
    from resolvers.research.mention import Mention
    from stores.qdrant.client import Hit

_ALIAS: Final = "market_sentiment"
_DIMENSIONS: Final = 384
_MAX_WORDS: Final = 200
MAX_MATCHING: Final = 100


@strawberry.type(description="A mention and how much it is like what was asked for.")
class SimilarMention:
    """A mention and how much it is like what was asked for."""

    mention_id: strawberry.Private[UUID]
    score: float = strawberry.field(
        description="Cosine of the angle between the two texts as vectors: 1 says the same, 0 has "
        "nothing in common."
    )

    mention: Annotated[Mention, strawberry.lazy("resolvers.research.mention")] | None = leads_to(
        "The mention; null when it was removed since it was compared.",
        "Mention",
        module="resolvers.research.mention",
        key="mention_id",
    )


@strawberry.type(description="A mention that holds the words asked for.")
class MatchingMention:
    """A mention that holds the words asked for."""

    mention_id: strawberry.Private[UUID]
    score: float = strawberry.field(
        description="How well it fits, above 0 and below 1: words in the headline and repeated "
        "words count more, words of long texts less. Compares hits of one search only."
    )

    mention: Annotated[Mention, strawberry.lazy("resolvers.research.mention")] | None = leads_to(
        "The mention; null when it was removed meanwhile.",
        "Mention",
        module="resolvers.research.mention",
        key="mention_id",
    )


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
    among: Choice,
) -> list[SimilarMention]:
    """The mentions nearest to a text.

    Raises:
        BadInput: the text has no words, or is too long; a number is out of bounds.
    """
    hits = await near_text(
        context,
        _ALIAS,
        text,
        _DIMENSIONS,
        first=first,
        min_score=min_score,
        must=_conditions(among),
    )
    return list(map(_similar, hits))


async def mentions_matching(
    context: RequestContext, text: str, *, first: int, among: Choice
) -> list[MatchingMention]:
    """The mentions that hold some words, one statement.

    Raises:
        BadInput: the text is empty or too long; `first` is out of bounds.
    """
    if not 1 <= first <= MAX_MATCHING:
        raise BadInput(f"`first` is {first}; it must lie between 1 and {MAX_MATCHING}.")
    if len(text) > _MAX_WORDS:
        raise BadInput(f"`text` is longer than {_MAX_WORDS} characters.")
    words = checked_text("text", text).strip()
    if not words:
        raise BadInput("`text` is empty.")
    rows: list[Any] = await context.postgres(
        "research.mentions_matching",
        words,
        among.asset,
        among.project,
        among.source,
        among.start,
        among.end,
        first,
    )
    return [MatchingMention(mention_id=key, score=shown(score)) for key, score in rows]


def _conditions(among: Choice) -> tuple[Condition, ...]:
    """A choice as the payload of the vectors knows it."""
    found: list[Condition] = []
    if among.asset is not None:
        found.append(Match("asset_ids", (str(among.asset),)))
    if among.project is not None:
        found.append(Match("project_id", (str(among.project),)))
    if among.source is not None:
        found.append(Match("source", (among.source,)))
    if among.start is not None or among.end is not None:
        found.append(Range("published_at", gte=among.start, lt=among.end))
    return tuple(found)


def _similar(hit: Hit) -> SimilarMention:
    return SimilarMention(mention_id=UUID(hit.id), score=shown(hit.score))
