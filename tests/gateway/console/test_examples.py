"""The example queries: as the text the console shows, and as questions put to the sample."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import OperationDefinitionNode, parse, validate

from gateway.schema import build_schema

EXAMPLES = sorted((Path(__file__).parents[3] / "gateway/console/src/examples").glob("*.graphql"))
SUBSCRIPTION = EXAMPLES[6]
TEXTS = {path: path.read_text() for path in EXAMPLES}
QUERIES = [path for path in EXAMPLES if path != SUBSCRIPTION]
LINE_LENGTH = 68  # what the editor shows unwrapped in a window 1440 pixels wide

# Stores that each query shows at work.
STORES = {
    "1-protocol": {"postgres", "clickhouse", "redis", "qdrant"},
    "2-top-pools": {"postgres", "clickhouse"},
    "3-wallet": {"postgres", "clickhouse", "qdrant"},
    "4-portfolio": {"postgres", "clickhouse", "redis"},
    "5-similar": {"postgres", "qdrant"},
    "6-price-history": {"postgres", "clickhouse", "redis"},
    "8-freshness": {"postgres", "clickhouse", "redis", "qdrant"},
}
# Fields that nothing in the answer has a value for, each for the reason its query tells.
EMPTY = {
    "3-wallet": {"wallet.maliciousReports"},
    "8-freshness": {"_meta.stores.error"},
}

# The sample is loaded once: all tests over it belong to one xdist worker.
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("console")]
each_example = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
each_query = pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)


def operation(path: Path) -> OperationDefinitionNode:
    """The only operation of an example."""
    (definition,) = parse(TEXTS[path]).definitions
    assert isinstance(definition, OperationDefinitionNode)
    return definition


async def ask(graph: str, query: str) -> dict[str, Any]:
    """The response to an example, with its plan."""
    async with httpx.AsyncClient(timeout=30) as client:
        body = {"query": query}
        response = await client.post(graph, json=body, headers={"X-Explain": "plan"})
    answer: dict[str, Any] = response.json()
    assert "errors" not in answer, answer["errors"]
    return answer


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, bool]]:
    """Every field of an answer without the places in lists, and whether a value is there."""
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from leaves(part, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list) and value:
        for part in value:
            yield from leaves(part, path)
    else:
        yield path, value not in (None, [], {})


def test_each_use_has_one_example_with_a_tab_name_of_its_own() -> None:
    names = [node.name.value for path in EXAMPLES if (node := operation(path)).name]
    assert len(names) == len(set(names)) == len(EXAMPLES) >= 8
    assert {path.stem for path in QUERIES} == set(STORES)


@each_example
def test_example_begins_with_title_and_explanation(path: Path) -> None:
    title, explanation = TEXTS[path].splitlines()[:2]
    assert title.startswith("# ")
    assert explanation.startswith("# ")


@each_example
def test_example_runs_without_filling_in_variables(path: Path) -> None:
    required = [
        variable.variable.name.value
        for variable in operation(path).variable_definitions or ()
        if variable.default_value is None
    ]
    assert required == []


@each_example
def test_example_fits_the_editor_beside_its_answer(path: Path) -> None:
    assert [line for line in TEXTS[path].splitlines() if len(line) > LINE_LENGTH] == []


@each_example
def test_example_asks_only_for_what_the_schema_has(path: Path) -> None:
    assert validate(build_schema().graphql_schema, parse(TEXTS[path])) == []


@each_query
async def test_example_finds_a_value_for_every_field_it_asks_for(path: Path, graph: str) -> None:
    answer = await ask(graph, TEXTS[path])

    found = list(leaves(answer["data"]))
    filled = {field for field, there in found if there}
    # A list that is empty once and full elsewhere is known by the fields in it.
    within = {field.rsplit(".", depth)[0] for field in filled for depth in (1, 2, 3)}
    assert {field for field, _ in found} - filled - within == EMPTY.get(path.stem, set())


@each_query
async def test_example_shows_the_stores_at_work(path: Path, graph: str) -> None:
    answer = await ask(graph, TEXTS[path])

    assert {step["store"] for step in answer["extensions"]["plan"]} == STORES[path.stem]


async def test_protocol_page_has_its_part_of_every_store(graph: str) -> None:
    protocol = (await ask(graph, TEXTS[EXAMPLES[0]]))["data"]["protocol"]

    assert len(protocol["byChain"]) == 9
    assert float(protocol["week"]["pct"]) == pytest.approx(14.773, abs=0.001)
    assert len(protocol["tvlHistory"]["points"]) == 5
    assert protocol["token"]["price"]["isLive"] is True
    assert protocol["yieldPools"]["nodes"][0]["name"] == "OETH-WETH"
    assert protocol["similar"][0]["protocol"]["slug"] == "balancer-v2"


async def test_wallet_page_crosses_from_the_live_store_into_the_archive(graph: str) -> None:
    answer = await ask(graph, TEXTS[EXAMPLES[2]])

    transactions = answer["data"]["wallet"]["transactions"]
    steps = {(step["store"], step["name"]): step["rows"] for step in answer["extensions"]["plan"]}
    live = steps["postgres", "wallets.transactions_newest"]
    assert 0 < live < len(transactions["nodes"]) == 10
    assert transactions["isComplete"] is True
    times = [row["at"] for row in transactions["nodes"]]
    assert times == sorted(times, reverse=True)


async def test_portfolio_page_adds_up(graph: str) -> None:
    portfolios = (await ask(graph, TEXTS[EXAMPLES[3]]))["data"]["viewer"]["portfolios"]["nodes"]

    assert [row["name"] for row in portfolios] == ["Core holdings", "Yield and leverage"]
    for portfolio in portfolios:
        worth = sum(float(row["valueUsd"]) for row in portfolio["positions"]["nodes"])
        assert worth == pytest.approx(float(portfolio["totals"]["valueUsd"]))
        assert portfolio["liveValue"]["liveCount"] >= 4
        assert len(portfolio["valueHistory"]["points"]) == 5


async def test_live_prices_begin_with_one_of_each_asset_and_go_on(graph: str) -> None:
    ticks: list[dict[str, Any]] = []
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream(
            "POST",
            graph,
            json={"query": TEXTS[SUBSCRIPTION]},
            headers={"Accept": "text/event-stream"},
        ) as response,
    ):
        async for line in response.aiter_lines():
            if line.startswith("data:") and len(line) > len("data: "):
                ticks.append(json.loads(line.removeprefix("data:"))["data"]["assetPrices"])
            if len({tick["at"] for tick in ticks if tick["asset"]["symbol"] == "BTC"}) == 3:
                break

    assert {tick["asset"]["symbol"] for tick in ticks} == {"BTC", "ETH"}
    assert {tick["source"] for tick in ticks[-2:]} == {"replay"}
    assert all(float(tick["priceUsd"]) > 1_000 for tick in ticks)
