"""What an executor is given to do: never who asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from resolvers.agents.activation import AgentTask
from resolvers.agents.limits import AgentLimits, limits_of
from resolvers.ids import encode_id
from resolvers.reflection import entity_of


@strawberry.type(description="A task as its executor holds it.")
class AgentWork:
    """A task as its executor holds it."""

    task_id: strawberry.ID = strawberry.field(description="The task, to be given back by.")
    attempt: int = strawberry.field(
        description="Which attempt this is, counted from 1; to be given back by, so that nobody "
        "ends a task that another has taken over."
    )
    max_attempts: int = strawberry.field(description="How often it may be started.")
    task_type: str = strawberry.field(description="What is to be done.")
    payload: JSON = strawberry.field(description="What its owner wants the agent to know.")
    priority: int = strawberry.field(description="How urgent it is: 1 first, 10 last.")
    locked_until: datetime = strawberry.field(
        description="Until when it is held; renew it in time, or another may take it."
    )
    configuration: JSON | None = strawberry.field(
        description="Settings of the activation it is done for; null for the system's own tasks."
    )
    limits: AgentLimits | None = strawberry.field(
        description="How much may be done for it; null for the system's own tasks."
    )


def work_of(task: Mapping[str, Any], held: Mapping[str, Any]) -> AgentWork:
    """A task as it was found, and as it is held since."""
    is_users = task["activation_id"] is not None
    return AgentWork(
        task_id=strawberry.ID(encode_id(entity_of(AgentTask), task["id"])),
        attempt=held["attempts"],
        max_attempts=task["max_attempts"],
        task_type=task["task_type"],
        payload=task["payload"],
        priority=task["priority"],
        locked_until=held["locked_until"],
        configuration=task["configuration"] if is_users else None,
        limits=limits_of(task["allocation_limits"], task["risk_parameters"]) if is_users else None,
    )
