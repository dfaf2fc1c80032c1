"""Protocols that are alike, by what they say about themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.catalog.chains import ChainArgument, optional_chain_number
from resolvers.errors import BadInput
from resolvers.ids import checked_text
from resolvers.resolve import load_one
from stores.qdrant.filters import Filter, Match

if TYPE_CHECKING:
    from resolvers.catalog.protocol import Protocol
    from resolvers.context import RequestContext
    from stores.qdrant.client import Hit, Point

ALIAS: Final = "protocol_analysis"
DIMENSIONS: Final = 768
MAX_SIMILAR: Final = 50
_MAX_TEXT: Final = 2000

FirstSimilar = Annotated[
    int, strawberry.argument(description=f"How many at most; {MAX_SIMILAR} is the maximum.")
]
MinScore = Annotated[
    float | None, strawberry.argument(description="Leave out those less alike, -1 to 1.")
]
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

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="The protocol; null when it has left the catalogue since it was compared."
    )
    async def protocol(
        self, info: Info
    ) -> Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None:
        """All protocols of a level are one statement."""
        from resolvers.catalog.protocol import Protocol

        found: Protocol | None = await load_one(info, Protocol, self.protocol_id)
        return found


async def similar_protocols(
    context: RequestContext,
    keys: list[UUID],
    *,
    first: FirstSimilar = 10,
    min_score: MinScore = None,
    category: CategoryArgument = None,
    chain: ChainArgument = None,
) -> Mapping[UUID, list[SimilarProtocol]]:
    """The nearest of each protocol: one request for all vectors, one search for each model."""
    check_first(first)
    wanted = await _wanted(context, category, chain)
    qdrant = context.stores.qdrant
    with context.step("qdrant", f"by_ids {ALIAS}", keys=len(keys)) as step:
        points = await qdrant.by_ids(ALIAS, keys, with_vectors=True, deadline=context.deadline)
        step.rows = len(points)
    found: dict[UUID, list[SimilarProtocol]] = {}
    for model, group in _by_model(points).items():
        # One more than asked for: each point is nearest to itself.
        vectors = [point.vector or () for point in group]
        hits = await _search(context, vectors, first + 1, (*wanted, *model), min_score)
        for point, near in zip(group, hits, strict=True):
            others = [hit for hit in near if hit.id != point.id]
            found[UUID(point.id)] = [_similar(hit) for hit in others[:first]]
    return found


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
        BadInput: the text has no words, or is too long.
    """
    check_first(first)
    if len(checked_text("text", text)) > _MAX_TEXT:
        raise BadInput(f"`text` is longer than {_MAX_TEXT:,} characters.")
    wanted = await _wanted(context, category, chain)
    made = await context.embed(text, DIMENSIONS)
    if not any(made.vector):
        raise BadInput("`text` has no words to compare.")
    model = (Match("model", (made.model,)), Match("model_version", (made.model_version,)))
    (hits,) = await _search(context, [made.vector], first, (*wanted, *model), min_score)
    return [_similar(hit) for hit in hits]


def check_first(first: int) -> None:
    """Refuse numbers that a search cannot answer.

    Raises:
        BadInput: outside 1 to `MAX_SIMILAR`.
    """
    if not 1 <= first <= MAX_SIMILAR:
        raise BadInput(f"`first` is {first}; it must lie between 1 and {MAX_SIMILAR}.")


async def _wanted(context: RequestContext, category: str | None, chain: Any) -> tuple[Match, ...]:
    conditions = []
    if category is not None:
        conditions.append(Match("category", (checked_text("category", category),)))
    number = await optional_chain_number(context, chain)
    if number is not None:
        conditions.append(Match("chain_id", (number,)))
    return tuple(conditions)


async def _search(
    context: RequestContext,
    vectors: Sequence[Sequence[float]],
    limit: int,
    must: tuple[Match, ...],
    min_score: float | None,
) -> list[list[Hit]]:
    with context.step("qdrant", f"search {ALIAS}", keys=len(vectors)) as step:
        found = await context.stores.qdrant.search(
            ALIAS,
            vectors,
            limit=limit,
            filter=Filter(must=must),
            min_score=min_score,
            deadline=context.deadline,
        )
        step.rows = sum(map(len, found))
    return found


def _by_model(points: Sequence[Point]) -> Mapping[tuple[Match, ...], list[Point]]:
    """Points by what made their vectors, because those of two models do not compare."""
    groups: defaultdict[tuple[Match, ...], list[Point]] = defaultdict(list)
    for point in points:
        model = tuple(
            Match(field, (point.payload[field],))
            for field in ("model", "model_version")
            if field in point.payload
        )
        groups[model].append(point)
    return groups


def _similar(hit: Hit) -> SimilarProtocol:
    # Stored as 32-bit floats: more digits would be noise.
    return SimilarProtocol(protocol_id=UUID(hit.id), score=round(hit.score, 6))
