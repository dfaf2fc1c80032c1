"""Agents: the registry, and what leads from it to everything else about them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import Info
from strawberry.scalars import JSON

from resolvers.agents.activation import AgentActivation, AgentTask
from resolvers.agents.discovery import SimilarAgent, similar_agents
from resolvers.agents.enums import (
    AgentKind,
    AgentType,
    HealthStatus,
    ImplementationType,
    PricingModel,
    VerificationStatus,
)
from resolvers.agents.figures import AgentRank, AgentStats, AgentTrend
from resolvers.agents.health import AgentHealth, health_of
from resolvers.agents.newest import NewestFigures, newest_figures
from resolvers.agents.performance import performance, performance_metrics
from resolvers.agents.places import Places, no_places, places_of
from resolvers.agents.reliability import Reliability, reliability
from resolvers.connection import Connection
from resolvers.fields import batch, column, computed, entity, many, one, page
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.scalars import Address
from resolvers.series import Series

if TYPE_CHECKING:
    from resolvers.portfolio.types import Strategy
    from resolvers.risk.assessment import RiskAssessment

AGENTS = Table(
    "postgres",
    "agents.agents",
    order=("name",),
    kinds={"health_status": "enum", "last_health_check": "timestamp"},
)


@entity(
    AGENTS,
    description="A program that acts for its users: a satellite or a market agent.",
    keys=("id", "slug"),
)
class Agent(Node):
    """A program that acts for its users."""

    slug: str = column("Readable key in lower case, such as sage.")
    name: str = column("Name for people.")
    version: str = column("Version it runs.")
    description: str = column("What it does.")
    kind: AgentKind = column("Who offers it.")
    agent_type: AgentType = column("What it is for.")
    implementation_type: ImplementationType | None = column("How it is built; null when not told.")
    capabilities: JSON = column("What it can do, as a list of words.")
    supported_contracts: JSON = column("Contracts it can work with, as a list.")
    chain_compatibility: JSON = column("Chains it works on, as a list of slugs.")
    erc8004_compliance: JSON = column("Which parts of ERC-8004 it fulfils.")
    reputation_score: Decimal | None = column("Reputation, 0 to 1; null before the first review.")
    pricing_model: PricingModel = column("How it is paid.")
    subscription_fee_usd: Decimal | None = column("Price a month, US dollars.")
    performance_fee_rate: Decimal | None = column("Share of profit it takes, 0 to 1.")
    verification_status: VerificationStatus = column("Whether the platform checked it.")
    security_audit_score: Decimal | None = column("Result of its audit, 0 to 1.")
    last_audit_at: datetime | None = column("When it was last audited.")
    is_active: bool = column("Whether it can be activated.")
    maintenance_mode: bool = column("Whether it is paused by its operator.")
    max_concurrent_users: int = column("Users it takes at once.")
    gas_cost_coverage: bool = column("Whether its fee includes gas.")
    zk_proof_commitment: str | None = column(
        "Commitment to its code, for proofs of what it ran; null when it gives none."
    )
    developer_wallet: Address | None = column("Address its developer is paid at.")
    github_repo_url: str | None = column("Where its source is.")
    documentation_url: str | None = column("Where its manual is.")
    created_at: datetime = column("When it was registered.")
    updated_at: datetime = column("When its entry last changed.")
    stats: AgentStats | None = one("Running figures; null before the first execution.", local="id")
    rank: AgentRank | None = one(
        "Where it stands among all; null before the next ranking.", local="id"
    )
    trends: list[AgentTrend] = many(
        "What became of its activations, by week, newest first: the twelve weeks before the newest "
        "activation of all agents.",
        remote="agent_id",
        limit=13,
    )
    places: Places = batch(
        "How many users it serves now, and how many more it can.",
        places_of,
        local=("id", "max_concurrent_users"),
        missing=no_places,
    )
    newest: NewestFigures | None = batch(
        "What it said of its work within the last minute; null when it said nothing.",
        newest_figures,
        store="redis",
    )
    similar: list[SimilarAgent] | None = batch(
        "Agents that say they do alike things, nearest first; empty before it was compared.",
        similar_agents,
        missing=list,
        store="qdrant",
    )
    activations: Connection[AgentActivation] | None = page(
        "The viewer's own activations of it, newest first.", remote="agent_id"
    )
    tasks: Connection[AgentTask] | None = page(
        "What the viewer asked it to do, newest first.", remote="agent_id"
    )
    strategies: (
        Connection[Annotated[Strategy, strawberry.lazy("resolvers.portfolio.types")]] | None
    ) = page("The viewer's own strategies that it carries out, by name.", remote="agent_id")
    risk_assessments: Connection[
        Annotated[RiskAssessment, strawberry.lazy("resolvers.risk.assessment")]
    ] = page("Dangers of public things it assessed, newest first.", remote="source_agent_id")
    performance: Series | None = batch(
        "A metric over time, in the metric's own unit: the mean of each bucket. Between "
        "measurements a metric is unknown, never zero.",
        performance,
        store="clickhouse",
    )
    performance_metrics: list[str] | None = batch(
        "Names of the metrics it has reported.",
        performance_metrics,
        missing=list,
        store="clickhouse",
    )
    reliability: Reliability | None = batch(
        "How fast and how surely it worked over time, as it reported with one of its metrics.",
        reliability,
        store="clickhouse",
    )

    @computed(
        "How it is: its heartbeat when it has a fresh one, else its last recorded check.",
        requires=("id", "health_status", "last_health_check"),
    )
    async def health(self, info: Info) -> AgentHealth:
        """All agents of a level are one round trip to Redis."""
        columns = self.__dict__
        recorded = HealthStatus(columns["health_status"])
        return await health_of(info.context, columns["id"], recorded, columns["last_health_check"])
