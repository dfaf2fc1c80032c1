"""Bridges by chain, what they charge now, and transfers of their owner."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import orjson
import pytest

from stores.lifecycle import Stores
from stores.redis import keys as redis_keys
from stores.redis.client import Redis
from tests.resolvers.graph import ask, kinds_of_calls
from tests.resolvers.trading.conftest import (
    ALICE,
    AWAY,
    BOB,
    CAROL,
    DOLLAR,
    FAST,
    GONE,
    HOME,
    NOW,
    QUIET,
    SIGNED_IN,
    SLOW,
    STRANGER,
    at_noon,
    global_id,
    hash_of,
    milliseconds_ago,
)

MINE, ARRIVED, HIS = uuid4(), uuid4(), uuid4()


@pytest.fixture(scope="module", autouse=True)
async def transfers(worker_stores: Stores) -> None:
    """Alice has two transfers, Bob one."""
    await worker_stores.postgres.copy_rows(
        "trading.bridge_transactions",
        (
            *("id", "user_id", "bridge_id", "source_chain_id", "destination_chain_id", "asset_id"),
            *("amount", "fee_usd", "source_tx_hash", "destination_tx_hash", "status"),
            *("initiated_at", "completed_at"),
        ),
        [
            (
                *(MINE, ALICE, FAST, HOME, AWAY, DOLLAR, Decimal(100), None, hash_of(31), None),
                *("pending", NOW - timedelta(hours=1), None),
            ),
            (
                *(ARRIVED, ALICE, SLOW, HOME, AWAY, None, Decimal(5), Decimal("1.25"), hash_of(32)),
                *(hash_of(33), "completed", NOW - timedelta(hours=2), NOW - timedelta(minutes=90)),
            ),
            (
                *(HIS, BOB, FAST, HOME, AWAY, DOLLAR, Decimal(7), None, hash_of(34), None),
                *("pending", NOW, None),
            ),
        ],
    )


@pytest.fixture
async def fees(stores: Stores) -> AsyncIterator[None]:
    """The fast bridge charges a share, one that does not run any more says something too."""
    key = redis_keys.key("bridge_fees", source_chain_id=HOME, target_chain_id=AWAY)
    said = {"fee_usd": "2.5", "fee_bps": "10", "eta_s": 120, "ts": milliseconds_ago(4)}
    fields: Any = {f"fast-{FAST}": orjson.dumps(said), f"gone-{GONE}": orjson.dumps(said)}
    await stores.redis.commands.hset(key, mapping=fields)
    yield
    await stores.redis.commands.delete(key)


FEES = """query ($source: ChainId!, $to: ChainId!, $usd: Decimal) {
  bridgeFees(from: $source, to: $to, amountUsd: $usd) {
    feeUsd feeBps totalFeeUsd receivesUsd etaS at ageS bridge { name } } }"""


async def test_bridges_are_compared_for_an_amount(stores: Stores, fees: None) -> None:
    answer = await ask(
        stores, FEES, context=at_noon(stores), source=str(HOME), to=str(AWAY), usd="1500"
    )

    assert not answer.errors
    assert answer.data["bridgeFees"] == [
        {
            "feeUsd": "2.5",
            "feeBps": "10",
            # 2.50 and a thousandth of 1,500.
            "totalFeeUsd": "4.00000000",
            "receivesUsd": "1496.00000000",
            "etaS": 120,
            "at": "2025-05-07T23:59:56Z",
            "ageS": 4,
            "bridge": {"name": "Fast"},
        },
        {
            **dict.fromkeys(("feeUsd", "feeBps", "totalFeeUsd", "receivesUsd", "etaS", "at")),
            "ageS": None,
            "bridge": {"name": "Slow"},
        },
    ]
    assert kinds_of_calls(answer) == ["postgres"] * 3 + ["redis"]


async def test_fees_that_make_no_sense_are_unknown(stores: Stores) -> None:
    key = redis_keys.key("bridge_fees", source_chain_id=AWAY, target_chain_id=HOME)
    fields: Any = {
        f"fast-{FAST}": '{"fee_usd": "NaN", "fee_bps": true, "eta_s": "soon", "ts": "1e99"}',
        f"slow-{SLOW}": "[1]",
    }
    await stores.redis.commands.hset(key, mapping=fields)

    answer = await ask(stores, FEES, source=str(AWAY), to=str(HOME))
    await stores.redis.commands.delete(key)

    assert not answer.errors
    assert {row["bridge"]["name"] for row in answer.data["bridgeFees"]} == {"Fast", "Slow"}
    assert all(
        value is None for row in answer.data["bridgeFees"] for value in list(row.values())[:-1]
    )


@pytest.mark.parametrize(
    ("to", "usd"), [(str(HOME), "5"), (str(AWAY), "0"), (str(AWAY), "-1"), ("nowhere", "5")]
)
async def test_a_question_that_makes_no_sense_is_refused(stores: Stores, to: str, usd: str) -> None:
    answer = await ask(stores, FEES, source=str(HOME), to=to, usd=usd)

    assert answer.codes == [("bridgeFees", "BAD_USER_INPUT")]


async def test_without_bridges_nothing_is_compared(stores: Stores) -> None:
    answer = await ask(stores, FEES, source=str(HOME), to=f"quiet{QUIET}")

    assert answer.data == {"bridgeFees": []}


async def test_without_redis_fees_are_an_error_not_a_guess(stores: Stores) -> None:
    nobody = Redis("redis://127.0.0.1:9/0")
    answer = await ask(replace(stores, redis=nobody), FEES, source=str(HOME), to=str(AWAY))
    await nobody.close()

    assert answer.data == {"bridgeFees": None}
    assert [path for path, _ in answer.codes] == ["bridgeFees"]


async def test_a_chain_knows_its_bridges(stores: Stores) -> None:
    query = """query ($slugs: [String!]!) { chains(where: {slug: {in: $slugs}}) { nodes {
      name bridges { name chains { chain { name } } } } } }"""
    answers = [
        await ask(stores, query, slugs=slugs)
        for slugs in ([f"home-{HOME}"], [f"home-{HOME}", f"away-{AWAY}", f"quiet{QUIET}"])
    ]

    assert [answer.errors for answer in answers] == [[], []]
    both = [{"chain": {"name": "Away"}}, {"chain": {"name": "Home"}}]
    bridges = [{"name": "Fast", "chains": both}, {"name": "Slow", "chains": both}]
    assert answers[0].data["chains"]["nodes"] == [{"name": "Home", "bridges": bridges}]
    found = {node["name"]: node["bridges"] for node in answers[1].data["chains"]["nodes"]}
    assert found == {"Home": bridges, "Away": bridges, "Quiet": []}
    assert answers[0].statements == answers[1].statements


TRANSFERS = """query { bridgeTransfers { totalCount { value } nodes { id status amount feeUsd
  sourceTxHash destinationTxHash initiatedAt completedAt durationS bridge { name }
  sourceChain { name } destinationChain { name } asset { symbol } } } }"""


async def test_transfers_say_where_they_stand(stores: Stores) -> None:
    answer = await ask(stores, TRANSFERS, viewer=SIGNED_IN)

    assert not answer.errors
    pending, arrived = answer.data["bridgeTransfers"]["nodes"]
    assert pending == {
        "id": global_id("BridgeTransfer", MINE),
        "status": "PENDING",
        "amount": "100.000000000000000000",
        "feeUsd": None,
        "sourceTxHash": hash_of(31),
        "destinationTxHash": None,
        "initiatedAt": "2025-05-07T23:00:00Z",
        "completedAt": None,
        "durationS": None,
        "bridge": {"name": "Fast"},
        "sourceChain": {"name": "Home"},
        "destinationChain": {"name": "Away"},
        "asset": {"symbol": "TUSDC"},
    }
    assert (arrived["status"], arrived["feeUsd"], arrived["durationS"]) == (
        "COMPLETED",
        "1.25000000",
        1800,
    )
    assert arrived["destinationTxHash"] == hash_of(33)


EVERY_WAY = """query ($id: ID!, $bridge: ID!) {
  bridgeTransfer(id: $id) { amount }
  bridgeTransfers(where: {id: {eq: $id}}) { totalCount { value } nodes { amount } }
  node(id: $id) { id }
  bridge(id: $bridge) { transfers { totalCount { value } nodes { amount } } } }"""


async def test_a_strangers_transfer_is_as_good_as_none(stores: Stores) -> None:
    bridge = global_id("Bridge", FAST)
    answers = [
        await ask(
            stores,
            EVERY_WAY,
            viewer=STRANGER,
            id=global_id("BridgeTransfer", key),
            bridge=bridge,
        )
        for key in (MINE, uuid4())
    ]

    assert answers[0].data == answers[1].data
    assert answers[0].statements == answers[1].statements
    own = {"totalCount": {"value": 1}, "nodes": [{"amount": "7.000000000000000000"}]}
    assert answers[0].data == {
        "bridgeTransfer": None,
        "bridgeTransfers": {"totalCount": {"value": 0}, "nodes": []},
        "node": None,
        "bridge": {"transfers": own},
    }


async def test_nobody_signed_in_sees_bridges_but_no_transfers(stores: Stores) -> None:
    answer = await ask(
        stores,
        "query ($bridge: ID!) { bridge(id: $bridge) { name transfers { nodes { amount } } } "
        "bridgeTransfers { nodes { amount } } }",
        bridge=global_id("Bridge", FAST),
    )

    assert answer.data == {"bridge": {"name": "Fast", "transfers": None}, "bridgeTransfers": None}
    assert {code for _, code in answer.codes} == {"UNAUTHENTICATED"}
    assert [name for _, name in answer.statements if "trading" in name] == []


async def test_one_user_does_not_change_what_another_sees(stores: Stores) -> None:
    answer = await ask(stores, TRANSFERS, viewer=replace(SIGNED_IN, user_id=CAROL))

    assert answer.data == {"bridgeTransfers": {"totalCount": {"value": 0}, "nodes": []}}
