"""Scans, audits, reports of harm, approvals and health, with figures checked by hand."""

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
    ALERT,
    APPROVAL,
    AUDIT,
    CALM,
    CATEGORY,
    CHAIN,
    CONTRACT,
    DAY,
    DOLLAR,
    HARMFUL,
    HIS,
    MINE,
    PLAIN,
    PROTOCOL,
    QUIET,
    SCAN,
    SIGNED_IN,
    STRANGER,
    TRUSTED,
    WALLET,
    WALLETS,
    global_id,
)


async def test_a_contract_has_scores_scans_and_audits(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($address: Address!, $chain: ChainId!, $id: ID!) {
             contract(chain: $chain, address: $address) { risk {
               scores { dimension score }
               scans { nodes { id scanner status score severityCounts completedAt } }
               audits { nodes { id auditor auditedOn severityCounts status } } } }
             securityScan(id: $id) { scanner contract { address } } }""",
        address=TRUSTED,
        chain=f"eip155:{CHAIN}",
        id=global_id("SecurityScan", SCAN[2]),
    )
    assert not answer.errors
    risk = answer.data["contract"]["risk"]
    assert risk["scores"] == [{"dimension": "SMART_CONTRACT", "score": "0.3333"}]
    at = DAY.isoformat().replace("+00:00", "Z")
    assert risk["scans"]["nodes"] == [
        {
            "id": global_id("SecurityScan", SCAN[2]),
            "scanner": "gauge",
            "status": "COMPLETED",
            "score": "0.2500",
            "severityCounts": {"high": 1},
            "completedAt": at,
        },
        {
            "id": global_id("SecurityScan", SCAN[1]),
            "scanner": "old",
            "status": "FAILED",
            "score": None,
            "severityCounts": {},
            "completedAt": at,
        },
    ]
    assert [(audit["auditor"], audit["auditedOn"]) for audit in risk["audits"]["nodes"]] == [
        ("Bee", "2025-01-02"),
        ("Aye", "2024-01-02"),
    ]
    assert answer.data["securityScan"]["scanner"] == "gauge"


async def test_a_contract_nobody_looked_at_has_none(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($id: ID!) { node(id: $id) { ... on Contract { risk {
             scores { score } scans { nodes { id } } audits { totalCount { value } } } } } }""",
        id=global_id("Contract", PLAIN),
    )
    assert answer.data["node"]["risk"] == {
        "scores": [],
        "scans": {"nodes": []},
        "audits": {"totalCount": {"value": 0}},
    }


async def test_lists_of_findings_are_filtered(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($scan: ID!, $audit: ID!) {
             securityScans(where: {id: {eq: $scan}, status: {eq: COMPLETED}}) {
               nodes { scanner contract { id } } }
             contractAudits(where: {id: {eq: $audit}}) { nodes { auditor contract { id } } } }""",
        scan=global_id("SecurityScan", SCAN[2]),
        audit=global_id("ContractAudit", AUDIT[1]),
    )
    contract = {"id": global_id("Contract", CONTRACT)}
    assert answer.data == {
        "securityScans": {"nodes": [{"scanner": "gauge", "contract": contract}]},
        "contractAudits": {"nodes": [{"auditor": "Aye", "contract": contract}]},
    }


async def test_an_address_is_looked_up_among_standing_reports(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($bad: Address!, $good: Address!, $chain: ChainId!) {
             anywhere: maliciousReportsAt(address: $bad) { threatType source confidence }
             here: maliciousReportsAt(address: $bad, chain: $chain) { threatType chain { slug } }
             elsewhere: maliciousReportsAt(address: $bad, chain: "eip155:999999999999") { id }
             wrong: maliciousReportsAt(address: $good) { id }
             maliciousReports(where: {address: {eq: $good}}) { nodes { isActive threatType } } }""",
        bad="0x" + HARMFUL[2:].upper(),
        good=TRUSTED,
        chain=f"eip155:{CHAIN}",
    )
    assert answer.codes == [("elsewhere", "BAD_USER_INPUT")]
    assert answer.data["anywhere"] == [
        {"threatType": "phishing", "source": "test", "confidence": "0.8000"},
        {"threatType": "drainer", "source": "other", "confidence": "0.9000"},
    ]
    assert answer.data["here"] == [
        {"threatType": "phishing", "chain": {"slug": f"chain-{CHAIN}"}},
        {"threatType": "drainer", "chain": {"slug": f"chain-{CHAIN}"}},
    ]
    assert answer.data["wrong"] == []
    assert answer.data["maliciousReports"]["nodes"] == [
        {"isActive": False, "threatType": "exploit"}
    ]


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
