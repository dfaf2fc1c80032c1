"""What is alike, what moved, and how many statements all of it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.resolvers.catalog.markets.conftest import DEX_TEXT, protocol_id
from tests.resolvers.conftest import Ask


async def test_similar_protocols_come_nearest_first_without_the_protocol_itself(ask: Ask) -> None:
    answer = await ask(
        """query ($id: ID!) { protocol(id: $id) {
            similar { score protocol { slug } }
            one: similar(first: 1) { protocol { slug } }
            lending: similar(category: "Lending") { protocol { slug } }
            beta: similar(chain: "beta-chain") { protocol { slug } }
            none: similar(minScore: 0.99) { score } } }""",
        id=protocol_id(0),
    )
    assert answer.errors == []
    found = answer.data["protocol"]
    assert [hit["protocol"]["slug"] for hit in found["similar"]] == ["market-001", "market-002"]
    scores = [hit["score"] for hit in found["similar"]]
    assert 1 > scores[0] > 0.5 > scores[1]
    assert found["one"] == [{"protocol": {"slug": "market-001"}}]
    assert found["lending"] == [{"protocol": {"slug": "market-002"}}]
    assert found["beta"] == []
    assert found["none"] == []


async def test_vectors_of_another_model_do_not_compare(ask: Ask) -> None:
    answer = await ask(
        "query ($id: ID!) { protocol(id: $id) { similar { score } } }", id=protocol_id(3)
    )
    assert answer.errors == []
    assert answer.data["protocol"]["similar"] == []


async def test_text_finds_protocols_like_it(ask: Ask) -> None:
    answer = await ask(
        """query ($text: String!) { protocolsLike(text: $text, first: 2) {
            score protocol { slug } } }""",
        text=DEX_TEXT,
    )
    assert answer.errors == []
    hits = answer.data["protocolsLike"]
    assert [hit["protocol"]["slug"] for hit in hits] == ["market-000", "market-001"]
    assert hits[0]["score"] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    "arguments",
    [
        'text: "..."',
        'text: "a", first: 51',
        'text: "a", first: 0',
        'text: "a", chain: "nowhere"',
        'text: "a", minScore: 1.5',
        'text: "a", minScore: 1e999',
    ],
)
async def test_text_search_refuses_what_it_cannot_answer(ask: Ask, arguments: str) -> None:
    answer = await ask(f"{{ protocolsLike({arguments}) {{ score }} }}")
    assert answer.codes == [("protocolsLike", "BAD_USER_INPUT")]


async def test_only_similar_is_null_while_qdrant_is_away(ask_without: Callable[..., Any]) -> None:
    ask = await ask_without("qdrant")
    answer = await ask(
        "query ($id: ID!) { protocol(id: $id) { name similar { score } } }", id=protocol_id(0)
    )
    assert answer.data["protocol"] == {"name": "Protocol 000", "similar": None}
    assert answer.codes == [("protocol.similar", "STORE_UNAVAILABLE")]


MOVERS = """query ($by: MoverMetric!, $window: ChangeWindow!, $direction: MoverDirection!,
      $tvl: Decimal, $cap: Decimal, $chain: ChainId) {
  topMovers(by: $by, window: $window, direction: $direction, minTvlUsd: $tvl,
      minMarketCapUsd: $cap, chain: $chain, first: 100)
  { node { id __typename ... on Asset { symbol } ... on Protocol { slug } } value change { pct } }
}"""


async def _movers(ask: Ask, **variables: Any) -> list[tuple[str, float, str]]:
    answer = await ask(MOVERS, **variables)
    assert answer.errors == []
    return [
        (
            hit["node"].get("symbol") or hit["node"]["slug"],
            float(hit["value"]),
            hit["change"]["pct"],
        )
        for hit in answer.data["topMovers"]
    ]


async def test_prices_that_moved_most(ask: Ask) -> None:
    up = {"by": "PRICE", "direction": "UP", "chain": "alpha-chain"}
    assert await _movers(ask, window="H24", **up) == [
        ("MK000", 110, "37.500000"),
        ("MK001", 99, "1.020408"),
    ]
    assert await _movers(ask, window="D7", **up) == [("MK001", 99, "7.608696")]
    assert await _movers(ask, window="H24", cap="4000", **up) == [("MK000", 110, "37.500000")]
    down = {"by": "PRICE", "direction": "DOWN", "chain": "alpha-chain"}
    assert await _movers(ask, window="H24", **down) == []
    assert await _movers(ask, window="H24", by="PRICE", direction="UP", chain="beta-chain") == []


async def test_values_locked_that_moved_most(ask: Ask) -> None:
    assert await _movers(ask, by="TVL", window="H24", direction="DOWN") == [
        ("market-001", 60, "-25.000000")
    ]
    assert await _movers(ask, by="TVL", window="H24", direction="UP") == [
        ("market-000", 100, "1.010101")
    ]
    assert await _movers(ask, by="TVL", window="H24", direction="UP", tvl="101") == []
    assert await _movers(ask, by="TVL", window="H24", direction="UP", chain="alpha-chain") == [
        ("market-000", 100, "1.010101")
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        "by: PRICE, minTvlUsd: 1",
        "by: TVL, minMarketCapUsd: 1",
        "by: TVL, minTvlUsd: -1",
        "by: TVL, minTvlUsd: 1e40",
        "by: TVL, first: 101",
        'by: TVL, chain: "nowhere"',
    ],
)
async def test_movers_refuse_what_they_cannot_answer(ask: Ask, arguments: str) -> None:
    answer = await ask(f"{{ topMovers({arguments}) {{ value }} }}")
    assert answer.codes == [("topMovers", "BAD_USER_INPUT")]


# No two places select the same, so that none shares a statement, or not, by chance.
EVERYTHING = """query ($first: Int!, $chain: ChainId!) {
  assets(first: $first, where: {symbol: {like: "MK%"}}) { nodes {
    symbol price { usd } priceHistory { t close } change(window: H24) { pct }
    yieldPools(first: 3) { name }
  } }
  protocols(first: $first, where: {slug: {like: "market-%", ne: "market-003"}}) { nodes {
    slug tvlHistory(chain: $chain) { v } metricHistory(metric: FEES_24H, chain: $chain) { v }
    change(metric: TVL, window: H24) { pct }
    similar(first: 3) { score protocol { name } }
    dexTrades(first: 2) { nodes { amount0 token0 { name } } }
    yieldPools(first: 2) { nodes {
      history { apyPct } change(metric: APY, window: H24) { abs } assets { id symbol name }
      chain { tvlUsd tvlHistory { v } gas { now { gwei } history { avgGwei } } }
    } }
  } }
}"""


async def test_statements_are_as_many_for_1_10_and_100_parents(ask: Ask) -> None:
    answers = [await ask(EVERYTHING, first=first, chain="alpha-chain") for first in (1, 10, 100)]
    assert [answer.errors for answer in answers] == [[], [], []]
    assert [len(a.data["assets"]["nodes"]) for a in answers] == [1, 10, 100]
    assert [len(a.data["protocols"]["nodes"]) for a in answers] == [1, 10, 100]
    assert answers[0].statements == answers[1].statements == answers[2].statements
    measured = [name for store, name in answers[2].statements if store != "postgres"]
    assert measured == [
        "gas.newest",
        "gas.of_hours",
        "metrics.chain_tvl",
        "metrics.changes",
        "metrics.of_days",
        "metrics.of_days",
        "prices.bars_of_days",
        "prices.change_from_hours",
        "prices.newest",
        "read dex_trades by protocol_id",
        "yields.changes",
        "yields.history",
        "by_ids protocol_analysis",
        "search protocol_analysis",
        "gas_price",
        "price_current",
    ]
