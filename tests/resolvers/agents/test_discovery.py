"""Finding agents by words and by meaning at once, with vectors written here."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from resolvers.context import RequestContext, Viewer
from stores.lifecycle import Stores
from stores.qdrant.client import Point, Qdrant
from stores.queries import Statement
from tests.resolvers.graph import ask, kinds_of_calls

MODEL = f"test-{uuid4().hex[:8]}"
WORD = f"zorb{uuid4().hex[:8]}"  # no other agent says it
AGENTS = [uuid4() for _ in range(6)]
TAG = AGENTS[0].hex[:12]
# slug, description, degrees of its vector, kind, type, capabilities, chains, reputation, offered
PEOPLE: tuple[tuple[Any, ...], ...] = (
    ("named", "Nothing of it.", 80, "marketplace", "data", ["a"], ["polygon"], "0.5", True),
    ("both", f"Likes {WORD} most.", 1, "marketplace", "data", ["a", "b"], [], "0.9", True),
    ("words", f"A {WORD} and much more.", None, "satellite", "logic", [], [], None, True),
    ("meaning", "Says nothing.", 5, "marketplace", "data", ["b"], ["base"], "0.95", True),
    ("gone", f"Only {WORD}.", 0, "marketplace", "data", ["a"], [], "1", False),
    ("far", "Elsewhere.", 120, "marketplace", "data", [], [], None, True),
)


def _vector(degrees: float) -> list[float]:
    radians = math.radians(degrees)
    return [math.cos(radians), math.sin(radians), *([0.0] * 382)]


class Zero:
    """An embedder for which every wish points to 0 degrees, and one of dots nowhere."""

    name = MODEL
    version = "1"

    def embed(self, texts: Sequence[str], dimensions: int) -> list[list[float]]:
        assert dimensions == 384
        return [[0.0] * 384 if text == "..." else _vector(0) for text in texts]


@pytest.fixture(scope="module", autouse=True)
async def agents(worker_stores: Stores) -> AsyncIterator[None]:
    """Six agents: one is found by its name, one by words and meaning, one by each, two by none."""
    await worker_stores.postgres.copy_rows(
        "agents.agents",
        (
            *("id", "slug", "name", "description", "kind", "agent_type", "capabilities"),
            *("chain_compatibility", "reputation_score", "is_active"),
        ),
        [
            (
                *(key, slug if slug != "named" else WORD, f"N{TAG} {slug}", says, kind, what),
                *(abilities, chains, reputation, offered),
            )
            for key, (slug, says, _, kind, what, abilities, chains, reputation, offered) in zip(
                AGENTS, PEOPLE, strict=True
            )
        ],
    )
    points = [
        Point(
            str(key),
            _vector(person[2]),
            {"model": MODEL, "model_version": "1", "kind": person[3], "agent_type": person[4]},
        )
        for key, person in zip(AGENTS, PEOPLE, strict=True)
        if person[2] is not None
    ]
    await worker_stores.qdrant.upsert("agent_profiles", points)
    yield
    await worker_stores.qdrant.delete("agent_profiles", AGENTS)
    text = "DELETE FROM agents.agents WHERE id = ANY($1::uuid[])"
    await worker_stores.postgres.execute(Statement("tidy", text, ("ids",), "exec"), AGENTS)


SEARCH = """query ($text: String!, $first: Int!, $kind: AgentKind, $type: AgentType,
  $capability: String, $chain: String, $reputation: Decimal) {
  agentSearch(text: $text, first: $first, kind: $kind, agentType: $type, capability: $capability,
    chain: $chain, minReputation: $reputation) {
    rankedBy hits { score wordsScore meaningScore agent { name } } } }"""


async def _search(stores: Stores, text: str = WORD, *, embedder: Any = None, **more: Any) -> Any:
    context = RequestContext(Viewer(), stores, trace=[], embedder=embedder or Zero())
    more.setdefault("first", 10)
    return await ask(stores, SEARCH, context=context, text=text, **more)


def _found(answer: Any) -> list[str]:
    assert not answer.errors, answer.errors
    hits = answer.data["agentSearch"]["hits"]
    return [hit["agent"]["name"].removeprefix(f"N{TAG} ") for hit in hits]


async def test_one_ranking_by_words_and_meaning(stores: Stores) -> None:
    answer = await _search(stores)
    # Second by words and first by meaning; first and third; then one list each.
    assert _found(answer) == ["both", "named", "meaning", "words"]
    assert answer.data["agentSearch"]["rankedBy"] == ["WORDS", "MEANING"]
    both, named, meaning, words = answer.data["agentSearch"]["hits"]
    best = 2 / 61
    assert [hit["score"] for hit in (both, named, meaning, words)] == pytest.approx(
        [(1 / 62 + 1 / 61) / best, (1 / 61 + 1 / 63) / best, (1 / 62) / best, (1 / 63) / best],
        abs=1e-6,
    )
    assert (named["wordsScore"], meaning["wordsScore"], words["meaningScore"]) == (1, None, None)
    assert both["meaningScore"] == pytest.approx(math.cos(math.radians(1)), abs=1e-4)
    assert 0 < words["wordsScore"] <= both["wordsScore"] < 0.6
    # By words, those that fit, and the agents; and one search.
    assert kinds_of_calls(answer) == ["postgres"] * 3 + ["qdrant"]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"kind": "SATELLITE"}, ["words"]),
        ({"type": "DATA"}, ["both", "named", "meaning"]),
        ({"capability": "b"}, ["both", "meaning"]),
        ({"chain": "polygon"}, ["named", "both", "words"]),
        ({"reputation": "0.9"}, ["both", "meaning"]),
        ({"capability": "b", "chain": "base", "reputation": "0.95"}, ["meaning"]),
        ({"capability": "nothing"}, []),
        ({"first": 1}, ["both"]),
    ],
)
async def test_a_search_keeps_to_what_is_wanted(
    stores: Stores, limits: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(_found(await _search(stores, **limits))) == sorted(expected)


async def test_meaning_alone_and_words_alone_find_too(stores: Stores) -> None:
    answer = await _search(stores, "a sentence that no agent says")
    assert _found(answer) == ["both", "meaning", "named"]
    # No vector can be made of dots.
    assert _found(await _search(stores, "...")) == []


async def test_without_vectors_words_rank_alone_and_it_is_said(stores: Stores) -> None:
    nobody = Qdrant("http://127.0.0.1:9")
    away = await _search(replace(stores, qdrant=nobody))
    await nobody.close()
    context = RequestContext(Viewer(), stores, trace=[])
    none = await ask(stores, SEARCH, context=context, text=WORD, first=10)
    for answer in (away, none):
        assert _found(answer)[0] == "named"
        assert set(_found(answer)) == {"named", "both", "words"}
        assert answer.data["agentSearch"]["rankedBy"] == ["WORDS"]
        assert answer.data["agentSearch"]["hits"][0]["score"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"text": "  "},
        {"text": "x\0"},
        {"text": "x" * 501},
        {"text": "x", "first": 0},
        {"text": "x", "first": 51},
        {"text": WORD, "capability": "x\0"},
    ],
)
async def test_searches_that_make_no_sense_are_refused(
    stores: Stores, wrong: dict[str, Any]
) -> None:
    answer = await _search(stores, wrong.pop("text"), **wrong)
    assert answer.codes == [("agentSearch", "BAD_USER_INPUT")]


@pytest.mark.parametrize("first", [1, 6])
async def test_alike_agents_are_found_by_what_they_say(stores: Stores, first: int) -> None:
    answer = await ask(
        stores,
        """query ($like: String!, $first: Int!) {
          agents(first: $first, where: {name: {like: $like}}, orderBy: [{field: SLUG}]) { nodes {
            name similar(first: 2) { score agent { name } } } } }""",
        like=f"N{TAG}%",
        first=first,
    )
    assert not answer.errors
    both = answer.data["agents"]["nodes"][0]
    assert both["name"] == f"N{TAG} both"
    # The nearest was withdrawn: who it is stays hidden.
    assert [hit["agent"] for hit in both["similar"]] == [None, {"name": f"N{TAG} meaning"}]
    assert kinds_of_calls(answer) == ["postgres", "postgres", "qdrant", "qdrant"]
