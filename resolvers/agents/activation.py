"""Agents that users switched on, and what these are asked to do."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from resolvers.agents.enums import ActivationStatus, TaskStatus
from resolvers.agents.limits import AgentLimits, limits_of
from resolvers.connection import Connection
from resolvers.fields import column, computed, entity, one, page
from resolvers.node import Node
from resolvers.plan import Owner, Table
from resolvers.scalars import BigInt, Hash

if TYPE_CHECKING:
    from resolvers.agents.types import Agent
    from resolvers.portfolio.types import Portfolio

ACTIVATIONS = Table(
    "postgres",
    "agents.activations",
    order=("-activated_at",),
    owner=Owner("user_id"),
    kinds={"risk_parameters": "json", "allocation_limits": "json"},
)
# Ids of tasks are in the order they were asked for, which an index keeps for each user.
TASKS = Table("postgres", "agents.tasks", order=("-id",), owner=Owner("user_id"))

_Agent = Annotated["Agent", strawberry.lazy("resolvers.agents.types")]


@entity(TASKS, description="Something the viewer asked an agent to do.")
class AgentTask(Node):
    """Something the viewer asked an agent to do."""

    task_type: str = column("What is to be done, in the agent's own word.")
    priority: int = column("How urgent it is: 1 first, 10 last.")
    payload: JSON = column("What the agent needs to know, by name.")
    status: TaskStatus = column("Where it stands.")
    run_after: datetime = column("Not before this time; later than asked after a failure.")
    attempts: int = column("How often it was started.")
    max_attempts: int = column("How often it may be started.")
    locked_until: datetime | None = column(
        "Until when its executor holds it; another may take it afterwards. Null when nobody does."
    )
    started_at: datetime | None = column("Latest start.")
    completed_at: datetime | None = column("When it ended; null until then.")
    error_message: str | None = column("Why the latest attempt failed.")
    result: JSON | None = column("What came out; null until it is done.")
    created_at: datetime = column("When it was asked for.")
    agent: _Agent | None = one("Who is to do it.", local="agent_id")
    activation: (
        Annotated[AgentActivation, strawberry.lazy("resolvers.agents.activation")] | None
    ) = one("The activation it is done for.", local="activation_id")


@entity(ACTIVATIONS, description="An agent the viewer switched on.")
class AgentActivation(Node):
    """An agent the viewer switched on."""

    status: ActivationStatus = column("Where it stands.")
    configuration: JSON = column("Settings its owner chose, by name.")
    activation_tx_hash: Hash | None = column(
        "Transaction that switched it on, where the agent lives on chain."
    )
    activated_at: datetime = column("When it was switched on.")
    deactivated_at: datetime | None = column("When it was switched off; null until then.")
    total_executions: BigInt = column("Runs so far.")
    successful_executions: BigInt = column("Runs that reached their goal.")
    failed_executions: BigInt = column("Runs that did not.")
    total_profit_usd: Decimal = column("Profit so far, US dollars.", column="total_profit")
    total_fees_paid_usd: Decimal = column(
        "Fees paid to the agent so far, US dollars.", column="total_fees_paid"
    )
    current_allocation_usd: Decimal = column(
        "Worth it manages now, US dollars.", column="current_allocation"
    )
    current_apr_pct: Decimal | None = column(
        "Yield a year it earns now, without compounding, percent; null when unknown.",
        column="current_apr",
    )
    last_execution_at: datetime | None = column("Latest run; null before the first.")
    last_profit_report_at: datetime | None = column("Latest report of profit.")
    version: int = column("How often it was edited, counted from 1; for `expectedVersion`.")
    created_at: datetime = column("When it was made.")
    updated_at: datetime = column("When anything of it last changed.")
    agent: _Agent | None = one("The agent.", local="agent_id")
    portfolio: Annotated[Portfolio, strawberry.lazy("resolvers.portfolio.types")] | None = one(
        "The portfolio it works for; null for none in particular.", local="portfolio_id"
    )
    tasks: Connection[AgentTask] = page(
        "What it was asked to do, newest first.", remote="activation_id"
    )

    @computed("How much it may do.", requires=("allocation_limits", "risk_parameters"))
    def limits(self) -> AgentLimits:
        """Limits its owner set."""
        columns = self.__dict__
        return limits_of(columns["allocation_limits"], columns["risk_parameters"])
