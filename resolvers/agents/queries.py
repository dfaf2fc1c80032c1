"""Root fields of agents."""

from __future__ import annotations

import strawberry

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
