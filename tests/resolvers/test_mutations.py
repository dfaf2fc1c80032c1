"""What every mutation keeps to, on both paths of execution and the real engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from gateway.documents import Documents
from gateway.encoding import encode
from gateway.execution import Caller, Execution, Mode
from gateway.limits import Limits
from gateway.requests import GraphQLRequest
from gateway.schema import GatewaySchema
from resolvers.context import KnownClient, RequestContext, Viewer
from resolvers.ids import encode_id
from resolvers.permissions import Tier, scopes_of
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers import ledger
from tests.resolvers.ledger import Folder, Gate

# How the edge runs operations: straight from a plan, by a plan in Strawberry, by graphql-core.
pytestmark = pytest.mark.parametrize("path", [mode.value for mode in Mode])


@dataclass(frozen=True)
class Answer:
    """What a mutation gave."""

    data: Any
    errors: list[dict[str, Any]]
    context: RequestContext

    @property
    def codes(self) -> list[str]:
        """Codes of top-level errors."""
        return [error["extensions"]["code"] for error in self.errors]


Ask = Callable[..., Coroutine[Any, Any, Answer]]


@pytest.fixture(scope="session")
def graph() -> GatewaySchema:
    """The schema of folders."""
    return ledger.make_schema()


@pytest.fixture
async def alice(worker_stores: Stores) -> Viewer:
    """A user of the test's own."""
    user = uuid4()
    await worker_stores.postgres.copy_rows("account.users", ("id",), [(user,)])
    return Viewer(user, "user")


class Contexts:
    """Hands out the one context of a question."""

    def __init__(self, context: RequestContext) -> None:
        self._context = context

    async def admit(self, caller: Caller) -> object:
        return self._context.viewer

    async def ended(self, identity: object) -> str:
        await asyncio.Event().wait()
        raise AssertionError("it never ends")

    def open(self, identity: object, caller: Caller, deadline: float) -> RequestContext:
        return self._context

    def extensions(self, context: object) -> dict[str, Any]:
        return {}


@pytest.fixture(scope="session")
def documents(graph: GatewaySchema) -> Documents:
    """Its cache of documents."""
    return Documents(graph.graphql_schema, Limits())


@pytest.fixture
def ask(
    graph: GatewaySchema, documents: Documents, stores: Stores, path: str, alice: Viewer
) -> Ask:
    """Asks as Alice unless told otherwise."""

    async def run(query: str, *, viewer: Viewer = alice, **variables: Any) -> Answer:
        client = KnownClient("192.0.2.7", "tests/1.0")
        context = RequestContext(viewer, stores, "request-1", trace=[], client=client)
        runs = Execution(graph, documents, Contexts(context), 30.0, mode=Mode(path))
        entry = documents.entry(query, None)
        request = GraphQLRequest(query, variables)
        answer = await runs.run(entry, request, viewer, Caller({}))
        payload = json.loads(encode(answer.payload))
        return Answer(payload.get("data"), payload.get("errors", []), context)

    return run


@pytest.fixture
def sql(worker_stores: Stores) -> Callable[..., Awaitable[list[Any]]]:
    """Looks into the database as the worker, who sees everything."""

    async def run(text: str, *values: object) -> list[Any]:
        return list(await worker_stores.postgres.fetch(Statement("look", text), *values))

    return run


CREATE = """mutation ($input: CreateFolderInput!) { createFolder(input: $input) {
  folder { id name version } folders { name } tags secret replayed
  userErrors { field code message } } }"""
RENAME = """mutation ($input: RenameFolderInput!) { renameFolder(input: $input) {
  folder { name version } userErrors { field code message } } }"""


async def _names(sql: Any, viewer: Viewer) -> list[str]:
    text = "SELECT name FROM portfolio.portfolios WHERE user_id = $1 ORDER BY name"
    return [row[0] for row in await sql(text, viewer.user_id)]


