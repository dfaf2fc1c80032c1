"""Tasks: asked for, taken back, claimed once, held by a lease, given back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.agents.activation import AgentActivation, AgentTask
from resolvers.context import Viewer
from resolvers.ids import encode_id
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.agents.world import (
    agent_id,
    change,
    changed,
    refused,
    rows,
    some_users,
    tidied,
    user,
    world,
)
from tests.resolvers.graph import ask

AGENT, OTHER = uuid4(), uuid4()
TAG = AGENT.hex[:12]
USERS = some_users(5)
ALICE, BOB = user(USERS[0]), user(USERS[1])
EXECUTOR, SECOND, FOREIGN = (user(key, "write") for key in USERS[2:])
MINE, HIS = uuid4(), uuid4()
WANTED = {"agentId": agent_id(AGENT), "worker": "w1"}


@pytest.fixture(scope="module", autouse=True)
async def agents(worker_stores: Stores) -> AsyncIterator[None]:
    """Two agents; the first has two executors, the second one of its own."""
    named = [(AGENT, f"t{TAG}-one", 100), (OTHER, f"t{TAG}-two", 100)]
    duties = [(AGENT, USERS[2]), (AGENT, USERS[3]), (OTHER, USERS[4])]
    async with world(worker_stores, USERS, named, duties):
        yield


@pytest.fixture(autouse=True)
async def activated(agents: None, worker_stores: Stores) -> AsyncIterator[None]:
    """Alice and Bob have the first agent switched on, and nothing is to be done."""
    await worker_stores.postgres.copy_rows(
        "agents.activations",
        ("id", "user_id", "agent_id", "configuration", "allocation_limits"),
        [
            (MINE, USERS[0], AGENT, {"mode": "calm"}, {"budget_usd": "70"}),
            (HIS, USERS[1], AGENT, {}, {}),
        ],
    )
    yield
    await tidied(worker_stores, AGENT)


def activation_id(key: UUID) -> str:
    return encode_id(entity_of(AgentActivation), key)


def task_id(key: UUID) -> str:
    return encode_id(entity_of(AgentTask), key)


async def asked(stores: Stores, viewer: Viewer = ALICE, **more: Any) -> dict[str, Any]:
    """A task that somebody asked for."""
    mine = MINE if viewer is ALICE else HIS
    more = {"activationId": activation_id(mine), "taskType": "rebalance", **more}
    payload = await change(stores, viewer, "enqueueAgentTask", **more)
    assert payload["userErrors"] == []
    task: dict[str, Any] = payload["task"]
    return task


async def claimed(stores: Stores, viewer: Viewer = EXECUTOR, **more: Any) -> Any:
    payload = await change(stores, viewer, "claimAgentTask", **(WANTED | more))
    assert payload["userErrors"] == []
    return payload["work"]


async def lapse(worker_stores: Stores) -> None:
    """The time of every lease is over."""
    text = "UPDATE agents.tasks SET locked_until = now() WHERE agent_id = $1 AND locked_by <> ''"
    await worker_stores.postgres.execute(Statement("lapse", text, ("id",), "exec"), AGENT)


def held(work: dict[str, Any], worker: str = "w1", **more: Any) -> dict[str, Any]:
    return {"taskId": work["taskId"], "attempt": work["attempt"], "worker": worker, **more}


async def test_a_task_is_asked_for_and_read_by_its_owner_alone(stores: Stores) -> None:
    later = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    task = await asked(
        stores,
        payload={"to": 7},
        priority=2,
        runAfter=later.isoformat(),
        maxAttempts=3,
    )
    assert task == {
        "id": task["id"],
        "taskType": "rebalance",
        "payload": {"to": 7},
        "priority": 2,
        "status": "PENDING",
        "runAfter": later.isoformat().replace("+00:00", "Z"),
        "attempts": 0,
        "maxAttempts": 3,
        "agent": {"slug": f"t{TAG}-one"},
        "activation": {"id": activation_id(MINE)},
        "errorMessage": None,
        "result": None,
        "completedAt": None,
    }
    query = """query ($id: ID!, $slug: String!) { agentTask(id: $id) { status } node(id: $id) { id }
      agentTasks { nodes { id } totalCount { value } }
      agent(slug: $slug) { tasks { nodes { id } } } }"""
    variables = {"id": task["id"], "slug": f"t{TAG}-one"}
    mine = await ask(stores, query, viewer=ALICE, **variables)
    assert not mine.errors
    assert mine.data["agentTask"] == {"status": "PENDING"}
    assert mine.data["agentTasks"] == {"nodes": [{"id": task["id"]}], "totalCount": {"value": 1}}
    assert mine.data["agent"] == {"tasks": {"nodes": [{"id": task["id"]}]}}
    # An executor carries it out, and still does not find it among its own.
    for viewer in (BOB, EXECUTOR):
        answer = await ask(stores, query, viewer=viewer, **variables)
        assert not answer.errors
        assert answer.data == {
            "agentTask": None,
            "node": None,
            "agentTasks": {"nodes": [], "totalCount": {"value": 0}},
            "agent": {"tasks": {"nodes": []}},
        }
    nobody = await ask(stores, query, **variables)
    assert {code for _, code in nobody.codes} == {"UNAUTHENTICATED"}


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ({"taskType": ""}, "taskType", "REQUIRED"),
        ({"taskType": "Re balance"}, "taskType", "INVALID"),
        ({"taskType": "x" * 101}, "taskType", "TOO_LONG"),
        ({"priority": 0}, "priority", "INVALID"),
        ({"priority": 11}, "priority", "INVALID"),
        ({"maxAttempts": 21}, "maxAttempts", "INVALID"),
        ({"payload": [1]}, "payload", "INVALID"),
        ({"payload": {"x": "y" * 20_000}}, "payload", "TOO_LONG"),
        ({"runAfter": "2099-01-01"}, "runAfter", "INVALID"),
        ({"activationId": activation_id(HIS)}, "activationId", "NOT_FOUND"),
        ({"activationId": activation_id(uuid4())}, "activationId", "NOT_FOUND"),
        ({"activationId": "nonsense"}, "activationId", "NOT_FOUND"),
    ],
)
async def test_what_cannot_be_asked_for_is_refused(
    stores: Stores, worker_stores: Stores, given: dict[str, Any], path: str, code: str
) -> None:
    wanted = {"activationId": activation_id(MINE), "taskType": "x"} | given
    payload = await change(stores, ALICE, "enqueueAgentTask", **wanted)
    assert refused(payload) == [(path, code)]
    assert payload["task"] is None
    found = await rows(worker_stores, "SELECT id FROM agents.tasks WHERE agent_id = $1", AGENT)
    assert found == []


async def test_asking_again_with_the_key_asks_once(stores: Stores, worker_stores: Stores) -> None:
    wish = {"activationId": activation_id(MINE), "taskType": "x", "idempotencyKey": uuid4().hex}
    both = await asyncio.gather(
        *(change(stores, ALICE, "enqueueAgentTask", **wish) for _ in range(2))
    )
    assert sorted(payload["replayed"] for payload in both) == [False, True]
    assert both[0]["task"]["id"] == both[1]["task"]["id"]
    found = await rows(worker_stores, "SELECT id FROM agents.tasks WHERE agent_id = $1", AGENT)
    assert len(found) == 1


async def test_an_activation_has_a_bounded_number_of_open_tasks(
    stores: Stores, worker_stores: Stores
) -> None:
    await worker_stores.postgres.copy_rows(
        "agents.tasks",
        ("agent_id", "user_id", "activation_id", "task_type"),
        [(AGENT, USERS[0], MINE, "x")] * 99,
    )
    await asked(stores)
    more = {"activationId": activation_id(MINE), "taskType": "x"}
    payload = await change(stores, ALICE, "enqueueAgentTask", **more)
    assert refused(payload) == [("activationId", "LIMIT_REACHED")]


async def test_a_paused_activation_asks_and_does_nothing(stores: Stores) -> None:
    await asked(stores)
    await change(stores, ALICE, "pauseAgentActivation", id=activation_id(MINE))
    more = {"activationId": activation_id(MINE), "taskType": "x"}
    payload = await change(stores, ALICE, "enqueueAgentTask", **more)
    assert refused(payload) == [("activationId", "NOT_ALLOWED")]
    assert await claimed(stores) is None
    await change(stores, ALICE, "resumeAgentActivation", id=activation_id(MINE))
    assert await claimed(stores) is not None


async def test_stopping_takes_back_what_was_to_be_done(stores: Stores) -> None:
    tasks = [await asked(stores) for _ in range(3)]
    await claimed(stores)
    his = await asked(stores, BOB)
    payload = await change(stores, ALICE, "stopAgentActivation", id=activation_id(MINE))
    assert payload["cancelledTasks"] == 3
    assert payload["activation"]["tasks"]["nodes"] == [{"status": "CANCELLED"}] * len(tasks)
    work = await claimed(stores)
    assert work["taskId"] == his["id"]


async def test_a_task_is_taken_back_by_its_owner_alone_and_once(stores: Stores) -> None:
    task = await asked(stores)
    for viewer in (BOB, EXECUTOR):
        payload = await change(stores, viewer, "cancelAgentTask", id=task["id"])
        assert refused(payload) == [("id", "NOT_FOUND")]
    nobody = await changed(stores, Viewer(), "cancelAgentTask", id=task["id"])
    assert nobody.codes == [("cancelAgentTask", "UNAUTHENTICATED")]
    payload = await change(stores, ALICE, "cancelAgentTask", id=task["id"])
    assert payload["task"]["status"] == "CANCELLED"
    assert payload["task"]["completedAt"] is not None
    payload = await change(stores, ALICE, "cancelAgentTask", id=task["id"])
    assert refused(payload) == [("id", "NOT_ALLOWED")]
    assert await claimed(stores) is None


async def test_a_claim_takes_the_most_urgent_with_its_settings(stores: Stores) -> None:
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    await asked(stores, priority=1, runAfter=later)
    await asked(stores, BOB, priority=5)
    urgent = await asked(stores, priority=3, payload={"n": 1})
    assert await claimed(stores, taskTypes=["other"]) is None
    work = await claimed(stores, taskTypes=["rebalance", "other"], leaseS=60)
    until = datetime.fromisoformat(work.pop("lockedUntil"))
    assert timedelta(seconds=50) < until - datetime.now(UTC) <= timedelta(seconds=60)
    # Who asked for it is nobody's business.
    assert work == {
        "taskId": urgent["id"],
        "attempt": 1,
        "maxAttempts": 5,
        "taskType": "rebalance",
        "payload": {"n": 1},
        "priority": 3,
        "configuration": {"mode": "calm"},
        "limits": {"budgetUsd": "70", "perAsset": []},
    }
    assert (await claimed(stores))["limits"] == {"budgetUsd": None, "perAsset": []}
    assert await claimed(stores) is None


async def test_two_who_claim_at_once_get_two_tasks(stores: Stores) -> None:
    wanted = [(await asked(stores))["id"] for _ in range(6)]
    found = await asyncio.gather(
        *(
            claimed(stores, viewer, worker=f"w{n}")
            for n, viewer in enumerate([EXECUTOR, SECOND] * 4)
        )
    )
    tasks = Counter(work["taskId"] for work in found if work)
    assert tasks == Counter(wanted)
    assert found.count(None) == 2


async def test_only_executors_of_the_agent_claim(stores: Stores) -> None:
    task = await asked(stores)
    for viewer in (ALICE, BOB, FOREIGN):
        payload = await change(stores, viewer, "claimAgentTask", **WANTED)
        assert refused(payload) == [("agentId", "NOT_ALLOWED")]
        assert payload["work"] is None
    unknown = WANTED | {"agentId": agent_id(uuid4())}
    assert refused(await change(stores, EXECUTOR, "claimAgentTask", **unknown)) == [
        ("agentId", "NOT_ALLOWED")
    ]
    reader = user(USERS[2], "read")
    answer = await changed(stores, reader, "claimAgentTask", **WANTED)
    assert answer.codes == [("claimAgentTask", "FORBIDDEN")]
    answer = await changed(stores, Viewer(), "claimAgentTask", **WANTED)
    assert answer.codes == [("claimAgentTask", "UNAUTHENTICATED")]
    assert answer.statements == []
    work = await claimed(stores)
    assert work["taskId"] == task["id"]
    # The other executor of the agent, and one of another agent, do not hold it.
    for viewer in (SECOND, FOREIGN, ALICE):
        for field in ("renewAgentTask", "completeAgentTask"):
            payload = await change(stores, viewer, field, **held(work))
            assert refused(payload) == [("taskId", "CONFLICT")]
        payload = await change(stores, viewer, "failAgentTask", **held(work, error="x"))
        assert refused(payload) == [("taskId", "CONFLICT")]


async def test_a_task_is_done_once(stores: Stores, worker_stores: Stores) -> None:
    task = await asked(stores)
    work = await claimed(stores)
    payload = await change(stores, EXECUTOR, "renewAgentTask", **held(work, leaseS=600))
    until = datetime.fromisoformat(payload["lockedUntil"])
    assert payload["status"] == "RUNNING"
    assert until - datetime.now(UTC) > timedelta(seconds=590)
    wrong = await change(stores, EXECUTOR, "completeAgentTask", **held(work, worker="w2"))
    assert refused(wrong) == [("taskId", "CONFLICT")]
    done = held(work, result={"moved": "3"})
    payload = await change(stores, EXECUTOR, "completeAgentTask", **done)
    assert (payload["status"], payload["lockedUntil"]) == ("COMPLETED", None)
    again = await change(stores, EXECUTOR, "completeAgentTask", **done)
    assert refused(again) == [("taskId", "CONFLICT")]
    answer = await ask(
        stores,
        """query ($id: ID!) { agentTask(id: $id) { status result attempts errorMessage
          lockedUntil } }""",
        viewer=ALICE,
        id=task["id"],
    )
    assert answer.data["agentTask"] == {
        "status": "COMPLETED",
        "result": {"moved": "3"},
        "attempts": 1,
        "errorMessage": None,
        "lockedUntil": None,
    }
    log = await rows(
        worker_stores,
        """SELECT actor_user_id AS actor, changes -> 'status' ->> 'after' AS status
        FROM ops.audit_log WHERE resource_type = 'agents.tasks' AND resource_id = $1
        ORDER BY occurred_at, id""",
        str(await _key(worker_stores)),
    )
    assert [(entry["actor"], entry["status"]) for entry in log] == [
        (USERS[0], "pending"),
        (USERS[2], "running"),
        (USERS[2], None),  # renewed
        (USERS[2], "completed"),
    ]
    told = await rows(
        worker_stores,
        "SELECT DISTINCT payload ->> 'user_id' AS owner FROM ops.outbox WHERE aggregate_id = $1",
        str(await _key(worker_stores)),
    )
    assert told == [{"owner": str(USERS[0])}]


async def _key(worker_stores: Stores) -> UUID:
    (row,) = await rows(worker_stores, "SELECT id FROM agents.tasks WHERE agent_id = $1", AGENT)
    key: UUID = row["id"]
    return key


async def test_a_lapsed_lease_gives_the_task_to_the_next(
    stores: Stores, worker_stores: Stores
) -> None:
    await asked(stores)
    first = await claimed(stores)
    assert await claimed(stores, SECOND) is None
    await lapse(worker_stores)
    second = await claimed(stores, SECOND)
    assert (second["taskId"], second["attempt"]) == (first["taskId"], 2)
    late = await change(stores, EXECUTOR, "completeAgentTask", **held(first))
    assert refused(late) == [("taskId", "CONFLICT")]
    payload = await change(stores, SECOND, "completeAgentTask", **held(second))
    assert payload["status"] == "COMPLETED"


async def test_nobody_ends_a_task_that_was_taken_back(stores: Stores) -> None:
    task = await asked(stores)
    work = await claimed(stores)
    payload = await change(stores, ALICE, "cancelAgentTask", id=task["id"])
    assert payload["task"]["status"] == "CANCELLED"
    late = await change(stores, EXECUTOR, "completeAgentTask", **held(work))
    assert refused(late) == [("taskId", "CONFLICT")]


async def test_a_task_fails_when_its_attempts_are_used_up(
    stores: Stores, worker_stores: Stores
) -> None:
    task = await asked(stores, maxAttempts=2)
    work = await claimed(stores)
    failed = held(work, error="No route.", retryInS=0)
    payload = await change(stores, EXECUTOR, "failAgentTask", **failed)
    assert payload["status"] == "PENDING"
    work = await claimed(stores)
    assert work["attempt"] == 2
    payload = await change(stores, EXECUTOR, "failAgentTask", **held(work, error="Still none."))
    assert payload["status"] == "FAILED"
    given_up = await asked(stores)
    work = await claimed(stores)
    failed = held(work, error="Never.", retry=False)
    payload = await change(stores, EXECUTOR, "failAgentTask", **failed)
    assert (work["taskId"], payload["status"]) == (given_up["id"], "FAILED")
    waiting = await asked(stores)
    work = await claimed(stores)
    failed = held(work, error="Later.", retryInS=3600)
    await change(stores, EXECUTOR, "failAgentTask", **failed)
    assert await claimed(stores) is None
    answer = await ask(stores, "{ agentTasks { nodes { id status errorMessage } } }", viewer=ALICE)
    assert {node["id"]: (node["status"], node["errorMessage"]) for node in
            answer.data["agentTasks"]["nodes"]} == {
        task["id"]: ("FAILED", "Still none."),
        given_up["id"]: ("FAILED", "Never."),
        waiting["id"]: ("PENDING", "Later."),
    }  # fmt: skip


async def test_a_task_lost_on_its_last_attempt_is_ended_on_the_way(
    stores: Stores, worker_stores: Stores
) -> None:
    lost = await asked(stores, maxAttempts=1, priority=1)
    await claimed(stores)
    await lapse(worker_stores)
    next_one = await asked(stores)
    work = await claimed(stores)
    assert work["taskId"] == next_one["id"]
    answer = await ask(
        stores,
        "query ($id: ID!) { agentTask(id: $id) { status errorMessage } }",
        viewer=ALICE,
        id=lost["id"],
    )
    assert answer.data["agentTask"] == {
        "status": "FAILED",
        "errorMessage": "Its executor did not give it back in time.",
    }


async def test_tasks_of_the_system_are_claimed_too(stores: Stores, worker_stores: Stores) -> None:
    await worker_stores.postgres.copy_rows(
        "agents.tasks", ("agent_id", "task_type"), [(AGENT, "check")]
    )
    work = await claimed(stores)
    assert (work["taskType"], work["configuration"], work["limits"]) == ("check", None, None)


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ({"worker": " "}, "worker", "REQUIRED"),
        ({"worker": "x" * 101}, "worker", "TOO_LONG"),
        ({"leaseS": 4}, "leaseS", "INVALID"),
        ({"leaseS": 3601}, "leaseS", "INVALID"),
        ({"taskTypes": ["x"] * 51}, "taskTypes", "TOO_MANY"),
        ({"agentId": "nonsense"}, "agentId", "NOT_FOUND"),
    ],
)
async def test_claims_that_make_no_sense_are_refused(
    stores: Stores, given: dict[str, Any], path: str, code: str
) -> None:
    answer = await changed(stores, EXECUTOR, "claimAgentTask", **(WANTED | given))
    assert refused(answer.data["claimAgentTask"]) == [(path, code)]
    assert answer.statements == []
