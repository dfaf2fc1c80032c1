"""What is analysed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers.catalog.mood import Mood
from resolvers.connection import Connection
from resolvers.fields import batch, column, entity, one, page
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.research.analyses import (
    OnchainAnalysis,
    SentimentAnalysis,
    TeamAnalysis,
    TokenomicsAnalysis,
)
from resolvers.research.mention import Mention
from resolvers.research.mood import moods_of_projects
from resolvers.research.scores import ProjectScores, no_scores, scores_of

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.protocol import Protocol

PROJECTS = Table("postgres", "research.projects", order=("name",))


@entity(PROJECTS, description="Something that is analysed, whether or not its protocol is listed.")
class Project(Node):
    """Something that is analysed, whether or not its protocol is listed."""

    slug: str = column("Readable key in lower case.")
    name: str = column("Name for people.")
    website: str | None = column("Home page.")
    github_org: str | None = column("Organisation at GitHub.")
    created_at: datetime = column("When it was first looked at.")
    updated_at: datetime = column("When its entry last changed.")
    protocol: Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None = one(
        "The protocol it is, when listed.", local="protocol_id"
    )
    asset: Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None = one(
        "The asset it issues, when listed.", local="asset_id"
    )
    scores: ProjectScores = batch(
        "Results of the newest analysis of each kind, side by side.", scores_of, missing=no_scores
    )
    mood: Mood = batch(
        "How the texts about it sound over time, from all mentions that were judged.",
        moods_of_projects,
    )
    onchain_analyses: Connection[OnchainAnalysis] = page(
        "Looks at its token on chain, newest first.", remote="project_id"
    )
    sentiment_analyses: Connection[SentimentAnalysis] = page(
        "Looks at what people say about it, newest first.", remote="project_id"
    )
    tokenomics_analyses: Connection[TokenomicsAnalysis] = page(
        "Looks at the economy of its token, newest first.", remote="project_id"
    )
    team_analyses: Connection[TeamAnalysis] = page(
        "Looks at its team, newest first.", remote="project_id"
    )
    mentions: Connection[Mention] = page("Texts about it, newest first.", remote="project_id")
