"""News and posts about projects and assets."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import Info
from strawberry.scalars import JSON

from resolvers.catalog.mentioned import MentionSource
from resolvers.fields import batch, column, computed, entity, one
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.research.named import assets_named_in
from resolvers.research.similar import SimilarMention, similar_mentions

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.research.analyses import SentimentAnalysis
    from resolvers.research.project import Project

MENTIONS = Table("postgres", "research.mentions", order=("-published_at",))


@entity(MENTIONS, description="A news article or social post.")
class Mention(Node):
    """A news article or social post."""

    source: MentionSource = column("Where it was said.")
    platform_id: str = column("Its key there.")
    author: str | None = column("Who wrote it; null when unknown.")
    title: str | None = column("Headline; null for posts without one.")
    content: str | None = column("Text, or as much of it as the source gives.")
    url: str | None = column("Where to read it.")
    sentiment_score: Decimal | None = column(
        "How it sounds, -1 negative to 1 positive; null before it was judged."
    )
    engagement_metrics: JSON = column("Likes, replies and the like, by name.")
    published_at: datetime | None = column("When it was published; null when unknown.")
    indexed_at: datetime = column("When it reached the store.")
    project: Annotated[Project, strawberry.lazy("resolvers.research.project")] | None = one(
        "The project it speaks about; null when none was recognised.", local="project_id"
    )
    analysis: (
        Annotated[SentimentAnalysis, strawberry.lazy("resolvers.research.analyses")] | None
    ) = one("The analysis that used it; null when none did.", local="analysis_id")
    similar: list[SimilarMention] | None = batch(
        "What else says the same, nearest first; empty before its text was compared.",
        similar_mentions,
        missing=list,
        store="qdrant",
    )

    @computed("Assets it names; empty when none was recognised.", requires=("id",))
    async def assets(
        self, info: Info
    ) -> list[Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")]]:
        """Two statements for all mentions of a level: which assets, and the assets."""
        return await assets_named_in(info, self.__dict__["id"])
