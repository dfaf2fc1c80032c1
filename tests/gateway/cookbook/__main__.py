"""Asks the cookbook's questions of a running gateway: `python -m tests.gateway.cookbook URL`.

The recorded answers are those of the whole data set, which the repository may not hold. Load it
with `gateway demo --data DIRECTORY`, then compare, or record anew with `--rewrite`.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from typing import Any

import httpx

from tests.gateway.cookbook.recipes import Recipe, read, rewrite

_WIDTH = 100


def main() -> int:
    """Compare or rewrite; 1 when an answer differs or is an error."""
    parser = argparse.ArgumentParser(prog="python -m tests.gateway.cookbook")
    parser.add_argument("url", help="address of the graph, such as http://127.0.0.1:8000/graphql")
    parser.add_argument("--rewrite", action="store_true", help="record the answers anew")
    options = parser.parse_args()
    recipes = read()
    with httpx.Client(timeout=30) as client:
        answers = [_ask(client, options.url, recipe) for recipe in recipes]
    if options.rewrite:
        rewrite(answers)
        return 0
    differing = [
        _difference(recipe, answer)
        for recipe, answer in zip(recipes, answers, strict=True)
        if answer != recipe.answer
    ]
    same = f"{len(recipes) - len(differing)} of {len(recipes)} as recorded\n"
    sys.stdout.write("\n".join([*differing, same]))
    return 1 if differing else 0


def _ask(client: httpx.Client, url: str, recipe: Recipe) -> str:
    answer = client.post(url, json={"query": recipe.query}).json()
    if "errors" in answer:
        sys.exit(f"{recipe.title}: {answer['errors'][0]['message']}")
    return _pretty(answer["data"]) + "\n"


def _pretty(value: Any, indent: str = "") -> str:
    """JSON that keeps on one line what fits on one."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(flat) <= _WIDTH - 20 or not isinstance(value, dict | list) or not value:
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {_pretty(item, inner)}" for key, item in value.items()]
        opening, closing = "{", "}"
    else:
        parts = [_pretty(item, inner) for item in value]
        opening, closing = "[", "]"
    lines = ",\n".join(inner + part for part in parts)
    return f"{opening}\n{lines}\n{indent}{closing}"


def _difference(recipe: Recipe, answer: str) -> str:
    lines = difflib.unified_diff(
        recipe.answer.splitlines(), answer.splitlines(), "recorded", "now", n=1, lineterm=""
    )
    return "\n".join([f"{recipe.title}:", *lines])


if __name__ == "__main__":
    sys.exit(main())
