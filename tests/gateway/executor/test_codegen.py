"""What stands in generated source: names made here, and nothing anybody sent."""

from __future__ import annotations

import io
import keyword
import re
import tokenize
from collections.abc import Iterator

import msgspec
import pytest

from gateway.executor import codegen
from gateway.executor.leaves import SCOPE
from resolvers.context import RequestContext
from stores.lifecycle import Stores
from tests.gateway.executor.conftest import Asker, over_shop

MADE = re.compile(r"[amxcv]\d+")
WORDS = {
    *("def", "return", "for", "in", "if", "else", "is", "not", "and", "or", "None"),
    *("build", "rows", "zip", "S", "fail", "_"),
    *("str", "type", "int", "bool", "float", "format", "tzinfo", "is_finite", "exact"),
    *SCOPE,
}
# Texts the expressions of leaves hold.
TEXTS = {'":"', '"f"'}
NASTY = [
    *("__class__", "__init__", "__slots__", "__struct_fields__", "__getattr__", "__dict__"),
    *("S", "fail", "rows", "build", "a0", "m0", "x0", "v0", "c0", "f0", "f1", "_", "__"),
    *("str", "type", "zip", "format", "inf", "UTC", "Decimal", "self", "exec", "eval", "Object"),
    *(word for word in keyword.kwlist if word.isidentifier()),
    "x" * 5_000,
]
EVERYTHING = """query Hunter2($slug: String = "hunter2-default") {
  __typename
  hunter2Page: protocols(first: 3, where: {slug: {ne: "hunter2\\"); import os #"}}) {
    hunter2Count: totalCount { value exact }
    pageInfo { endCursor }
    edges { hunter2Cursor: cursor node { hunter2Slug: slug url heat(scale: 777123) } }
    nodes { id score createdAt token { symbol contract supply metadata }
      topPools { name tvlUsd poolType tags rank trades(last: 2) { nodes { amount tradedAt note } } }
    }
  }
  hunter2One: protocol(slug: $slug) { ...hunter2Fragment }
}
fragment hunter2Fragment on Protocol { hunter2Name: name }"""


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every source generated while the test runs."""
    seen: list[str] = []

    def spy(source: str, name: str, mode: str) -> object:
        seen.append(source)
        return compile(source, name, mode)

    monkeypatch.setattr(codegen, "compile", spy, raising=False)
    return seen


@pytest.fixture
def fresh(shop_stores: Stores) -> Asker:
    """Asks a schema that has planned nothing yet."""
    return Asker(over_shop(), lambda viewer: RequestContext(viewer, shop_stores))


def foreign(source: str) -> Iterator[str]:
    """Tokens of a source that are not ours."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            if token.string not in WORDS and not MADE.fullmatch(token.string):
                yield token.string
        elif token.type == tokenize.STRING:
            if token.string not in TEXTS:
                yield token.string
        elif token.type == tokenize.NUMBER and int(token.string) not in (1, 2**31, 2**31 - 1):
            yield token.string


async def test_source_holds_nothing_of_a_document(fresh: Asker, sources: list[str]) -> None:
    await fresh.both(EVERYTHING, slug="hunter2-value")
    assert len(sources) >= 8
    for source in sources:
        assert list(foreign(source)) == [], source


async def test_names_that_mean_something_to_python_are_only_names(
    fresh: Asker, sources: list[str]
) -> None:
    aliases = "\n".join(f"{alias}: slug" for alias in NASTY)
    whole = " ".join(f"{alias}: protocol(slug: $slug) {{ name }}" for alias in NASTY)
    answer = await fresh.both(
        f"query ($slug: String) {{ protocols(first: 2) {{ nodes {{ {aliases} }} }} {whole} }}",
        slug="p-3",
    )
    node = answer.data["protocols"]["nodes"][1]
    assert node == dict.fromkeys(NASTY, node["S"])
    assert answer.data["build"] == {"name": "Name 3"}
    for source in sources:
        assert list(foreign(source)) == []


async def test_a_selection_may_be_wide(fresh: Asker) -> None:
    fields = " ".join(f"f{number}: slug n{number}: name" for number in range(1_000))
    answer = await fresh.both(f"{{ protocols(first: 2) {{ nodes {{ {fields} }} }} }}")
    assert list(answer.data["protocols"]["nodes"][0])[:3] == ["f0", "n0", "f1"]


async def test_the_answer_keeps_the_order_of_the_document(fresh: Asker) -> None:
    answer = await fresh.both(
        """{ z: __typename protocols(first: 1) { nodes { token { symbol } slug b: url a: name } }
             a: protocol(slug: "p-1") { ... on Protocol { name } slug ...more name } }
           fragment more on Protocol { score slug }"""
    )
    assert list(answer.data) == ["z", "protocols", "a"]
    assert list(answer.data["protocols"]["nodes"][0]) == ["token", "slug", "b", "a"]
    assert list(answer.data["a"]) == ["name", "slug", "score"]


def test_selections_with_equal_keys_share_a_class() -> None:
    assert codegen.struct(("a", "b")) is codegen.struct(("a", "b"))
    assert codegen.struct(("a", "b")) is not codegen.struct(("b", "a"))
    assert msgspec.json.encode(codegen.struct(("b", "a"))(1, 2)) == b'{"b":1,"a":2}'


async def test_a_plan_is_made_once_a_text(fresh: Asker, sources: list[str]) -> None:
    query = """query ($first: Int, $slug: String) {
        protocols(first: $first) { nodes { slug } } protocol(slug: $slug) { name } }"""
    await fresh(query, first=1, slug="p-1")
    made = len(sources)
    for number in range(5):
        await fresh(query, first=number, slug=f"p-{number}")
    assert len(sources) == made > 0
