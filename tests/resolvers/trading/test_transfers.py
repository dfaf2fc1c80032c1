"""Transfers are followed from their hash on, by their owner only."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from resolvers.context import Viewer
from stores.lifecycle import Stores
from tests.resolvers.trading.conftest import (
    AWAY,
    DOLLAR,
    FAST,
    GONE,
    HOME,
    QUIET,
    change,
    errors_of,
    global_id,
    hash_of,
    rows_of,
)

_AUDIT = "SELECT action, changes FROM ops.audit_log WHERE resource_id = $1::uuid::text ORDER BY id"
_OUTBOX = (
    "SELECT aggregate, event, payload FROM ops.outbox WHERE aggregate_id = $1::uuid::text"
    " ORDER BY sequence"
)


TRACKED = """replayed userErrors { field code } bridgeTransfer { id status amount sourceTxHash
  feeUsd completedAt bridge { name } sourceChain { name } destinationChain { name }
  asset { symbol } }"""


def transfer(number: int, **more: Any) -> dict[str, Any]:
    """The input of a transfer."""
    return {
        "bridgeId": global_id("Bridge", FAST),
        "sourceChain": f"eip155:{HOME}",
        "destinationChain": f"away-{AWAY}",
        "assetId": global_id("Asset", DOLLAR),
        "amount": "12.5",
        "sourceTxHash": hash_of(number),
        **more,
    }


async def test_a_transfer_is_followed_from_its_hash_on(
    stores: Stores, worker_stores: Stores, alice: Viewer
) -> None:
    values = transfer(61, idempotencyKey="once")

    found = await change(stores, "trackBridgeTransfer", alice, TRACKED, **values)
    again = await change(stores, "trackBridgeTransfer", alice, TRACKED, **values)
    twice = await change(stores, "trackBridgeTransfer", alice, TRACKED, **transfer(61))

    made = found["bridgeTransfer"]
    assert (found["userErrors"], found["replayed"], again["replayed"]) == ([], False, True)
    assert again["bridgeTransfer"] == made
    assert {name: value for name, value in made.items() if name != "id"} == {
        "status": "PENDING",
        "amount": "12.500000000000000000",
        "sourceTxHash": hash_of(61),
        "feeUsd": None,
        "completedAt": None,
        "bridge": {"name": "Fast"},
        "sourceChain": {"name": "Home"},
        "destinationChain": {"name": "Away"},
        "asset": {"symbol": "TUSDC"},
    }
    assert errors_of(twice) == [("sourceTxHash", "TAKEN")]
    text = "SELECT id FROM trading.bridge_transactions WHERE user_id = $1::uuid"
    ((key,),) = await rows_of(worker_stores, text, alice.user_id)
    assert made["id"] == global_id("BridgeTransfer", key)
    assert [row["action"] for row in await rows_of(worker_stores, _AUDIT, key)] == ["create"]
    (event,) = await rows_of(worker_stores, _OUTBOX, key)
    assert (event["aggregate"], event["event"]) == ("trading.bridge_transactions", "created")
    assert event["payload"]["status"] == "pending"


async def test_nobody_learns_what_others_follow_nor_keeps_them_from_it(
    stores: Stores, alice: Viewer, bob: Viewer
) -> None:
    first = await change(stores, "trackBridgeTransfer", alice, TRACKED, **transfer(62))
    second = await change(stores, "trackBridgeTransfer", bob, TRACKED, **transfer(62))

    assert first["userErrors"] == second["userErrors"] == []
    assert first["bridgeTransfer"]["id"] != second["bridgeTransfer"]["id"]


@pytest.mark.parametrize(
    ("wrong", "path", "code"),
    [
        ({"amount": "0"}, "amount", "INVALID"),
        ({"bridgeId": global_id("Bridge", uuid4())}, "bridgeId", "NOT_FOUND"),
        ({"bridgeId": global_id("Asset", DOLLAR)}, "bridgeId", "NOT_FOUND"),
        ({"bridgeId": global_id("Bridge", GONE)}, "bridgeId", "INVALID"),
        ({"destinationChain": f"quiet{QUIET}"}, "bridgeId", "INVALID"),
        ({"destinationChain": str(HOME)}, "destinationChain", "INVALID"),
        ({"destinationChain": f"home-{HOME}"}, "destinationChain", "INVALID"),
        ({"sourceChain": "no-such-chain"}, "sourceChain", "NOT_FOUND"),
        ({"assetId": global_id("Asset", uuid4())}, "assetId", "NOT_FOUND"),
        (
            {"sourceChain": str(AWAY), "destinationChain": str(HOME)},
            "assetId",
            "NOT_FOUND",
        ),
    ],
)
async def test_a_wrong_transfer_says_what_is_wrong(
    stores: Stores,
    worker_stores: Stores,
    alice: Viewer,
    wrong: dict[str, Any],
    path: str,
    code: str,
) -> None:
    values = {**transfer(63), **wrong}

    found = await change(stores, "trackBridgeTransfer", alice, TRACKED, **values)

    assert (found["bridgeTransfer"], errors_of(found)) == (None, [(path, code)])
    text = "SELECT id FROM trading.bridge_transactions WHERE user_id = $1::uuid"
    assert await rows_of(worker_stores, text, alice.user_id) == []
