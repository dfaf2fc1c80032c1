"""How protocols are and were, and the figures that warn early."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stores.lifecycle import Stores
from tests.resolvers.graph import ask, kinds_of_calls
from tests.resolvers.risk.conftest import (
    CATEGORY,
    CHAIN,
    DAY,
    PROTOCOL,
    QUIET,
    global_id,
)

HEALTH = """query ($id: ID!, $start: DateTime!, $end: DateTime!) { protocol(id: $id) { risk {
  health { status tvlUsd tvlChange24hPct uptime indicators chain { slug } incident { name } }
  healthHistory(from: $start, to: $end, fill: PREVIOUS) { interval status uptime tvlUsd
    points { status } }
  indicators { indicator value threshold breached } } } }"""


async def test_a_protocol_shows_how_it_is_and_was(stores: Stores) -> None:
    times: dict[str, Any] = {
        "start": DAY.isoformat(),
        "end": (DAY + timedelta(hours=3)).isoformat(),
    }
    answer = await ask(stores, HEALTH, id=global_id("Protocol", PROTOCOL), **times)
    assert not answer.errors
    risk = answer.data["protocol"]["risk"]
    assert risk["health"] == [
        {
            "status": "DEGRADED",
            "tvlUsd": "1000.00000000",
            "tvlChange24hPct": "-12.500000",
            "uptime": "0.9700",
            "indicators": {"oracle_deviation": 0.02},
            "chain": {"slug": f"chain-{CHAIN}"},
            "incident": {"name": "Oracle stuck"},
        }
    ]
    assert risk["healthHistory"] == {
        "interval": "HOUR",
        "status": ["DEGRADED", "DEGRADED", "UNHEALTHY"],
        "uptime": [None, None, "0.2500"],
        "tvlUsd": ["8.00000000", "8.00000000", None],
        "points": [{"status": "DEGRADED"}, {"status": "DEGRADED"}, {"status": "UNHEALTHY"}],
    }
    assert risk["indicators"] == [
        {
            "indicator": "oracle_deviation",
            "value": "0.020000000000000000",
            "threshold": "0.010000000000000000",
            "breached": True,
        },
        {
            "indicator": "bad_debt_usd",
            "value": None,
            "threshold": "5.000000000000000000",
            "breached": False,
        },
    ]


async def test_history_of_one_chain_is_that_of_the_chain(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($id: ID!, $chain: ChainId!, $start: DateTime!, $end: DateTime!) {
             protocol(id: $id) { risk { healthHistory(chain: $chain, from: $start, to: $end) {
               status uptime } } } }""",
        id=global_id("Protocol", PROTOCOL),
        chain=f"eip155:{CHAIN}",
        start=DAY.isoformat(),
        end=(DAY + timedelta(hours=3)).isoformat(),
    )
    found = answer.data["protocol"]["risk"]["healthHistory"]
    assert found == {"status": ["HEALTHY"], "uptime": ["1.0000"]}


async def test_a_protocol_nobody_checks_is_unknown(stores: Stores) -> None:
    times: dict[str, Any] = {
        "start": DAY.isoformat(),
        "end": (DAY + timedelta(hours=1)).isoformat(),
    }
    answer = await ask(stores, HEALTH, id=global_id("Protocol", QUIET), **times)
    risk = answer.data["protocol"]["risk"]
    assert (risk["health"], risk["indicators"]) == ([], [])
    assert risk["healthHistory"]["status"] == [None]


async def test_health_and_indicators_are_listed(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($tvl: Decimal!) {
             protocolHealth(where: {status: {eq: DEGRADED}, tvlUsd: {eq: $tvl}}) {
               nodes { protocol { name } status } }
             riskIndicators(where: {breached: {eq: true}, indicator: {eq: "oracle_deviation"}}) {
               nodes { protocol { name } value } } }""",
        tvl="1000",
    )
    assert not answer.errors
    assert answer.data["protocolHealth"]["nodes"] == [
        {"protocol": {"name": "Lender"}, "status": "DEGRADED"}
    ]
    assert answer.data["riskIndicators"]["nodes"] == [
        {"protocol": {"name": "Lender"}, "value": "0.020000000000000000"}
    ]


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_statements_do_not_grow_with_protocols(stores: Stores, count: int) -> None:
    answer = await ask(
        stores,
        """query ($first: Int!, $category: String!) {
             protocols(first: $first, where: {category: {eq: $category}}) { nodes { risk {
               health { tvlUsd chain { slug } } healthHistory { status }
               indicators { value } } } } }""",
        first=count,
        category=CATEGORY,
    )
    assert not answer.errors
    found = [node["risk"]["health"][0]["tvlUsd"] for node in answer.data["protocols"]["nodes"]]
    assert found == [f"{n}.00000000" for n in range(count)]
    asked = kinds_of_calls(answer)
    assert (asked.count("clickhouse"), asked.count("postgres")) == (1, 5)
