"""Every way to choose a path gives the same answer; metrics tell which way it went."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import msgspec
import pytest

from gateway.documents import Documents
from gateway.encoding import encode
from gateway.execution import Caller, Execution, Mode
from gateway.executor.data import Data
from gateway.limits import Limits
from gateway.requests import GraphQLRequest
from gateway.schema import EXECUTOR
from resolvers.context import RequestContext, Viewer
from stores.lifecycle import Stores
from tests.gateway.executor.conftest import Asker, over_shop

QUERY = """query ($first: Int!) {
  protocols(first: $first) { totalCount { value exact } pageInfo { hasNextPage endCursor }
    nodes { id slug url score createdAt heat token { symbol contract supply metadata }
      pools(first: 2) { edges { cursor node { name tvlUsd poolType tags rank
        base { symbol } reward { symbol } trades(last: 2) { nodes { amount tradedAt note } } } } }
      topPools { __typename name } } }
  notes { nodes { text } }
}"""


@pytest.fixture
def fresh(shop_stores: Stores) -> Asker:
    """Asks a schema of this test's own."""
    return Asker(over_shop(), lambda viewer: RequestContext(viewer, shop_stores))


async def test_the_schema_says_which_path_is_taken(fresh: Asker, shop_stores: Stores) -> None:
    assert fresh.schema.executor == "compiled"
    answers = []
    for path in ("compiled", "plain"):
        fresh.schema.executor = path
        result = await fresh.schema.execute(
            QUERY,
            variable_values={"first": 40},
            context_value=RequestContext(Viewer(), shop_stores),
        )
        assert len(result.errors or []) == 1
        answers.append(encode({"data": result.data}))
    assert answers[0] == answers[1]
    assert fresh.schema.engine.metrics == {"exact": 1}


async def test_an_operation_says_which_path_it_takes(fresh: Asker) -> None:
    fresh.schema.executor = "plain"
    answer = await fresh.both(QUERY, way="exact", first=40)
    assert answer.codes == [("notes", "UNAUTHENTICATED")]


class Contexts:
    """Contexts over the shop, of nobody in particular."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def admit(self, caller: Caller) -> object:
        return Viewer()

    async def ended(self, identity: object) -> str:
        await asyncio.Event().wait()
        raise AssertionError("it never ends")

    def open(self, identity: object, caller: Caller, deadline: float) -> RequestContext:
        return RequestContext(Viewer(), self._stores, deadline=deadline)

    def extensions(self, context: object) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize(
    ("mode", "ways"),
    [(Mode.COMPILED, {"exact": 2}), (Mode.HOOK, {"exact": 2}), (Mode.PLAIN, {})],
)
async def test_every_mode_of_the_edge_gives_the_same_bytes(
    shop_stores: Stores, mode: Mode, ways: Counter[str]
) -> None:
    schema = over_shop()
    documents = Documents(schema.graphql_schema, Limits())
    runs = Execution(schema, documents, Contexts(shop_stores), 30.0, mode=mode)
    entry = documents.entry(QUERY, None)
    bodies = []
    for _ in range(2):
        request = GraphQLRequest(QUERY, {"first": 40})
        bodies.append(encode((await runs.run(entry, request, None, Caller({}))).payload))
    assert schema.engine.metrics == ways
    plain = Execution(schema, documents, Contexts(shop_stores), 30.0, mode=Mode.PLAIN)
    answer = await plain.run(entry, request, None, Caller({}))
    assert bodies == [encode(answer.payload)] * 2


async def data_of(ask: Asker, query: str) -> tuple[Any, dict[str, Any]]:
    """Data of both paths, as execution gives it."""
    found = []
    for path in ("compiled", "plain"):
        result: Any = await ask.schema.execute(
            query,
            context_value=ask.context(Viewer()),
            operation_extensions={EXECUTOR: path},
        )
        found.append(result.data)
    return found[0], found[1]


async def test_data_behaves_as_the_dict_of_the_plain_path(ask: Asker) -> None:
    query = """{ b: protocols(first: 3) { nodes { slug token { symbol } } }
                 a: protocol(slug: "") { id } }"""
    data, plain = await data_of(ask, query)
    assert type(data) is Data
    assert type(plain) is dict
    assert data == plain
    assert plain == data
    assert data == (await data_of(ask, query))[0]
    assert {"data": data} == {"data": plain}
    assert data != {**plain, "a": 1}
    assert data != None  # noqa: E711 - the comparison itself is meant
    assert list(data) == list(data.keys()) == ["b", "a"]
    assert dict(data) == {**data} == plain
    assert len(data) == 2
    assert "a" in data
    assert "slug" not in data
    assert data.get("c", 7) == 7
    assert data["a"] is None
    with pytest.raises(KeyError):
        data["c"]
    assert [node["slug"] for node in data["b"]["nodes"]] == ["p-0", "p-10", "p-20"]
    assert data["b"] is data["b"]
    assert repr(data) == repr(plain)
    assert msgspec.to_builtins(data.struct) == plain
    assert encode({"data": data}) == encode({"data": plain})
    with pytest.raises(TypeError, match="unhashable"):
        hash(data)


async def test_data_of_a_failed_answer_is_what_the_plain_path_gives(ask: Asker) -> None:
    data, plain = await data_of(ask, "{ notes { nodes { text } } pools(first: -1) { __typename } }")
    assert data is plain is None
    data, plain = await data_of(ask, "{ notes { nodes { text } } }")
    assert data == plain == {"notes": None}
