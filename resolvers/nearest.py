"""What lies near in a vector collection: near other points, or near a text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import strawberry

from resolvers.errors import BadInput
from resolvers.ids import checked_text
from stores.qdrant.filters import Condition, Filter, Match

if TYPE_CHECKING:
    from resolvers.context import RequestContext
    from stores.qdrant.client import Hit, Point

MAX_SIMILAR: Final = 50
_MAX_TEXT: Final = 2000
_MODEL: Final = ("model", "model_version")

FirstSimilar = Annotated[
    int, strawberry.argument(description=f"How many at most; {MAX_SIMILAR} is the maximum.")
]
MinScore = Annotated[
    float | None, strawberry.argument(description="Leave out those less alike, -1 to 1.")
]


async def near_points(
    context: RequestContext,
    alias: str,
    keys: Sequence[UUID],
    *,
    first: int,
    min_score: float | None,
    must: tuple[Condition, ...] = (),
) -> Mapping[UUID, list[Hit]]:
    """The points nearest to each point, itself left out; a key without a point is missing.

    Two requests however many keys: one for their vectors, one search for each model that made some
    of them, because vectors of two models do not compare.

    Raises:
        BadInput: `first` is outside 1 to `MAX_SIMILAR`, or `min_score` outside -1 to 1.
    """
    _check(first, min_score)
    with context.step("qdrant", f"by_ids {alias}", keys=len(keys)) as step:
        points = await context.stores.qdrant.by_ids(
            alias, keys, with_vectors=True, deadline=context.deadline
        )
        step.rows = len(points)
    groups: defaultdict[tuple[Match, ...], list[Point]] = defaultdict(list)
    for point in points:
        model = (Match(name, (point.payload[name],)) for name in _MODEL if name in point.payload)
        groups[tuple(model)].append(point)
    found: dict[UUID, list[Hit]] = {}
    for model_matches, group in groups.items():
        vectors = [point.vector or () for point in group]
        # One more than asked for: each point is nearest to itself.
        hits = await _search(context, alias, vectors, first + 1, (*must, *model_matches), min_score)
        for point, near in zip(group, hits, strict=True):
            found[UUID(point.id)] = [hit for hit in near if hit.id != point.id][:first]
    return found


async def near_text(
    context: RequestContext,
    alias: str,
    text: str,
    dimensions: int,
    *,
    first: int,
    min_score: float | None,
    must: tuple[Condition, ...] = (),
) -> list[Hit]:
    """The points nearest to a text.

    Raises:
        BadInput: the text has no words or is too long, `first` is outside 1 to `MAX_SIMILAR`, or
            `min_score` outside -1 to 1.
    """
    _check(first, min_score)
    if len(checked_text("text", text)) > _MAX_TEXT:
        raise BadInput(f"`text` is longer than {_MAX_TEXT:,} characters.")
    made = await context.embed(text, dimensions)
    if not any(made.vector):
        raise BadInput("`text` has no words to compare.")
    model = (Match("model", (made.model,)), Match("model_version", (made.model_version,)))
    (hits,) = await _search(context, alias, [made.vector], first, (*must, *model), min_score)
    return hits


def shown(score: float) -> float:
    """A score without the noise of vectors stored as 32-bit floats."""
    return round(score, 6)


def _check(first: int, min_score: float | None) -> None:
    if not 1 <= first <= MAX_SIMILAR:
        raise BadInput(f"`first` is {first}; it must lie between 1 and {MAX_SIMILAR}.")
    if min_score is not None and not -1 <= min_score <= 1:
        raise BadInput(f"`minScore` is {min_score}; it must lie between -1 and 1.")


async def _search(
    context: RequestContext,
    alias: str,
    vectors: Sequence[Sequence[float]],
    limit: int,
    must: tuple[Condition, ...],
    min_score: float | None,
) -> list[list[Hit]]:
    with context.step("qdrant", f"search {alias}", keys=len(vectors)) as step:
        found = await context.stores.qdrant.search(
            alias,
            vectors,
            limit=limit,
            filter=Filter(must=must),
            min_score=min_score,
            deadline=context.deadline,
        )
        step.rows = sum(map(len, found))
    return found
