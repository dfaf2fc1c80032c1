"""Nobody but its owner changes a rule, or learns that there is one."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from resolvers.context import RequestContext
from resolvers.permissions import scopes_of
from stores.lifecycle import Stores
from tests.resolvers.alerts.conftest import (
    Person,
    add_rules,
    audit_of,
    change,
    errors_of,
    global_id,
    rows_of,
    wish,
)
from tests.resolvers.graph import ask

_RULE = "SELECT * FROM alerts.rules WHERE id = $1::uuid"
_RULES = "SELECT * FROM alerts.rules WHERE user_id = $1::uuid ORDER BY created_at"


_CHANGES = (
    "updateAlertRule",
    "pauseAlertRule",
    "resumeAlertRule",
    "deleteAlertRule",
    "testAlertRule",
)


@pytest.mark.parametrize("name", _CHANGES)
async def test_a_strangers_rule_is_one_that_never_was(
    stores: Stores, worker_stores: Stores, alice: Person, bob: Person, name: str
) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1)
    before = await rows_of(worker_stores, _RULE, rule)
    foreign = await change(stores, name, bob.viewer, {"id": global_id("AlertRule", rule)})
    absent = await change(stores, name, bob.viewer, {"id": global_id("AlertRule", uuid4())})
    assert errors_of(foreign) == [(["id"], "NOT_FOUND")]
    assert (foreign.data, foreign.statements) == (absent.data, absent.statements)
    assert await rows_of(worker_stores, _RULE, rule) == before
    assert await audit_of(worker_stores, rule) == []


@pytest.mark.parametrize("name", ["createAlertRule", *_CHANGES])
async def test_nobody_and_readers_change_nothing(
    stores: Stores, worker_stores: Stores, alice: Person, name: str
) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1)
    given = wish() if name == "createAlertRule" else {"id": global_id("AlertRule", rule)}
    nobody = await change(stores, name, None, given)
    assert (nobody.data, nobody.codes) == ({name: None}, [(name, "UNAUTHENTICATED")])
    reader = replace(alice.viewer, scopes=scopes_of(["read"]))
    limited = await change(stores, name, reader, given)
    assert limited.codes == [(name, "FORBIDDEN")]
    assert nobody.statements == limited.statements == []
    assert len(await rows_of(worker_stores, _RULES, alice.id)) == 1


async def test_several_changes_of_one_operation_see_one_another(
    stores: Stores, worker_stores: Stores, alice: Person
) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1)
    answer = await ask(
        stores,
        """mutation ($id: ID!) {
             pauseAlertRule(input: {id: $id, expectedVersion: 1}) { alertRule { version } }
             deleteAlertRule(input: {id: $id, expectedVersion: 2}) { deletedId }
             resumeAlertRule(input: {id: $id}) { userErrors { code } } }""",
        context=RequestContext(alice.viewer, stores, trace=[]),
        id=global_id("AlertRule", rule),
    )
    assert answer.data == {
        "pauseAlertRule": {"alertRule": {"version": 2}},
        "deleteAlertRule": {"deletedId": global_id("AlertRule", rule)},
        "resumeAlertRule": {"userErrors": [{"code": "NOT_FOUND"}]},
    }
