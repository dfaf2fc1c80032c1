"""Portfolios, what is in them and what happened to them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from resolvers.connection import Connection
from resolvers.fields import batch, column, entity, one, page
from resolvers.node import Node
from resolvers.plan import Owner, Table
from resolvers.portfolio.allocation import PortfolioAllocation, allocations, no_allocation
from resolvers.portfolio.enums import (
    PositionType,
    ProofStatus,
    RebalancingStrategy,
    RiskProfile,
    StrategyType,
    TransactionStatus,
    TransactionType,
    VisibilityLevel,
)
from resolvers.portfolio.performance import (
    PortfolioPerformance,
    measure_history,
    performances,
)
from resolvers.portfolio.pnl import PortfolioPnl, pnls
from resolvers.portfolio.risk_series import (
    AssetCorrelation,
    PortfolioRiskMetrics,
    correlations,
    risk_history,
    risk_metrics,
)
from resolvers.portfolio.snapshot import PortfolioPrivacy, PortfolioSnapshot
from resolvers.portfolio.totals import (
    LiveValue,
    PortfolioTotals,
    live_values,
    no_totals,
    no_value,
    totals_of,
    value_history,
)
from resolvers.scalars import Address, BigInt, Hash
from resolvers.series import Series

if TYPE_CHECKING:
    from resolvers.agents.activation import AgentActivation
    from resolvers.agents.types import Agent
    from resolvers.alerts.types import AlertRule
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.protocol import Protocol
    from resolvers.catalog.wallet import Wallet
    from resolvers.risk.gathered import PortfolioRisk

_THROUGH = Owner("portfolio_id", through="portfolio.portfolios")
PORTFOLIOS = Table("postgres", "portfolio.portfolios", order=("name",), owner=Owner("user_id"))
POSITIONS = Table(
    "postgres",
    "portfolio.positions",
    order=("-value_usd",),
    owner=_THROUGH,
    kinds={"chain_id": "int"},
)
SUMMARIES = Table("postgres", "portfolio.summaries", key="portfolio_id", owner=_THROUGH)
STRATEGIES = Table("postgres", "portfolio.strategies", order=("name",), owner=_THROUGH)
LEDGER = Table(
    "postgres",
    "portfolio.transactions",
    order=("-occurred_at",),
    owner=Owner("user_id"),
    kinds={"chain_id": "int"},
)
WALLETS = Table(
    "postgres",
    "portfolio.portfolio_wallets",
    key="wallet_id",
    tie=("portfolio_id", "wallet_id"),
    order=("created_at",),
    owner=_THROUGH,
)

_Asset = Annotated["Asset", strawberry.lazy("resolvers.catalog.asset")]
_Chain = Annotated["Chain", strawberry.lazy("resolvers.catalog.chain")]
_Protocol = Annotated["Protocol", strawberry.lazy("resolvers.catalog.protocol")]
_Wallet = Annotated["Wallet", strawberry.lazy("resolvers.catalog.wallet")]
_Portfolio = Annotated["Portfolio", strawberry.lazy("resolvers.portfolio.types")]


@entity(POSITIONS, description="One asset held in one way in a portfolio.")
class Position(Node):
    """One asset held in one way in a portfolio."""

    position_type: PositionType = column("How it is held.")
    quantity: Decimal = column("Amount in whole units, never negative.")
    average_cost_usd: Decimal | None = column(
        "Mean price paid for one unit, US dollars; null when unknown.", column="average_cost"
    )
    cost_basis_usd: Decimal | None = column("What the whole amount cost, US dollars.")
    price_usd: Decimal | None = column("Price of one unit at the last valuation, US dollars.")
    value_usd: Decimal | None = column(
        "Value at the last valuation, US dollars; negative for debt, null when not priced."
    )
    allocation: Decimal | None = column("Share of the portfolio's value, 0 to 1.")
    unrealized_pnl_usd: Decimal | None = column("Gain not taken yet, US dollars.")
    unrealized_pnl_pct: Decimal | None = column("Gain not taken yet, percent of the cost.")
    protocol_address: Address | None = column("Contract that holds it; null in the wallet.")
    first_acquired_at: datetime | None = column("When the first unit was acquired.")
    last_updated_at: datetime = column("When the position was last valued or changed.")
    metadata: JSON = column("Further facts, such as the token id of an NFT.")
    version: int = column("How often its owner changed it, counted from 1.")
    created_at: datetime = column("When it was written.")
    updated_at: datetime = column("When it last changed.")
    portfolio: _Portfolio | None = one("The portfolio it is in.", local="portfolio_id")
    asset: _Asset | None = one("What is held.", local="asset_id", joined=True)
    chain: _Chain | None = one("The chain it is held on.", local="chain_id", joined=True)
    protocol: _Protocol | None = one(
        "The protocol that holds it.", local="protocol_id", joined=True
    )
    wallet: _Wallet | None = one("The wallet that holds it.", local="wallet_id")


@entity(SUMMARIES, description="Figures of a whole portfolio, as last computed.")
class PortfolioSummary:
    """Figures of a whole portfolio, as last computed."""

    total_value_usd: Decimal | None = column("Value of everything less debt, US dollars.")
    total_deposited_usd: Decimal | None = column(
        "Put in so far, US dollars.", column="total_deposited"
    )
    total_withdrawn_usd: Decimal | None = column(
        "Taken out so far, US dollars.", column="total_withdrawn"
    )
    total_profit_usd: Decimal | None = column("Profit so far, US dollars.", column="total_profit")
    eth_value_usd: Decimal | None = column("Part held in ether, US dollars.", column="eth_value")
    stablecoin_value_usd: Decimal | None = column(
        "Part held in stablecoins, US dollars.", column="stablecoin_value"
    )
    other_value_usd: Decimal | None = column("The rest, US dollars.", column="other_value")
    overall_apr_pct: Decimal | None = column(
        "Yield a year without compounding, percent.", column="overall_apr"
    )
    max_drawdown: Decimal | None = column("Largest loss from a peak, 0 to 1.")
    sharpe_ratio: Decimal | None = column("Return per unit of risk, a year.")
    volatility_score: Decimal | None = column("How much it moves, 0 to 1.")
    risk_score: Decimal | None = column("How risky it is, 0 to 1; 1 is the riskiest.")
    diversification_score: Decimal | None = column("How spread it is, 0 to 1.")
    liquidity_score: Decimal | None = column("How fast it can be sold, 0 to 1.")
    privacy_score: Decimal | None = column("How private its holdings are, 0 to 1.")
    stealth_addresses_count: BigInt = column("Stealth addresses announced for its owner.")
    active_agents_count: BigInt = column("Agents switched on for it.")
    agent_portfolio_value_usd: Decimal | None = column(
        "Part managed by agents, US dollars.", column="agent_portfolio_value"
    )
    agent_profit_share: Decimal | None = column("Share of the profit earned by agents, 0 to 1.")
    last_calculated_at: datetime | None = column("When the figures were computed.")


@entity(STRATEGIES, description="A strategy that works on a portfolio.")
class Strategy(Node):
    """A strategy that works on a portfolio."""

    strategy_type: StrategyType = column("What it does.")
    name: str = column("Name given by its owner.")
    parameters: JSON = column("Settings, by name.")
    performance_metrics: JSON = column("Results so far, by name.")
    is_active: bool = column("Whether it runs.")
    version: int = column("How often its owner changed it, counted from 1.")
    created_at: datetime = column("When it was made.")
    updated_at: datetime = column("When it last changed.")
    portfolio: _Portfolio | None = one("The portfolio it works on.", local="portfolio_id")
    transactions: Connection[
        Annotated[LedgerEntry, strawberry.lazy("resolvers.portfolio.types")]
    ] = page("What it did, newest first.", remote="strategy_id")
    agent: Annotated[Agent, strawberry.lazy("resolvers.agents.types")] | None = one(
        "The agent that carries it out.", local="agent_id"
    )


@entity(LEDGER, description="An entry of a portfolio's ledger.")
class LedgerEntry(Node):
    """An entry of a portfolio's ledger."""

    tx_type: TransactionType = column("What it is.")
    status: TransactionStatus = column("Where it stands.")
    occurred_at: datetime = column("When it happened.")
    confirmed_at: datetime | None = column("When it was deep enough in the chain.")
    failed_at: datetime | None = column("When it failed.")
    indexed_at: datetime = column("When it was recorded here.")
    tx_hash: Hash | None = column("Its transaction; null while there is none.")
    log_index: int = column("Place of the event in the block; -1 for the transaction itself.")
    block_number: BigInt | None = column("Its block; null until it is in one.")
    confirmations: int = column("Blocks on top of it.")
    required_confirmations: int = column("Blocks on top that make it final.")
    from_amount: Decimal | None = column("Amount given, whole units.")
    to_amount: Decimal | None = column("Amount received, whole units.")
    usd_value: Decimal | None = column("Value at that time, US dollars.")
    fee_usd: Decimal | None = column("Fees paid, US dollars.")
    gas_used: BigInt | None = column("Gas used.")
    gas_price_wei: BigInt | None = column("Price of a unit of gas, wei.", kind="decimal")
    category: str | None = column("Category given by its owner.")
    subcategory: str | None = column("Finer category given by its owner.")
    tags: list[str] = column("Tags given by its owner.")
    priority: int = column("How urgently it was sent: 1 first, 10 last.")
    privacy_level: VisibilityLevel = column("How visible it is on chain.")
    confidentiality_score: Decimal | None = column("How hard it is to link, 0 to 1.")
    zk_proof_hash: Hash | None = column("Hash of the zero-knowledge proof that goes with it.")
    verification_status: ProofStatus | None = column(
        "Whether that proof was checked; null without a proof."
    )
    execution_time_ms: int | None = column("From request to inclusion, milliseconds.")
    agent_execution_id: str | None = column("Run of the agent that did it.")
    metadata: JSON = column("Further facts.")
    created_at: datetime = column("When it was written.")
    updated_at: datetime = column("When it last changed.")
    portfolio: _Portfolio | None = one("The portfolio it belongs to.", local="portfolio_id")
    from_asset: _Asset | None = one("Asset given.", local="from_asset_id", joined=True)
    to_asset: _Asset | None = one("Asset received.", local="to_asset_id", joined=True)
    chain: _Chain | None = one("The chain it is on.", local="chain_id", joined=True)
    protocol: _Protocol | None = one("The protocol used.", local="protocol_id", joined=True)
    wallet: _Wallet | None = one("The wallet used.", local="wallet_id")
    strategy: Strategy | None = one("The strategy behind it.", local="strategy_id")
    agent: Annotated[Agent, strawberry.lazy("resolvers.agents.types")] | None = one(
        "The agent behind it.", local="agent_id"
    )


