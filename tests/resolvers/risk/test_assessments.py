"""Scores of public things are everybody's; those of a portfolio are its owner's alone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.context import RequestContext, Viewer
from resolvers.risk.enums import RiskTargetType
from resolvers.risk.history import score_histories
from resolvers.risk.liquidation import liquidations
from stores.lifecycle import Stores
from stores.redis import keys as redis_keys
from tests.resolvers.graph import ask, kinds_of_calls
from tests.resolvers.risk.conftest import (
    ASSESSMENT,
    CATEGORY,
    CONTRACT,
    DAY,
    DOLLAR,
    HIS,
    MINE,
    PROTOCOL,
    SIGNED_IN,
    STRANGER,
    WALLET,
    global_id,
)

PROTOCOL_RISK = """query ($id: ID!) { protocol(id: $id) { risk {
  scores { dimension score confidence assessedAt targetType target { ... on Protocol { name } }
           assessment { id } }
  assessments { totalCount { value } nodes { dimension score } } } } }"""


async def test_a_protocol_shows_its_newest_score_of_each_danger(stores: Stores) -> None:
    answer = await ask(stores, PROTOCOL_RISK, id=global_id("Protocol", PROTOCOL))
    assert not answer.errors
    at = (DAY + timedelta(hours=2)).isoformat().replace("+00:00", "Z")
    lender = {"targetType": "PROTOCOL", "target": {"name": "Lender"}, "assessedAt": at}
    assert answer.data["protocol"]["risk"] == {
        "scores": [
            lender
            | {"dimension": "OVERALL", "score": "0.5700", "confidence": None}
            | {"assessment": {"id": global_id("RiskAssessment", ASSESSMENT[2])}},
            lender
            | {"dimension": "SECURITY", "score": "0.2000", "confidence": "0.7500"}
            | {"assessment": {"id": global_id("RiskAssessment", ASSESSMENT[3])}},
        ],
        "assessments": {
            "totalCount": {"value": 3},
            "nodes": [
                {"dimension": "SECURITY", "score": "0.2000"},
                {"dimension": "OVERALL", "score": "0.5700"},
                {"dimension": "OVERALL", "score": "0.4000"},
            ],
        },
    }


async def test_an_assessment_tells_its_reasons_and_its_target(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on RiskAssessment {
             targetType riskFactors factors recommendations description methodVersion expiresAt
             sourceAgent { slug }
             target { __typename id ... on Wallet { address } ... on Asset { symbol } } } } }""",
        ids=[global_id("RiskAssessment", ASSESSMENT[n]) for n in (4, 5, 6)],
    )
    assert not answer.errors
    asset, wallet, contract = answer.data["nodes"]
    assert asset == {
        "targetType": "ASSET",
        "riskFactors": ["thin market"],
        "factors": {"depth_usd": 12},
        "recommendations": ["wait"],
        "description": "Handle with care.",
        "methodVersion": "1.0",
        "expiresAt": None,
        "sourceAgent": None,
        "target": {"__typename": "Asset", "id": global_id("Asset", DOLLAR), "symbol": "RUSD"},
    }
    assert wallet["target"]["__typename"] == "Wallet"
    assert wallet["target"]["id"] == global_id("Wallet", WALLET)
    assert contract["target"] == {"__typename": "Contract", "id": global_id("Contract", CONTRACT)}


HISTORY = """query ($id: ID!, $start: DateTime!, $end: DateTime!) { protocol(id: $id) { risk {
  history(from: $start, to: $end) { interval t v } } } }"""


async def test_history_is_the_last_score_of_each_day(stores: Stores) -> None:
    answer = await ask(
        stores,
        HISTORY,
        id=global_id("Protocol", PROTOCOL),
        start=DAY.isoformat(),
        end=(DAY + timedelta(days=2)).isoformat(),
    )
    assert not answer.errors
    history = answer.data["protocol"]["risk"]["history"]
    assert (history["interval"], history["v"]) == ("DAY", ["0.5700", "0.3333"])


async def test_zero_is_no_filling_for_a_score(stores: Stores) -> None:
    answer = await ask(
        stores,
        "query ($id: ID!) { protocol(id: $id) { risk { history(fill: ZERO) { v } } } }",
        id=global_id("Protocol", PROTOCOL),
    )
    assert answer.codes == [("protocol.risk.history", "BAD_USER_INPUT")]


