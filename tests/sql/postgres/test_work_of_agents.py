"""Tasks of agents and places with them, as policies and triggers keep them: below the gateway."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.sql.postgres.rows import Rows, acting_for

_CLAIM = (
    "UPDATE agents.tasks SET status = 'running', attempts = attempts + 1, locked_by = 'w',"
    " locked_until = now() + interval '1 minute' WHERE id = $1"
)
_END = "UPDATE agents.tasks SET status = $2::text::agents.task_status WHERE id = $1"


async def task_of(rows: Rows, owner: UUID) -> asyncpg.Record:
    """A task that somebody asked for, with its activation and agent."""
    return await rows.insert("agents.tasks", owner=owner)


async def executor_of(rows: Rows, agent: UUID) -> UUID:
    user = await rows.user()
    await rows.insert("agents.executors", agent_id=agent, user_id=user)
    return user


async def test_the_owner_takes_a_task_back_and_does_nothing_else(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    owner = await rows.user()
    task = await task_of(rows, owner)
    for status in ("running", "completed", "failed", "pending"):
        async with acting_for(gateway, owner):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await gateway.execute(_END, task["id"], status)
    async with acting_for(gateway, owner):
        assert await gateway.execute(_END, task["id"], "cancelled") == "UPDATE 1"
        # What is over stays as it is.
        assert await gateway.execute(_END, task["id"], "cancelled") == "UPDATE 0"


async def test_an_executor_carries_out_and_takes_nothing_back(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    task = await task_of(rows, await rows.user())
    executor = await executor_of(rows, task["agent_id"])
    async with acting_for(gateway, executor):
        assert await gateway.execute(_CLAIM, task["id"]) == "UPDATE 1"
        seen = "SELECT configuration FROM agents.activations WHERE id = $1"
        assert len(await gateway.fetch(seen, task["activation_id"])) == 1
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await gateway.execute(_END, task["id"], "cancelled")


@pytest.mark.parametrize("column", ["payload", "task_type", "user_id", "agent_id", "priority"])
async def test_nobody_rewrites_a_wish(rows: Rows, gateway: asyncpg.Connection, column: str) -> None:
    owner = await rows.user()
    task = await task_of(rows, owner)
    for viewer in (owner, await executor_of(rows, task["agent_id"])):
        async with acting_for(gateway, viewer):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await gateway.execute(
                    f"UPDATE agents.tasks SET {column} = {column} WHERE id = $1", task["id"]
                )


async def test_an_executor_of_another_agent_sees_and_changes_nothing(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    task = await task_of(rows, await rows.user())
    other = await rows.insert("agents.agents")
    executor = await executor_of(rows, other["id"])
    async with acting_for(gateway, executor):
        assert await gateway.execute(_CLAIM, task["id"]) == "UPDATE 0"
        for table, key in (("tasks", "id"), ("activations", "activation_id")):
            found = await gateway.fetch(f"SELECT id FROM agents.{table} WHERE id = $1", task[key])
            assert found == []


async def test_nobody_appoints_themselves(rows: Rows, gateway: asyncpg.Connection) -> None:
    user = await rows.user()
    agent = await rows.insert("agents.agents")
    async with acting_for(gateway, user):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await gateway.execute(
                "INSERT INTO agents.executors (agent_id, user_id) VALUES ($1, $2)",
                agent["id"],
                user,
            )


async def test_a_task_belongs_to_an_activation_of_its_owner_and_agent(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    alice, bob = await rows.user(), await rows.user()
    hers = await rows.insert("agents.activations", owner=alice)
    other = await rows.insert("agents.agents")
    wrong: list[tuple[Any, ...]] = [
        (hers["agent_id"], bob, hers["id"]),
        (other["id"], alice, hers["id"]),
    ]
    for agent, user, activation in wrong:
        async with acting_for(gateway, user):
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                await gateway.execute(
                    "INSERT INTO agents.tasks (agent_id, user_id, activation_id, task_type)"
                    " VALUES ($1, $2, $3, 'x')",
                    agent,
                    user,
                    activation,
                )


async def test_a_full_agent_takes_nobody_whoever_writes(rows: Rows) -> None:
    agent = await rows.insert("agents.agents", max_concurrent_users=2)
    first = await rows.insert("agents.activations", agent_id=agent["id"])
    await rows.insert("agents.activations", agent_id=agent["id"], status="error")
    await rows.insert("agents.activations", agent_id=agent["id"], status="paused")
    waiting = await rows.insert("agents.activations", agent_id=agent["id"], status="paused")
    resume = "UPDATE agents.activations SET status = 'active' WHERE id = $1"
    with pytest.raises(asyncpg.ExclusionViolationError) as refused:
        await rows.insert("agents.activations", agent_id=agent["id"])
    assert refused.value.constraint_name == "activations_within_places"
    with pytest.raises(asyncpg.ExclusionViolationError):
        await rows.connection.execute(resume, waiting["id"])
    # What holds a place keeps it, and a place that is left may be taken.
    await rows.connection.execute(resume, first["id"])
    await rows.connection.execute(
        "UPDATE agents.activations SET status = 'stopped' WHERE id = $1", first["id"]
    )
    await rows.connection.execute(resume, waiting["id"])
