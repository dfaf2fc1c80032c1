"""The document cache and what documents may ask for."""

from __future__ import annotations

import gc
import tracemalloc

import pytest
from graphql import get_introspection_query

from gateway.documents import Documents, Entry, Refused
from gateway.execution import Caller, Execution
from gateway.limits import Limits
from gateway.requests import GraphQLRequest
from tests.gateway.conftest import Gateway, code_of, serving
from tests.gateway.graph import Scopes, make_graph

GRAPH = make_graph()
SCHEMA = GRAPH.graphql_schema


def documents(most_bytes: int = 1_000_000, **limits: int) -> Documents:
    return Documents(SCHEMA, Limits(**limits), most_bytes=most_bytes)


def refused(text: str, name: str | None = None, **limits: int) -> tuple[str, dict[str, object]]:
    """Code and other extensions of the error a text is refused with."""
    with pytest.raises(Refused) as refusal:
        documents(**limits).entry(text, name)
    (error,) = refusal.value.errors
    extensions = dict(error.extensions or {})
    return str(extensions.pop("code")), extensions


def test_same_text_and_operation_is_prepared_once() -> None:
    cache = documents()
    first = cache.entry("query A { hello } query B { hello }", "A")
    assert cache.entry("query A { hello } query B { hello }", "A") is first
    assert cache.entry("query A { hello } query B { hello }", "B") is not first


def test_refused_text_is_judged_once_and_kept_apart() -> None:
    cache = documents()
    errors = []
    for _ in range(2):
        with pytest.raises(Refused) as refusal:
            cache.entry("{ nothing }", None)
        errors.append(refusal.value.errors)
    assert errors[0] is errors[1]
    assert len(cache) == 0


def test_cache_stays_within_its_bytes() -> None:
    cache = documents(most_bytes=50_000)
    for number in range(500):
        cache.entry(f"query Q{number} {{ hello }}", None)
        with pytest.raises(Refused):
            cache.entry(f"query Q{number} {{ nothing }}", None)
    assert 0 < cache.held_bytes <= 50_000 + 50_000 // 8
    assert 0 < len(cache) < 50


def test_nonsense_does_not_push_out_what_is_used() -> None:
    cache = documents(most_bytes=20_000)
    used = cache.entry("{ hello }", None)
    for number in range(500):
        with pytest.raises(Refused):
            cache.entry(f"{{ nothing{number} }}", None)
    assert cache.entry("{ hello }", None) is used


def flags_of(count: int) -> str:
    """A query whose plan depends on so many flags."""
    names = [f"$f{number}: Boolean!" for number in range(count)]
    fields = [f"a{number}: hello @include(if: $f{number})" for number in range(count)]
    return f"query ({', '.join(names)}) {{ hello {' '.join(fields)} }}"


async def ran(runs: Execution, text: str, variables: dict[str, object] | None = None) -> Entry:
    """The entry of a text after it was run."""
    entry = runs.documents.entry(text, None)
    answer = await runs.run(entry, GraphQLRequest(text, variables or {}), "me", Caller({}))
    assert "errors" not in answer.payload
    return entry


def running(cache: Documents) -> Execution:
    return Execution(GRAPH, cache, Scopes(), 5.0)


async def test_plans_count_towards_the_bytes_of_the_cache() -> None:
    cache = documents()
    runs = running(cache)
    cache.entry("{ hello }", None)
    before = cache.held_bytes
    entry = await ran(runs, "{ hello }")
    assert entry.plans.bytes > 0
    assert cache.held_bytes == before + entry.plans.bytes
    await ran(runs, "{ hello }")
    assert cache.held_bytes == before + entry.plans.bytes


async def test_operation_has_sixteen_plans_at_most_and_each_is_counted() -> None:
    cache = documents()
    runs = running(cache)
    text = flags_of(6)
    sizes = []
    for number in range(64):
        flags: dict[str, object] = {f"f{bit}": bool(number >> bit & 1) for bit in range(6)}
        entry = await ran(runs, text, flags)
        sizes.append(entry.plans.bytes)
    assert len(entry.plans) == 16
    # Further ones take the place of older ones.
    assert sizes == sorted(sizes[:16]) + sizes[16:]
    assert max(sizes) < 2 * sizes[15]
    assert entry.weighed == entry.plans.bytes
    assert cache.held_bytes >= entry.plans.bytes


async def test_plan_of_an_entry_that_was_pushed_out_is_not_counted() -> None:
    cache = documents(most_bytes=20_000)
    runs = running(cache)
    gone = cache.entry("{ hello }", None)
    for number in range(20):
        cache.entry(f"query Q{number} {{ hello }}", None)
    held = cache.held_bytes
    await runs.run(gone, GraphQLRequest("{ hello }"), "me", Caller({}))
    assert gone.plans.bytes > 0
    assert cache.held_bytes == held
    assert cache.entry("{ hello }", None) is not gone


