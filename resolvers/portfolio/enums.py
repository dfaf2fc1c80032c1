"""Words of portfolios."""

from __future__ import annotations

import enum

import strawberry


@strawberry.enum(description="How much risk a portfolio may take.")
class RiskProfile(enum.Enum):
    """How much risk a portfolio may take."""

    CONSERVATIVE = strawberry.enum_value("conservative", description="Little.")
    MODERATE = strawberry.enum_value("moderate", description="Some.")
    AGGRESSIVE = strawberry.enum_value("aggressive", description="Much.")
    CUSTOM = strawberry.enum_value("custom", description="As its limits say.")


@strawberry.enum(description="When a portfolio is brought back to its target.")
class RebalancingStrategy(enum.Enum):
    """When a portfolio is brought back to its target."""

    DAILY = strawberry.enum_value("daily", description="Every day.")
    WEEKLY = strawberry.enum_value("weekly", description="Every week.")
    MONTHLY = strawberry.enum_value("monthly", description="Every month.")
    QUARTERLY = strawberry.enum_value("quarterly", description="Every quarter.")
    DYNAMIC = strawberry.enum_value("dynamic", description="When it has drifted far enough.")


@strawberry.enum(description="How visible something is on chain.")
class VisibilityLevel(enum.Enum):
    """How visible something is on chain."""

    PUBLIC = strawberry.enum_value("public", description="Owner and amount.")
    PRIVATE = strawberry.enum_value("private", description="Owner, but not the amount.")
    ANONYMOUS = strawberry.enum_value("anonymous", description="Amount, but not the owner.")
    MAXIMUM = strawberry.enum_value("maximum", description="Neither.")


@strawberry.enum(description="How an asset is held.")
class PositionType(enum.Enum):
    """How an asset is held."""

    SPOT = strawberry.enum_value("spot", description="In the wallet.")
    STAKED = strawberry.enum_value("staked", description="Locked for rewards of consensus.")
    LP_TOKEN = strawberry.enum_value("lp_token", description="In a liquidity pool.")
    YIELD_FARM = strawberry.enum_value("yield_farm", description="In a farm.")
    LENDING = strawberry.enum_value("lending", description="Lent to others.")
    BORROWING = strawberry.enum_value("borrowing", description="Owed: its value is negative.")
    NFT = strawberry.enum_value("nft", description="A non-fungible token.")


@strawberry.enum(description="What a strategy does.")
class StrategyType(enum.Enum):
    """What a strategy does."""

    YIELD_FARMING = strawberry.enum_value("yield_farming", description="Moves to the best yield.")
    LIQUIDITY_PROVISION = strawberry.enum_value(
        "liquidity_provision", description="Provides liquidity."
    )
    ARBITRAGE = strawberry.enum_value("arbitrage", description="Trades differences of price.")
    STAKING = strawberry.enum_value("staking", description="Stakes.")
    LENDING = strawberry.enum_value("lending", description="Lends.")


@strawberry.enum(description="What an entry of the ledger is.")
class TransactionType(enum.Enum):
    """What an entry of the ledger is."""

    SWAP = strawberry.enum_value("swap", description="One asset for another.")
    STAKE = strawberry.enum_value("stake", description="Locked for rewards.")
    UNSTAKE = strawberry.enum_value("unstake", description="Unlocked.")
    DEPOSIT = strawberry.enum_value("deposit", description="Put into a protocol.")
    WITHDRAW = strawberry.enum_value("withdraw", description="Taken out of a protocol.")
    CLAIM = strawberry.enum_value("claim", description="Rewards collected.")
    BRIDGE = strawberry.enum_value("bridge", description="Moved to another chain.")
    TOKEN_TRANSFER = strawberry.enum_value("token_transfer", description="Sent or received.")
    MINT = strawberry.enum_value("mint", description="Created.")
    BURN = strawberry.enum_value("burn", description="Destroyed.")
    YIELD_HARVEST = strawberry.enum_value("yield_harvest", description="Yield taken by a strategy.")
    REBALANCE = strawberry.enum_value("rebalance", description="Brought back to the target.")
    GOVERNANCE_VOTE = strawberry.enum_value("governance_vote", description="A vote cast.")
    AGENT_ACTIVATION = strawberry.enum_value(
        "agent_activation", description="An agent switched on."
    )
    PRIVACY_DEPOSIT = strawberry.enum_value("privacy_deposit", description="Into a shielded pool.")
    PRIVACY_WITHDRAWAL = strawberry.enum_value(
        "privacy_withdrawal", description="Out of a shielded pool."
    )
    STEALTH_GENERATION = strawberry.enum_value(
        "stealth_generation", description="A stealth address made."
    )
    ZK_PROOF_GENERATION = strawberry.enum_value(
        "zk_proof_generation", description="A zero-knowledge proof made."
    )


@strawberry.enum(description="Where an entry of the ledger stands.")
class TransactionStatus(enum.Enum):
    """Where an entry of the ledger stands."""

    PENDING = strawberry.enum_value("pending", description="Not in a block yet.")
    CONFIRMED = strawberry.enum_value("confirmed", description="In a block, deep enough.")
    FAILED = strawberry.enum_value("failed", description="Never reached a block.")
    REVERTED = strawberry.enum_value("reverted", description="In a block, undone by the chain.")
    REPLACED = strawberry.enum_value("replaced", description="Another took its nonce.")
    CANCELLED = strawberry.enum_value("cancelled", description="Withdrawn by its owner.")


@strawberry.enum(description="Whether the zero-knowledge proof of an entry was checked.")
class ProofStatus(enum.Enum):
    """Whether the zero-knowledge proof of an entry was checked."""

    PENDING = strawberry.enum_value("pending", description="Not checked yet.")
    VERIFIED = strawberry.enum_value("verified", description="Checked, and good.")
    FAILED = strawberry.enum_value("failed", description="Checked, and not good.")
    EXPIRED = strawberry.enum_value("expired", description="Too old to be checked.")
