"""The questions of the cookbook have answers on the sample, the same on both paths."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.embedding import LexicalEmbedder
from gateway.encoding import encode
from gateway.schema import EXECUTOR, build_schema
from resolvers.context import RequestContext, Viewer
from stores.lifecycle import Stores
from tests.gateway.cookbook.recipes import Recipe, read

RECIPES = read()
SCHEMA = build_schema()

# The sample is loaded once: all tests over it belong to one xdist worker.
pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("golden")]


def test_there_are_twenty_questions_or_more() -> None:
    assert len(RECIPES) >= 20
    assert [int(recipe.title.partition(".")[0]) for recipe in RECIPES] == list(
        range(1, len(RECIPES) + 1)
    )


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
async def test_every_question_is_answered(recipe: Recipe, sample: Stores) -> None:
    plain = await _ask(sample, recipe, "plain")
    compiled = await _ask(sample, recipe, "compiled")

    assert plain == compiled


async def _ask(sample: Stores, recipe: Recipe, executor: str) -> bytes:
    result: Any = await SCHEMA.execute(
        recipe.query,
        context_value=RequestContext(Viewer(), sample, embedder=LexicalEmbedder()),
        operation_extensions={EXECUTOR: executor},
    )
    assert not result.errors
    return encode(result.data)
