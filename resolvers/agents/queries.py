"""Root fields of agents."""

from __future__ import annotations

import strawberry

from resolvers.agents.activation import AgentActivation, AgentTask
from resolvers.agents.figures import AgentRank, AgentTrend
from resolvers.agents.types import Agent
from resolvers.connection import Connection
from resolvers.fields import root_one, root_page
from resolvers.permissions import Access


@strawberry.type(description="Agents.")
class AgentsQuery:
    """Root fields of agents."""

    agent: Agent | None = root_one(
        "One agent, by `id` or `slug`; null when there is none.",
        by=("id", "slug"),
        access=Access.PUBLIC,
    )
    agents: Connection[Agent] | None = root_page(
        "Satellites and market agents, by name.", access=Access.PUBLIC
    )
    agent_leaderboard: Connection[AgentRank] | None = root_page(
        "Agents that are offered, the best first; ranked anew every five minutes.",
        access=Access.PUBLIC,
    )
    agent_trends: Connection[AgentTrend] | None = root_page(
        "What became of agents' activations of the last twelve weeks, by week, newest first.",
        access=Access.PUBLIC,
    )
    agent_activation: AgentActivation | None = root_one(
        "One activation of the viewer's own; null when they have none with this id.",
        by=("id",),
        access=Access.OWNER,
    )
    agent_activations: Connection[AgentActivation] | None = root_page(
        "Agents the viewer switched on, newest first.", access=Access.OWNER
    )
    agent_task: AgentTask | None = root_one(
        "One task the viewer asked for; null when they asked for none with this id.",
        by=("id",),
        access=Access.OWNER,
    )
    agent_tasks: Connection[AgentTask] | None = root_page(
        "What the viewer asked agents to do, newest first.", access=Access.OWNER
    )
