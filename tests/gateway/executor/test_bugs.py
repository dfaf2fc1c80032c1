"""A bug of the compiled executor never costs the answer; it is logged, counted and avoided."""

from __future__ import annotations

import gc
import hashlib
import logging
from collections.abc import Callable
from typing import Any, NoReturn, cast

import pytest

from gateway.documents import Documents
from gateway.encoding import encode
from gateway.execution import Caller, Execution, Mode
from gateway.executor import codegen, engine, exact, objects, pages, relations
from gateway.executor.fetch import FETCHES
from gateway.executor.plan import How, PlannedField, Selection
from gateway.limits import Limits
from gateway.requests import GraphQLRequest
from resolvers.context import RequestContext
from stores.lifecycle import Stores
from tests.gateway.executor.conftest import Asker, over_shop
from tests.gateway.executor.test_switch import Contexts

QUERY = """query Secret4711 {
  hunter2: protocols(first: 20, where: {slug: {ne: "hunter2"}}) {
    pageInfo { hasNextPage endCursor }
    edges { cursor node { slug heat } }
    nodes { slug url token { symbol } pools(first: 2) { nodes { name tvlUsd } } topPools { name } }
  }
}"""
DIGEST = hashlib.sha256(QUERY.encode()).hexdigest()[:16]


@pytest.fixture
def fresh(shop_stores: Stores) -> Asker:
    """Asks a schema that has planned nothing yet."""
    return Asker(over_shop(), lambda viewer: RequestContext(viewer, shop_stores, trace=[]))


def raising(error: Exception) -> Callable[..., NoReturn]:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail


def logged(caplog: pytest.LogCaptureFixture) -> logging.LogRecord:
    """The one line of the engine."""
    (record,) = [each for each in caplog.records if each.name == engine.__name__]
    return record


def spoil(monkeypatch: pytest.MonkeyPatch, error: Exception, only: str, both: bool) -> None:
    """Generated functions of one type raise an error."""
    generate = codegen.generate

    def spoiled(selection: Selection) -> None:
        generate(selection)
        if selection.object_type.name == only:
            selection.build = raising(error)
            if both:
                selection.build_guarded = raising(error)

    monkeypatch.setattr(codegen, "generate", spoiled)


@pytest.mark.parametrize("only", ["Query", "Protocol", "Asset", "Pool", "PageInfo"])
@pytest.mark.parametrize(
    "error", [TypeError("a0"), NameError("S"), KeyError("hunter2"), RecursionError()]
)
async def test_a_bug_in_generated_code_is_made_good_by_the_exact_completer(
    fresh: Asker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    only: str,
) -> None:
    plain = await fresh(QUERY, path="plain")
    spoil(monkeypatch, error, only, both=False)
    answer = await fresh(QUERY)
    assert (answer.data, answer.errors) == (plain.data, [])
    assert answer.ways == {"exact": 1, "bugs": 1}
    # Nothing was asked for again.
    assert answer.calls == {
        "read protocols": 1,
        "read pools by protocol_id": 2,
        "read assets by id": 1,
        "heat": 1,
    }
    record = logged(caplog)
    assert record.levelno == logging.ERROR
    assert DIGEST in record.getMessage()
    assert "Secret4711" not in caplog.text
    assert "hunter2:" not in caplog.text
    # From now on it runs plain.
    again = await fresh(QUERY)
    assert (again.data, again.ways) == (plain.data, {"plain": 1})


async def test_a_bug_pins_its_own_document_alone(
    fresh: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        spoil(patch, TypeError(), "Protocol", both=True)
        assert (await fresh(QUERY)).ways == {"exact": 1, "bugs": 1}
    assert (await fresh(QUERY)).ways == {"plain": 1}
    assert (await fresh(QUERY + " ")).ways == {"compiled": 1}


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (relations, "grouped"),
        (relations, "keys_of"),
        (relations, "as_read"),
        (pages, "keys_of"),
        (pages, "_wish"),
        (objects, "object_frame"),
    ],
)
async def test_a_bug_while_running_leaves_it_to_the_plain_path(
    fresh: Asker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    module: Any,
    name: str,
) -> None:
    plain = await fresh(QUERY, path="plain")
    monkeypatch.setattr(module, name, raising(LookupError("a bug")))
    answer = await fresh(QUERY)
    assert (answer.data, answer.errors) == (plain.data, [])
    assert answer.ways == {"plain": 1, "bugs": 1}
    assert DIGEST in logged(caplog).getMessage()
    assert "hunter2" not in caplog.text
    assert (await fresh(QUERY)).ways == {"plain": 1}


async def test_a_bug_between_siblings_leaves_none_of_them_behind(
    fresh: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = objects.children

    def sometimes(run: Any, frame: Any, field: PlannedField) -> Any:
        if field.name == "pageInfo":
            raise LookupError("a bug")
        return children(run, frame, field)

    plain = await fresh(query := "{ pools { nodes { base { symbol } } pageInfo { endCursor } } }")
    monkeypatch.setitem(cast("dict[How, Any]", FETCHES), How.CHILD, sometimes)
    answer = await fresh(query + " ")
    assert (answer.data, answer.ways) == (plain.data, {"plain": 1, "bugs": 1})
    # A coroutine that nobody awaited would warn now.
    gc.collect()


@pytest.mark.parametrize("name", ["plan_of", "flags"])
async def test_a_bug_while_planning_leaves_it_to_the_plain_path(
    fresh: Asker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    plain = await fresh(QUERY, path="plain")
    monkeypatch.setattr(engine, name, raising(AttributeError("a bug")))
    answer = await fresh(QUERY)
    assert (answer.data, answer.errors) == (plain.data, [])
    assert answer.ways == {"plain": 1, "bugs": 1}
    assert DIGEST in logged(caplog).getMessage()
    assert (await fresh(QUERY)).ways == {"plain": 1}


async def test_a_bug_in_the_exact_completer_leaves_it_to_the_plain_path(
    fresh: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exact, "complete", raising(TypeError("a bug")))
    answer = await fresh("{ notes { nodes { text } } pools(first: 1) { nodes { name } } }")
    assert answer.data == {"notes": None, "pools": {"nodes": [{"name": "Pool 496"}]}}
    assert answer.codes == [("notes", "UNAUTHENTICATED")]
    assert answer.ways == {"plain": 1, "bugs": 1}


@pytest.mark.parametrize("mode", [Mode.COMPILED, Mode.HOOK])
async def test_a_bug_behind_the_edge_pins_the_entry_of_the_cache(
    shop_stores: Stores, monkeypatch: pytest.MonkeyPatch, mode: Mode
) -> None:
    schema = over_shop()
    documents = Documents(schema.graphql_schema, Limits())
    runs = Execution(schema, documents, Contexts(shop_stores), 30.0, mode=mode)
    entry = documents.entry(QUERY, None)
    request = GraphQLRequest(QUERY, {})

    async def body() -> bytes:
        return encode((await runs.run(entry, request, None, Caller({}))).payload)

    right = await body()
    assert schema.engine.metrics == {"compiled": 1}
    monkeypatch.setattr(relations, "grouped", raising(LookupError("a bug")))
    assert await body() == right
    assert schema.engine.metrics == {"compiled": 1, "bugs": 1, "plain": 1}
    assert entry.plans.reason is not None
    assert await body() == right
    assert schema.engine.metrics == {"compiled": 1, "bugs": 1, "plain": 2}
