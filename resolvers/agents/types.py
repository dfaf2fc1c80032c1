"""Agents and their running figures."""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal

import strawberry
from strawberry import Info
from strawberry.scalars import JSON

from resolvers.agents.health import heartbeat_of, stays_true_for
from resolvers.agents.performance import performance, performance_metrics
from resolvers.fields import batch, column, computed, entity, one
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.scalars import Address, BigInt
from resolvers.series import Series

AGENTS = Table(
    "postgres",
    "agents.agents",
    order=("name",),
    kinds={"health_status": "enum", "last_health_check": "timestamp"},
)
STATS = Table("postgres", "agents.agent_stats", key="agent_id")


@strawberry.enum(description="Who offers an agent.")
class AgentKind(enum.Enum):
    """Who offers an agent."""

    SATELLITE = strawberry.enum_value("satellite", description="The platform itself.")
    MARKETPLACE = strawberry.enum_value(
        "marketplace", description="A developer on the market place."
    )


@strawberry.enum(description="What an agent is for.")
class AgentType(enum.Enum):
    """What an agent is for."""

    LOGIC = strawberry.enum_value("logic", description="Market analysis and research.")
    BUILDER = strawberry.enum_value("builder", description="Contracts and protection from MEV.")
    GROWTH = strawberry.enum_value("growth", description="Yield farming and staking.")
    SECURITY = strawberry.enum_value("security", description="Risk and liquidation.")
    SENTIMENT = strawberry.enum_value("sentiment", description="Social media and sentiment.")
    LOGISTICS = strawberry.enum_value("logistics", description="Moving capital, saving gas.")
    CROSS_CHAIN = strawberry.enum_value("cross_chain", description="Work across chains.")
    DATA = strawberry.enum_value("data", description="Checking data.")
    YIELD_OPTIMIZER_PRO = strawberry.enum_value(
        "yield_optimizer_pro", description="Farms over several protocols."
    )
    PRIVACY_SENTINEL = strawberry.enum_value("privacy_sentinel", description="Guards privacy.")
    RISK_SHIELD = strawberry.enum_value("risk_shield", description="Hedges positions.")
    ARBITRAGE_HUNTER = strawberry.enum_value("arbitrage_hunter", description="Trades differences.")
    LIQUIDITY_MANAGER = strawberry.enum_value(
        "liquidity_manager", description="Keeps liquidity in range."
    )
    STRATEGY_BOT = strawberry.enum_value("strategy_bot", description="Runs a user's strategy.")


@strawberry.enum(description="How an agent is built.")
class ImplementationType(enum.Enum):
    """How an agent is built."""

    CUSTOM = strawberry.enum_value("custom", description="Code of its own.")
    ELIZAOS = strawberry.enum_value("elizaos", description="The ElizaOS framework.")
    HYBRID = strawberry.enum_value("hybrid", description="Both.")


@strawberry.enum(description="How an agent is paid.")
class PricingModel(enum.Enum):
    """How an agent is paid."""

    FREE = strawberry.enum_value("free", description="Not at all.")
    SUBSCRIPTION = strawberry.enum_value("subscription", description="By the month.")
    PERFORMANCE_FEE = strawberry.enum_value("performance_fee", description="A share of profit.")
    HYBRID = strawberry.enum_value("hybrid", description="By the month and a share of profit.")


@strawberry.enum(description="Whether an agent was checked by the platform.")
class VerificationStatus(enum.Enum):
    """Whether an agent was checked by the platform."""

    VERIFIED = strawberry.enum_value("verified", description="Checked and found good.")
    UNVERIFIED = strawberry.enum_value("unverified", description="Not checked.")
    BLACKLISTED = strawberry.enum_value("blacklisted", description="Found harmful.")
    PENDING_REVIEW = strawberry.enum_value("pending_review", description="Waiting for a check.")