async def test_the_most_dangerous_stand_first(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($ids: [Decimal!]) { riskScores(first: 1000,
             where: {targetType: {in: [PROTOCOL, WALLET]}, score: {in: $ids}}) {
             nodes { score dimension targetType } } }""",
        ids=["0.66", "0.57"],
    )
    assert not answer.errors
    assert answer.data["riskScores"]["nodes"] == [
        {"score": "0.6600", "dimension": "SECURITY", "targetType": "WALLET"},
        {"score": "0.5700", "dimension": "OVERALL", "targetType": "PROTOCOL"},
    ]


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_statements_do_not_grow_with_protocols(stores: Stores, count: int) -> None:
    answer = await ask(
        stores,
        """query ($first: Int!, $category: String!) {
             protocols(first: $first, where: {category: {eq: $category}}) { nodes { name risk {
               scores { score target { ... on Protocol { name } } assessment { description } }
               assessments { totalCount { value } nodes { score target { id } } }
               history { v } } } } }""",
        first=count,
        category=CATEGORY,
    )
    assert not answer.errors
    nodes = answer.data["protocols"]["nodes"]
    assert [node["name"] for node in nodes] == [f"P{n:03}" for n in range(count)]
    for number, node in enumerate(nodes):
        (score,) = node["risk"]["scores"]
        assert float(score["score"]) == number / 200
        assert score["target"] == {"name": node["name"]}
        assert node["risk"]["assessments"]["totalCount"] == {"value": 1}
    stores_asked = kinds_of_calls(answer)
    # The page, `risk`, scores, their targets and reasons; assessments, their count and targets.
    assert (stores_asked.count("clickhouse"), stores_asked.count("postgres")) == (1, 8)


PORTFOLIO_RISK = """query ($id: ID!, $start: DateTime!, $end: DateTime!) {
  portfolio(id: $id) { risk {
  scores { dimension score assessment { description } }
  assessments { totalCount { value } nodes { id score portfolio { name } } }
  history(from: $start, to: $end) { v }
  alerts { nodes { message } } } } }"""
WHEN: dict[str, Any] = {"start": DAY.isoformat(), "end": (DAY + timedelta(days=1)).isoformat()}


async def test_the_owner_sees_the_danger_of_a_portfolio(stores: Stores) -> None:
    answer = await ask(
        stores, PORTFOLIO_RISK, viewer=SIGNED_IN, id=global_id("Portfolio", MINE), **WHEN
    )
    assert not answer.errors
    assert answer.data["portfolio"]["risk"] == {
        "scores": [
            {
                "dimension": "OVERALL",
                "score": "0.9000",
                "assessment": {"description": "Handle with care."},
            }
        ],
        "assessments": {
            "totalCount": {"value": 1},
            "nodes": [
                {
                    "id": global_id("PortfolioRiskAssessment", ASSESSMENT[7]),
                    "score": "0.9000",
                    "portfolio": {"name": "Mine"},
                }
            ],
        },
        "history": {"v": ["0.9000"]},
        "alerts": {"nodes": [{"message": "Lender is in trouble."}]},
    }


EVERY_WAY = """query ($portfolio: ID!, $private: ID!, $public: ID!) {
  portfolio(id: $portfolio) { risk { scores { score } history { v } } }
  own: node(id: $private) { id ... on PortfolioRiskAssessment { score } }
  guess: node(id: $public) { id ... on RiskAssessment { score } }
  nodes(ids: [$private, $public]) { id }
  riskAssessments(where: {id: {eq: $public}}) { totalCount { value } nodes { score } }
  kind: riskAssessments(where: {targetType: {eq: PORTFOLIO}}) { totalCount { value } nodes { id } }
  scores: riskScores(where: {targetType: {eq: PORTFOLIO}}) { totalCount { value } nodes { score } }
}"""
NOTHING: dict[str, Any] = {"totalCount": {"value": 0}, "nodes": []}


def _every_way(number: int, portfolio: Any) -> dict[str, Any]:
    key = ASSESSMENT[number]
    return {
        "portfolio": global_id("Portfolio", portfolio),
        "private": global_id("PortfolioRiskAssessment", key),
        "public": global_id("RiskAssessment", key),
    }


async def test_a_stranger_sees_nothing_of_a_portfolio_by_any_way(stores: Stores) -> None:
    answer = await ask(stores, EVERY_WAY, viewer=STRANGER, **_every_way(7, MINE))
    assert not answer.errors
    assert answer.data == {
        "portfolio": None,
        "own": None,
        "guess": None,
        "nodes": [None, None],
        "riskAssessments": NOTHING,
        "kind": NOTHING,
        "scores": NOTHING,
    }
    absent = await ask(stores, EVERY_WAY, viewer=STRANGER, **_every_way(99, uuid4()))
    assert (absent.data, absent.statements) == (answer.data, answer.statements)


async def test_public_lists_hold_no_portfolio_not_even_the_owners(stores: Stores) -> None:
    answer = await ask(stores, EVERY_WAY, viewer=SIGNED_IN, **_every_way(7, MINE))
    assert answer.data["own"]["score"] == "0.9000"
    for name in ("riskAssessments", "kind", "scores"):
        assert answer.data[name] == NOTHING
    assert answer.data["guess"] is None


async def test_nobody_signed_in_sees_nothing_of_a_portfolio(stores: Stores) -> None:
    answer = await ask(stores, EVERY_WAY, **_every_way(7, MINE))
    assert (answer.data["portfolio"], answer.data["own"], answer.data["guess"]) == (None,) * 3
    assert [answer.data[name] for name in ("riskAssessments", "kind", "scores")] == [NOTHING] * 3
    assert set(answer.codes) == {
        ("portfolio", "UNAUTHENTICATED"),
        ("own", "UNAUTHENTICATED"),
        ("nodes.0", "UNAUTHENTICATED"),
    }


async def test_a_foreign_portfolio_costs_what_an_absent_one_costs(stores: Stores) -> None:
    foreign = await ask(
        stores, PORTFOLIO_RISK, viewer=SIGNED_IN, id=global_id("Portfolio", HIS), **WHEN
    )
    absent = await ask(
        stores, PORTFOLIO_RISK, viewer=SIGNED_IN, id=global_id("Portfolio", uuid4()), **WHEN
    )
    assert foreign.data == absent.data == {"portfolio": None}
    assert foreign.statements == absent.statements


async def test_an_operator_sees_no_more_of_portfolios_than_others(stores: Stores) -> None:
    viewer = Viewer(uuid4(), "admin")
    answer = await ask(stores, EVERY_WAY, viewer=viewer, **_every_way(7, MINE))
    assert answer.data["own"] is None
    assert answer.data["scores"] == NOTHING


LIQUIDATION = """query ($id: ID!) { portfolio(id: $id) { risk {
  liquidation { score distance updatedAt } } } }"""


async def test_liquidation_is_what_a_job_computed_lately(stores: Stores) -> None:
    states: dict[UUID, Any] = {
        MINE: {"score": "0.25", "distance": "0.4", "updated_at_ms": "1744000000000"},
        HIS: {"score": "0.75", "distance": "0.1", "updated_at_ms": "1744000000000"},
    }
    keys = {id_: redis_keys.key("risk_liquidation_state", portfolio_id=id_) for id_ in states}
    for id_, state in states.items():
        await stores.redis.commands.hset(keys[id_], mapping=state)
    answer = await ask(stores, LIQUIDATION, viewer=SIGNED_IN, id=global_id("Portfolio", MINE))
    foreign = await ask(stores, LIQUIDATION, viewer=SIGNED_IN, id=global_id("Portfolio", HIS))
    context = RequestContext(SIGNED_IN, stores, trace=[])
    mine = await liquidations(context, [HIS, MINE])
    await stores.redis.commands.delete(*keys.values())
    assert not answer.errors
    assert answer.data["portfolio"]["risk"]["liquidation"] == {
        "score": "0.25",
        "distance": "0.4",
        "updatedAt": "2025-04-07T04:26:40Z",
    }
    assert foreign.data == {"portfolio": None}
    assert list(mine) == [MINE]
    gone = await ask(stores, LIQUIDATION, viewer=SIGNED_IN, id=global_id("Portfolio", MINE))
    assert gone.data["portfolio"]["risk"]["liquidation"] is None


async def test_a_foreign_key_finds_nothing_in_stores_without_owners(stores: Stores) -> None:
    # Were a resolver to ask with a foreign id, there would still be nothing.
    context = RequestContext(SIGNED_IN, stores, trace=[])
    history = score_histories(RiskTargetType.PORTFOLIO)
    times = {"from_": DAY, "to": DAY + timedelta(days=1)}
    assert await history(context, [HIS], **times) == {}
    assert [value.v for value in (await history(context, [MINE], **times)).values()] == [
        [Decimal("0.9000")]
    ]
