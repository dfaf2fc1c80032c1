"""One operation, three ways to run it, one answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import OperationType
from strawberry.extensions import SchemaExtension

from gateway.documents import Documents
from gateway.encoding import encode
from gateway.execution import Answer, Caller, Execution, Mode
from gateway.limits import Limits
from gateway.requests import GraphQLRequest
from gateway.schema import EdgeExecution, GatewaySchema, PreparedDocument
from tests.gateway.conftest import Gateway, code_of, serving
from tests.gateway.graph import CONFIG, Mutation, Query, Scopes, make_graph
from tests.gateway.test_transports import CASES
from tests.gateway.test_ws import hear, opened, subscribe

MODES = list(Mode)
MORE: list[tuple[str, dict[str, Any]]] = [
    ('{ a: hello b: hello(name: "b") requiredBug }', {}),
    ("{ hello notANumber storeSlow infinite }", {}),
    ("query ($of: Int = 9) { half(of: $of) }", {}),
    ("query ($of: Int! = 9) { half(of: $of) }", {"of": None}),
    ("query ($of: Int!) { half(of: $of) }", {}),
    ("query ($t: Token!) { token(token: $t) }", {"t": "bad"}),
    ("query ($t: [Token!]!) { tokens(tokens: $t) }", {"t": ["good", "bad", 1]}),
    ("query ($t: [Token!]!) { tokens(tokens: $t) }", {"t": "good"}),
    ("query ($n: String!, $i: Boolean = false) { hello(name: $n) @skip(if: $i) }", {"n": "a"}),
    ("query ($i: Boolean!) { item { name @include(if: $i) next { name } } }", {"i": False}),
    ("mutation { change }", {}),
    ("{ __typename __schema { queryType { name } } }", {}),
]


def execution(schema: GatewaySchema, mode: Mode, **options: Any) -> Execution:
    documents = Documents(schema.graphql_schema, Limits())
    return Execution(schema, documents, Scopes(), 5.0, mode=mode, **options)


async def answer(
    runs: Execution, query: str, variables: dict[str, Any] | None = None, **headers: str
) -> Answer:
    request = GraphQLRequest(query, variables or {})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await runs.run(runs.documents.entry(query, None), request, "me", Caller(named))


def engine_runs(schema: GatewaySchema) -> Counter[str]:
    return Counter(schema.engine.metrics)


def without_ids(answer: Answer) -> bytes:
    """An answer's bytes; incidents have an id of their own."""
    for error in answer.payload.get("errors", ()):
        error["extensions"].pop("id", None)
    return encode(answer.payload)


RUNNABLE = [case for case in CASES if case[0] not in ("{ nothing }", "{ hello")]


@pytest.mark.parametrize(("query", "variables"), RUNNABLE + MORE)
async def test_answer_is_the_same_in_every_mode(query: str, variables: dict[str, Any]) -> None:
    schema = make_graph()
    bodies = []
    for mode in MODES:
        runs = execution(schema, mode)
        for _ in range(2):  # the second time from a plan that is kept
            bodies.append(without_ids(await answer(runs, query, variables)))
            if "change" in query:
                runs.contexts = Scopes()
    assert len(set(bodies)) == 1


@pytest.mark.parametrize("mode", MODES)
async def test_mode_decides_whether_plans_are_used(mode: Mode) -> None:
    schema = make_graph()
    await answer(execution(schema, mode), "{ hello }")
    assert engine_runs(schema) == ({} if mode is Mode.PLAIN else {"compiled": 1})


class Watching(SchemaExtension):
    """Has to see every operation."""

    seen = 0

    def on_operation(self) -> Iterator[None]:
        Watching.seen += 1
        yield


async def test_extension_that_watches_requests_sees_each_of_them() -> None:
    Watching.seen = 0
    schema = GatewaySchema(
        Query,
        mutation=Mutation,
        config=CONFIG,
        extensions=[PreparedDocument, Watching],
        execution_context_class=EdgeExecution,
    )
    runs = execution(schema, Mode.COMPILED)
    for _ in range(3):
        assert (await answer(runs, "{ identity }")).payload == {"data": {"identity": "me"}}
    assert Watching.seen == 3
    assert engine_runs(schema) == {"compiled": 3}


