"""MEV: events with their victims, and sums by kind."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from stores.lifecycle import Stores
from tests.resolvers.graph import ask, kinds_of_calls
from tests.resolvers.trading.conftest import (
    AWAY,
    DAY,
    EXCHANGE,
    HOME,
    MANY,
    OTHER_EXCHANGE,
    SEARCHER,
    VICTIM,
    address_of,
    at_noon,
    global_id,
    hash_of,
)
from tests.resolvers.trading.conftest import DOLLAR as TOKEN

SANDWICH, SECOND, LIQUIDATION, OPEN = uuid4(), uuid4(), uuid4(), uuid4()


@pytest.fixture(scope="module", autouse=True)
async def events(worker_stores: Stores) -> None:
    """Two sandwiches, a liquidation and an opportunity nobody took; a hundred on another chain."""
    columns = (
        *("detected_at", "id", "opportunity_type", "chain_id", "block_number", "token_id"),
        *("protocol_ids", "estimated_profit_usd", "gas_cost_estimate_usd", "is_executed"),
        *("executed_by", "actual_profit_usd", "execution_tx_hash", "executed_at", "metadata"),
        "source",
    )
    searcher = address_of(SEARCHER)
    victim = {
        "victim_tx": hash_of(7),
        "victim_sender": address_of(VICTIM),
        "victim_loss_usd": "80.25",
    }

    def event(hour: int, *values: Any) -> tuple[Any, ...]:
        return (DAY + timedelta(hours=hour), *values, "test")

    none: tuple[Any, ...] = (False, None, None, None, None)
    taken: tuple[Any, ...] = (True, searcher, Decimal("60"), hash_of(8), DAY)
    usd = Decimal
    parties = [EXCHANGE, OTHER_EXCHANGE, uuid4()]
    gone: tuple[Any, ...] = (True, "0xgone", None, None, None)
    rows = [
        event(
            1, SANDWICH, "sandwich", HOME, 5, TOKEN, parties, usd(100), usd("30.5"), *taken, victim
        ),
        event(2, SECOND, "sandwich", HOME, 6, TOKEN, [], usd(10), None, *none, {}),
        event(30, LIQUIDATION, "liquidation", HOME, 7, None, [], usd(500), usd(20), *gone, {}),
        event(31, OPEN, "arbitrage", HOME, None, None, [], usd(1), usd(3), *none, {}),
    ]
    for hour, key in enumerate(MANY):
        by = (True, address_of(key), None, None, None)
        rows.append(
            event(hour, key, "arbitrage", AWAY, hour, TOKEN, [EXCHANGE], usd(hour), usd(0), *by, {})
        )
    await worker_stores.clickhouse.insert("mev_opportunities", columns, rows)
    # What is told again replaces what was told before, and counts once.
    await worker_stores.clickhouse.insert("mev_opportunities", columns, rows[:1])


ONE = """query ($id: ID!) { mevEvent(id: $id) { kind detectedAt blockNumber estimatedProfitUsd
  gasCostUsd netProfitUsd isExecuted executedBy actualProfitUsd txHash executedAt expiresAt
  victimTxHash victimAddress victimLossUsd source chain { slug } token { symbol }
  executor { address } victim { address } protocols { name } } }"""


async def test_an_event_says_who_lost_what_to_whom(stores: Stores) -> None:
    answer = await ask(stores, ONE, id=global_id("MevEvent", SANDWICH))

    assert not answer.errors
    event = answer.data["mevEvent"]
    searcher, victim = event.pop("executor"), event.pop("victim")
    assert searcher["address"] == event.pop("executedBy")
    assert searcher["address"].lower() == address_of(SEARCHER)
    assert victim["address"] == event.pop("victimAddress")
    assert victim["address"].lower() == address_of(VICTIM)
    # The third protocol is not listed.
    assert [each["name"] for each in event.pop("protocols")] == ["Swap", "Trade"]
    assert event == {
        "kind": "SANDWICH",
        "detectedAt": "2025-05-05T01:00:00Z",
        "blockNumber": "5",
        "estimatedProfitUsd": "100.00000000",
        "gasCostUsd": "30.50000000",
        "netProfitUsd": "69.50000000",
        "isExecuted": True,
        "actualProfitUsd": "60.00000000",
        "txHash": hash_of(8),
        "executedAt": "2025-05-05T00:00:00Z",
        "expiresAt": None,
        "victimTxHash": hash_of(7),
        "victimLossUsd": "80.25000000",
        "source": "test",
        "chain": {"slug": f"home-{HOME}"},
        "token": {"symbol": "TUSDC"},
    }


async def test_what_nobody_took_has_no_executor_and_no_victim(stores: Stores) -> None:
    answer = await ask(stores, ONE, id=global_id("MevEvent", OPEN))

    assert not answer.errors
    event = answer.data["mevEvent"]
    unknown = ("executedBy", "executor", "victim", "victimAddress", "victimLossUsd", "token")
    assert [event[name] for name in unknown] == [None] * 6
    assert (event["netProfitUsd"], event["protocols"]) == ("-2.00000000", [])


async def test_events_are_found_by_kind_and_loss(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($chain: ChainId!) { chain(id: $chain) {
             all: mevEvents { totalCount { value } nodes { kind } }
             sandwiches: mevEvents(where: {kind: {eq: SANDWICH}}) { nodes { netProfitUsd } }
             losses: mevEvents(where: {victimLossUsd: {gt: 80}}) { nodes { victimLossUsd } }
             richest: mevEvents(first: 1, orderBy: [{field: NET_PROFIT_USD, direction: DESC}]) {
               nodes { kind netProfitUsd } } } }""",
        chain=str(HOME),
    )

    assert not answer.errors
    found = answer.data["chain"]
    assert found["all"]["totalCount"] == {"value": 4}
    # Newest first.
    kinds = [node["kind"] for node in found["all"]["nodes"]]
    assert kinds == ["ARBITRAGE", "LIQUIDATION", "SANDWICH", "SANDWICH"]
    profits = [node["netProfitUsd"] for node in found["sandwiches"]["nodes"]]
    assert profits == ["10.00000000", "69.50000000"]
    assert found["losses"]["nodes"] == [{"victimLossUsd": "80.25000000"}]
    assert found["richest"]["nodes"] == [{"kind": "LIQUIDATION", "netProfitUsd": "480.00000000"}]


