"""The audit log: one's own entries, all of them for operators, nothing for anybody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from gateway.schema import GatewaySchema, build_schema
from resolvers.account.audit_log import _TYPES
from resolvers.context import RequestContext, Viewer
from resolvers.ids import encode_id
from resolvers.node import Node
from resolvers.permissions import scopes_of
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
from stores.urls import StoreUrls
from tests.gateway.executor.conftest import Asker

FIELDS = (
    "occurredAt actorUserId apiKeyId actorRole clientIp userAgent requestId action resourceType "
    "resourceId changes metadata status errorMessage"
)


@pytest.fixture(scope="module")
def asker(stores: Stores) -> Asker:
    graph: GatewaySchema = build_schema()
    return Asker(graph, lambda viewer: RequestContext(viewer, stores, trace=[]))


@dataclass(frozen=True)
class Log:
    """Two users with an entry each, and an operator."""

    alice: UUID
    bob: UUID
    operator: UUID
    topic: str
    entry: UUID
    url: str

    def page(self, fields: str = "actorUserId action") -> str:
        where = f'{{resourceType: {{eq: "{self.topic}"}}}}'
        return f"{{ auditLog(where: {where}) {{ nodes {{ {fields} }} totalCount {{ value }} }} }}"


@pytest.fixture(scope="module")
async def log(store_urls: StoreUrls) -> AsyncIterator[Log]:
    server = await asyncpg.connect(store_urls.postgres_worker)
    alice, bob, operator = uuid4(), uuid4(), uuid4()
    topic = f"test.{uuid4().hex}"
    try:
        for user_id, role in ((alice, "user"), (bob, "user"), (operator, "admin")):
            await server.execute(
                "INSERT INTO account.users (id, role) VALUES ($1, $2)", user_id, role
            )
        entry = await server.fetchval(
            "INSERT INTO ops.audit_log (occurred_at, actor_user_id, actor_role, ip_address,"
            " user_agent, request_id, action, resource_type, resource_id, changes, status,"
            " error_message)"
            " VALUES ('2026-03-01 12:00Z', $1, 'user', '203.0.113.7', 'curl/8', 'r1', 'update', $2,"
            """ '7', '{"name": {"after": "New", "before": "Old"}}', 'failure', 'Not allowed.')"""
            " RETURNING id",
            alice,
            topic,
        )
        await server.execute(
            "INSERT INTO ops.audit_log (occurred_at, actor_user_id, actor_role, action,"
            " resource_type) VALUES ('2026-03-02 12:00Z', $1, 'user', 'delete', $2)",
            bob,
            topic,
        )
        yield Log(alice, bob, operator, topic, entry, store_urls.postgres_worker)
    finally:
        await server.close()


async def test_everybody_reads_what_they_did(asker: Asker, log: Log) -> None:
    viewer = Viewer(log.alice, "user")
    answer = await asker.both(log.page(FIELDS), viewer=viewer)
    assert answer.data["auditLog"] == {
        "nodes": [
            {
                "occurredAt": "2026-03-01T12:00:00Z",
                "actorUserId": str(log.alice),
                "apiKeyId": None,
                "actorRole": "user",
                "clientIp": "203.0.113.7",
                "userAgent": "curl/8",
                "requestId": "r1",
                "action": "update",
                "resourceType": log.topic,
                "resourceId": "7",
                "changes": {"name": {"after": "New", "before": "Old"}},
                "metadata": {},
                "status": "FAILURE",
                "errorMessage": "Not allowed.",
            }
        ],
        "totalCount": {"value": 1},
    }


async def test_an_operator_reads_what_anybody_did(asker: Asker, log: Log) -> None:
    answer = await asker.both(log.page(), viewer=Viewer(log.operator, "admin"))
    assert answer.data["auditLog"] == {
        "nodes": [
            {"actorUserId": str(log.bob), "action": "delete"},
            {"actorUserId": str(log.alice), "action": "update"},
        ],
        "totalCount": {"value": 2},
    }


@pytest.mark.parametrize(("role", "scopes"), [("user", None), ("admin", scopes_of(["write"]))])
async def test_others_do_not(role: Any, scopes: Any, asker: Asker, log: Log) -> None:
    viewer = Viewer(log.operator, role, scopes)
    answer = await asker.both(log.page(), viewer=viewer)
    assert answer.data["auditLog"] == {"nodes": [], "totalCount": {"value": 0}}


async def test_a_pretended_operator_meets_the_second_wall(asker: Asker, log: Log) -> None:
    """The resolver would let an operator pass; the policy asks Postgres who is one."""
    answer = await asker.both(log.page(), viewer=Viewer(log.bob, "admin"))
    assert answer.data["auditLog"]["nodes"] == [{"actorUserId": str(log.bob), "action": "delete"}]


async def test_an_entry_is_found_by_its_id_by_whom_it_belongs_to(asker: Asker, log: Log) -> None:
    from resolvers.account.audit_log import AuditEntry

    given = encode_id(entity_of(AuditEntry), log.entry)
    query = f'{{ node(id: "{given}") {{ ... on AuditEntry {{ action }} }} }}'
    for viewer, expected in (
        (Viewer(log.alice, "user"), {"action": "update"}),
        (Viewer(log.operator, "admin"), {"action": "update"}),
        (Viewer(log.bob, "user"), None),
    ):
        answer = await asker.both(query, viewer=viewer)
        assert answer.data == {"node": expected}


async def test_entries_lead_to_who_did_what_to_what(asker: Asker, log: Log) -> None:
    portfolio, key = uuid4(), uuid4()
    worker = await asyncpg.connect(log.url)
    try:
        await worker.execute(
            "INSERT INTO portfolio.portfolios (id, user_id, name) VALUES ($1, $2, 'Mine')",
            portfolio,
            log.alice,
        )
        await worker.execute(
            "INSERT INTO account.api_keys (id, user_id, key_prefix, key_hash, name)"
            " VALUES ($1, $2, 'ogk_test', sha256($3), 'Script')",
            key,
            log.alice,
            key.bytes,
        )
        await worker.execute(
            "INSERT INTO ops.audit_log (actor_user_id, api_key_id, actor_role, action,"
            " resource_type, resource_id) VALUES ($1, $2, 'user', 'create',"
            " 'portfolio.portfolios', $3)",
            log.alice,
            key,
            str(portfolio),
        )
    finally:
        await worker.close()
    query = f"""{{ viewer {{ id }} auditLog(where: {{resourceId: {{eq: "{portfolio}"}}}}) {{
        nodes {{ actorUserId actor {{ id }} apiKey {{ name }} resourceNodeId }} }} }}"""
    answer = await asker.both(query, viewer=Viewer(log.alice, "user"))
    (entry,) = answer.data["auditLog"]["nodes"]
    assert entry["actorUserId"] == str(log.alice)
    assert entry["actor"]["id"] == answer.data["viewer"]["id"]
    assert entry["apiKey"] == {"name": "Script"}
    found = await asker.both(
        f'{{ node(id: "{entry["resourceNodeId"]}") {{ ... on Portfolio {{ name }} }} }}',
        viewer=Viewer(log.alice, "user"),
    )
    assert found.data == {"node": {"name": "Mine"}}
    operator = await asker.both(query, viewer=Viewer(log.operator, "admin"))
    (entry,) = operator.data["auditLog"]["nodes"]
    assert (entry["actorUserId"], entry["actor"], entry["apiKey"]) == (str(log.alice), None, None)


def test_kinds_of_things_have_types_that_a_node_can_be(asker: Asker) -> None:
    for name in _TYPES.values():
        definition: Any = asker.schema.get_type_by_name(name)
        assert issubclass(definition.origin, Node), name


async def test_nobody_reads_none(asker: Asker, log: Log) -> None:
    answer = await asker.both(log.page(), way="exact")
    assert answer.codes == [("auditLog", "UNAUTHENTICATED")]
    assert answer.data == {"auditLog": None}
