"""Traders are followed, copies limited and stopped, by their owner only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.context import Viewer
from resolvers.permissions import Tier
from stores.lifecycle import Stores
from tests.resolvers.graph import ask
from tests.resolvers.trading.conftest import (
    HOME,
    change,
    errors_of,
    global_id,
    hash_of,
    rows_of,
)

_AUDIT = "SELECT action, changes FROM ops.audit_log WHERE resource_id = $1::uuid::text ORDER BY id"
_FOLLOWERS = "SELECT follower_count FROM trading.traders WHERE id = $1::uuid"


async def _trader(stores: Stores, *, is_active: bool = True) -> UUID:
    wallet, trader = uuid4(), uuid4()
    address = f"0x{wallet.hex}00000000"
    await stores.postgres.copy_rows(
        "catalog.wallets", ("id", "chain_id", "address"), [(wallet, HOME, address)]
    )
    await stores.postgres.copy_rows(
        "trading.traders", ("id", "wallet_id", "is_active"), [(trader, wallet, is_active)]
    )
    return trader


FOLLOWED = """userErrors { field code message } traderFollow { id isCopying copySharePct maxTradeUsd
  maxDailyUsd maxSlippagePct version trader { followerCount } }"""


async def follow(stores: Stores, viewer: Viewer, trader: UUID) -> dict[str, Any]:
    """A new follow."""
    id_ = global_id("Trader", trader)
    found = await change(stores, "followTrader", viewer, FOLLOWED, traderId=id_)
    assert found["userErrors"] == []
    made: dict[str, Any] = found["traderFollow"]
    return made


async def test_a_trader_is_followed_once_and_counted(
    stores: Stores, worker_stores: Stores, alice: Viewer, bob: Viewer
) -> None:
    trader = await _trader(worker_stores)

    made = await follow(stores, alice, trader)
    await follow(stores, bob, trader)
    twice = await change(
        stores, "followTrader", alice, FOLLOWED, traderId=global_id("Trader", trader)
    )

    assert {name: value for name, value in made.items() if name != "id"} == {
        "isCopying": False,
        "copySharePct": None,
        "maxTradeUsd": None,
        "maxDailyUsd": None,
        "maxSlippagePct": "0.500000",
        "version": 1,
        "trader": {"followerCount": "1"},
    }
    assert errors_of(twice) == [("traderId", "TAKEN")]
    assert [row[0] for row in await rows_of(worker_stores, _FOLLOWERS, trader)] == [2]

    gone = "deletedId userErrors { field code }"
    left = await change(stores, "unfollowTrader", alice, gone, id=made["id"])
    again = await change(stores, "unfollowTrader", alice, gone, id=made["id"])

    assert left == {"deletedId": made["id"], "userErrors": []}
    assert errors_of(again) == [("id", "NOT_FOUND")]
    assert [row[0] for row in await rows_of(worker_stores, _FOLLOWERS, trader)] == [1]


async def test_a_follow_sent_again_is_the_same_follow(
    stores: Stores, worker_stores: Stores, alice: Viewer
) -> None:
    trader = await _trader(worker_stores)
    values = {"traderId": global_id("Trader", trader), "idempotencyKey": "k"}

    answers = [
        await change(stores, "followTrader", alice, f"replayed {FOLLOWED}", **values)
        for _ in range(2)
    ]

    assert [answer.pop("replayed") for answer in answers] == [False, True]
    assert answers[0] == answers[1]


async def test_who_may_not_be_copied_is_not_followed(
    stores: Stores, worker_stores: Stores, alice: Viewer
) -> None:
    retired = await _trader(worker_stores, is_active=False)

    for trader in (retired, uuid4()):
        id_ = global_id("Trader", trader)
        found = await change(stores, "followTrader", alice, FOLLOWED, traderId=id_)
        assert (found["traderFollow"], errors_of(found)) == (None, [("traderId", "NOT_FOUND")])


async def test_copies_are_limited_and_stopped(
    stores: Stores, worker_stores: Stores, alice: Viewer
) -> None:
    made = await follow(stores, alice, await _trader(worker_stores))
    id_ = made["id"]

    async def update(**values: Any) -> dict[str, Any]:
        found: dict[str, Any] = await change(
            stores, "updateCopySettings", alice, FOLLOWED, id=id_, **values
        )
        return found

    unlimited = await update(isCopying=True)
    copying = await update(
        isCopying=True, copySharePct="25", maxTradeUsd="100.5", expectedVersion=1
    )
    daily = await update(maxDailyUsd="1000", expectedVersion=2)
    late = await update(maxTradeUsd="5", expectedVersion=2)
    bare = await update(maxTradeUsd=None)
    stopped = await change(stores, "stopCopying", alice, FOLLOWED, id=id_)
    again = await change(stores, "stopCopying", alice, FOLLOWED, id=id_)
    cleared = await update(maxDailyUsd=None, maxTradeUsd=None)

    assert errors_of(unlimited) == [("copySharePct", "REQUIRED"), ("maxTradeUsd", "REQUIRED")]
    settings = copying["traderFollow"]
    assert (settings["isCopying"], settings["copySharePct"], settings["maxTradeUsd"]) == (
        True,
        "25.000000",
        "100.50000000",
    )
    assert (settings["version"], settings["maxDailyUsd"]) == (2, None)
    assert daily["traderFollow"] == {**settings, "version": 3, "maxDailyUsd": "1000.00000000"}
    assert errors_of(late) == [("expectedVersion", "CONFLICT")]
    assert errors_of(bare) == [("maxTradeUsd", "REQUIRED")]
    assert stopped["traderFollow"] == {**daily["traderFollow"], "version": 4, "isCopying": False}
    # Nothing was copied any more, so nothing was written.
    assert again == stopped
    assert cleared["traderFollow"]["maxTradeUsd"] is None
    text = "SELECT id FROM trading.trader_follows WHERE user_id = $1::uuid"
    ((key,),) = await rows_of(worker_stores, text, alice.user_id)
    audit = await rows_of(worker_stores, _AUDIT, key)
    assert [row["action"] for row in audit] == ["create", *["update"] * 4]
    assert audit[3]["changes"]["is_copying"] == {"before": True, "after": False}


@pytest.mark.parametrize(
    ("wrong", "path", "code"),
    [
        ({"copySharePct": "0"}, "copySharePct", "INVALID"),
        ({"copySharePct": "100.1"}, "copySharePct", "INVALID"),
        ({"maxTradeUsd": "-1"}, "maxTradeUsd", "INVALID"),
        ({"maxTradeUsd": "1e30"}, "maxTradeUsd", "INVALID"),
        ({"maxDailyUsd": "0"}, "maxDailyUsd", "INVALID"),
        ({"maxSlippagePct": "51"}, "maxSlippagePct", "INVALID"),
        ({"maxSlippagePct": None}, "maxSlippagePct", "REQUIRED"),
        ({"isCopying": None}, "isCopying", "REQUIRED"),
    ],
)
async def test_wrong_limits_say_what_is_wrong(
    stores: Stores,
    worker_stores: Stores,
    alice: Viewer,
    wrong: dict[str, Any],
    path: str,
    code: str,
) -> None:
    made = await follow(stores, alice, await _trader(worker_stores))

    found = await change(stores, "updateCopySettings", alice, FOLLOWED, id=made["id"], **wrong)

    assert (found["traderFollow"], errors_of(found)) == (None, [(path, code)])


async def test_a_strangers_follow_cannot_be_changed(
    stores: Stores, worker_stores: Stores, alice: Viewer, bob: Viewer
) -> None:
    trader = await _trader(worker_stores)
    made = await follow(stores, alice, trader)
    before = await rows_of(
        worker_stores, "SELECT * FROM trading.trader_follows WHERE trader_id = $1", trader
    )
    gone = "deletedId userErrors { field code }"
    told = [
        [
            await change(stores, "updateCopySettings", bob, FOLLOWED, id=id_, maxTradeUsd="9"),
            await change(stores, "stopCopying", bob, FOLLOWED, id=id_),
            await change(stores, "unfollowTrader", bob, gone, id=id_),
        ]
        for id_ in (made["id"], global_id("TraderFollow", uuid4()))
    ]

    assert told[0] == told[1]
    assert [errors_of(each) for each in told[0]] == [[("id", "NOT_FOUND")]] * 3
    after = await rows_of(
        worker_stores, "SELECT * FROM trading.trader_follows WHERE trader_id = $1", trader
    )
    assert after == before


async def test_copying_is_part_of_a_tier_and_stopping_of_none(
    stores: Stores, worker_stores: Stores, alice: Viewer
) -> None:
    made = await follow(stores, alice, await _trader(worker_stores))
    free = replace(alice, tier=Tier.FREE)
    update = "mutation ($id: ID!) { updateCopySettings(input: {id: $id}) { traderFollow { id } } }"

    refused = await ask(stores, update, viewer=free, id=made["id"])
    stopped = await change(stores, "stopCopying", free, FOLLOWED, id=made["id"])

    assert refused.data == {"updateCopySettings": None}
    assert refused.codes == [("updateCopySettings", "FORBIDDEN")]
    assert refused.statements == []
    assert stopped["userErrors"] == []


EVERY_CHANGE = """mutation ($id: ID!, $hash: Hash!) {
  followTrader(input: {traderId: $id}) { userErrors { code } }
  updateCopySettings(input: {id: $id}) { userErrors { code } }
  stopCopying(input: {id: $id}) { userErrors { code } }
  unfollowTrader(input: {id: $id}) { userErrors { code } }
  deleteTradeRoute(input: {id: $id}) { userErrors { code } }
  recordTradeRouteExecution(input: {id: $id, txHash: $hash}) { userErrors { code } }
  trackBridgeTransfer(input: {bridgeId: $id, sourceChain: 1, destinationChain: 10, amount: 1,
    sourceTxHash: $hash}) { userErrors { code } } }"""


async def test_nobody_signed_in_changes_nothing(stores: Stores) -> None:
    answer = await ask(stores, EVERY_CHANGE, id=str(uuid4()), hash=hash_of(1))

    assert set(answer.data.values()) == {None}
    assert len(answer.data) == 7
    assert {code for _, code in answer.codes} == {"UNAUTHENTICATED"}
    assert answer.statements == []


async def test_a_follow_leaves_with_its_user(
    stores: Stores, worker_stores: Stores, alice: Viewer
) -> None:
    trader = await _trader(worker_stores)
    await follow(stores, alice, trader)

    await rows_of(
        worker_stores, "DELETE FROM account.users WHERE id = $1::uuid RETURNING id", alice.user_id
    )

    assert [row[0] for row in await rows_of(worker_stores, _FOLLOWERS, trader)] == [0]
