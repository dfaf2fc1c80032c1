"""Thousands of different texts leave the process as it was."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import msgspec
import pytest
import strawberry

from gateway.documents import Documents
from gateway.execution import Caller, Execution
from gateway.executor.plan import Plan
from gateway.limits import Limits
from gateway.requests import GraphQLRequest
from gateway.schema import GatewaySchema, make_schema
from tests.gateway.graph import Journal, Scope, Scopes, make_graph

TEXTS = 6_000
MOST_BYTES = 1_000_000
# Classes of objects the executor keeps for reuse, and those of plans that are kept.
MOST_CLASSES = 256 + 3 * 128
MOST_PLANS = 128

pytestmark = pytest.mark.timeout(180)


def text(number: int) -> str:
    """A document like no other."""
    more = f" b{number}: item {{ c{number}: name }}" if number % 10 == 0 else ""
    return f"query Q{number} {{ a{number}: hello{more} }}"


def plans(graph: GatewaySchema) -> int:
    """Living plans of a graph."""
    root = graph.graphql_schema.query_type
    return sum(type(each) is Plan and each.root.object_type is root for each in gc.get_objects())


def classes() -> int:
    """Living classes made for answers."""
    gc.collect()
    return sum(each.__name__ == "Object" for each in msgspec.Struct.__subclasses__())


async def flood(ask: Any, first: int, last: int) -> int:
    """Ask texts of a range of numbers; the number of objects alive after it."""
    for number in range(first, last):
        data = await ask(text(number))
        assert data[f"a{number}"] == "hello world"
    gc.collect()
    return len(gc.get_objects())


@pytest.fixture
def graph() -> GatewaySchema:
    return make_graph()


async def stays_flat(graph: GatewaySchema, ask: Any) -> None:
    """Ask all texts: what is alive after the first sixth does not grow any more."""
    others = classes()  # of graphs that other tests keep
    settled = await flood(ask, 0, TEXTS // 6)
    held, made = plans(graph), classes()
    after = await flood(ask, TEXTS // 6, TEXTS)
    assert graph.engine.metrics == {"compiled": TEXTS}
    assert after < settled * 1.05
    assert 0 < plans(graph) <= held + 8
    assert classes() <= made + 24
    assert classes() <= others + MOST_CLASSES


async def test_texts_without_an_edge(graph: GatewaySchema) -> None:
    scope = Scope(1, "me", Caller({}), 0.0, Journal())

    async def ask(query: str) -> Any:
        result: Any = await graph.execute(query, context_value=scope)
        return result.data

    await stays_flat(graph, ask)
    assert plans(graph) <= MOST_PLANS


async def test_texts_through_the_edge(graph: GatewaySchema) -> None:
    documents = Documents(graph.graphql_schema, Limits(), most_bytes=MOST_BYTES)
    runs = Execution(graph, documents, Scopes(), 30.0)
    most = 0

    async def ask(query: str) -> Any:
        nonlocal most
        entry = documents.entry(query, None)
        answer = await runs.run(entry, GraphQLRequest(query, {}), "me", Caller({}))
        most = max(most, documents.held_bytes)
        return answer.payload["data"]

    await stays_flat(graph, ask)
    assert most <= MOST_BYTES + MOST_BYTES // 8
    assert 0 < len(documents) < TEXTS // 10
    assert plans(graph) <= len(documents)


async def test_one_text_with_thousands_of_values_has_one_plan(graph: GatewaySchema) -> None:
    documents = Documents(graph.graphql_schema, Limits(), most_bytes=MOST_BYTES)
    runs = Execution(graph, documents, Scopes(), 30.0)
    query = "query ($name: String!, $of: Int!) { hello(name: $name) half(of: $of) }"
    entry = documents.entry(query, None)
    size = 0
    for number in range(2_000):
        request = GraphQLRequest(query, {"name": "x" * 1_000 + str(number), "of": number})
        answer = await runs.run(entry, request, "me", Caller({}))
        assert answer.payload["data"]["half"] == number // 2
        size = size or documents.held_bytes
    assert documents.held_bytes == size
    assert graph.engine.metrics == {"compiled": 2_000}


async def test_the_same_new_text_by_many_at_once(graph: GatewaySchema) -> None:
    documents = Documents(graph.graphql_schema, Limits(), most_bytes=MOST_BYTES)
    runs = Execution(graph, documents, Scopes(), 30.0)
    query = text(0)

    async def ask() -> Any:
        entry = documents.entry(query, None)
        answer = await runs.run(entry, GraphQLRequest(query, {}), "me", Caller({}))
        return answer.payload["data"]["a0"]

    assert await asyncio.gather(*(ask() for _ in range(200))) == ["hello world"] * 200
    assert len(documents) == 1
    assert graph.engine.metrics == {"compiled": 200}


async def test_an_entry_whose_plans_outgrow_the_cache_leaves_the_others_there(
    graph: GatewaySchema,
) -> None:
    documents = Documents(graph.graphql_schema, Limits(), most_bytes=MOST_BYTES)
    kept, large = documents.entry(text(0), None), documents.entry(text(1), None)
    large.plans.bytes = MOST_BYTES
    documents.weigh(large)
    assert len(documents) == 1
    assert documents.entry(text(0), None) is kept
    assert documents.held_bytes < MOST_BYTES // 4


@strawberry.interface
class Place:
    name: str
    next: Place | None = None


@strawberry.type
class Town(Place):
    pass


@strawberry.type
class Road(Place):
    pass


@strawberry.type
class Start:
    @strawberry.field
    def place(self) -> Place:
        return Town(name="a", next=Road(name="b"))


async def test_a_text_that_asks_for_thousands_of_types_runs_plain() -> None:
    schema = make_schema(Start, types=(Town, Road))
    query = "{ place { name " + "next { name " * 12 + "}" * 14
    result: Any = await schema.execute(query)
    assert result.data["place"]["next"] == {"name": "b", "next": None}
    assert schema.engine.metrics == {"plain": 1}
