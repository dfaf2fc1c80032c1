"""The status page, what operators see of jobs, and settings that are public."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from resolvers.context import RequestContext, Viewer
from resolvers.ids import encode_id
from resolvers.permissions import scopes_of
from resolvers.reflection import entity_of
from resolvers.status.operations import JobRun
from stores.clickhouse.client import ClickHouse
from stores.errors import StoreRejected
from stores.lifecycle import Stores
from stores.postgres.client import Postgres
from stores.queries import Statement
from tests.resolvers.graph import ask

JOB = f"job-{uuid4().hex[:8]}"
AT = datetime(2025, 5, 5, 12, tzinfo=UTC)
NOW = datetime(2025, 6, 1, tzinfo=UTC)
OPERATOR = Viewer(uuid4(), "admin")

STATUS = "{ systemStatus { state checkedAt components { component state store error } } }"
RUNS = """query ($job: String!) { jobRuns(where: {job: {eq: $job}}) { nodes {
  job instance status startedAt finishedAt itemCount details errorMessage } } }"""


@pytest.fixture(scope="module", autouse=True)
async def rows(worker_stores: Stores) -> AsyncIterator[None]:
    """Two runs of a job; a public setting and one for operators."""
    postgres = worker_stores.postgres
    await postgres.copy_rows(
        "ops.job_runs",
        (
            *("job", "instance", "status", "started_at", "finished_at", "item_count", "details"),
            "error_message",
        ),
        [
            (JOB, "w1", "succeeded", AT, AT, 12, {"at": 5}, None),
            (JOB, None, "failed", NOW, NOW, 0, {}, "no room"),
        ],
    )
    await postgres.copy_rows(
        "ops.system_config",
        ("key", "value", "description", "updated_by", "is_public"),
        [
            (f"{JOB}.banner", {"text": "Hello"}, "Shown on top.", "somebody", True),
            (f"{JOB}.secret", "x", "Not shown.", "somebody", False),
        ],
    )
    yield
    for table, column in (("job_runs", "job"), ("system_config", "key")):
        text = f"DELETE FROM ops.{table} WHERE {column} LIKE $1"
        await postgres.execute(Statement("tidy", text, ("job",), "exec"), f"{JOB}%")


async def test_everything_works(stores: Stores) -> None:
    context = RequestContext(Viewer(), stores, clock=lambda: NOW)
    answer = await ask(stores, STATUS, context=context)
    assert not answer.errors
    status = answer.data["systemStatus"]
    assert (status["state"], status["checkedAt"]) == ("OPERATIONAL", "2025-06-01T00:00:00Z")
    assert [(part["component"], part["store"]) for part in status["components"]] == [
        ("API", None),
        ("RECORDS", "POSTGRES"),
        ("HISTORY", "CLICKHOUSE"),
        ("LIVE", "REDIS"),
        ("SIMILARITY", "QDRANT"),
    ]
    assert {(part["state"], part["error"]) for part in status["components"]} == {
        ("OPERATIONAL", None)
    }


@pytest.mark.parametrize(
    ("away", "state", "component"),
    [("clickhouse", "DEGRADED", "HISTORY"), ("postgres", "DOWN", "RECORDS")],
)
async def test_a_part_that_is_down_is_an_answer(
    stores: Stores, away: str, state: str, component: str
) -> None:
    history = ClickHouse("http://127.0.0.1:9/default")
    records = Postgres("postgresql://nobody:x@127.0.0.1:9/nothing")
    if away == "clickhouse":
        broken = replace(stores, clickhouse=history)
    else:
        broken = replace(stores, postgres=records)
    answer = await ask(broken, STATUS)
    await history.close()
    await records.close()
    assert not answer.errors
    status = answer.data["systemStatus"]
    assert status["state"] == state
    down = [part for part in status["components"] if part["state"] == "DOWN"]
    assert [(part["component"], part["error"]) for part in down] == [
        (component, "STORE_UNAVAILABLE")
    ]


async def test_the_status_page_and_meta_ask_each_store_once(stores: Stores) -> None:
    answer = await ask(stores, "{ systemStatus { state } _meta { stores { isUp } } }")
    assert not answer.errors
    assert answer.statements == [
        ("clickhouse", "status.freshness"),
        ("clickhouse", "version"),
        ("postgres", "status.freshness"),
        ("postgres", "version"),
        ("qdrant", "version"),
        ("redis", "version"),
    ]


async def test_operators_see_runs_of_jobs(stores: Stores) -> None:
    answer = await ask(stores, RUNS, viewer=OPERATOR, job=JOB)
    assert not answer.errors
    assert answer.data["jobRuns"]["nodes"] == [
        {
            "job": JOB,
            "instance": None,
            "status": "FAILED",
            "startedAt": "2025-06-01T00:00:00Z",
            "finishedAt": "2025-06-01T00:00:00Z",
            "itemCount": "0",
            "details": {},
            "errorMessage": "no room",
        },
        {
            "job": JOB,
            "instance": "w1",
            "status": "SUCCEEDED",
            "startedAt": "2025-05-05T12:00:00Z",
            "finishedAt": "2025-05-05T12:00:00Z",
            "itemCount": "12",
            "details": {"at": 5},
            "errorMessage": None,
        },
    ]


@pytest.mark.parametrize(
    ("viewer", "code"),
    [
        (Viewer(), "UNAUTHENTICATED"),
        (Viewer(uuid4(), "user"), "FORBIDDEN"),
        (Viewer(uuid4(), "admin", scopes_of(["read"])), "FORBIDDEN"),
    ],
)
async def test_nobody_else_does(stores: Stores, viewer: Viewer, code: str) -> None:
    run = encode_id(entity_of(JobRun), uuid4())
    node = "query ($id: ID!) { node(id: $id) { id } }"
    for query, variables in ((RUNS, {"job": JOB}), (node, {"id": run})):
        answer = await ask(stores, query, viewer=viewer, **variables)  # type: ignore[arg-type]
        assert [code for _, code in answer.codes] == [code]
        assert answer.statements == []


async def test_public_settings_are_everybodys_and_the_others_nobodys(stores: Stores) -> None:
    answer = await ask(stores, "{ systemSettings { key value description } }")
    assert not answer.errors
    ours = [each for each in answer.data["systemSettings"] if each["key"].startswith(JOB)]
    assert ours == [
        {"key": f"{JOB}.banner", "value": {"text": "Hello"}, "description": "Shown on top."}
    ]
    with pytest.raises(StoreRejected):
        await stores.postgres.fetch(Statement("peek", "SELECT key FROM ops.system_config"))


QUEUED = """query ($job: String!) {
  queuedRuns(where: {job: {eq: $job}, deadAt: {isNull: false}}) { nodes {
    job attempts maxAttempts deadAt errorMessage scheduledFor } } }"""


async def test_operators_see_the_runs_that_were_given_up(
    stores: Stores, worker_stores: Stores
) -> None:
    job = f"job-{uuid4().hex[:8]}"
    await worker_stores.postgres.copy_rows(
        "ops.job_queue",
        ("job", "max_attempts", "attempts", "dead_at", "error_message"),
        [(job, 5, 5, AT, "no bread"), (job, 5, 1, None, "no butter")],
    )
    found = await ask(stores, QUEUED, viewer=OPERATOR, job=job)
    assert not found.errors
    assert found.data["queuedRuns"]["nodes"] == [
        {
            "job": job,
            "attempts": 5,
            "maxAttempts": 5,
            "deadAt": "2025-05-05T12:00:00Z",
            "errorMessage": "no bread",
            "scheduledFor": None,
        }
    ]
    refused = await ask(stores, QUEUED, viewer=Viewer(uuid4(), "user"), job=job)
    assert [error.extensions["code"] for error in refused.errors] == ["FORBIDDEN"]


RELAY = "{ _meta { relay { store waitingCount refusedCount lagS failingSince } } }"


async def test_everybody_sees_how_far_changes_are_on_their_way(
    stores: Stores, worker_stores: Stores
) -> None:
    await worker_stores.postgres.execute(
        Statement(
            "add",
            "INSERT INTO ops.outbox (aggregate, aggregate_id, event)"
            " VALUES ('test.a', '1', 'made')",
            kind="exec",
        )
    )
    found = await ask(stores, RELAY)
    assert not found.errors
    told = found.data["_meta"]["relay"]
    assert [each["store"] for each in told] == ["CLICKHOUSE", "QDRANT", "REDIS"]
    assert all(each["waitingCount"] >= 1 and each["lagS"] >= 0 for each in told)
    assert all(each["refusedCount"] == 0 and each["failingSince"] is None for each in told)
