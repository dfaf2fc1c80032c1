"""Events of lending protocols, and sums by what was done."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from stores.lifecycle import Stores
from tests.resolvers.graph import ask, kinds_of_calls
from tests.resolvers.trading.conftest import (
    AWAY,
    DAY,
    DOLLAR,
    ETHER,
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


@pytest.fixture(scope="module", autouse=True)
async def events(worker_stores: Stores) -> None:
    """A supply, two borrows and a liquidation; a hundred borrows on another chain."""
    columns = (
        *("ts", "chain_id", "protocol_id", "protocol_name", "action", "reserve_address"),
        *("reserve_asset_id", "owner", "wallet_id", "amount", "amount_usd", "liquidator"),
        *("debt_asset_id", "debt_asset_address", "debt_amount", "tx_hash", "log_index", "source"),
    )

    def event(number: int, hour: int, action: str, usd: str | None, *more: Any) -> tuple[Any, ...]:
        victim = (address_of(VICTIM), VICTIM, Decimal(number))
        value = None if usd is None else Decimal(usd)
        liquidation = more or (None, None, None, None)
        return (
            *(DAY + timedelta(hours=hour), HOME, OTHER_EXCHANGE, "t-lend", action),
            *(address_of(ETHER), ETHER, *victim, value, *liquidation, hash_of(number), number, "t"),
        )

    taken = (address_of(SEARCHER), DOLLAR, address_of(DOLLAR), Decimal("700.5"))
    rows = [
        event(1, 1, "supply", "100"),
        event(2, 2, "borrow", "40.25"),
        event(3, 25, "borrow", None),
        event(4, 26, "liquidation", "800", *taken),
    ]
    for number, key in enumerate(MANY):
        rows.append(
            (
                *(DAY + timedelta(seconds=number), AWAY, OTHER_EXCHANGE, "t-lend", "borrow"),
                *(address_of(DOLLAR), DOLLAR, address_of(key), key, Decimal(1), Decimal(number)),
                *(address_of(key), None, None, None, hash_of(number), number, "t"),
            )
        )
    await worker_stores.clickhouse.insert("lending_events", columns, rows)
    await worker_stores.clickhouse.insert("lending_events", columns, rows[:2])


async def test_a_liquidation_says_who_lost_what_to_whom(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($chain: ChainId!) { chain(id: $chain) { lendingEvents(first: 1) {
             totalCount { value } nodes { happenedAt action protocolName amount amountUsd
               debtAmount txHash logIndex blockNumber source reserveAddress owner liquidator
               chain { name } protocol { name } reserveAsset { symbol } debtAsset { symbol }
               wallet { address } liquidatedBy { address } } } } }""",
        chain=str(HOME),
    )

    assert not answer.errors
    found = answer.data["chain"]["lendingEvents"]
    assert found["totalCount"] == {"value": 4}
    (event,) = found["nodes"]
    assert event["reserveAddress"].lower() == address_of(ETHER)
    assert event["owner"] == event["wallet"]["address"]
    assert event["liquidator"] == event["liquidatedBy"]["address"]
    for name in ("reserveAddress", "owner", "liquidator", "wallet", "liquidatedBy"):
        del event[name]
    assert event == {
        "happenedAt": "2025-05-06T02:00:00Z",
        "action": "liquidation",
        "protocolName": "t-lend",
        "amount": "4.000000000000000000",
        "amountUsd": "800.00000000",
        "debtAmount": "700.500000000000000000",
        "txHash": hash_of(4),
        "logIndex": 4,
        "blockNumber": None,
        "source": "t",
        "chain": {"name": "Home"},
        "protocol": {"name": "Trade"},
        "reserveAsset": {"symbol": "TWETH"},
        "debtAsset": {"symbol": "TUSDC"},
    }


async def test_what_was_done_is_summed_over_a_span(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($chain: ChainId!, $start: DateTime!, $end: DateTime!) {
             lendingByAction(chain: $chain, from: $start, to: $end) {
               action events unpricedEvents amountUsd wallets overTime { t v } } }""",
        context=at_noon(stores),
        chain=str(HOME),
        start=DAY.isoformat(),
        end=(DAY + timedelta(days=2)).isoformat(),
    )

    assert not answer.errors
    first, second = "2025-05-05T00:00:00Z", "2025-05-06T00:00:00Z"
    assert [
        (*list(row.values())[:-1], row["overTime"]) for row in answer.data["lendingByAction"]
    ] == [
        ("borrow", 2, 1, "40.25000000", 1, {"t": [first], "v": ["40.25000000"]}),
        ("liquidation", 1, 0, "800.00000000", 1, {"t": [second], "v": ["800.00000000"]}),
        ("supply", 1, 0, "100.00000000", 1, {"t": [first], "v": ["100.00000000"]}),
    ]


async def test_events_are_found_from_what_they_touch(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($asset: ID!, $protocol: ID!, $chain: ChainId!, $address: Address!) {
             asset(id: $asset) { lendingEvents { totalCount { value } } }
             protocol(id: $protocol) {
               lendingEvents(where: {action: {eq: "supply"}}) { totalCount { value } } }
             wallet(chain: $chain, address: $address) {
               lendingEvents(orderBy: [{field: AMOUNT_USD}], first: 1) { nodes { amountUsd } } }
             lendingEvents(where: {source: {eq: "t"}, amountUsd: {gte: 800}}) {
               nodes { action } } }""",
        asset=global_id("Asset", ETHER),
        protocol=global_id("Protocol", OTHER_EXCHANGE),
        chain=str(HOME),
        address=address_of(VICTIM),
    )

    assert not answer.errors
    assert answer.data == {
        "asset": {"lendingEvents": {"totalCount": {"value": 4}}},
        "protocol": {"lendingEvents": {"totalCount": {"value": 1}}},
        "wallet": {"lendingEvents": {"nodes": [{"amountUsd": "40.25000000"}]}},
        "lendingEvents": {"nodes": [{"action": "liquidation"}]},
    }


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_statements_do_not_grow_with_events(stores: Stores, count: int) -> None:
    answer = await ask(
        stores,
        """query ($chain: ChainId!, $count: Int!) { chain(id: $chain) {
             lendingEvents(first: $count) { nodes { amountUsd chain { slug } protocol { name }
               reserveAsset { symbol } wallet { address } liquidatedBy { address } } } } }""",
        chain=str(AWAY),
        count=count,
    )

    assert not answer.errors
    nodes = answer.data["chain"]["lendingEvents"]["nodes"]
    assert [Decimal(node["amountUsd"]) for node in nodes] == list(range(99, 99 - count, -1))
    assert all(node["wallet"] == node["liquidatedBy"] for node in nodes)
    assert kinds_of_calls(answer) == ["clickhouse", *["postgres"] * 6]
