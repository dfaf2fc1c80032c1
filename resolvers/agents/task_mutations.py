"""Asking agents to do something, and taking it back."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

import strawberry
from strawberry.scalars import JSON

from resolvers.agents.activation import AgentActivation, AgentTask
from resolvers.mutation import (
    Change,
    IdempotentInput,
    Payload,
    ReplayablePayload,
    UserErrorCode,
    changed,
    mutation,
)

TABLE: Final = "agents.tasks"
MAX_OPEN: Final = 100
MAX_ATTEMPTS: Final = 20
_MAX_PAYLOAD: Final = 16_384
_LONGEST_TYPE: Final = 100
_TYPE: Final = re.compile(r"[a-z][a-z0-9_.-]*")
_LATEST: Final = timedelta(days=366)


@strawberry.input(description="What an activated agent is to do.")
class EnqueueAgentTaskInput(IdempotentInput):
    """What an activated agent is to do."""

    activation_id: strawberry.ID = strawberry.field(
        description="The activation it is done for, one of the viewer's own that is active."
    )
    task_type: str = strawberry.field(
        description="What is to be done, in the agent's own word: lower-case letters, digits and "
        "`_.-`, such as rebalance."
    )
    payload: JSON | None = strawberry.field(
        default=strawberry.UNSET,
        description="What the agent needs to know, by name; at most 16 KiB.",
    )
    priority: int = strawberry.field(default=5, description="How urgent it is: 1 first, 10 last.")
    run_after: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="Not before this time, within a year; at once when not given.",
    )
    max_attempts: int = strawberry.field(
        default=5, description=f"How often it may be started, 1 to {MAX_ATTEMPTS}."
    )


@strawberry.input(description="Which task to take back.")
class CancelAgentTaskInput:
    """Which task to take back."""

    id: strawberry.ID = strawberry.field(description="The task, one the viewer asked for.")


@strawberry.type(description="What came of asking an agent to do something.")
class EnqueueAgentTaskPayload(ReplayablePayload):
    """What came of asking an agent to do something."""

    task: AgentTask | None = changed("The task; null when it was refused.")


@strawberry.type(description="What came of taking a task back.")
class CancelAgentTaskPayload(Payload):
    """What came of taking a task back."""

    task: AgentTask | None = changed("The task; null when nothing was changed.")


@strawberry.type(description="Changes of the viewer's tasks.")
class TaskMutation:
    """Changes of the viewer's tasks."""

    @mutation(
        "Asks an activated agent to do something. One of its executors takes it up when its time "
        f"has come. An activation has at most {MAX_OPEN} open tasks."
    )
    async def enqueue_agent_task(
        self, change: Change, input: EnqueueAgentTaskInput
    ) -> EnqueueAgentTaskPayload:
        """Puts a task into the queue of an agent."""
        activation = change.key("activation_id", input.activation_id, AgentActivation)
        task_type = change.text("task_type", input.task_type, longest=_LONGEST_TYPE)
        if task_type is not None and not _TYPE.fullmatch(task_type):
            message = "Begin with a lower-case letter; go on with those, digits and `_.-`."
            change.refuse("task_type", UserErrorCode.INVALID, message)
        payload = change.json("payload", input.payload, most_bytes=_MAX_PAYLOAD)
        priority = change.whole("priority", input.priority, least=1, most=10)
        attempts = change.whole("max_attempts", input.max_attempts, least=1, most=MAX_ATTEMPTS)
        latest = change.context.clock() + _LATEST
        run_after = change.moment("run_after", input.run_after, latest=latest)
        found = await change.found(
            "activation_id",
            "AgentActivation",
            "agents.wishes_of",
            id=activation,
            user_id=change.user_id,
        )
        if found["status"] != "active":
            message = f"It is {found['status']}. Resume it, or activate the agent anew."
            change.refuse("activation_id", UserErrorCode.NOT_ALLOWED, message)
        elif found["open_tasks"] >= MAX_OPEN:
            message = f"It has {MAX_OPEN} open tasks. Wait for some to end, or take some back."
            change.refuse("activation_id", UserErrorCode.LIMIT_REACHED, message)
        row = await change.one(
            "agents.enqueue_task",
            agent_id=found["agent_id"],
            user_id=change.user_id,
            activation_id=activation,
            task_type=task_type,
            priority=priority,
            payload=payload or {},
            run_after=run_after,
            max_attempts=attempts,
        )
        assert row is not None
        change.created(TABLE, row)
        return EnqueueAgentTaskPayload(task=row["id"])

    @mutation(
        "Takes a task back. An executor that works on it is told so when it gives it back; what "
        "it did until then is done."
    )
    async def cancel_agent_task(
        self, change: Change, input: CancelAgentTaskInput
    ) -> CancelAgentTaskPayload:
        """Cancels a task that is not over."""
        key = change.key("id", input.id, AgentTask)
        owner = change.user_id
        before = await change.one("agents.lock_task", id=key, user_id=owner)
        if before is None:
            over = await change.found(
                "id", "AgentTask", "agents.task_status", id=key, user_id=owner
            )
            message = f"It is {over['status']} already."
            change.refuse("id", UserErrorCode.NOT_ALLOWED, message)
            return CancelAgentTaskPayload()
        (after,) = await change.all("agents.cancel_tasks", ids=[key], user_id=owner)
        change.updated(TABLE, before, after)
        return CancelAgentTaskPayload(task=after["id"])