@pytest.mark.parametrize(
    ("allowed", "said", "expected"),
    [
        (True, "plain", {}),
        (True, " Plain ", {}),
        (True, "hook", {"compiled": 1}),
        (True, "nonsense", {"compiled": 1}),
        (True, "", {"compiled": 1}),
        (False, "plain", {"compiled": 1}),
    ],
)
async def test_callers_who_may_choose_the_mode(
    allowed: bool, said: str, expected: dict[str, int]
) -> None:
    schema = make_graph()
    runs = execution(schema, Mode.COMPILED, callers_choose=allowed)
    await answer(runs, "{ hello }", x_executor=said)
    assert engine_runs(schema) == expected


@pytest.mark.parametrize("explain", [True, False])
async def test_header_and_connection_parameter_choose_where_explaining_is_on(
    explain: bool,
) -> None:
    async with serving(explain=explain) as gateway:
        await gateway.post("{ hello }", headers={"x-executor": "plain"})
        async with opened(gateway, {"X-Executor": "plain"}) as socket:
            await subscribe(socket, "{ hello }")
            assert (await hear(socket))["type"] == "next"
        assert engine_runs(gateway.schema) == ({} if explain else {"compiled": 2})


async def test_setting_chooses_the_mode_of_the_process() -> None:
    async with serving(executor="plain") as gateway:
        assert (await gateway.post("{ hello }")).json() == {"data": {"hello": "hello world"}}
        assert engine_runs(gateway.schema) == {}


@pytest.mark.parametrize("key", ["gateway.executor", "gateway.operation"])
async def test_extensions_of_a_request_choose_nothing(gateway: Gateway, key: str) -> None:
    before = engine_runs(gateway.schema)
    response = await gateway.post("{ hello }", extensions={key: "plain"})
    assert response.json() == {"data": {"hello": "hello world"}}
    assert engine_runs(gateway.schema) - before == {"compiled": 1}


@pytest.mark.parametrize("mode", MODES)
async def test_deadline_ends_an_operation_in_every_mode(mode: Mode) -> None:
    async with serving(request_deadline_s=0.1, executor=mode.value) as gateway:
        response = await gateway.post("{ forever }")
        assert response.json()["data"] is None
        assert code_of(response) == "DEADLINE_EXCEEDED"
        await asyncio.wait_for(gateway.journal.cancelled.wait(), 5)


@pytest.mark.parametrize("mode", MODES)
async def test_mutation_outlives_whoever_asked_in_every_mode(mode: Mode) -> None:
    runs = execution(make_graph(), mode)
    scopes = runs.contexts
    assert isinstance(scopes, Scopes)
    asking = asyncio.create_task(answer(runs, "mutation { change(wait: true) }"))
    await scopes.journal.started.wait()
    asking.cancel()
    await asyncio.wait([asking])
    scopes.journal.gate.set()
    await runs.finish()
    assert scopes.journal.changes == 1


@pytest.mark.parametrize("mode", MODES)
async def test_cancelling_a_query_reaches_its_resolvers_in_every_mode(mode: Mode) -> None:
    runs = execution(make_graph(), mode)
    scopes = runs.contexts
    assert isinstance(scopes, Scopes)
    asking = asyncio.create_task(answer(runs, "{ hello forever }"))
    await scopes.journal.started.wait()
    asking.cancel()
    await asyncio.wait([asking])
    assert asking.cancelled()
    await asyncio.wait_for(scopes.journal.cancelled.wait(), 5)


@pytest.mark.parametrize("mode", MODES)
async def test_every_event_of_a_subscription_has_a_context_of_its_own(mode: Mode) -> None:
    runs = execution(make_graph(), mode)
    query = "subscription { items(to: 3) { name scopeNumber } }"
    entry = runs.documents.entry(query, None)
    assert entry.kind is OperationType.SUBSCRIPTION
    found = [each async for each in runs.stream(entry, GraphQLRequest(query), "me", Caller({}))]
    items = [each.payload["data"]["items"] for each in found]
    assert [item["name"] for item in items] == ["1", "2", "3"]
    assert len({item["scopeNumber"] for item in items}) == 3