@entity(WALLETS, description="A wallet that belongs to a portfolio.")
class PortfolioWallet:
    """A wallet that belongs to a portfolio."""

    created_at: datetime = column("When it was added.")
    portfolio: _Portfolio | None = one("The portfolio.", local="portfolio_id")
    wallet: _Wallet | None = one("The wallet.", local="wallet_id")


@entity(PORTFOLIOS, description="What a user holds, and what it is meant to become.", keys=("id",))
class Portfolio(Node):
    """What a user holds, and what it is meant to become."""

    name: str = column("Name given by its owner.")
    description: str | None = column("Notes of its owner.")
    risk_profile: RiskProfile = column("How much risk it may take.")
    target_allocation: JSON = column("Share wanted of each asset or group, 0 to 1, by name.")
    rebalancing_strategy: RebalancingStrategy = column("When it is brought back to the target.")
    max_drawdown: Decimal = column("Loss from a peak that is accepted, 0 to 1.")
    target_return: Decimal = column("Return a year that is aimed at, as a ratio.")
    anonymity_level: VisibilityLevel = column("How visible it is meant to be on chain.")
    is_default: bool = column("Whether it is the one shown first.")
    is_active: bool = column("Whether it is still followed.")
    version: int = column("How often its owner changed it, counted from 1.")
    created_at: datetime = column("When it was made.")
    updated_at: datetime = column("When it last changed.")
    summary: PortfolioSummary | None = one(
        "Figures of the whole, as last computed; null before the first computation.", local="id"
    )
    positions: Connection[Position] = page(
        "What is held, most valuable first.", remote="portfolio_id"
    )
    strategies: Connection[Strategy] = page("What works on it, by name.", remote="portfolio_id")
    transactions: Connection[LedgerEntry] = page(
        "What happened to it, newest first.", remote="portfolio_id"
    )
    activations: Connection[
        Annotated[AgentActivation, strawberry.lazy("resolvers.agents.activation")]
    ] = page("Agents that work for it, newest first.", remote="portfolio_id")
    wallets: Connection[PortfolioWallet] = page("Its wallets.", remote="portfolio_id")
    risk: Annotated[PortfolioRisk, strawberry.lazy("resolvers.risk.gathered")] | None = one(
        "How dangerous it is.", local="id"
    )
    alert_rules: (
        Connection[Annotated[AlertRule, strawberry.lazy("resolvers.alerts.types")]] | None
    ) = page("The viewer's rules about it, newest first.", remote="portfolio_id")
    totals: PortfolioTotals = batch(
        "Sums over its positions at their last valuation: whole, by chain, protocol and kind.",
        totals_of,
        missing=no_totals,
    )
    live_value: LiveValue = batch(
        "What it is worth at live prices; what has none is taken at its last valuation.",
        live_values,
        missing=no_value,
    )
    value_history: Series | None = batch(
        "Its value over time from daily or hourly snapshots, US dollars less debt: the last of "
        "each bucket.",
        value_history,
        store="clickhouse",
    )
    allocation: PortfolioAllocation = batch(
        "How it is spread at the last valuation, beside its target: drift, what to buy or sell.",
        allocations,
        missing=no_allocation,
    )
    snapshots: Connection[PortfolioSnapshot] | None = page(
        "What it was worth and how it was spread, newest first.", remote="portfolio_id"
    )
    performance: PortfolioPerformance | None = batch(
        "How it did over whole days; null without a snapshot among them.",
        performances,
        store="clickhouse",
    )
    performance_history: Series | None = batch(
        "A measure recorded with its snapshots, over time: the last of each bucket.",
        measure_history,
        store="clickhouse",
    )
    risk_metrics: PortfolioRiskMetrics | None = batch(
        "What it could lose, as last computed; null before that.", risk_metrics, store="clickhouse"
    )
    risk_history: Series | None = batch(
        "What it could lose, over time: the last of each bucket.",
        risk_history,
        store="clickhouse",
    )
    correlations: list[AssetCorrelation] | None = batch(
        "How its holdings move together, strongest first; empty when nothing was computed within "
        "five minutes.",
        correlations,
        missing=list,
        store="redis",
    )
    pnl: PortfolioPnl | None = batch(
        "Gains taken and not taken; null for a portfolio without positions and ledger.", pnls
    )
    privacy: PortfolioPrivacy | None = one("How private it is, from its own ledger.", local="id")
