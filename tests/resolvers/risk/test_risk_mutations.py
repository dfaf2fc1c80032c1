"""Warnings are seen and over for their owner only; a scan is asked for once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from resolvers.context import Viewer
from resolvers.permissions import Tier, scopes_of
from stores.lifecycle import Stores
from stores.queries import Statement
from stores.urls import StoreUrls
from tests.resolvers.graph import ask
from tests.resolvers.risk.conftest import CHAIN, PROTOCOL, global_id

_AUDIT = """
SELECT action, changes, metadata FROM ops.audit_log WHERE resource_id = $1::uuid::text ORDER BY id
"""
_OUTBOX = (
    "SELECT aggregate, event FROM ops.outbox WHERE aggregate_id = $1::uuid::text ORDER BY sequence"
)
_ALERT = "SELECT * FROM risk.alerts WHERE id = $1::uuid"
_SCANS = "SELECT * FROM risk.security_scans WHERE contract_id = $1::uuid"


async def rows_of(stores: Stores, text: str, key: UUID) -> list[Any]:
    """Rows about one thing, as a job would read them."""
    found: list[Any] = await stores.postgres.fetch(Statement("rows", text, ("key",)), key)
    return found


@pytest.fixture
async def alice(worker_stores: Stores) -> Viewer:
    """A user of the test's own, who pays for scans."""
    user = uuid4()
    await worker_stores.postgres.copy_rows("account.users", ("id",), [(user,)])
    return Viewer(user, "user", tier=Tier.PRO)


@pytest.fixture
async def bob(worker_stores: Stores) -> Viewer:
    """Another one."""
    user = uuid4()
    await worker_stores.postgres.copy_rows("account.users", ("id",), [(user,)])
    return Viewer(user, "user", tier=Tier.PRO)


@pytest.fixture
async def warning(worker_stores: Stores, alice: Viewer) -> UUID:
    """A warning to Alice."""
    key = uuid4()
    columns = ("id", "user_id", "target_type", "target_id", "alert_type", "severity", "message")
    row = (key, alice.user_id, "protocol", PROTOCOL, "protocol_risk", "high", "Beware.")
    await worker_stores.postgres.copy_rows("risk.alerts", columns, [row])
    return key


@pytest.fixture
async def contract(worker_stores: Stores) -> UUID:
    """A contract nobody scanned."""
    key = uuid4()
    columns = ("id", "chain_id", "address")
    row = (key, CHAIN, f"0x{key.hex}00000000")
    await worker_stores.postgres.copy_rows("catalog.contracts", columns, [row])
    return key


ACKNOWLEDGE = """mutation ($id: ID!) { acknowledgeRiskAlert(input: {id: $id}) {
  riskAlert { isAcknowledged acknowledgedAt resolvedAt } userErrors { field code message } } }"""
RESOLVE = """mutation ($id: ID!) { resolveRiskAlert(input: {id: $id}) {
  riskAlert { isAcknowledged acknowledgedAt resolvedAt } userErrors { field code message } } }"""


async def test_a_warning_is_seen_once(
    stores: Stores, worker_stores: Stores, alice: Viewer, warning: UUID
) -> None:
    answers = [
        await ask(stores, ACKNOWLEDGE, viewer=alice, id=global_id("RiskAlert", warning))
        for _ in range(2)
    ]
    for answer in answers:
        assert not answer.errors
        found = answer.data["acknowledgeRiskAlert"]
        assert found["userErrors"] == []
        assert found["riskAlert"]["isAcknowledged"] is True
        assert found["riskAlert"]["resolvedAt"] is None
    first, second = (a.data["acknowledgeRiskAlert"]["riskAlert"] for a in answers)
    assert first["acknowledgedAt"] == second["acknowledgedAt"] is not None
    (row,) = await rows_of(worker_stores, _ALERT, warning)
    assert row["acknowledged_by"] == alice.user_id
    (entry,) = await rows_of(worker_stores, _AUDIT, warning)
    assert entry["action"] == "update"
    assert entry["changes"]["is_acknowledged"] == {"before": False, "after": True}
    assert [tuple(row) for row in await rows_of(worker_stores, _OUTBOX, warning)] == [
        ("risk.alerts", "updated")
    ]


async def test_a_danger_that_is_over_was_seen(
    stores: Stores, worker_stores: Stores, alice: Viewer, warning: UUID
) -> None:
    id_ = global_id("RiskAlert", warning)
    answer = await ask(stores, RESOLVE, viewer=alice, id=id_)
    found = answer.data["resolveRiskAlert"]
    assert found["userErrors"] == []
    assert found["riskAlert"]["isAcknowledged"] is True
    assert found["riskAlert"]["acknowledgedAt"] == found["riskAlert"]["resolvedAt"] is not None
    again = await ask(stores, RESOLVE, viewer=alice, id=id_)
    assert again.data == answer.data
    assert len(await rows_of(worker_stores, _AUDIT, warning)) == 1


