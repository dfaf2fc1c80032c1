"""Approvals tell what they put at risk, added up by hand; what has no price is unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.schema import EXECUTOR
from resolvers.context import RequestContext, Viewer
from resolvers.risk.exposure import portfolio_exposures
from stores.clickhouse.client import ClickHouse
from stores.lifecycle import Stores
from stores.redis.client import Redis
from tests.resolvers.graph import ask, graph, kinds_of_calls
from tests.resolvers.risk.conftest import (
    APPROVAL,
    CALM,
    CONTRACT,
    DAY,
    DOLLAR,
    HARMFUL,
    HIS,
    MINE,
    SIGNED_IN,
    STRANGER,
    WALLET,
    WALLETS,
    global_id,
)

APPROVALS = """query ($id: ID!) { node(id: $id) { ... on Wallet {
  approvals(where: {revokedAt: {isNull: true}}) { totalCount { value } nodes {
    id amount quantity isUnlimited valueAtRiskUsd asset { symbol }
    spenderLabels { name } spenderReports { threatType } } }
  risk { security { score } exposure {
    openCount unlimitedCount reportedCount valueAtRiskUsd unpricedCount } } } } }"""


async def test_approvals_tell_what_they_put_at_risk(stores: Stores) -> None:
    answer = await ask(stores, APPROVALS, id=global_id("Wallet", WALLET))
    assert not answer.errors
    wallet = answer.data["node"]
    router, harm = [{"name": "Router"}], [{"threatType": "phishing"}, {"threatType": "drainer"}]
    assert wallet["approvals"] == {
        "totalCount": {"value": 4},
        "nodes": [
            _approval(4, "ODD", "7", None, None, labels=router),
            _approval(3, "RARE", "1", "0.000000000000000001", None, reports=harm),
            _approval(2, "RUSD", None, None, None, reports=harm),
            # 1.5 dollars at two dollars each.
            _approval(1, "RUSD", "1500000", "1.500000", "3.00000000", labels=router),
        ],
    }
    assert wallet["risk"] == {
        "security": {"score": "0.6600"},
        "exposure": {
            "openCount": 4,
            "unlimitedCount": 1,
            "reportedCount": 2,
            "valueAtRiskUsd": "3.00000000",
            "unpricedCount": 2,
        },
    }


def _approval(
    number: int,
    symbol: str,
    amount: str | None,
    quantity: str | None,
    value: str | None,
    *,
    labels: list[dict[str, str]] = [],  # noqa: B006
    reports: list[dict[str, str]] = [],  # noqa: B006
) -> dict[str, object]:
    return {
        "id": global_id("TokenApproval", APPROVAL[number]),
        "amount": amount,
        "quantity": quantity,
        "isUnlimited": amount is None,
        "valueAtRiskUsd": value,
        "asset": {"symbol": symbol},
        "spenderLabels": labels,
        "spenderReports": reports,
    }


async def test_a_portfolio_adds_up_the_approvals_of_its_wallets(stores: Stores) -> None:
    query = """query ($id: ID!) { portfolio(id: $id) { risk { exposure {
      openCount unlimitedCount reportedCount valueAtRiskUsd unpricedCount } } } }"""
    id_ = global_id("Portfolio", MINE)
    answer = await ask(stores, query, viewer=SIGNED_IN, id=id_)
    assert not answer.errors
    assert answer.data["portfolio"]["risk"]["exposure"] == {
        "openCount": 5,
        "unlimitedCount": 1,
        "reportedCount": 3,
        "valueAtRiskUsd": "17.00000000",  # 1.5 and 7 dollars, at two dollars each
        "unpricedCount": 2,
    }
    assert (await ask(stores, query, viewer=STRANGER, id=id_)).data == {"portfolio": None}
    stranger = RequestContext(STRANGER, stores)
    assert list(await portfolio_exposures(stranger, [MINE, HIS])) == [HIS]


async def test_what_was_taken_back_puts_nothing_at_risk(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($id: ID!) { node(id: $id) { ... on TokenApproval {
             valueAtRiskUsd revokedAt wallet { id }
             spenderContract { id risk { audits { totalCount { value } } } } } } }""",
        id=global_id("TokenApproval", APPROVAL[5]),
    )
    assert answer.data["node"] == {
        "valueAtRiskUsd": "0",
        "revokedAt": (DAY + timedelta(days=2)).isoformat().replace("+00:00", "Z"),
        "wallet": {"id": global_id("Wallet", WALLET)},
        "spenderContract": {
            "id": global_id("Contract", CONTRACT),
            "risk": {"audits": {"totalCount": {"value": 2}}},
        },
    }


