"""Finding an agent for a wish: by its words and by its meaning, in one ranking.

Words are looked up in the full-text index of the registry, meanings in the vectors of
`agent_profiles`. Scores of the two do not compare, so places do: each list gives an agent
1 / (60 + its place), and the sum decides (reciprocal rank fusion). Where one of the two cannot be
asked the other one ranks alone, and the answer says so.
"""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final, cast
from uuid import UUID

import strawberry

from resolvers.agents.enums import AgentKind, AgentType
from resolvers.errors import BadInput, ErrorCode, UserError
from resolvers.hits import leads_to
from resolvers.ids import checked_text
from resolvers.nearest import MAX_SIMILAR, FirstSimilar, MinScore, near_points, near_text, shown
from stores.errors import StoreError
from stores.qdrant.filters import Match

if TYPE_CHECKING:
    from resolvers.agents.types import Agent
    from resolvers.context import RequestContext

_LOG: Final = logging.getLogger(__name__)
_ALIAS: Final = "agent_profiles"
_DIMENSIONS: Final = 384
_MAX_TEXT: Final = 500
_WORD_HITS: Final = 200
# How much the first places outweigh the others; the customary value.
_FLATTEN: Final = 60
# Below it two texts have next to nothing in common.
_LEAST_LIKE: Final = 0.1


@strawberry.enum(description="What ranks agents.")
class AgentRanking(enum.Enum):
    """What ranks agents."""

    WORDS = strawberry.enum_value(
        "words", description="Slug, name and words of the description, in any form."
    )
    MEANING = strawberry.enum_value(
        "meaning", description="How much the wish is like what agents say they do."
    )


@strawberry.type(description="An agent that may suit a wish.")
class AgentHit:
    """An agent that may suit a wish."""

    agent_id: strawberry.Private[UUID]
    score: float = strawberry.field(
        description="1 for an agent that is first in every ranking used, less the further back it "
        "stands; compares hits of one search only."
    )
    words_score: float | None = strawberry.field(
        description="How well the words fit: 1 is its slug, 0.95 its name, 0.8 the beginning of "
        "its name, below that words about it; null when they do not."
    )
    meaning_score: float | None = strawberry.field(
        description="Cosine of the angle between the wish and what it says it does; null when "
        "they have next to nothing in common, or were not compared."
    )

    agent: Annotated[Agent, strawberry.lazy("resolvers.agents.types")] | None = leads_to(
        "The agent; null when it was withdrawn meanwhile.",
        "Agent",
        module="resolvers.agents.types",
        key="agent_id",
    )


@strawberry.type(description="Agents that may suit a wish.")
class AgentSearch:
    """Agents that may suit a wish."""

    hits: list[AgentHit] = strawberry.field(description="The agents, the best first.")
    ranked_by: list[AgentRanking] = strawberry.field(
        description="What they were ranked by; without MEANING while texts cannot be compared."
    )