async def test_a_change_comes_back_as_it_is_stored(ask: Ask) -> None:
    answer = await ask(CREATE, input={"name": " Savings ", "tagList": [{"word": "a"}]})
    assert answer.errors == []
    made = answer.data["createFolder"]
    assert made.pop("folder")["name"] == "Savings"
    assert made == {
        "folders": [{"name": "Savings"}],
        "tags": ["a"],
        "secret": "s3cret",
        "replayed": False,
        "userErrors": [],
    }


async def test_everything_wrong_is_told_at_once_and_no_store_is_asked(ask: Ask) -> None:
    tags = [{"word": "fine"}, {"word": "too long"}, {"word": ""}]
    answer = await ask(CREATE, input={"name": "x" * 21, "tagList": tags})
    assert answer.errors == []
    assert answer.data["createFolder"]["folder"] is None
    assert answer.data["createFolder"]["userErrors"] == [
        {
            "field": ["name"],
            "code": "TOO_LONG",
            "message": "It has 21 characters; shorten it to 20.",
        },
        {
            "field": ["tagList", "1", "word"],
            "code": "TOO_LONG",
            "message": "It has 8 characters; shorten it to 5.",
        },
        {
            "field": ["tagList", "2", "word"],
            "code": "REQUIRED",
            "message": "Give a text that is not empty.",
        },
    ]
    assert not answer.context.calls


async def test_lists_are_bounded(ask: Ask) -> None:
    answer = await ask(CREATE, input={"name": "x", "tagList": [{"word": "a"}] * 4})
    (error,) = answer.data["createFolder"]["userErrors"]
    assert (error["field"], error["code"]) == (["tagList"], "TOO_MANY")
    assert error["message"] == "It has 4 entries; send at most 3 at a time."


async def test_the_change_leaves_an_audit_row_and_an_outbox_row(
    ask: Ask, sql: Any, alice: Viewer, path: str
) -> None:
    viewer = Viewer(alice.user_id, "user", api_key_id=uuid4())
    answer = await ask(CREATE, viewer=viewer, input={"name": "New", "password": "hunter2"})
    assert answer.data["createFolder"]["userErrors"] == []
    (row,) = await sql("SELECT id FROM portfolio.portfolios WHERE user_id = $1", alice.user_id)
    (entry,) = await sql("SELECT * FROM ops.audit_log WHERE actor_user_id = $1", alice.user_id)
    assert (entry["action"], entry["resource_type"]) == ("create", "portfolio.portfolios")
    assert entry["resource_id"] == str(row["id"])
    assert (entry["actor_role"], entry["api_key_id"]) == ("user", viewer.api_key_id)
    assert (str(entry["ip_address"]), entry["user_agent"]) == ("192.0.2.7", "tests/1.0")
    assert (entry["request_id"], entry["status"]) == ("request-1", "success")
    assert entry["changes"]["name"] == {"after": "New"}
    assert entry["changes"]["password"] == {"after": "[redacted]"}
    assert "hunter2" not in str(dict(entry))
    (event,) = await sql("SELECT * FROM ops.outbox WHERE aggregate_id = $1", str(row["id"]))
    assert (event["aggregate"], event["event"]) == ("portfolio.portfolios", "created")
    assert event["payload"] == {
        "id": str(row["id"]),
        "user_id": str(alice.user_id),
        "tag_count": 0,
    }


async def test_an_update_records_what_differs(ask: Ask, sql: Any, alice: Viewer) -> None:
    made = await ask(CREATE, input={"name": "Old"})
    folder = made.data["createFolder"]["folder"]
    assert folder["version"] == 1
    renamed = await ask(RENAME, input={"id": folder["id"], "name": "New", "expectedVersion": 1})
    assert renamed.data["renameFolder"] == {
        "folder": {"name": "New", "version": 2},
        "userErrors": [],
    }
    (entry,) = await sql(
        "SELECT changes FROM ops.audit_log WHERE actor_user_id = $1 AND action = 'update'",
        alice.user_id,
    )
    assert entry["changes"]["name"] == {"before": "Old", "after": "New"}
    assert entry["changes"]["version"] == {"before": 1, "after": 2}
    assert set(entry["changes"]) <= {"name", "version", "updated_at"}


