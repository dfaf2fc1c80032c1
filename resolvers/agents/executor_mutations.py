"""Carrying tasks out: an executor claims one, holds it by a lease, and gives it back.

An executor is an account that operators appointed for an agent (`agents.executors`), usually with
an API key of the scope `write`. A claim is good for a while; whoever does not give the task back or
renew in time loses it to the next claim. The number of the attempt tells a holder from those who
held the task before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import strawberry
from strawberry.scalars import JSON

from resolvers.agents.activation import AgentTask
from resolvers.agents.enums import TaskStatus
from resolvers.agents.task_mutations import TABLE
from resolvers.agents.types import Agent
from resolvers.agents.work import AgentWork, work_of
from resolvers.mutation import Change, Payload, Refused, UserErrorCode, mutation, outcome

_LONGEST_WORKER: Final = 100
_LONGEST_ERROR: Final = 2000
_MAX_RESULT: Final = 65_536
_MAX_TYPES: Final = 50
_SHORTEST_LEASE_S: Final = 5
_LONGEST_LEASE_S: Final = 3600
_LONGEST_WAIT_S: Final = 7 * 86_400
# Tasks that lost their last executor and are ended on the way to one that can be done.
_MOST_SPENT: Final = 20
_LAPSED: Final = "Its executor did not give it back in time."
_LEASE: Final = (
    f"Seconds it is held, {_SHORTEST_LEASE_S} to {_LONGEST_LEASE_S:,}; renew it before they end."
)
_WORKER: Final = "Name of the program that holds it, of the executor's choice."


@strawberry.input(description="Which kind of task an executor wants.")
class ClaimAgentTaskInput:
    """Which kind of task an executor wants."""

    agent_id: strawberry.ID = strawberry.field(
        description="The agent, one that the viewer is an executor of."
    )
    worker: str = strawberry.field(description=_WORKER)
    lease_s: int = strawberry.field(default=300, description=_LEASE)
    task_types: list[str] = strawberry.field(
        default_factory=list,
        description=f"Only these kinds, {_MAX_TYPES} at most; all when there are none.",
    )


@strawberry.input(description="Which task an executor holds.")
class HeldTaskInput:
    """Which task an executor holds."""

    task_id: strawberry.ID = strawberry.field(description="The task, as it was claimed.")
    attempt: int = strawberry.field(description="The attempt, as it was claimed.")
    worker: str = strawberry.field(description=f"{_WORKER} The one that claimed it.")


@strawberry.input(description="How much longer a task is held.")
class RenewAgentTaskInput(HeldTaskInput):
    """How much longer a task is held."""

    lease_s: int = strawberry.field(default=300, description=_LEASE)


@strawberry.input(description="What came out of a task.")
class CompleteAgentTaskInput(HeldTaskInput):
    """What came out of a task."""

    result: JSON | None = strawberry.field(
        default=strawberry.UNSET,
        description="What came out, by name, for its owner; at most 64 KiB.",
    )


@strawberry.input(description="Why a task failed.")
class FailAgentTaskInput(HeldTaskInput):
    """Why a task failed."""

    error: str = strawberry.field(
        description="Why, for its owner, in at most 2,000 characters. No secrets."
    )
    retry: bool = strawberry.field(
        default=True,
        description="Whether trying again may help; without it, or when no attempt is left, the "
        "task has failed.",
    )
    retry_in_s: int = strawberry.field(
        default=60, description="Seconds until it may be tried again, up to a week."
    )


@strawberry.type(description="What came of asking for a task.")
class ClaimAgentTaskPayload(Payload):
    """What came of asking for a task."""

    work: AgentWork | None = outcome("The task, held from now on; null when none waits.")


@strawberry.type(description="What came of a held task.")
class HeldTaskPayload(Payload):
    """What came of a held task."""

    status: TaskStatus | None = outcome("Where it stands now; null when nothing was changed.")
    locked_until: datetime | None = outcome(
        "Until when it is held; null when nobody holds it any more."
    )


@strawberry.type(description="What came of holding a task for longer.")
class RenewAgentTaskPayload(HeldTaskPayload):
    """What came of holding a task for longer."""


@strawberry.type(description="What came of giving a task back as done.")
class CompleteAgentTaskPayload(HeldTaskPayload):
    """What came of giving a task back as done."""


@strawberry.type(description="What came of giving a task back as failed.")
class FailAgentTaskPayload(HeldTaskPayload):
    """What came of giving a task back as failed."""


@strawberry.type(description="What executors do.")
class ExecutorMutation:
    """What executors do."""

    @mutation(
        "Takes up the most urgent task of an agent that nobody holds, for executors of the agent. "
        "Two who claim at once get two tasks."
    )
    async def claim_agent_task(
        self, change: Change, input: ClaimAgentTaskInput
    ) -> ClaimAgentTaskPayload:
        """Claims one task."""
        agent = change.key("agent_id", input.agent_id, Agent)
        holder = _holder(change, input.worker)
        lease_s = _seconds(change, "lease_s", input.lease_s)
        types = change.listed("task_types", input.task_types, most=_MAX_TYPES)
        if not await change.one("agents.served", agent_id=agent, user_id=change.user_id):
            message = "You are no executor of such an agent. Ask the operators to appoint you."
            change.refuse("agent_id", UserErrorCode.NOT_ALLOWED, message)
        for _ in range(_MOST_SPENT):
            task = await change.one(
                "agents.next_task",
                agent_id=agent,
                user_id=change.user_id,
                task_types=list(types),
            )
            if task is None:
                break
            if not task["is_spent"]:
                held = await change.one(
                    "agents.hold_task", id=task["id"], holder=holder, lease_s=lease_s
                )
                assert held is not None
                _record(change, task, held)
                return ClaimAgentTaskPayload(work=work_of(task, held))
            await _end(change, "agents.give_up_task", task, message=_LAPSED)
        return ClaimAgentTaskPayload()

    @mutation("Holds a claimed task for longer, for work that takes its time.")
    async def renew_agent_task(
        self, change: Change, input: RenewAgentTaskInput
    ) -> RenewAgentTaskPayload:
        """Extends a lease."""
        lease_s = _seconds(change, "lease_s", input.lease_s)
        task = await _held(change, input)
        after = await _end(change, "agents.renew_task", task, lease_s=lease_s)
        return RenewAgentTaskPayload(**after)

    @mutation("Gives a claimed task back as done.")
    async def complete_agent_task(
        self, change: Change, input: CompleteAgentTaskInput
    ) -> CompleteAgentTaskPayload:
        """Completes a task."""
        result = change.json("result", input.result, most_bytes=_MAX_RESULT)
        task = await _held(change, input)
        after = await _end(change, "agents.complete_task", task, result=result)
        return CompleteAgentTaskPayload(**after)

    @mutation("Gives a claimed task back as failed; it is tried again while attempts are left.")
    async def fail_agent_task(
        self, change: Change, input: FailAgentTaskInput
    ) -> FailAgentTaskPayload:
        """Ends an attempt."""
        message = change.text("error", input.error, longest=_LONGEST_ERROR)
        wait_s = change.whole("retry_in_s", input.retry_in_s, least=0, most=_LONGEST_WAIT_S)
        task = await _held(change, input)
        if input.retry and task["attempts"] < task["max_attempts"]:
            after = await _end(change, "agents.put_back_task", task, message=message, wait_s=wait_s)
        else:
            after = await _end(change, "agents.give_up_task", task, message=message)
        return FailAgentTaskPayload(**after)


def _holder(change: Change, worker: str) -> str | None:
    """Who holds a task: an account and one of its programs."""
    name = change.text("worker", worker, longest=_LONGEST_WORKER)
    return None if name is None else f"{change.user_id}/{name}"


def _seconds(change: Change, path: str, value: int) -> int | None:
    return change.whole(path, value, least=_SHORTEST_LEASE_S, most=_LONGEST_LEASE_S)


async def _held(change: Change, input: HeldTaskInput) -> Mapping[str, Any]:
    """The task an executor says it holds, kept from others.

    Raises:
        Refused: it does not hold it.
    """
    key = change.key("task_id", input.task_id, AgentTask)
    attempt = change.whole("attempt", input.attempt, least=1, most=2**31 - 1)
    row = await change.one(
        "agents.held_task",
        id=key,
        holder=_holder(change, input.worker),
        attempt=attempt,
        user_id=change.user_id,
    )
    if row is None:
        message = (
            "You do not hold this task, at least not any more: another took it when its time was "
            "over, or its owner took it back. Claim the next one."
        )
        change.refuse("task_id", UserErrorCode.CONFLICT, message)
        raise Refused(change.refusals)
    return row


async def _end(
    change: Change, query: str, task: Mapping[str, Any], **values: object
) -> dict[str, Any]:
    """Change a held task; where it stands then."""
    after = await change.one(query, id=task["id"], **values)
    assert after is not None
    _record(change, task, after)
    return {"status": TaskStatus(after["status"]), "locked_until": after["locked_until"]}


def _record(change: Change, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """What became of a task, for the log and for its owner; not what it is about."""
    known = dict(before.items())
    earlier = {name: known[name] for name, _ in after.items() if name in known}
    change.updated(TABLE, earlier, after, user_id=after["user_id"])
