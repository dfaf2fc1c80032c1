"""Users, agents and ways to ask, for tests of agents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from resolvers.agents.types import Agent
from resolvers.context import Viewer
from resolvers.ids import encode_id
from resolvers.permissions import scopes_of
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.conftest import Answer
from tests.resolvers.graph import ask


def agent_id(key: UUID) -> str:
    """The global id of an agent."""
    return encode_id(entity_of(Agent), key)


def user(key: UUID, *scopes: str) -> Viewer:
    """A user, by an API key when there are scopes."""
    return Viewer(key, "user", scopes=scopes_of(scopes) if scopes else None)


async def change(stores: Stores, viewer: Viewer, field: str, **input: Any) -> dict[str, Any]:
    """What a mutation answers, with all that payloads of agents have."""
    answer = await changed(stores, viewer, field, **input)
    assert not answer.errors, answer.errors
    found: dict[str, Any] = answer.data[field]
    return found


async def changed(stores: Stores, viewer: Viewer, field: str, **input: Any) -> Answer:
    """A mutation, whatever comes of it."""
    kind = field[0].upper() + field[1:]
    query = f"""mutation ($input: {kind}Input!) {{ {field}(input: $input) {{
      userErrors {{ field code message }} {_SHOWN[field]} }} }}"""
    return await ask(stores, query, viewer=viewer, input=input)


_ACTIVATION = """activation { id status version configuration portfolio { name } agent { slug }
  limits { budgetUsd maxPositionUsd maxDrawdown maxSlippageBps maxLeverage
    perAsset { maxUsd asset { symbol } } }
  deactivatedAt tasks { nodes { status } } }"""
_TASK = """task { id taskType payload priority status runAfter attempts maxAttempts agent { slug }
  activation { id } errorMessage result completedAt }"""
_SHOWN = {
    "activateAgent": f"replayed {_ACTIVATION}",
    "configureAgentActivation": _ACTIVATION,
    "pauseAgentActivation": _ACTIVATION,
    "resumeAgentActivation": _ACTIVATION,
    "stopAgentActivation": f"cancelledTasks {_ACTIVATION}",
    "enqueueAgentTask": f"replayed {_TASK}",
    "cancelAgentTask": _TASK,
    "claimAgentTask": """work { taskId attempt maxAttempts taskType payload priority lockedUntil
      configuration limits { budgetUsd perAsset { maxUsd } } }""",
    "renewAgentTask": "status lockedUntil",
    "completeAgentTask": "status lockedUntil",
    "failAgentTask": "status lockedUntil",
}


def refused(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """Path and code of every user error."""
    return [(".".join(each["field"]), each["code"]) for each in payload["userErrors"]]


async def rows(stores: Stores, text: str, *values: object) -> list[dict[str, Any]]:
    """Rows of a statement as the worker, who sees everything."""
    statement = Statement("look", text, (), "exec")
    return [dict(row) for row in await stores.postgres.fetch(statement, *values)]


@asynccontextmanager
async def world(
    worker_stores: Stores,
    users: Sequence[UUID],
    agents: Sequence[tuple[UUID, str, int]],
    executors: Sequence[tuple[UUID, UUID]] = (),
) -> AsyncIterator[None]:
    """Users, agents with their slug and places, and who carries out whose tasks; tidied up."""
    postgres = worker_stores.postgres
    await postgres.copy_rows("account.users", ("id",), [(key,) for key in users])
    await postgres.copy_rows(
        "agents.agents",
        ("id", "slug", "name", "description", "kind", "agent_type", "max_concurrent_users"),
        [(key, slug, slug, "Tests.", "marketplace", "data", most) for key, slug, most in agents],
    )
    await postgres.copy_rows("agents.executors", ("agent_id", "user_id"), executors)
    yield
    keys = [key for key, *_ in agents]
    for table, column in (
        ("agents.tasks", "agent_id"),
        ("agents.activations", "agent_id"),
        ("agents.executors", "agent_id"),
        ("agents.agents", "id"),
    ):
        text = f"DELETE FROM {table} WHERE {column} = ANY($1::uuid[])"
        await postgres.execute(Statement("tidy", text, ("ids",), "exec"), keys)


async def tidied(worker_stores: Stores, agent: UUID) -> None:
    """Take away what users did with an agent."""
    for table in ("agents.tasks", "agents.activations"):
        text = f"DELETE FROM {table} WHERE agent_id = $1::uuid"
        await worker_stores.postgres.execute(Statement("tidy", text, ("id",), "exec"), agent)


def some_users(count: int) -> list[UUID]:
    """New users' keys."""
    return [uuid4() for _ in range(count)]
