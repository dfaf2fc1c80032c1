"""README and docs/queries.md: their queries are asked, their answers are the ones that come."""

import json
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import parse, validate

from gateway.executor.explain import explain
from gateway.schema import build_schema
from tests.gateway.console.test_examples import ask

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "queries.md").read_text()
README = (ROOT / "README.md").read_text()
QUERIES = re.findall(r"```graphql\n([^`]*)```", GUIDE + README)
ANSWERED = re.findall(r"```graphql\n([^`]*)```\n\n```json\n([^`]*)```", GUIDE + README)
PLANS = re.findall(r"gateway explain '([^']*)'\n```\n\n```text\n([^`]*)```", GUIDE + README)
ASKED_WITH_PLAN = re.findall(
    r"'X-Explain: plan' \\\n  -d '([^']*)'\n```\n\n```json\n([^`]*)```", GUIDE
)
ERRORS = re.findall(r"^\| `(\w+)` \| `(\{[^|]*)` \| ([^|]*) \|$", GUIDE, re.MULTILINE)
NODE = [
    each["name"] for each in json.loads((ROOT / "bench/contest/node/contestants.json").read_text())
]
# They differ from one moment to the next in the demo.
LIVE = {
    "protocol.token.price.usd",
    *(
        f"requestTradeRoute.tradeRoute.{figure}"
        for figure in ("amountOut", "minAmountOut", "priceImpactPct", "totalCostUsd")
    ),
}

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("console")]


def differences(shown: Any, real: Any, path: str = "") -> list[str]:
    """Where a shown answer departs from the real one; lists may have been shortened."""
    if path in LIVE:
        return [] if Decimal(real) > 0 else [path]
    if isinstance(shown, dict) and isinstance(real, dict) and shown.keys() == real.keys():
        pairs = [(name, shown[name], real[name]) for name in shown]
    elif isinstance(shown, list) and isinstance(real, list) and 0 < len(shown) <= len(real):
        both = zip(shown, real, strict=False)
        pairs = [(str(place), one, other) for place, (one, other) in enumerate(both)]
    else:
        return [] if same(shown, real) else [f"{path}: {shown!r} is {real!r}"]
    parts = (differences(one, other, f"{path}.{name}".strip(".")) for name, one, other in pairs)
    return [text for part in parts for text in part]


def same(shown: Any, real: Any) -> bool:
    """Equal, decimals by their value."""
    try:
        return shown == real or Decimal(shown) == Decimal(real)
    except (InvalidOperation, TypeError):
        return False


def test_every_query_of_the_guide_fits_the_schema() -> None:
    assert len(QUERIES) >= 8
    for query in QUERIES:
        assert validate(build_schema().graphql_schema, parse(query)) == []


@pytest.mark.parametrize(("query", "shown"), ANSWERED, ids=range(1, len(ANSWERED) + 1))
async def test_answer_in_the_guide_is_the_one_that_comes(
    query: str, shown: str, graph: str
) -> None:
    real = (await ask(graph, query))["data"]

    assert differences(json.loads(shown), real) == []


@pytest.mark.parametrize(("code", "query", "message"), ERRORS)
async def test_error_in_the_guide_is_the_one_that_comes(
    code: str, query: str, message: str, graph: str
) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        answer = (await client.post(graph, json={"query": query})).json()

    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["message"]) == (code, message)


@pytest.mark.parametrize(("query", "shown"), PLANS, ids=range(1, len(PLANS) + 1))
def test_plan_in_the_guide_is_the_one_that_is_made(query: str, shown: str) -> None:
    assert explain(build_schema(), query) == shown


async def test_explained_answer_in_the_guide_is_the_one_that_comes(graph: str) -> None:
    ((body, text),) = ASKED_WITH_PLAN
    shown, real = json.loads(text), await ask(graph, json.loads(body)["query"])

    for step in shown["extensions"]["plan"] + real["extensions"]["plan"]:
        # Of that moment.
        del step["ms"], step["cacheHit"]
    assert shown == real


def test_speed_in_the_readme_is_that_of_the_recorded_run() -> None:
    recorded = (ROOT / "bench" / "RESULTS.md").read_text()
    shown = re.findall(r"^\| (Q\d): [^|]+ \|(.*)\|$", README, re.MULTILINE)

    assert [name for name, _ in shown] == ["Q1", "Q2", "Q3", "Q4"]
    for name, cells in shown:
        (section,) = re.findall(rf"^## {name}\n(.*?)^## ", recorded, re.MULTILINE | re.DOTALL)
        cpu = dict(re.findall(r"^\| ([\w-]+) \| ([\d.]+) \|", section, re.MULTILINE))
        of_node = min((cpu[each] for each in NODE if each in cpu), key=float)
        real = [cpu["ours"], cpu["handwritten"], of_node, cpu["stock"]]
        assert [cell.strip() for cell in cells.split("|")] == real, name


def test_guide_shows_answers_and_errors() -> None:
    assert len(ANSWERED) >= 7
    assert len(PLANS) >= 3
    assert len(ERRORS) == 3


def test_pictures_of_the_guide_exist_and_are_small() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\((images/[^)]+)\)", GUIDE)
    assert len(pictures) == 2
    for picture in pictures:
        assert (ROOT / "docs" / picture).stat().st_size < 300_000
