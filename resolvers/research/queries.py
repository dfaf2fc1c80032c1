"""Root fields of research."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import Info

from resolvers.catalog.mentioned import PublishedFrom, PublishedTo, SourceArgument
from resolvers.connection import Connection
from resolvers.fields import root_field, root_one, root_page
from resolvers.nearest import FirstSimilar, MinScore
from resolvers.permissions import Access, Tier
from resolvers.research.analyses import (
    OnchainAnalysis,
    SentimentAnalysis,
    TeamAnalysis,
    TeamMember,
    TokenomicsAnalysis,
)
from resolvers.research.choice import (
    AboutAsset,
    AboutProject,
    choice,
)
from resolvers.research.mention import Mention
from resolvers.research.project import Project
from resolvers.research.similar import (
    MAX_MATCHING,
    MatchingMention,
    SimilarMention,
    mentions_like,
    mentions_matching,
)


@strawberry.type(description="Analyses of projects, and what news and social media say.")
class ResearchQuery:
    """Root fields of research."""

    project: Project | None = root_one(
        "One analysed project, by `id` or `slug`; null when there is none.",
        by=("id", "slug"),
        access=Access.PUBLIC,
    )
    projects: Connection[Project] | None = root_page(
        "Analysed projects, by name.", access=Access.PUBLIC
    )
    onchain_analyses: Connection[OnchainAnalysis] | None = root_page(
        "Looks at tokens on chain, newest first.", access=Access.PUBLIC
    )
    sentiment_analyses: Connection[SentimentAnalysis] | None = root_page(
        "Looks at what people say, newest first.", access=Access.PUBLIC
    )
    tokenomics_analyses: Connection[TokenomicsAnalysis] | None = root_page(
        "Looks at the economy of tokens, newest first.", access=Access.PUBLIC
    )
    team_analyses: Connection[TeamAnalysis] | None = root_page(
        "Looks at teams, newest first.", access=Access.PUBLIC
    )
    team_members: Connection[TeamMember] | None = root_page(
        "People behind projects, the most believable first; part of the tier pro.",
        access=Access.AUTHENTICATED,
        tier=Tier.PRO,
    )
    mentions: Connection[Mention] | None = root_page(
        "News and social posts, newest first.", access=Access.PUBLIC
    )

    @root_field(
        "News and social posts whose text is nearest to a text, nearest first; null while texts "
        "cannot be compared. `mentionsMatching` looks for words instead.",
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
        source: SourceArgument = None,
        asset: AboutAsset = None,
        project: AboutProject = None,
        from_: PublishedFrom = None,
        to: PublishedTo = None,
    ) -> list[SimilarMention] | None:
        """One request to Qdrant."""
        among = choice(asset, project, source, from_, to)
        return await mentions_like(
            info.context, text, first=first, min_score=min_score, among=among
        )

    @root_field(
        "News and social posts that hold some words, the best match first. `mentionsLike` looks "
        "for the meaning instead.",
        access=Access.PUBLIC,
    )
    async def mentions_matching(
        self,
        info: Info,
        text: Annotated[
            str,
            strawberry.argument(
                description='Words that must all occur, in any form; "quoted" ones side by side, '
                "`or` between alternatives, `-` before what must not occur. At most 200 characters."
            ),
        ],
        first: Annotated[
            int,
            strawberry.argument(description=f"How many at most; {MAX_MATCHING} is the maximum."),
        ] = 20,
        source: SourceArgument = None,
        asset: AboutAsset = None,
        project: AboutProject = None,
        from_: PublishedFrom = None,
        to: PublishedTo = None,
    ) -> list[MatchingMention] | None:
        """One statement."""
        among = choice(asset, project, source, from_, to)
        return await mentions_matching(info.context, text, first=first, among=among)
