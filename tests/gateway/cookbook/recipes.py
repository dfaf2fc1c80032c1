"""Reads `docs/cookbook.md`: each section a question, a query, and the answer it was given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

COOKBOOK: Final = Path(__file__).parents[3] / "docs" / "cookbook.md"
_RECIPE: Final = re.compile(
    r"^## (?P<title>[^\n]+)\n(?P<text>(?:(?!^## ).)*?)"
    r"^```graphql\n(?P<query>.*?)^```\n\n^```json\n(?P<answer>.*?)^```\n",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One question.

    Attributes:
        title: the heading, with its number.
        query: the document.
        answer: the recorded `data` as it is written in the page.
        span: where the answer stands in the page.
    """

    title: str
    query: str
    answer: str
    span: tuple[int, int]


def read() -> list[Recipe]:
    """Every recipe of the page, in order."""
    page = COOKBOOK.read_text(encoding="utf-8")
    return [
        Recipe(match["title"], match["query"], match["answer"], match.span("answer"))
        for match in _RECIPE.finditer(page)
    ]


def rewrite(answers: list[str]) -> None:
    """Write the page anew with these answers, one for each recipe in order."""
    page = COOKBOOK.read_text(encoding="utf-8")
    for recipe, answer in reversed(list(zip(read(), answers, strict=True))):
        start, end = recipe.span
        page = page[:start] + answer + page[end:]
    COOKBOOK.write_text(page, encoding="utf-8")
