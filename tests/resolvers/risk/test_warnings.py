"""Warnings are shown to whom they are for, and to nobody else."""

from __future__ import annotations

from stores.lifecycle import Stores
from tests.resolvers.graph import ask
from tests.resolvers.risk.conftest import (
    ALERT,
    SIGNED_IN,
    STRANGER,
    global_id,
)

WARNINGS = """query ($id: ID!) {
  riskAlert(id: $id) { message }
  riskAlerts { totalCount { value } nodes { id alertType severity message details isAcknowledged
    resolvedAt targetType portfolio { name } target { ... on Protocol { name } } } }
  node(id: $id) { id } }"""


async def test_warnings_are_shown_to_whom_they_are_for(stores: Stores) -> None:
    id_ = global_id("RiskAlert", ALERT[1])
    answer = await ask(stores, WARNINGS, viewer=SIGNED_IN, id=id_)
    assert not answer.errors
    assert answer.data["riskAlert"] == {"message": "Lender is in trouble."}
    assert answer.data["riskAlerts"]["totalCount"] == {"value": 2}
    moved, trouble = answer.data["riskAlerts"]["nodes"]
    assert trouble == {
        "id": id_,
        "alertType": "PROTOCOL_RISK",
        "severity": "HIGH",
        "message": "Lender is in trouble.",
        "details": {"score": 0.57},
        "isAcknowledged": False,
        "resolvedAt": None,
        "targetType": "PROTOCOL",
        "portfolio": {"name": "Mine"},
        "target": {"name": "Lender"},
    }
    assert (moved["targetType"], moved["target"], moved["portfolio"]) == (None, None, None)


async def test_warnings_are_hidden_from_everybody_else(stores: Stores) -> None:
    id_ = global_id("RiskAlert", ALERT[1])
    stranger = await ask(stores, WARNINGS, viewer=STRANGER, id=id_)
    assert (stranger.data["riskAlert"], stranger.data["node"]) == (None, None)
    assert [node["message"] for node in stranger.data["riskAlerts"]["nodes"]] == ["Add collateral."]
    nobody = await ask(stores, WARNINGS, id=id_)
    assert nobody.data == {"riskAlert": None, "riskAlerts": None, "node": None}
    assert nobody.statements == []


async def test_a_warning_about_a_portfolio_leads_to_it(stores: Stores) -> None:
    answer = await ask(
        stores,
        "{ riskAlerts { nodes { target { ... on Portfolio { name } } } } }",
        viewer=STRANGER,
    )
    assert answer.data["riskAlerts"]["nodes"] == [{"target": {"name": "His"}}]
