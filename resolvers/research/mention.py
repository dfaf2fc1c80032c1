"""News and posts about projects."""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal

import strawberry
from strawberry.scalars import JSON

from resolvers.fields import batch, column, entity
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.research.similar import SimilarMention, similar_mentions

MENTIONS = Table("postgres", "research.mentions", order=("-published_at",))


@strawberry.enum(description="Where something was said.")
class MentionSource(enum.Enum):
    """Where something was said."""

    TWITTER = strawberry.enum_value("twitter", description="A post on X.")
    REDDIT = strawberry.enum_value("reddit", description="A post on Reddit.")
    NEWS = strawberry.enum_value("news", description="An article of a news site.")


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
    similar: list[SimilarMention] | None = batch(
        "What else says the same, nearest first; empty before its text was compared.",
        similar_mentions,
        missing=list,
        store="qdrant",
    )
