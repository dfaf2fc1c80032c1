"""Changes of agents' activations and tasks."""

from __future__ import annotations

import strawberry

from resolvers.agents.activation_mutations import ActivationMutation
from resolvers.agents.executor_mutations import ExecutorMutation
from resolvers.agents.task_mutations import TaskMutation


@strawberry.type(description="Changes of agents' activations and tasks.")
class AgentsMutation(ActivationMutation, TaskMutation, ExecutorMutation):
    """Changes of agents' activations and tasks."""