async def test_a_stale_version_is_a_conflict_and_nothing_changes(
    ask: Ask, sql: Any, alice: Viewer
) -> None:
    made = await ask(CREATE, input={"name": "One"})
    key = made.data["createFolder"]["folder"]["id"]
    await ask(RENAME, input={"id": key, "name": "Two", "expectedVersion": 1})
    late = await ask(RENAME, input={"id": key, "name": "Three", "expectedVersion": 1})
    (error,) = late.data["renameFolder"]["userErrors"]
    assert (error["field"], error["code"]) == (["expectedVersion"], "CONFLICT")
    assert error["message"].startswith("It is at version 2 now, not 1")
    assert await _names(sql, alice) == ["Two"]


async def test_a_strangers_row_is_one_that_never_was(ask: Ask, sql: Any, alice: Viewer) -> None:
    made = await ask(CREATE, input={"name": "Mine"})
    key = made.data["createFolder"]["folder"]["id"]
    stranger = Viewer(uuid4(), "user")
    absent_id = encode_id(entity_of(Folder), uuid4())
    foreign = await ask(RENAME, viewer=stranger, input={"id": key, "name": "Taken"})
    absent = await ask(RENAME, viewer=stranger, input={"id": absent_id, "name": "Taken"})
    (error,) = foreign.data["renameFolder"]["userErrors"]
    assert (error["field"], error["code"]) == (["id"], "NOT_FOUND")
    assert foreign.data == absent.data
    assert foreign.context.calls == absent.context.calls
    assert await _names(sql, alice) == ["Mine"]
    assert await sql("SELECT 1 FROM ops.audit_log WHERE actor_user_id = $1", stranger.user_id) == []


async def test_whoever_may_not_changes_nothing(ask: Ask, alice: Viewer) -> None:
    nobody = await ask(CREATE, viewer=Viewer(), input={"name": "x"})
    assert (nobody.data, nobody.codes) == ({"createFolder": None}, ["UNAUTHENTICATED"])
    reader = Viewer(alice.user_id, "user", scopes=scopes_of(["read"]))
    limited = await ask(CREATE, viewer=reader, input={"name": "x"})
    assert (limited.data, limited.codes) == ({"createFolder": None}, ["FORBIDDEN"])
    pay = 'mutation { pay(input: {id: "x"}) { userErrors { code } } }'
    assert (await ask(pay)).codes == ["FORBIDDEN"]
    rich = Viewer(alice.user_id, "user", scopes=scopes_of(["write"]), tier=Tier.PRO)
    assert (await ask(pay, viewer=rich)).data == {"pay": {"userErrors": []}}
    assert not nobody.context.calls
    assert not limited.context.calls


async def test_a_retry_is_answered_with_the_first_result(ask: Ask, sql: Any, alice: Viewer) -> None:
    wish = {"name": "Once", "idempotencyKey": "k-1", "tagList": [{"word": "a"}]}
    first = (await ask(CREATE, input=wish)).data["createFolder"]
    again = (await ask(CREATE, input=wish)).data["createFolder"]
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again == {**first, "replayed": True, "secret": None}
    assert await _names(sql, alice) == ["Once"]
    events = "SELECT count(*) FROM ops.audit_log WHERE actor_user_id = $1"
    assert (await sql(events, alice.user_id))[0][0] == 1
    (kept,) = await sql("SELECT result FROM ops.idempotency_keys WHERE user_id = $1", alice.user_id)
    assert "s3cret" not in str(kept["result"])


