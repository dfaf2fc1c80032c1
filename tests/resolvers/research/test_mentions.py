"""Mentions and what is near them, with vectors written here."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from resolvers.context import RequestContext, Viewer
from stores.lifecycle import Stores
from stores.qdrant.client import Point, Qdrant
from stores.queries import Statement
from tests.resolvers.graph import ask, kinds_of_calls

START = datetime(2025, 1, 1, tzinfo=UTC)
MODEL = f"test-{uuid4().hex[:8]}"
COUNT = 12
IDS = [uuid4() for _ in range(COUNT)]
PREFIX = IDS[0].hex


def _vector(degrees: float) -> list[float]:
    """A direction in a plane of the space: distances are differences of angles."""
    radians = math.radians(degrees)
    return [math.cos(radians), math.sin(radians), *([0.0] * 382)]


class Angles:
    """An embedder that reads the angle from the text."""

    name = MODEL
    version = "1"

    def embed(self, texts: Sequence[str], dimensions: int) -> list[list[float]]:
        assert dimensions == 384
        return [_vector(float(text)) if text.strip() else [0.0] * 384 for text in texts]


@pytest.fixture(scope="module", autouse=True)
async def mentions(worker_stores: Stores) -> AsyncIterator[None]:
    """Mentions ten degrees apart; the last one was embedded by another model."""
    await worker_stores.postgres.copy_rows(
        "research.mentions",
        ("id", "source", "platform_id", "title", "published_at"),
        [
            (id_, "news" if n % 2 else "reddit", f"{PREFIX}-{n:02}", f"M{n}", _published(n))
            for n, id_ in enumerate(IDS)
        ],
    )
    points = [
        Point(
            str(id_),
            _vector(10 * n),
            {
                "model": MODEL if n < COUNT - 1 else "another",
                "model_version": "1",
                "source": "news" if n % 2 else "reddit",
            },
        )
        for n, id_ in enumerate(IDS)
    ]
    await worker_stores.qdrant.upsert("market_sentiment", points)
    yield
    await worker_stores.qdrant.delete("market_sentiment", IDS)
    text = "DELETE FROM research.mentions WHERE id = ANY($1::uuid[])"
    await worker_stores.postgres.execute(Statement("tidy", text, ("ids",), "exec"), IDS)


def _published(number: int) -> datetime:
    return START + timedelta(hours=number)


PAGE = """query ($prefix: String!, $first: Int!) {
  mentions(first: $first, where: {platformId: {like: $prefix}}) { nodes { title source
    similar(first: 2) { score mention { title } } } } }"""


async def test_mentions_come_newest_first_with_their_like(stores: Stores) -> None:
    answer = await ask(stores, PAGE, prefix=f"{PREFIX}%", first=3)
    assert not answer.errors
    nodes = answer.data["mentions"]["nodes"]
    assert [(node["title"], node["source"]) for node in nodes] == [
        *(("M11", "NEWS"), ("M10", "REDDIT"), ("M9", "NEWS"))
    ]
    # The vector of another model compares with nothing here.
    assert nodes[0]["similar"] == []
    assert [hit["mention"]["title"] for hit in nodes[1]["similar"]] == ["M9", "M8"]
    scores = [hit["score"] for hit in nodes[1]["similar"]]
    expected = [math.cos(math.radians(10)), math.cos(math.radians(20))]
    assert scores == pytest.approx(expected, abs=1e-4)
    assert {hit["mention"]["title"] for hit in nodes[2]["similar"]} == {"M10", "M8"}


@pytest.mark.parametrize("first", [3, 12])
async def test_requests_do_not_grow_with_mentions(stores: Stores, first: int) -> None:
    answer = await ask(stores, PAGE, prefix=f"{PREFIX}%", first=first)
    assert not answer.errors
    # Two models make two searches, each for all mentions of the model.
    assert kinds_of_calls(answer) == ["postgres", "postgres", "qdrant", "qdrant", "qdrant"]


LIKE = """query ($text: String!, $min: Float, $source: MentionSource) {
  mentionsLike(text: $text, first: 3, minScore: $min, source: $source) {
    score mention { title } } }"""


async def _like(stores: Stores, text: str, **variables: Any) -> Any:
    context = RequestContext(Viewer(), stores, trace=[], embedder=Angles())
    return await ask(stores, LIKE, context=context, text=text, **variables)


async def test_a_text_finds_the_nearest_mentions(stores: Stores) -> None:
    answer = await _like(stores, "29")
    assert not answer.errors
    assert [hit["mention"]["title"] for hit in answer.data["mentionsLike"]] == ["M3", "M2", "M4"]
    answer = await _like(stores, "29", source="REDDIT", min=0.9)
    # 20 and 40 degrees are within 25.8 degrees of it, 0 and 60 are not.
    assert [hit["mention"]["title"] for hit in answer.data["mentionsLike"]] == ["M2", "M4"]


@pytest.mark.parametrize("text", ["", "  ", "x\0", "1" * 2001])
async def test_texts_that_cannot_be_compared_are_refused(stores: Stores, text: str) -> None:
    answer = await _like(stores, text)
    assert answer.codes == [("mentionsLike", "BAD_USER_INPUT")]


async def test_without_qdrant_mentions_are_still_there(stores: Stores) -> None:
    nobody = Qdrant("http://127.0.0.1:9")
    answer = await ask(replace(stores, qdrant=nobody), PAGE, prefix=f"{PREFIX}%", first=1)
    await nobody.close()
    (node,) = answer.data["mentions"]["nodes"]
    assert node == {"title": "M11", "source": "NEWS", "similar": None}
    assert [error.original_error.store for error in answer.errors] == ["qdrant"]
