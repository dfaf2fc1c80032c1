"""Mentions found by words and by meaning, limited to an asset, a project, a source and a time."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from resolvers.context import RequestContext, Viewer
from stores.lifecycle import Stores
from stores.qdrant.client import Point
from stores.queries import Statement
from tests.resolvers.graph import ask

START = datetime(2025, 6, 1, tzinfo=UTC)
COIN, OTHER, PROJECT = uuid4(), uuid4(), uuid4()
IDS = [uuid4() for _ in range(4)]
MODEL = f"test-{uuid4().hex[:8]}"
WORD = f"quux{uuid4().hex[:8]}"  # no other text holds it
TEXTS = (
    (f"{WORD} rallies", "Nothing else happened."),
    ("Markets today", f"The {WORD} fell, and {WORD} holders sold."),
    (None, f"Selling {WORD} again"),
    ("Unrelated", "Nothing of it."),
)
CHOICES: tuple[tuple[str, list[Any], Any], ...] = (
    ("news", [COIN], PROJECT),
    ("reddit", [COIN, OTHER], None),
    ("news", [], None),
    ("news", [COIN], PROJECT),
)


def _vector(degrees: float) -> list[float]:
    radians = math.radians(degrees)
    return [math.cos(radians), math.sin(radians), *([0.0] * 382)]


class Angles:
    """An embedder that reads the angle from the text."""

    name = MODEL
    version = "1"

    def embed(self, texts: Sequence[str], dimensions: int) -> list[list[float]]:
        return [_vector(float(text)) for text in texts]


@pytest.fixture(scope="module", autouse=True)
async def mentions(worker_stores: Stores) -> AsyncIterator[None]:
    """Four texts, an hour and ten degrees apart."""
    postgres = worker_stores.postgres
    await postgres.copy_rows(
        "catalog.assets", ("id", "symbol", "name"), [(COIN, "SCO", "C"), (OTHER, "SOT", "O")]
    )
    await postgres.copy_rows(
        "research.projects", ("id", "slug", "name"), [(PROJECT, f"s{PROJECT.hex}", "S")]
    )
    await postgres.copy_rows(
        "research.mentions",
        (
            *("id", "platform_id", "title", "content", "source", "asset_ids", "project_id"),
            "published_at",
        ),
        [
            (id_, id_.hex, *text, *chosen, START + timedelta(hours=n))
            for n, (id_, text, chosen) in enumerate(zip(IDS, TEXTS, CHOICES, strict=True))
        ],
    )
    points = [
        Point(
            str(id_),
            _vector(10 * n),
            {
                "model": MODEL,
                "model_version": "1",
                "source": source,
                "asset_ids": [str(asset) for asset in assets],
                "published_at": (START + timedelta(hours=n)).isoformat(),
                **({"project_id": str(project)} if project else {}),
            },
        )
        for n, (id_, (source, assets, project)) in enumerate(zip(IDS, CHOICES, strict=True))
    ]
    await worker_stores.qdrant.upsert("market_sentiment", points)
    yield
    await worker_stores.qdrant.delete("market_sentiment", IDS)
    for table, keys in (
        ("research.mentions", IDS),
        ("research.projects", [PROJECT]),
        ("catalog.assets", [COIN, OTHER]),
    ):
        text = f"DELETE FROM {table} WHERE id = ANY($1::uuid[])"
        await postgres.execute(Statement("tidy", text, ("ids",), "exec"), keys)


VARIABLES = """$text: String!, $first: Int, $source: MentionSource, $asset: ID, $project: ID,
  $from: DateTime, $to: DateTime"""
ARGUMENTS = """text: $text, first: $first, source: $source, asset: $asset, project: $project,
  from: $from, to: $to"""


async def _find(stores: Stores, field: str, text: str, **variables: Any) -> Any:
    query = f"query ({VARIABLES}) {{ {field}({ARGUMENTS}) {{ score mention {{ platformId }} }} }}"
    context = RequestContext(Viewer(), stores, trace=[], embedder=Angles())
    variables.setdefault("first", 10)
    return await ask(stores, query, context=context, text=text, **variables)


def _found(answer: Any) -> list[int]:
    assert not answer.errors, answer.errors
    (hits,) = answer.data.values()
    keys = [id_.hex for id_ in IDS]
    return [keys.index(hit["mention"]["platformId"]) for hit in hits]


async def test_words_find_texts_headlines_before_contents(stores: Stores) -> None:
    answer = await _find(stores, "mentionsMatching", WORD)
    assert _found(answer) == [0, 2, 1]
    scores = [hit["score"] for hit in answer.data["mentionsMatching"]]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0
    assert max(scores) < 1
    # One statement finds them, one reads them.
    assert len(answer.statements) == 2
    assert _found(await _find(stores, "mentionsMatching", f"{WORD} sell")) == [2]
    assert _found(await _find(stores, "mentionsMatching", f"{WORD} -rally")) == [2, 1]
    assert _found(await _find(stores, "mentionsMatching", f'"{WORD} holder"')) == [1]
    assert _found(await _find(stores, "mentionsMatching", WORD, first=1)) == [0]
    assert _found(await _find(stores, "mentionsMatching", "the")) == []


HOUR = "2025-06-01T01:00:00Z"
LIMITS: list[tuple[dict[str, Any], list[int], list[int]]] = [
    ({"source": "NEWS"}, [0, 2], [0, 2, 3]),
    ({"asset": str(COIN)}, [0, 1], [0, 1, 3]),
    ({"asset": str(OTHER)}, [1], [1]),
    ({"project": str(PROJECT)}, [0], [0, 3]),
    ({"from": HOUR}, [2, 1], [1, 2, 3]),
    ({"to": HOUR}, [0], [0]),
    ({"from": HOUR, "to": "2025-06-01T02:00:00Z"}, [1], [1]),
    ({"asset": str(COIN), "source": "REDDIT", "from": HOUR}, [1], [1]),
    ({"asset": str(uuid4())}, [], []),
]


@pytest.mark.parametrize(("limits", "by_words", "by_meaning"), LIMITS)
async def test_both_searches_keep_to_what_is_chosen(
    stores: Stores, limits: dict[str, Any], by_words: list[int], by_meaning: list[int]
) -> None:
    assert _found(await _find(stores, "mentionsMatching", WORD, **limits)) == by_words
    assert _found(await _find(stores, "mentionsLike", "-1", **limits)) == by_meaning


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"text": " "},
        {"text": "x\0"},
        {"text": "x" * 201},
        {"text": "x", "first": 0},
        {"text": "x", "first": 101},
        {"text": "x", "asset": "nonsense"},
        {"text": "x", "from": HOUR, "to": HOUR},
    ],
)
async def test_wrong_arguments_are_explained(stores: Stores, wrong: dict[str, Any]) -> None:
    answer = await _find(stores, "mentionsMatching", wrong.pop("text"), **wrong)
    assert answer.codes == [("mentionsMatching", "BAD_USER_INPUT")]
    assert answer.statements == []
