"""Rules are edited, paused and thrown away by their owner, one version after the other."""

from __future__ import annotations

from datetime import timedelta

from stores.lifecycle import Stores
from tests.resolvers.alerts.conftest import (
    NOW,
    Person,
    add_rules,
    audit_of,
    change,
    errors_of,
    global_id,
    outbox_of,
    rows_of,
)

_RULE = "SELECT * FROM alerts.rules WHERE id = $1::uuid"
_RULES = "SELECT * FROM alerts.rules WHERE user_id = $1::uuid ORDER BY created_at"


async def test_only_what_is_given_changes(
    stores: Stores, worker_stores: Stores, alice: Person
) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1, description="Old")
    id_ = global_id("AlertRule", rule)
    fields = """alertRule { name description thresholdValue thresholdType isActive version
      notificationChannels cooldownMinutes }"""
    first = await change(
        stores,
        "updateAlertRule",
        alice.viewer,
        {"id": id_, "name": "New", "isActive": False, "expectedVersion": 1},
        fields=fields,
    )
    assert errors_of(first) == []
    known = {
        "name": "New",
        "description": "Old",
        "thresholdValue": "5.000000000000000000",
        "thresholdType": "PERCENTAGE",
        "isActive": False,
        "version": 2,
        "notificationChannels": ["EMAIL", "WEBHOOK"],
        "cooldownMinutes": 60,
    }
    assert first.data["updateAlertRule"]["alertRule"] == known
    second = await change(
        stores,
        "updateAlertRule",
        alice.viewer,
        {
            "id": id_,
            "description": None,
            "thresholdType": "ABSOLUTE",
            "thresholdValue": "2000",
            "notificationChannels": ["PUSH"],
            "cooldownMinutes": 1,
        },
        fields=fields,
    )
    assert second.data["updateAlertRule"]["alertRule"] == {
        **known,
        "description": None,
        "thresholdType": "ABSOLUTE",
        "thresholdValue": "2000.000000000000000000",
        "version": 3,
        "notificationChannels": ["PUSH"],
        "cooldownMinutes": 1,
    }
    _, entry = await audit_of(worker_stores, rule)
    assert entry["changes"]["description"] == {"before": "Old", "after": None}
    assert await outbox_of(worker_stores, rule) == [("alerts.rules", "updated")] * 2


async def test_a_rule_that_changed_meanwhile_is_not_overwritten(
    stores: Stores, worker_stores: Stores, alice: Person
) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1)
    given = {"id": global_id("AlertRule", rule), "expectedVersion": 1}
    assert (
        errors_of(await change(stores, "updateAlertRule", alice.viewer, {**given, "name": "Mine"}))
        == []
    )
    for name in ("updateAlertRule", "pauseAlertRule", "resumeAlertRule", "deleteAlertRule"):
        answer = await change(stores, name, alice.viewer, given)
        assert errors_of(answer) == [(["expectedVersion"], "CONFLICT")]
    (row,) = await rows_of(worker_stores, _RULE, rule)
    assert (row["name"], row["version"], row["deleted_at"]) == ("Mine", 2, None)


async def test_firing_makes_no_edit_stale(
    stores: Stores, worker_stores: Stores, alice: Person
) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1)
    fired = """UPDATE alerts.rules SET last_triggered_at = now(), triggers_today = 1,
        triggers_today_date = current_date, trigger_count_total = 1 WHERE id = $1::uuid
        RETURNING version"""
    assert (await rows_of(worker_stores, fired, rule))[0]["version"] == 1


async def test_an_edit_must_make_sense_as_a_whole(
    stores: Stores, worker_stores: Stores, alice: Person
) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1, threshold_value=-5)
    id_ = global_id("AlertRule", rule)
    for changed, field in (
        ({"conditionOperator": "NE"}, "conditionOperator"),
        ({"thresholdType": "ABSOLUTE"}, "thresholdValue"),  # a price is never below zero
        ({"thresholdValue": "-101"}, "thresholdValue"),
        ({"notificationChannels": []}, "notificationChannels"),
        ({"name": " "}, "name"),
    ):
        answer = await change(stores, "updateAlertRule", alice.viewer, {"id": id_, **changed})
        assert [each for (each,), _ in errors_of(answer)] == [field], changed
    (row,) = await rows_of(worker_stores, _RULE, rule)
    assert row["version"] == 1
    assert await audit_of(worker_stores, rule) == []


async def test_a_rule_is_quiet_for_a_while(
    stores: Stores, worker_stores: Stores, alice: Person
) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1)
    given = {"id": global_id("AlertRule", rule)}
    fields = "alertRule { isPaused pausedUntil version }"
    until = (NOW + timedelta(days=2)).isoformat().replace("+00:00", "Z")
    states = []
    for name, more in (
        ("pauseAlertRule", {"until": until}),
        ("pauseAlertRule", {}),
        ("resumeAlertRule", {}),
    ):
        answer = await change(stores, name, alice.viewer, {**given, **more}, fields=fields)
        assert errors_of(answer) == []
        states.append(tuple(answer.data[name]["alertRule"].values()))
    assert states == [(True, until, 2), (True, None, 3), (False, None, 4)]
    for moment in (NOW - timedelta(hours=1), NOW + timedelta(days=400)):
        answer = await change(
            stores, "pauseAlertRule", alice.viewer, {**given, "until": moment.isoformat()}
        )
        assert errors_of(answer) == [(["until"], "INVALID")]


async def test_a_rule_is_thrown_away_once(
    stores: Stores, worker_stores: Stores, alice: Person
) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1)
    given = {"id": global_id("AlertRule", rule)}
    answer = await change(stores, "deleteAlertRule", alice.viewer, given, fields="deletedId")
    assert answer.data["deleteAlertRule"] == {"userErrors": [], "deletedId": given["id"]}
    (row,) = await rows_of(worker_stores, _RULE, rule)
    assert (row["is_active"], row["deleted_at"] is not None) == (False, True)
    for name in ("deleteAlertRule", "updateAlertRule", "testAlertRule", "resumeAlertRule"):
        again = await change(stores, name, alice.viewer, given)
        assert errors_of(again) == [(["id"], "NOT_FOUND")]
    assert await outbox_of(worker_stores, rule) == [("alerts.rules", "deleted")]
