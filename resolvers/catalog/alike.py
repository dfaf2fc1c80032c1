"""Wallets that trade alike, by the shape of their swaps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.catalog.similar import FirstSimilar, MinScore, check_first
from resolvers.resolve import load_one
from stores.qdrant.filters import Filter, Match

if TYPE_CHECKING:
    from resolvers.catalog.wallet import Wallet
    from resolvers.context import RequestContext

_ALIAS: Final = "trading_patterns"
_MODEL: Final = ("model", "model_version")


@strawberry.type(description="A wallet and how much it trades like another.")
class SimilarWallet:
    """A wallet and how much it trades like another."""

    wallet_id: strawberry.Private[UUID]
    score: float = strawberry.field(
        description="Cosine of the angle between the two patterns: 1 trades the same way, 0 has "
        "nothing in common."
    )

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="The wallet; null when it has left the catalogue since it was compared."
    )
    async def wallet(
        self, info: Info
    ) -> Annotated[Wallet, strawberry.lazy("resolvers.catalog.wallet")] | None:
        """All wallets of a level are one statement."""
        from resolvers.catalog.wallet import Wallet

        found: Wallet | None = await load_one(info, Wallet, self.wallet_id)
        return found


async def wallets_alike(
    context: RequestContext,
    keys: list[UUID],
    *,
    first: FirstSimilar = 10,
    min_score: MinScore = None,
) -> Mapping[UUID, list[SimilarWallet]]:
    """The nearest of each wallet: two requests however many wallets are asked for."""
    check_first(first)
    qdrant = context.stores.qdrant
    with context.step("qdrant", f"by_ids {_ALIAS}", keys=len(keys)) as step:
        points = await qdrant.by_ids(_ALIAS, keys, with_vectors=True, deadline=context.deadline)
        step.rows = len(points)
    groups: defaultdict[tuple[Match, ...], list[Any]] = defaultdict(list)
    for point in points:
        model = (Match(name, (point.payload[name],)) for name in _MODEL if name in point.payload)
        groups[tuple(model)].append(point)
    found: dict[UUID, list[SimilarWallet]] = {}
    for model_matches, group in groups.items():
        with context.step("qdrant", f"search {_ALIAS}", keys=len(group)) as step:
            hits = await qdrant.search(
                _ALIAS,
                [point.vector or () for point in group],
                limit=first + 1,  # each point is nearest to itself
                filter=Filter(must=(Match("subject_type", ("wallet",)), *model_matches)),
                min_score=min_score,
                deadline=context.deadline,
            )
            step.rows = sum(map(len, hits))
        for point, near in zip(group, hits, strict=True):
            others = [hit for hit in near if hit.id != point.id][:first]
            found[UUID(point.id)] = [
                SimilarWallet(wallet_id=UUID(hit.id), score=round(hit.score, 6)) for hit in others
            ]
    return found