@pytest.mark.parametrize(
    ("mutation", "name"),
    [(ACKNOWLEDGE, "acknowledgeRiskAlert"), (RESOLVE, "resolveRiskAlert")],
    ids=["seen", "over"],
)
async def test_a_strangers_warning_is_one_that_never_was(
    stores: Stores, worker_stores: Stores, bob: Viewer, warning: UUID, mutation: str, name: str
) -> None:
    foreign = await ask(stores, mutation, viewer=bob, id=global_id("RiskAlert", warning))
    absent = await ask(stores, mutation, viewer=bob, id=global_id("RiskAlert", uuid4()))
    assert foreign.data == absent.data
    assert foreign.statements == absent.statements
    error = foreign.data[name]["userErrors"]
    assert [(each["field"], each["code"]) for each in error] == [(["id"], "NOT_FOUND")]
    assert foreign.data[name]["riskAlert"] is None
    nobody = await ask(stores, mutation, id=global_id("RiskAlert", warning))
    assert (nobody.data, nobody.codes) == ({name: None}, [(name, "UNAUTHENTICATED")])
    assert nobody.statements == []
    (row,) = await rows_of(worker_stores, _ALERT, warning)
    assert (row["is_acknowledged"], row["resolved_at"]) == (False, None)
    assert await rows_of(worker_stores, _AUDIT, warning) == []


async def test_a_key_that_may_only_read_changes_nothing(
    stores: Stores, worker_stores: Stores, alice: Viewer, warning: UUID
) -> None:
    reader = replace(alice, scopes=scopes_of(["read"]))
    answer = await ask(stores, RESOLVE, viewer=reader, id=global_id("RiskAlert", warning))
    assert answer.codes == [("resolveRiskAlert", "FORBIDDEN")]
    (row,) = await rows_of(worker_stores, _ALERT, warning)
    assert row["resolved_at"] is None


SCAN = """mutation ($input: RequestSecurityScanInput!) { requestSecurityScan(input: $input) {
  securityScan { id status scanner score contract { id } } replayed
  userErrors { field code } } }"""


async def test_a_scan_is_asked_for_once_whoever_asks(
    stores: Stores, worker_stores: Stores, alice: Viewer, bob: Viewer, contract: UUID
) -> None:
    wish = {"contractId": global_id("Contract", contract)}
    answers = await asyncio.gather(
        *(ask(stores, SCAN, viewer=viewer, input=wish) for viewer in (alice, bob, alice, bob))
    )
    (row,) = await rows_of(worker_stores, _SCANS, contract)
    for answer in answers:
        assert not answer.errors
        assert answer.data["requestSecurityScan"] == {
            "securityScan": {
                "id": global_id("SecurityScan", row["id"]),
                "status": "QUEUED",
                "scanner": "gateway",
                "score": None,
                "contract": {"id": global_id("Contract", contract)},
            },
            "replayed": False,
            "userErrors": [],
        }
    actions = [entry["action"] for entry in await rows_of(worker_stores, _AUDIT, row["id"])]
    assert sorted(actions) == ["create", "request", "request", "request"]
    assert [tuple(row) for row in await rows_of(worker_stores, _OUTBOX, row["id"])] == [
        ("risk.security_scans", "created")
    ]


async def test_a_wish_for_a_scan_sent_again_is_answered_again(
    stores: Stores, worker_stores: Stores, alice: Viewer, contract: UUID
) -> None:
    wish = {"contractId": global_id("Contract", contract), "idempotencyKey": "one"}
    first, second = [await ask(stores, SCAN, viewer=alice, input=wish) for _ in range(2)]
    assert (first.data["requestSecurityScan"]["replayed"]) is False
    again = second.data["requestSecurityScan"]
    assert again.pop("replayed") is True
    assert again.items() <= first.data["requestSecurityScan"].items()
    assert len(await rows_of(worker_stores, _SCANS, contract)) == 1


async def test_a_scan_needs_a_contract_and_the_tier(
    stores: Stores, worker_stores: Stores, alice: Viewer, contract: UUID
) -> None:
    for id_ in (global_id("Contract", uuid4()), global_id("Protocol", contract), "nothing"):
        answer = await ask(stores, SCAN, viewer=alice, input={"contractId": id_})
        assert not answer.errors
        errors = answer.data["requestSecurityScan"]["userErrors"]
        assert errors == [{"field": ["contractId"], "code": "NOT_FOUND"}]
    wish = {"contractId": global_id("Contract", contract)}
    free = await ask(stores, SCAN, viewer=replace(alice, tier=Tier.FREE), input=wish)
    assert free.codes == [("requestSecurityScan", "FORBIDDEN")]
    nobody = await ask(stores, SCAN, input=wish)
    assert nobody.codes == [("requestSecurityScan", "UNAUTHENTICATED")]
    assert await rows_of(worker_stores, _SCANS, contract) == []


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO risk.security_scans (contract_id, scanner, score) VALUES ($1, 'x', 0)",
        "INSERT INTO risk.security_scans (contract_id, scanner, status)"
        " VALUES ($1, 'x', 'completed')",
        "UPDATE risk.security_scans SET score = 0 WHERE contract_id = $1",
        "DELETE FROM risk.security_scans WHERE contract_id = $1",
        "UPDATE risk.alerts SET message = 'Fine.' WHERE id = $1",
        "DELETE FROM risk.alerts WHERE id = $1",
        "INSERT INTO risk.assessments (target_type, contract_id, dimension, score)"
        " VALUES ('contract', $1, 'overall', 0)",
        "UPDATE risk.latest SET score = 0 WHERE target_id = $1",
        "DELETE FROM risk.wallet_approvals WHERE wallet_id = $1",
        "UPDATE risk.malicious_contracts SET is_active = false WHERE id = $1",
    ],
)
async def test_the_gateway_writes_no_findings(
    store_urls: StoreUrls, alice: Viewer, contract: UUID, text: str
) -> None:
    gateway = await asyncpg.connect(store_urls.postgres)
    try:
        async with gateway.transaction():
            identity = "SELECT set_config('app.current_user_id', $1, true)"
            await gateway.execute(identity, str(alice.user_id))
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await gateway.execute(text, contract)
    finally:
        await gateway.close()
