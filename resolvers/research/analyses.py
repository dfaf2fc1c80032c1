"""What analyses found: a token on chain, the mood around it, its economy and its team.

Each analysis is one look at one project and never changes; a newer look is another row. Scores are
0 to 1, moods -1 to 1.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from resolvers.connection import Connection
from resolvers.fields import column, entity, one, page
from resolvers.node import Node
from resolvers.permissions import Access, Tier
from resolvers.plan import Table
from resolvers.research.enums import SentimentTrend, VerificationLevel
from resolvers.scalars import Address, BigInt

if TYPE_CHECKING:
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.protocol import Protocol
    from resolvers.research.mention import Mention
    from resolvers.research.project import Project

_NEWEST = ("-created_at",)
ONCHAIN = Table("postgres", "research.onchain_analyses", order=_NEWEST, kinds={"chain_id": "int"})
SENTIMENT = Table("postgres", "research.sentiment_analyses", order=_NEWEST)
TOKENOMICS = Table("postgres", "research.tokenomics_analyses", order=_NEWEST)
TEAM = Table("postgres", "research.team_analyses", order=_NEWEST)
# Facts about people, gathered for due diligence: for signed-in users of a paid tier.
MEMBERS = Table(
    "postgres",
    "research.team_members",
    order=("-overall_score",),
    readers=Access.AUTHENTICATED,
    tier=Tier.PRO,
)

_Project = Annotated["Project", strawberry.lazy("resolvers.research.project")]
_PROJECT = "The project looked at."
_CONFIDENCE = "How sure the analysis is, 0 to 1."
_MADE = "When it was made."
_TOOK = "How long it took, milliseconds; null when not recorded."


@entity(ONCHAIN, description="A look at a project's token on chain.")
class OnchainAnalysis(Node):
    """A look at a project's token on chain."""

    token_address: Address | None = column("The token looked at; null when there is none.")
    current_price_usd: Decimal | None = column("Price of one unit then, US dollars.")
    price_change_24h_pct: Decimal | None = column("Change of price over 24 hours, percent.")
    market_cap_usd: Decimal | None = column("Price times circulating supply, US dollars.")
    volume_24h_usd: Decimal | None = column("Traded in 24 hours, US dollars.")
    price_data: JSON = column(
        "Price figures: current, change24h, change7d, marketCap, volume24h, volatility."
    )
    liquidity_data: JSON = column(
        "Liquidity: totalLiquidity, liquidityScore, topPools, slippageEstimate."
    )
    holder_data: JSON = column(
        "Holders: totalHolders, top10Concentration, distributionScore, whaleActivity."
    )
    transaction_data: JSON = column("Activity, by name.")
    risk_score: Decimal = column("Risk, 0 safe to 1 dangerous.")
    confidence: Decimal = column(_CONFIDENCE)
    data_sources: JSON = column("Where the figures came from, as a list of names.")
    processing_time_ms: int | None = column(_TOOK)
    created_at: datetime = column(_MADE)
    project: _Project | None = one(_PROJECT, local="project_id")
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain of the token.", local="chain_id"
    )


@entity(SENTIMENT, description="A look at what people say about a project in a span of time.")
class SentimentAnalysis(Node):
    """A look at what people say about a project in a span of time."""

    keywords: JSON = column("Words searched for, as a list.")
    timeframe: str = column("Span looked at, such as 24h or 7d, up to `createdAt`.")
    overall_sentiment: Decimal = column("Mood, -1 bad to 1 good.")
    sentiment_trend: SentimentTrend | None = column("Which way the mood moves; null when unclear.")
    twitter_data: JSON = column("Figures from X, by name.")
    reddit_data: JSON = column("Figures from Reddit, by name.")
    news_data: JSON = column("Figures from news, by name.")
    total_mentions: BigInt = column("Texts found.")
    engagement_score: Decimal | None = column("How much people reacted, 0 to 1.")
    influencer_mentions: BigInt = column("Texts by accounts with many readers.")
    confidence: Decimal = column(_CONFIDENCE)
    data_quality_score: Decimal | None = column("How complete and clean the texts were, 0 to 1.")
    bot_detection_score: Decimal | None = column("Share of texts that look automatic, 0 to 1.")
    processing_time_ms: int | None = column(_TOOK)
    created_at: datetime = column(_MADE)
    project: _Project | None = one(_PROJECT, local="project_id")
    mentions: Connection[Annotated[Mention, strawberry.lazy("resolvers.research.mention")]] = page(
        "The texts it is based on, newest first.", remote="analysis_id"
    )


@entity(TOKENOMICS, description="A look at how a project's token is issued, spread and used.")
class TokenomicsAnalysis(Node):
    """A look at how a project's token is issued, spread and used."""

    token_address: Address | None = column("The token looked at; null when there is none.")
    supply_data: JSON = column("Supply: total, circulating, inflation, vestingSchedule.")
    distribution_data: JSON = column("Spread: team, investors, community, fairnessScore.")
    defi_data: JSON = column("Use in DeFi: stakingAPY, yieldOpportunities, totalStaked.")
    utility_data: JSON = column("What the token is good for, by name.")
    tokenomics_score: Decimal = column("Overall quality, 0 to 1.")
    fairness_score: Decimal = column("How fairly the token is spread, 0 to 1.")
    utility_score: Decimal = column("How useful the token is, 0 to 1.")
    confidence: Decimal = column(_CONFIDENCE)
    processing_time_ms: int | None = column(_TOOK)
    created_at: datetime = column(_MADE)
    project: _Project | None = one(_PROJECT, local="project_id")
    protocol: Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None = one(
        "The protocol the token belongs to, when listed.", local="protocol_id"
    )


@entity(MEMBERS, description="A person behind a project, as they present themselves in public.")
class TeamMember(Node):
    """A person behind a project, as they present themselves in public."""

    name: str = column("Name the person uses.")
    role: str | None = column("Role in the project; null when not told.")
    linkedin_profile: str | None = column("Profile at LinkedIn.")
    github_profile: str | None = column("Profile at GitHub.")
    twitter_profile: str | None = column("Profile at X.")
    verification_data: JSON = column(
        "What could be verified, by profile: verified, credibilityScore."
    )
    overall_score: Decimal = column("How believable the entry is, 0 to 1.")
    risk_flags: JSON = column("Warnings, as a list.")
    analysis: Annotated[TeamAnalysis, strawberry.lazy("resolvers.research.analyses")] | None = one(
        "The analysis it is part of.", local="analysis_id"
    )


@entity(TEAM, description="A look at the people and the development behind a project.")
class TeamAnalysis(Node):
    """A look at the people and the development behind a project."""

    project_website: str | None = column("Home page looked at.")
    github_org: str | None = column("Organisation at GitHub looked at.")
    team_size: int = column("People found.")
    credibility_score: Decimal = column("How believable the team is, 0 to 1.")
    verification_level: VerificationLevel = column("How much could be verified.")
    development_data: JSON = column(
        "Development: githubActivity, commits30d, contributors, codeQuality."
    )
    risk_flags: JSON = column("Warnings, as a list.")
    background_data: JSON = column("What is known of the team, by name.")
    confidence: Decimal = column(_CONFIDENCE)
    processing_time_ms: int | None = column(_TOOK)
    created_at: datetime = column(_MADE)
    project: _Project | None = one(_PROJECT, local="project_id")
    members: Connection[TeamMember] | None = page(
        "People found, the most believable first.", remote="analysis_id"
    )
