"""Words that agents use with a fixed meaning."""

from __future__ import annotations

import enum

import strawberry


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


@strawberry.enum(description="Where an activation stands.")
class ActivationStatus(enum.Enum):
    """Where an activation stands."""

    ACTIVE = strawberry.enum_value("active", description="The agent works for its owner.")
    PAUSED = strawberry.enum_value(
        "paused", description="Its owner has it wait; its place is free for others meanwhile."
    )
    STOPPED = strawberry.enum_value("stopped", description="Its owner ended it.")
    ERROR = strawberry.enum_value(
        "error", description="Something went wrong; its owner may resume, pause or stop it."
    )
    TERMINATED = strawberry.enum_value("terminated", description="The platform ended it.")


@strawberry.enum(description="Where a task stands.")
class TaskStatus(enum.Enum):
    """Where a task stands."""

    PENDING = strawberry.enum_value("pending", description="It waits for the agent.")
    RUNNING = strawberry.enum_value("running", description="An executor works on it.")
    COMPLETED = strawberry.enum_value("completed", description="It is done.")
    FAILED = strawberry.enum_value("failed", description="Every attempt allowed has failed.")
    CANCELLED = strawberry.enum_value("cancelled", description="Its owner took it back.")
