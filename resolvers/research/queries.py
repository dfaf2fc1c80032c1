"""Root fields of research."""

from __future__ import annotations

from typing import Annotated, cast

import strawberry
from strawberry import Info

from resolvers.connection import Connection
from resolvers.fields import root_field, root_page
from resolvers.nearest import FirstSimilar, MinScore
from resolvers.permissions import Access
from resolvers.research.mention import Mention, MentionSource
from resolvers.research.similar import SimilarMention, mentions_like


@strawberry.type(description="What news and social media say.")
class ResearchQuery:
    """Root fields of research."""

    mentions: Connection[Mention] | None = root_page(
        "News and social posts, newest first.", access=Access.PUBLIC
    )

    @root_field(
        "News and social posts whose text is nearest to a text, nearest first; null while texts "
        "cannot be compared.",
        access=Access.PUBLIC,
    )
    async def mentions_like(
        self,
        info: Info,
        text: Annotated[
            str,
            strawberry.argument(description="What it should be about; at most 2,000 characters."),
        ],
        first: FirstSimilar = 10,
        min_score: MinScore = None,
        source: Annotated[
            MentionSource | None, strawberry.argument(description="Only from there.")
        ] = None,
    ) -> list[SimilarMention] | None:
        """One request to Qdrant."""
        return await mentions_like(
            info.context,
            text,
            first=first,
            min_score=min_score,
            source=None if source is None else cast("str", source.value),
        )
