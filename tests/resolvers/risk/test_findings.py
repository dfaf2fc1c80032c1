"""Scans, audits and reports of harm."""

from __future__ import annotations

from stores.lifecycle import Stores
from tests.resolvers.graph import ask
from tests.resolvers.risk.conftest import (
    AUDIT,
    CHAIN,
    CONTRACT,
    DAY,
    HARMFUL,
    PLAIN,
    SCAN,
    TRUSTED,
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