@strawberry.enum(description="How an agent is at its last check.")
class HealthStatus(enum.Enum):
    """How an agent is at its last check."""

    HEALTHY = strawberry.enum_value("healthy", description="Works as it should.")
    DEGRADED = strawberry.enum_value("degraded", description="Works with limits.")
    UNHEALTHY = strawberry.enum_value("unhealthy", description="Does not work.")
    UNKNOWN = strawberry.enum_value("unknown", description="Not heard from lately.")


@strawberry.type(description="How an agent is.")
class AgentHealth:
    """How an agent is."""

    status: HealthStatus = strawberry.field(
        description="How it is now; UNKNOWN when nothing was heard for a minute."
    )
    last_known: HealthStatus = strawberry.field(
        description="How it was at `checkedAt`, however long ago that is."
    )
    checked_at: datetime | None = strawberry.field(
        description="When that was; null when it was never checked."
    )
    age_s: int | None = strawberry.field(description="Seconds since `checkedAt`.")
    is_live: bool = strawberry.field(
        description="Whether it comes from the agent's own heartbeat; else from the last check "
        "recorded."
    )
    message: str | None = strawberry.field(
        description="What the agent says about it; only in heartbeats."
    )
    load: str | None = strawberry.field(
        description="How busy it says it is, in its own words; only in heartbeats."
    )


@entity(STATS, description="Running figures of an agent since it was registered.")
class AgentStats:
    """Running figures of an agent since it was registered."""

    total_executions: BigInt = column("Executions started.")
    successful_executions: BigInt = column("Executions that succeeded.")
    failed_executions: BigInt = column("Executions that failed.")
    avg_execution_time_ms: Decimal | None = column("Mean time of an execution, milliseconds.")
    last_execution_at: datetime | None = column("When it last ran.")
    avg_yield_pct: Decimal | None = column(
        "Mean yield a year of what it manages, percent.", column="avg_yield"
    )
    total_profit_usd: Decimal | None = column(
        "Profit made for its users, US dollars.", column="total_profit_generated"
    )
    max_drawdown: Decimal | None = column("Largest loss from a peak, 0 to 1.")
    sharpe_ratio: Decimal | None = column("Return per unit of risk, a year.")
    active_users: BigInt = column("Users it works for now.", column="current_active_users")


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
    developer_wallet: Address | None = column("Address its developer is paid at.")
    github_repo_url: str | None = column("Where its source is.")
    documentation_url: str | None = column("Where its manual is.")
    stats: AgentStats | None = one("Running figures; null before the first execution.", local="id")
    performance: Series | None = batch(
        "A metric over time, in the metric's own unit: the mean of each bucket.",
        performance,
        store="clickhouse",
    )
    performance_metrics: list[str] | None = batch(
        "Names of the metrics it has reported.",
        performance_metrics,
        missing=list,
        store="clickhouse",
    )

    @computed(
        "How it is: its heartbeat when it has a fresh one, else its last recorded check.",
        requires=("id", "health_status", "last_health_check"),
    )
    async def health(self, info: Info) -> AgentHealth:
        """All agents of a level are one round trip to Redis."""
        columns = self.__dict__
        now = info.context.clock()
        beat = await heartbeat_of(info.context, columns["id"])
        if beat is not None:
            status = HealthStatus(beat.status)
            return AgentHealth(
                status=status,
                last_known=status,
                checked_at=beat.at,
                age_s=max(0, int((now - beat.at).total_seconds())),
                is_live=True,
                message=beat.message,
                load=beat.load,
            )
        checked_at: datetime | None = columns["last_health_check"]
        recorded = HealthStatus(columns["health_status"])
        fresh = checked_at is not None and now - checked_at <= stays_true_for()
        return AgentHealth(
            status=recorded if fresh else HealthStatus.UNKNOWN,
            last_known=recorded,
            checked_at=checked_at,
            age_s=None if checked_at is None else max(0, int((now - checked_at).total_seconds())),
            is_live=False,
            message=None,
            load=None,
        )