async def test_the_same_key_with_another_wish_is_a_conflict(
    ask: Ask, sql: Any, alice: Viewer
) -> None:
    await ask(CREATE, input={"name": "One", "idempotencyKey": "k"})
    other = await ask(CREATE, input={"name": "Two", "idempotencyKey": "k"})
    (error,) = other.data["createFolder"]["userErrors"]
    assert (error["field"], error["code"]) == (["idempotencyKey"], "CONFLICT")
    assert await _names(sql, alice) == ["One"]


async def test_keys_of_users_do_not_meet(ask: Ask, worker_stores: Stores) -> None:
    bob = uuid4()
    await worker_stores.postgres.copy_rows("account.users", ("id",), [(bob,)])
    await ask(CREATE, input={"name": "One", "idempotencyKey": "same"})
    his = await ask(
        CREATE, viewer=Viewer(bob, "user"), input={"name": "Two", "idempotencyKey": "same"}
    )
    assert his.data["createFolder"]["folder"]["name"] == "Two"
    assert his.data["createFolder"]["replayed"] is False


async def test_an_expired_key_is_free_again(ask: Ask, sql: Any, alice: Viewer) -> None:
    await ask(CREATE, input={"name": "One", "idempotencyKey": "k"})
    await sql(
        "UPDATE ops.idempotency_keys SET expires_at = now() WHERE user_id = $1 RETURNING 1",
        alice.user_id,
    )
    again = await ask(CREATE, input={"name": "Two", "idempotencyKey": "k"})
    assert again.data["createFolder"]["folder"]["name"] == "Two"
    assert await _names(sql, alice) == ["One", "Two"]


async def test_a_refused_wish_may_be_sent_again(ask: Ask, sql: Any, alice: Viewer) -> None:
    late = await ask(CREATE, input={"name": "late", "idempotencyKey": "k"})
    assert late.data["createFolder"]["userErrors"][0]["code"] == "NOT_ALLOWED"
    assert await _names(sql, alice) == []
    mended = await ask(CREATE, input={"name": "fine", "idempotencyKey": "k"})
    assert mended.data["createFolder"]["replayed"] is False
    assert await _names(sql, alice) == ["fine"]


@pytest.mark.parametrize("key", ["", "   ", "x" * 201, "a\0b"])
async def test_a_key_is_a_short_text(ask: Ask, sql: Any, alice: Viewer, key: str) -> None:
    answer = await ask(CREATE, input={"name": "x", "idempotencyKey": key})
    (error,) = answer.data["createFolder"]["userErrors"]
    assert error["field"] == ["idempotencyKey"]
    assert await _names(sql, alice) == []


async def test_of_two_at_once_one_runs_and_the_other_replays(
    ask: Ask, sql: Any, alice: Viewer, path: str
) -> None:
    name = f"gate-{path}"
    gate = ledger.GATES[name] = Gate()
    wish = {"name": name, "idempotencyKey": "k"}
    first = asyncio.create_task(ask(CREATE, input=wish))
    await gate.inside.wait()
    second = asyncio.create_task(ask(CREATE, input=wish))
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
    while not await sql(waiting):
        assert not second.done()
    gate.go.set()
    answers = [(await each).data["createFolder"] for each in (first, second)]
    del ledger.GATES[name]
    assert [each["replayed"] for each in answers] == [False, True]
    assert answers[0]["folder"] == answers[1]["folder"]
    assert await _names(sql, alice) == [name]


async def test_when_the_first_of_two_fails_the_other_runs(
    ask: Ask, sql: Any, alice: Viewer
) -> None:
    gate = ledger.GATES["late"] = Gate()
    first = asyncio.create_task(ask(CREATE, input={"name": "late", "idempotencyKey": "k"}))
    await gate.inside.wait()
    del ledger.GATES["late"]
    second = asyncio.create_task(ask(CREATE, input={"name": "good", "idempotencyKey": "k"}))
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
    while not await sql(waiting):
        assert not second.done()
    gate.go.set()
    assert (await first).data["createFolder"]["userErrors"][0]["code"] == "NOT_ALLOWED"
    assert (await second).data["createFolder"]["folder"]["name"] == "good"
    assert await _names(sql, alice) == ["good"]