async def test_kinds_are_summed_over_a_span(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($chain: ChainId!, $start: DateTime!, $end: DateTime!) {
             mevByKind(chain: $chain, from: $start, to: $end, fill: ZERO) {
               kind events executed netProfitUsd actualProfitUsd victimLossUsd victims
               overTime { t v } } }""",
        context=at_noon(stores),
        chain=str(HOME),
        start=DAY.isoformat(),
        end=(DAY + timedelta(days=2)).isoformat(),
    )

    assert not answer.errors
    days = ["2025-05-05T00:00:00Z", "2025-05-06T00:00:00Z"]
    assert [
        (*list(row.values())[:-1], [int(v) for v in row["overTime"]["v"]])
        for row in answer.data["mevByKind"]
    ] == [
        ("SANDWICH", 2, 1, "79.50000000", "60.00000000", "80.25000000", 1, [2, 0]),
        ("ARBITRAGE", 1, 0, "-2.00000000", None, None, 0, [0, 1]),
        ("LIQUIDATION", 1, 1, "480.00000000", None, None, 0, [0, 1]),
    ]
    assert answer.data["mevByKind"][0]["overTime"]["t"] == days


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_statements_do_not_grow_with_events(stores: Stores, count: int) -> None:
    answer = await ask(
        stores,
        """query ($chain: ChainId!, $count: Int!) { chain(id: $chain) {
             mevEvents(first: $count) { nodes { netProfitUsd chain { slug } token { symbol }
               executor { address } victim { address } protocols { name } } } } }""",
        chain=str(AWAY),
        count=count,
    )

    assert not answer.errors
    nodes = answer.data["chain"]["mevEvents"]["nodes"]
    assert [Decimal(node["netProfitUsd"]) for node in nodes] == list(range(99, 99 - count, -1))
    assert all(node["executor"] and node["protocols"] for node in nodes)
    assert kinds_of_calls(answer) == ["clickhouse", *["postgres"] * 5]


async def test_an_asset_knows_what_was_taken_in_it(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($id: ID!) { asset(id: $id) { mevEvents(where: {kind: {eq: SANDWICH}}) {
             totalCount { value } } } }""",
        id=global_id("Asset", TOKEN),
    )

    assert answer.data == {"asset": {"mevEvents": {"totalCount": {"value": 2}}}}
