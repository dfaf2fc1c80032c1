"""Routes are used once, run out and are deleted, by their owner only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from resolvers.context import Viewer
from stores.lifecycle import Stores
from tests.resolvers.graph import ask
from tests.resolvers.trading.conftest import (
    ALICE,
    DOLLAR,
    ETHER,
    HOME,
    SIGNED_IN,
    STRANGER,
    address_of,
    global_id,
    hash_of,
    rows_of,
)

_AUDIT = "SELECT action, changes FROM ops.audit_log WHERE resource_id = $1::uuid::text ORDER BY id"


async def _kept(stores: Stores, *, user: UUID = ALICE, over: bool = False) -> UUID:
    """A route of a user's; one that is over ran out a minute ago."""
    key = uuid4()
    expires = datetime.now(UTC) + timedelta(minutes=-1 if over else 5)
    await stores.postgres.copy_rows(
        "trading.trade_routes",
        (
            *("id", "user_id", "chain_id", "token_in_address", "token_out_address"),
            *("amount_in", "amount_out", "expires_at"),
        ),
        [(key, user, HOME, address_of(ETHER), address_of(DOLLAR), 1, 2000, expires)],
    )
    return key


USE = """mutation ($id: ID!, $hash: Hash!) {
  recordTradeRouteExecution(input: {id: $id, txHash: $hash}) {
    userErrors { field code } tradeRoute { isExecuted txHash executedAt } } }"""


async def use(stores: Stores, key: UUID, number: int, viewer: Viewer = SIGNED_IN) -> dict[str, Any]:
    """Say that a route was used."""
    values: dict[str, Any] = {"id": global_id("TradeRoute", key), "hash": hash_of(number)}
    answer = await ask(stores, USE, viewer=viewer, **values)
    assert not answer.errors
    found: dict[str, Any] = answer.data["recordTradeRouteExecution"]
    return found


async def test_a_route_is_used_once(stores: Stores, worker_stores: Stores) -> None:
    key = await _kept(worker_stores)

    first = await use(stores, key, 41)
    again = await use(stores, key, 41)
    other = await use(stores, key, 42)

    assert first["userErrors"] == again["userErrors"] == []
    assert first["tradeRoute"]["isExecuted"] is True
    assert first["tradeRoute"] == again["tradeRoute"]
    assert first["tradeRoute"]["txHash"] == hash_of(41)
    assert other == {
        "tradeRoute": None,
        "userErrors": [{"field": ["txHash"], "code": "NOT_ALLOWED"}],
    }
    (audit,) = await rows_of(worker_stores, _AUDIT, key)
    assert audit["action"] == "update"
    assert audit["changes"]["is_executed"] == {"before": False, "after": True}


async def test_a_quote_that_ran_out_says_so_and_is_not_used(
    stores: Stores, worker_stores: Stores
) -> None:
    key = await _kept(worker_stores, over=True)

    answer = await ask(
        stores,
        "query ($id: ID!) { tradeRoute(id: $id) { isExpired isExecuted steps { feeBps } } }",
        viewer=SIGNED_IN,
        id=global_id("TradeRoute", key),
    )
    found = await use(stores, key, 43)

    assert answer.data == {"tradeRoute": {"isExpired": True, "isExecuted": False, "steps": []}}
    assert found == {"tradeRoute": None, "userErrors": [{"field": ["id"], "code": "EXPIRED"}]}
    assert await rows_of(worker_stores, _AUDIT, key) == []


DELETE = """mutation ($id: ID!) { deleteTradeRoute(input: {id: $id}) {
  deletedId userErrors { field code } } }"""


async def test_a_strangers_route_is_as_good_as_none(stores: Stores, worker_stores: Stores) -> None:
    key = await _kept(worker_stores)
    answers = []
    for each in (key, uuid4()):
        used = await use(stores, each, 44, STRANGER)
        gone = await ask(stores, DELETE, viewer=STRANGER, id=global_id("TradeRoute", each))
        read = await ask(
            stores,
            """query ($id: ID!) { tradeRoute(id: $id) { amountOut } node(id: $id) { id }
                 tradeRoutes(where: {id: {eq: $id}}) { totalCount { value } nodes { id } } }""",
            viewer=STRANGER,
            id=global_id("TradeRoute", each),
        )
        answers.append((used, gone.data, gone.statements, read.data, read.statements))

    assert answers[0] == answers[1]
    nothing = [{"field": ["id"], "code": "NOT_FOUND"}]
    assert answers[0][0] == {"tradeRoute": None, "userErrors": nothing}
    assert answers[0][1] == {"deleteTradeRoute": {"deletedId": None, "userErrors": nothing}}
    assert answers[0][3] == {
        "tradeRoute": None,
        "node": None,
        "tradeRoutes": {"totalCount": {"value": 0}, "nodes": []},
    }
    text = "SELECT is_executed FROM trading.trade_routes WHERE id = $1::uuid"
    assert [row[0] for row in await rows_of(worker_stores, text, key)] == [False]


async def test_a_route_is_deleted_by_its_owner(stores: Stores, worker_stores: Stores) -> None:
    key = await _kept(worker_stores)
    id_ = global_id("TradeRoute", key)

    gone = await ask(stores, DELETE, viewer=SIGNED_IN, id=id_)
    again = await ask(stores, DELETE, viewer=SIGNED_IN, id=id_)

    assert gone.data == {"deleteTradeRoute": {"deletedId": id_, "userErrors": []}}
    assert again.data["deleteTradeRoute"]["userErrors"][0]["code"] == "NOT_FOUND"
    text = "SELECT id FROM trading.trade_routes WHERE id = $1::uuid"
    assert await rows_of(worker_stores, text, key) == []
    assert [row["action"] for row in await rows_of(worker_stores, _AUDIT, key)] == ["delete"]