async def test_an_error_in_the_body_rolls_everything_back(
    ask: Ask, sql: Any, alice: Viewer
) -> None:
    answer = await ask(CREATE, input={"name": "explode", "idempotencyKey": "k"})
    assert (answer.data, answer.codes) == ({"createFolder": None}, ["NOT_FOUND"])
    assert await _names(sql, alice) == []
    for table in ("audit_log WHERE actor_user_id", "idempotency_keys WHERE user_id"):
        assert await sql(f"SELECT 1 FROM ops.{table} = $1", alice.user_id) == []


async def test_a_body_that_records_nothing_is_a_bug(ask: Ask, sql: Any, alice: Viewer) -> None:
    answer = await ask(
        "mutation ($input: CreateFolderInput!) { forget(input: $input) { replayed } }",
        input={"name": "x"},
    )
    assert answer.codes == ["INTERNAL"]
    assert await _names(sql, alice) == []


async def test_constraints_are_told_without_a_word_about_rows_of_others(
    ask: Ask, sql: Any, alice: Viewer
) -> None:
    await ask(CREATE, input={"name": "One", "isDefault": True})
    second = await ask(CREATE, input={"name": "Two", "isDefault": True})
    assert second.data["createFolder"]["userErrors"] == [
        {
            "field": ["isDefault"],
            "code": "TAKEN",
            "message": "Another one has it already. Edit that one.",
        }
    ]
    assert await _names(sql, alice) == ["One"]
    key = (await ask("{ folders { nodes { id } } }")).data["folders"]["nodes"][0]["id"]
    attached = await ask(RENAME, input={"id": key, "name": "Else", "wallet": str(uuid4())})
    (error,) = attached.data["renameFolder"]["userErrors"]
    assert (error["field"], error["code"]) == ([], "NOT_FOUND")
    assert "portfolio" not in error["message"].lower()
    assert await _names(sql, alice) == ["One"]


async def test_later_fields_see_what_earlier_ones_did(ask: Ask) -> None:
    made = await ask(CREATE, input={"name": "A"})
    key = made.data["createFolder"]["folder"]["id"]
    answer = await ask(
        """mutation ($id: ID!) {
          a: renameFolder(input: {id: $id, name: "B"}) { folder { name version } }
          b: renameFolder(input: {id: $id, name: "C"}) { folder { name version } }
          c: renameFolder(input: {id: $id, name: "C", expectedVersion: 1}) {
            folder { name } userErrors { code } }
          d: renameFolder(input: {id: $id, name: "D", expectedVersion: 3}) {
            folder { name version } } }""",
        id=key,
    )
    assert answer.errors == []
    assert answer.data == {
        "a": {"folder": {"name": "B", "version": 2}},
        "b": {"folder": {"name": "C", "version": 3}},
        "c": {"folder": None, "userErrors": [{"code": "CONFLICT"}]},
        "d": {"folder": {"name": "D", "version": 4}},
    }


async def test_a_mutation_open_to_everybody_acts_for_whom_it_says(
    ask: Ask, sql: Any, alice: Viewer
) -> None:
    answer = await ask(
        'mutation ($id: ID!) { knock(input: {id: $id, name: "In"}) { userErrors { code } } }',
        viewer=Viewer(),
        id=str(alice.user_id),
    )
    assert answer.errors == []
    assert await _names(sql, alice) == ["In"]
    entries = await sql(
        "SELECT action, actor_role, metadata FROM ops.audit_log WHERE actor_user_id = $1"
        " ORDER BY action",
        alice.user_id,
    )
    assert [tuple(entry) for entry in entries] == [
        ("create", "user", {}),
        ("knock", "user", {"email": "[redacted]"}),
    ]