@pytest.mark.timeout(120)
async def test_memory_stays_flat_while_thousands_of_texts_are_run() -> None:
    cache = documents(most_bytes=500_000)
    runs = running(cache)
    held: list[int] = []
    try:
        for number in range(6_000):
            await ran(runs, f"{{ a{number}: hello }}")
            if number == 4_999:
                tracemalloc.start()  # it is slow; all that is held now is replaced soon
            if number in (5_299, 5_999):
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert cache.held_bytes <= 500_000
    # Seven hundred texts that stayed would be several times as much.
    assert held[1] < held[0] + 400_000


def nested(levels: int) -> str:
    return "{ item " + "{ next " * (levels - 2) + "{ name }" + " }" * (levels - 1)


def test_depth_up_to_the_limit_is_allowed() -> None:
    documents().entry(nested(15), None)


@pytest.mark.parametrize("levels", [16, 50, 190])
def test_deep_relations_are_refused(levels: int) -> None:
    code, extensions = refused(nested(levels))
    assert code == "QUERY_TOO_COMPLEX"
    assert extensions == {"limit": "depth", "maximum": 15}


def test_depth_hidden_in_fragments_is_found() -> None:
    text = "{ item { ...F0 } } " + " ".join(
        f"fragment F{n} on Item {{ next {{ ...F{n + 1} }} }}" for n in range(20)
    )
    assert refused(text + " fragment F20 on Item { name }")[1]["limit"] == "depth"


def test_aliases_multiplied_by_fragments_are_counted() -> None:
    text = "{ " + " ".join(f"a{n}: item {{ ...F }}" for n in range(10)) + " } "
    code, extensions = refused(text + "fragment F on Item { b: name c: name d: name }")
    assert code == "QUERY_TOO_COMPLEX"
    assert extensions == {"limit": "aliases", "maximum": 30}


@pytest.mark.timeout(10)
def test_exponential_fragments_are_refused() -> None:
    fragments = " ".join(
        f"fragment F{n} on Item {{ a: next {{ ...F{n + 1} }} b: next {{ ...F{n + 1} }} }}"
        for n in range(60)
    )
    code, _ = refused("{ item { ...F0 } } " + fragments + " fragment F60 on Item { name }")
    assert code == "QUERY_TOO_COMPLEX"


HOSTILE = {
    "aliases": ("{ " + " ".join(f"a{n}: hello" for n in range(600)) + " }", "aliases"),
    "directives": ("{ hello " + "@include(if: true) " * 100 + "}", "directives"),
    "root fields": ("{ " + "hello half(of: 1) identity missing bug " * 8 + "}", "rootFields"),
    "repeats": ("{ item { " + "name " * 400 + "} }", "repeats"),
    "characters": ("{ hello } #" + "x" * 200_000, "chars"),
    "tokens": ("{ " + "hello " * 2_500 + "}", None),
    "nesting": ("{ item " * 5_000, None),
    "comments": ("#\n" * 2_000 + "{ hello }", None),
    "values": ("{ echo(value: " + "[" * 900 + "]" * 900 + ") }", None),
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_document_is_refused(name: str) -> None:
    text, limit = HOSTILE[name]
    code, extensions = refused(text)
    assert code == "QUERY_TOO_COMPLEX"
    assert extensions.get("limit") == limit


def test_fragment_cycle_is_a_validation_error() -> None:
    text = "{ item { ...A } } fragment A on Item { next { ...B } } fragment B on Item { ...A }"
    assert refused(text)[0] == "GRAPHQL_VALIDATION_FAILED"


def test_introspection_of_editors_is_allowed_and_can_be_turned_off() -> None:
    text = get_introspection_query(input_value_deprecation=True)
    documents().entry(text, None)
    with pytest.raises(Refused):
        Documents(SCHEMA, Limits(), introspection=False).entry(text, None)


def test_suggestions_can_be_turned_off() -> None:
    with pytest.raises(Refused) as refusal:
        Documents(SCHEMA, Limits(), suggestions=False).entry("{ helo }", None)
    assert refusal.value.errors[0].message == "Cannot query field 'helo' on type 'Query'."


@pytest.mark.parametrize(
    ("text", "name"),
    [("query A { hello } query B { hello }", None), ("query A { hello }", "B"), ("{ hello }", "A")],
)
def test_operation_that_cannot_be_chosen_is_refused(text: str, name: str | None) -> None:
    assert refused(text, name)[0] == "BAD_USER_INPUT"


async def test_deep_query_is_refused_before_anything_runs(gateway: Gateway) -> None:
    opened = gateway.scopes.opened
    response = await gateway.post(nested(50))
    assert response.status_code == 400
    assert code_of(response) == "QUERY_TOO_COMPLEX"
    assert gateway.scopes.opened == opened


async def test_limits_come_from_the_settings() -> None:
    async with serving(max_depth=3) as gateway:
        assert code_of(await gateway.post(nested(4))) == "QUERY_TOO_COMPLEX"
        assert (await gateway.post(nested(3))).status_code == 200
