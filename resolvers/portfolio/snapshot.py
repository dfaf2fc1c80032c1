"""Records of portfolios: what they were worth on a day, and how private they are."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from strawberry.scalars import JSON

from resolvers.fields import column, entity
from resolvers.plan import Owner, Table
from resolvers.portfolio.enums import VisibilityLevel
from resolvers.scalars import BigInt

SNAPSHOTS = Table(
    "clickhouse",
    "portfolio_snapshots",
    key="portfolio_id",
    tie=("portfolio_id", "ts"),
    order=("-ts",),
    owner=Owner("user_id"),
    final=True,
    kinds={"ts": "timestamp"},
)
PRIVACY = Table(
    "postgres", "privacy.user_privacy_dashboard", key="portfolio_id", owner=Owner("user_id")
)
OVERVIEW = Table(
    "postgres", "portfolio.my_portfolio_summary", key="user_id", owner=Owner("user_id")
)


@entity(SNAPSHOTS, description="What a portfolio was worth and how it was spread at a time.")
class PortfolioSnapshot:
    """What a portfolio was worth and how it was spread at a time."""

    taken_at: datetime = column("When it was taken.", column="ts")
    snapshot_date: date = column("Day it stands for.")
    total_value_usd: Decimal = column("Worth less debt, US dollars.")
    total_assets: int = column("Different assets held.")
    total_chains: int = column("Chains with a holding.")
    total_protocols: int = column("Protocols with a position.")
    daily_pnl_usd: Decimal | None = column("Profit since the day before, US dollars.")
    daily_pnl_pct: float | None = column("Profit since the day before, percent.")
    total_pnl_usd: Decimal | None = column("Profit since the first snapshot, US dollars.")
    total_pnl_pct: float | None = column("Profit since the first snapshot, percent.")
    total_return: float | None = column("Return since the first snapshot, as a ratio.")
    daily_return: float | None = column("Return since the day before, as a ratio.")
    sharpe_ratio: float | None = column("Sharpe ratio over the history known by then.")
    max_drawdown: float | None = column("Deepest fall from a peak by then, 0 to 1.")
    volatility: float | None = column("Standard deviation of daily returns, as a ratio.")
    allocation_by_asset_type: JSON = column("Share by kind of asset, 0 to 1, by name.")
    allocation_by_chain: JSON = column("Share by chain, 0 to 1, by CAIP-2 id.")
    allocation_by_protocol: JSON = column("Share by protocol, 0 to 1, by slug.")
    asset_allocation: JSON = column("Share by asset, 0 to 1, by its key.")


@entity(PRIVACY, description="How private a portfolio is, from its owner's own ledger.")
class PortfolioPrivacy:
    """How private a portfolio is, from its owner's own ledger."""

    anonymity_level: VisibilityLevel = column("How visible it is meant to be.")
    privacy_score: Decimal | None = column("How hard its transactions are to link, 0 to 1.")
    stealth_addresses_count: BigInt | None = column("Stealth addresses announced for its owner.")
    total_privacy_deposits: BigInt = column("Confirmed deposits into shielded pools.")
    total_privacy_volume_usd: Decimal | None = column("Worth of those, US dollars.")
    avg_deposit_privacy: Decimal | None = column("How hard those are to link on average, 0 to 1.")
    stealth_usage_rate: Decimal | None = column(
        "Share of confirmed entries that hide their owner, 0 to 1; null without any."
    )
    active_agents_count: BigInt | None = column("Agents switched on for it.")
    agent_portfolio_value_usd: Decimal | None = column(
        "Part managed by agents, US dollars.", column="agent_portfolio_value"
    )
    risk_score: Decimal | None = column("How risky it is, 0 to 1.")
    diversification_score: Decimal | None = column("How spread it is, 0 to 1.")
    liquidity_score: Decimal | None = column("How fast it can be sold, 0 to 1.")


@entity(
    OVERVIEW,
    description="What the viewer holds over all active portfolios, recomputed every five minutes.",
)
class PortfolioOverview:
    """What the viewer holds over all active portfolios."""

    total_portfolios: BigInt = column("Active portfolios.")
    total_assets: BigInt = column("Different assets held or owed.")
    total_value_usd: Decimal | None = column("Worth of everything less debt, US dollars.")
    last_updated_at: datetime | None = column("When a holding last changed.")
