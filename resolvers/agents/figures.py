"""Figures of agents: how they have done so far, where they stand, and how it went week by week."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final

import strawberry

from resolvers.agents.enums import AgentType
from resolvers.fields import column, computed, entity, one
from resolvers.plan import Table
from resolvers.scalars import BigInt

if TYPE_CHECKING:
    from resolvers.agents.types import Agent

STATS = Table(
    "postgres",
    "agents.agent_stats",
    key="agent_id",
    kinds={"total_profit_generated": "decimal"},
)
BOARD = Table(
    "postgres",
    "agents.agent_leaderboard",
    order=("ranking",),
    kinds={"total_aum": "decimal", "avg_user_profit": "decimal"},
)
TRENDS = Table(
    "postgres",
    "agents.agent_performance_trends",
    key="agent_id",
    order=("-week_start",),
    tie=("agent_id", "week_start"),
    kinds={
        "new_users": "int",
        "total_profit": "decimal",
        "avg_profit_per_user": "decimal",
        "avg_apr": "decimal",
    },
)

# Below that a mean or a sum would tell what one user earned.
FEWEST_USERS: Final = 5
_SINGLED: Final = f"null below {FEWEST_USERS} users, so that nobody's own can be told from it."

_Agent = Annotated["Agent", strawberry.lazy("resolvers.agents.types")]


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
    max_drawdown: Decimal | None = column("Largest loss from a peak, 0 to 1.")
    sharpe_ratio: Decimal | None = column("Return per unit of risk, a year.")
    active_users: BigInt = column(
        "Users it worked for when the figures were computed.", column="current_active_users"
    )
    updated_at: datetime = column("When the figures were computed.")

    @computed(
        f"Profit made for its users, US dollars; {_SINGLED}",
        requires=("current_active_users", "total_profit_generated"),
    )
    def total_profit_usd(self) -> Decimal | None:
        """What all of its users earned."""
        return _unless_few(self.__dict__, "active_users", "total_profit_generated")


@entity(BOARD, description="Where an agent stands among all, as of the last ranking.")
class AgentRank:
    """Where an agent stands among all."""

    ranking: BigInt = column("Place, 1 best: by reputation, then by yield for the risk.")
    agent_type: AgentType = column("What the agent is for.")
    reputation_score: Decimal | None = column("Reputation, 0 to 1; null before the first review.")
    avg_yield_pct: Decimal | None = column(
        "Mean yield a year of what it manages, percent.", column="avg_yield"
    )
    success_rate: Decimal | None = column(
        "Share of executions that succeeded, 0 to 1; null before the first one."
    )
    active_users: BigInt = column("Users who have it switched on.")
    risk_adjusted_yield_pct: Decimal | None = column(
        "Mean yield a year less twice the largest loss from a peak, percent.",
        column="risk_adjusted_yield",
    )
    agent: _Agent | None = one("The agent; null when it was withdrawn since.", local="id")

    @computed(f"Worth it manages, US dollars; {_SINGLED}", requires=("active_users", "total_aum"))
    def managed_usd(self) -> Decimal | None:
        """What all of its users entrusted to it."""
        return _unless_few(self.__dict__, "active_users", "total_aum")

    @computed(
        f"Mean profit of its users so far, US dollars; {_SINGLED}",
        requires=("active_users", "avg_user_profit"),
    )
    def avg_profit_usd(self) -> Decimal | None:
        """What a user earned on average."""
        return _unless_few(self.__dict__, "active_users", "avg_user_profit")


@entity(TRENDS, description="What became of an agent's activations of one week.")
class AgentTrend:
    """What became of an agent's activations of one week."""

    week_start: date = column("Monday of the week of activation, in UTC.")
    new_activations: BigInt = column("Activations in that week.")
    agent: _Agent | None = one("The agent; null when it was withdrawn.", local="agent_id")

    @computed(
        f"What they earned so far, US dollars; {_SINGLED}",
        requires=("new_users", "total_profit"),
    )
    def total_profit_usd(self) -> Decimal | None:
        """What all of them earned."""
        return _unless_few(self.__dict__, "new_users", "total_profit")

    @computed(
        f"What each earned so far on average, US dollars; {_SINGLED}",
        requires=("new_users", "avg_profit_per_user"),
    )
    def avg_profit_usd(self) -> Decimal | None:
        """What each of them earned."""
        return _unless_few(self.__dict__, "new_users", "avg_profit_per_user")

    @computed(
        f"Mean yield a year they earn now, without compounding, percent; {_SINGLED}",
        requires=("new_users", "avg_apr"),
    )
    def avg_apr_pct(self) -> Decimal | None:
        """What each of them yields."""
        return _unless_few(self.__dict__, "new_users", "avg_apr")


def _unless_few(columns: dict[str, Any], count: str, value: str) -> Decimal | None:
    found: Decimal | None = columns[value]
    return found if columns[count] >= FEWEST_USERS else None