@strawberry.type(description="An agent and how much it is like another.")
class SimilarAgent:
    """An agent and how much it is like another."""

    agent_id: strawberry.Private[UUID]
    score: float = strawberry.field(
        description="Cosine of the angle between what the two say they do: 1 is the same, 0 has "
        "nothing in common."
    )

    agent: Annotated[Agent, strawberry.lazy("resolvers.agents.types")] | None = leads_to(
        "The agent; null when it was withdrawn since it was compared.",
        "Agent",
        module="resolvers.agents.types",
        key="agent_id",
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which agents a search may find; None does not limit.

    Attributes:
        kind: who offers it.
        agent_type: what it is for.
        capability: a word among its abilities.
        chain: slug of a chain it works on; agents that name none work on any.
        min_reputation: its reputation at least, 0 to 1.
    """

    kind: AgentKind | None = None
    agent_type: AgentType | None = None
    capability: str | None = None
    chain: str | None = None
    min_reputation: Decimal | None = None


async def search_agents(
    context: RequestContext, text: str, *, first: int, wanted: Wanted
) -> AgentSearch:
    """The agents that suit a wish best: two statements and one request to Qdrant.

    Raises:
        BadInput: the text is empty or too long, or a number is out of bounds.
    """
    if not 1 <= first <= MAX_SIMILAR:
        raise BadInput(f"`first` is {first}; it must lie between 1 and {MAX_SIMILAR}.")
    if len(text) > _MAX_TEXT:
        raise BadInput(f"`text` is longer than {_MAX_TEXT} characters.")
    wish = checked_text("text", text).strip()
    if not wish:
        raise BadInput("`text` is empty.")
    words, meanings = await asyncio.gather(
        _by_words(context, wish), _by_meaning(context, wish, wanted)
    )
    lists = [words] if meanings is None else [words, meanings]
    fitting = await _chosen(context, list({key for each in lists for key in each}), wanted)
    # Places are counted among those that fit, or a limit would push hits back.
    ranked = [{key: each[key] for key in each if key in fitting} for each in lists]
    scores = _fused(ranked)
    best = sorted(scores, key=lambda key: (-scores[key], str(key)))[:first]
    near = {} if meanings is None else meanings
    hits = [
        AgentHit(
            agent_id=key,
            score=round(scores[key], 6),
            words_score=words.get(key),
            meaning_score=near.get(key),
        )
        for key in best
    ]
    used = [AgentRanking.WORDS, *([] if meanings is None else [AgentRanking.MEANING])]
    return AgentSearch(hits=hits, ranked_by=used)


async def similar_agents(
    context: RequestContext,
    keys: list[UUID],
    *,
    first: FirstSimilar = 10,
    min_score: MinScore = None,
) -> Mapping[UUID, list[SimilarAgent]]:
    """The nearest of each agent, for all agents of a level at once."""
    found = await near_points(context, _ALIAS, keys, first=first, min_score=min_score)
    return {
        key: [SimilarAgent(agent_id=UUID(hit.id), score=shown(hit.score)) for hit in hits]
        for key, hits in found.items()
    }


async def _by_words(context: RequestContext, wish: str) -> dict[UUID, float]:
    """Scores of agents by words, the best first: as the search over everything finds them."""
    rows: list[Any] = await context.postgres("search.agents", wish.lower(), _WORD_HITS)
    return {key: round(score, 4) for key, _, score in rows}


async def _by_meaning(
    context: RequestContext, wish: str, wanted: Wanted
) -> dict[UUID, float] | None:
    """Scores of agents by meaning, the best first; None when they cannot be had."""
    must = []
    for name, limit in (("kind", wanted.kind), ("agent_type", wanted.agent_type)):
        if limit is not None:
            must.append(Match(name, (cast("str", limit.value),)))
    try:
        hits = await near_text(
            context,
            _ALIAS,
            wish,
            _DIMENSIONS,
            first=MAX_SIMILAR,
            min_score=_LEAST_LIKE,
            must=tuple(must),
        )
    except BadInput:
        return {}  # no words that a vector could be made of
    except StoreError as error:
        _LOG.warning("agents: searched by words alone (%s)", error)
        return None
    except UserError as error:
        if error.code is not ErrorCode.STORE_UNAVAILABLE:
            raise
        return None
    return {UUID(hit.id): shown(hit.score) for hit in hits}


async def _chosen(context: RequestContext, keys: list[UUID], wanted: Wanted) -> set[UUID]:
    """Those of some agents that are offered and fit."""
    if not keys:
        return set()
    rows = await context.postgres(
        "agents.chosen",
        keys,
        None if wanted.kind is None else wanted.kind.value,
        None if wanted.agent_type is None else wanted.agent_type.value,
        None if wanted.capability is None else checked_text("capability", wanted.capability),
        None if wanted.chain is None else checked_text("chain", wanted.chain),
        wanted.min_reputation,
        keys=len(keys),
    )
    return {cast("UUID", row[0]) for row in rows}


def _fused(ranked: Sequence[Mapping[UUID, float]]) -> dict[UUID, float]:
    """Sums over the rankings, by place; 1 for an agent that is first everywhere."""
    best = len(ranked) / (_FLATTEN + 1)
    scores: dict[UUID, float] = {}
    for ranking in ranked:
        for place, key in enumerate(ranking, 1):
            scores[key] = scores.get(key, 0.0) + 1 / (_FLATTEN + place) / best
    return scores
