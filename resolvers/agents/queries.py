"""Root fields of agents."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry import Info

from resolvers.agents.activation import AgentActivation, AgentTask
from resolvers.agents.discovery import AgentSearch, Wanted, search_agents
from resolvers.agents.enums import AgentKind, AgentType
from resolvers.agents.figures import AgentRank, AgentTrend
from resolvers.agents.types import Agent
from resolvers.connection import Connection
from resolvers.fields import root_field, root_one, root_page
from resolvers.nearest import FirstSimilar
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
        "What became of agents' activations, by week, newest first: the twelve weeks before the "
        "newest activation of all.",
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

    @root_field(
        "Agents that suit a wish, the best first: one ranking by the words of the wish and by its "
        "meaning.",
        access=Access.PUBLIC,
    )
    async def agent_search(
        self,
        info: Info,
        text: Annotated[
            str,
            strawberry.argument(
                description="The wish, a name or a sentence; at most 500 characters."
            ),
        ],
        first: FirstSimilar = 10,
        kind: Annotated[
            AgentKind | None, strawberry.argument(description="Only agents offered by them.")
        ] = None,
        agent_type: Annotated[
            AgentType | None, strawberry.argument(description="Only agents for that.")
        ] = None,
        capability: Annotated[
            str | None,
            strawberry.argument(description="Only agents with this word among `capabilities`."),
        ] = None,
        chain: Annotated[
            str | None,
            strawberry.argument(
                description="Only agents that work on the chain of this slug; those that name no "
                "chains work on any."
            ),
        ] = None,
        min_reputation: Annotated[
            Decimal | None,
            strawberry.argument(description="Only agents with this reputation or more, 0 to 1."),
        ] = None,
    ) -> AgentSearch | None:
        """Two statements and one request to Qdrant."""
        wanted = Wanted(kind, agent_type, capability, chain, min_reputation)
        return await search_agents(info.context, text, first=first, wanted=wanted)