async def test_a_wallet_without_approvals_and_scores_says_so(stores: Stores) -> None:
    answer = await ask(stores, APPROVALS, id=global_id("Wallet", CALM))
    assert not answer.errors
    assert answer.data["node"] == {
        "approvals": {"totalCount": {"value": 0}, "nodes": []},
        "risk": {
            "security": None,
            "exposure": None,
        },
    }


async def test_without_prices_the_value_is_unknown_and_the_counts_stand(stores: Stores) -> None:
    nobody = Redis("redis://127.0.0.1:9/0")
    answer = await ask(replace(stores, redis=nobody), APPROVALS, id=global_id("Wallet", WALLET))
    await nobody.close()
    exposure = answer.data["node"]["risk"]["exposure"]
    assert (exposure["openCount"], exposure["valueAtRiskUsd"]) == (4, None)
    assert exposure["unpricedCount"] == 3


@pytest.mark.parametrize("path", ["compiled", "plain"])
async def test_without_any_price_store_the_counts_stand_and_the_value_fails_alone(
    stores: Stores, path: str
) -> None:
    redis, clickhouse = Redis("redis://127.0.0.1:9/0"), ClickHouse("http://u:p@127.0.0.1:9/d")
    context = RequestContext(Viewer(), replace(stores, redis=redis, clickhouse=clickhouse))
    result = await graph().execute(
        APPROVALS,
        variable_values={"id": global_id("Wallet", WALLET)},
        context_value=context,
        operation_extensions={EXECUTOR: path},
    )
    await redis.close()
    await clickhouse.close()
    data: Any = result.data
    exposure = data["node"]["risk"]["exposure"]
    assert (exposure["openCount"], exposure["reportedCount"]) == (4, 2)
    assert exposure["valueAtRiskUsd"] is None
    paths = {tuple(error.path or ()) for error in result.errors or ()}
    assert ("node", "risk", "exposure", "valueAtRiskUsd") in paths
    assert all(path[-1] == "valueAtRiskUsd" for path in paths)
    assert data["node"]["approvals"]["nodes"][3]["quantity"] == "1.500000"


async def test_whoever_trusted_an_address_is_found(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($spender: Address!, $asset: ID!) {
             tokenApprovals(where: {spender: {eq: $spender}}) { totalCount { value } }
             node(id: $asset) { ... on Asset { approvals(first: 1,
               where: {isUnlimited: {eq: true}}) { totalCount { value } nodes { id } } } } }""",
        spender=HARMFUL,
        asset=global_id("Asset", DOLLAR),
    )
    assert answer.data["tokenApprovals"]["totalCount"] == {"value": 102}
    assert answer.data["node"]["approvals"] == {
        "totalCount": {"value": 1},
        "nodes": [{"id": global_id("TokenApproval", APPROVAL[2])}],
    }


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_statements_do_not_grow_with_wallets(stores: Stores, count: int) -> None:
    answer = await ask(
        stores,
        """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Wallet {
             approvals { nodes { quantity valueAtRiskUsd spenderLabels { name }
               spenderReports { threatType } spenderContract { id } } }
             risk { security { score } exposure { valueAtRiskUsd reportedCount } } } } }""",
        ids=[global_id("Wallet", id_) for id_ in WALLETS[:count]],
    )
    assert not answer.errors
    for number, wallet in enumerate(answer.data["nodes"]):
        (approval,) = wallet["approvals"]["nodes"]
        assert float(approval["quantity"]) == number
        assert float(approval["valueAtRiskUsd"]) == 2 * number
        assert float(wallet["risk"]["security"]["score"]) == number / 200
        assert wallet["risk"]["exposure"]["reportedCount"] == 1
    asked = kinds_of_calls(answer)
    assert asked.count("clickhouse") == 0
    # Wallets, approvals, amounts (twice), labels, reports, contracts; `risk`, security, exposure.
    assert asked.count("postgres") == 10
