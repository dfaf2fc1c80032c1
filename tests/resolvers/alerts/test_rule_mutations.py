"""Rules of all types are made as the table takes them, and only their owner changes them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from resolvers.alerts.enums import AlertTargetType, AlertType, ConditionOperator
from resolvers.alerts.rule_mutations import TESTS_PER_HOUR
from resolvers.alerts.rules import MAX_RULES, TARGETS, condition_in_words
from resolvers.context import RequestContext
from resolvers.permissions import scopes_of
from stores.lifecycle import Stores
from stores.urls import StoreUrls
from tests.resolvers.alerts.conftest import (
    ASSET,
    CHAIN,
    NOW,
    PROTOCOL,
    WALLET,
    Person,
    add_rules,
    audit_of,
    change,
    errors_of,
    global_id,
    outbox_of,
    rows_of,
)
from tests.resolvers.graph import ask

_RULE = "SELECT * FROM alerts.rules WHERE id = $1::uuid"
_RULES = "SELECT * FROM alerts.rules WHERE user_id = $1::uuid ORDER BY created_at"
_INSERT = """
INSERT INTO alerts.rules (user_id, name, alert_type, target_type, protocol_id, asset_id, wallet_id,
    portfolio_id, chain_id, condition_operator, threshold_value)
VALUES ($1, 'x', $2::text::alerts.alert_type, $3::text::alerts.target_type, $4, $5, $6, $7, $8,
    $9::text::alerts.condition_operator, 1)
"""


def target_of(kind: AlertTargetType, owner: Person) -> tuple[str, Any]:
    """Type and key of what a rule of the test may be about."""
    return {
        AlertTargetType.PROTOCOL: ("Protocol", PROTOCOL),
        AlertTargetType.ASSET: ("Asset", ASSET),
        AlertTargetType.WALLET: ("Wallet", WALLET),
        AlertTargetType.CHAIN: ("Chain", CHAIN),
        AlertTargetType.PORTFOLIO: ("Portfolio", owner.portfolio),
    }[kind]


def wish(owner: Person, **changed: Any) -> dict[str, Any]:
    """The input of a good rule, with some values changed."""
    return {
        "name": " Up ",
        "alertType": "PRICE_CHANGE",
        "targetId": global_id("Asset", ASSET),
        "conditionOperator": "GT",
        "thresholdValue": "0.5",
        **changed,
    }


async def test_a_rule_is_made_as_it_was_wished(
    stores: Stores, worker_stores: Stores, alice: Person
) -> None:
    answer = await change(
        stores,
        "createAlertRule",
        alice.viewer,
        wish(
            alice,
            description="Told early",
            chain=f"eip155:{CHAIN}",
            thresholdType="PERCENTAGE",
            thresholdValue="-12.5",
            timeframeMinutes=5,
            notificationChannels=["WEBHOOK", "SMS", "WEBHOOK"],
            cooldownMinutes=0,
            maxTriggersPerDay=3,
        ),
        fields="""alertRule { id name description alertType conditionOperator thresholdValue
          thresholdType timeframeMinutes notificationChannels cooldownMinutes maxTriggersPerDay
          isActive isPaused version chain { slug } target { ... on Asset { symbol } } } replayed""",
    )
    assert errors_of(answer) == []
    made = answer.data["createAlertRule"]["alertRule"]
    (row,) = await rows_of(worker_stores, _RULES, alice.id)
    assert made == {
        "id": global_id("AlertRule", row["id"]),
        "name": "Up",
        "description": "Told early",
        "alertType": "PRICE_CHANGE",
        "conditionOperator": "GT",
        "thresholdValue": "-12.500000000000000000",
        "thresholdType": "PERCENTAGE",
        "timeframeMinutes": 5,
        "notificationChannels": ["WEBHOOK", "SMS"],
        "cooldownMinutes": 0,
        "maxTriggersPerDay": 3,
        "isActive": True,
        "isPaused": False,
        "version": 1,
        "chain": {"slug": f"chain-{CHAIN}"},
        "target": {"symbol": "ALRT"},
    }
    (entry,) = await audit_of(worker_stores, row["id"])
    assert (entry["action"], entry["resource_type"]) == ("create", "alerts.rules")
    assert entry["actor_user_id"] == alice.id
    assert await outbox_of(worker_stores, row["id"]) == [("alerts.rules", "created")]


async def test_what_is_left_out_is_usual(stores: Stores, alice: Person) -> None:
    answer = await change(
        stores,
        "createAlertRule",
        alice.viewer,
        wish(alice),
        fields="""alertRule { thresholdType timeframeMinutes notificationChannels cooldownMinutes
          maxTriggersPerDay description chain { slug } } replayed""",
    )
    assert answer.data["createAlertRule"] == {
        "userErrors": [],
        "replayed": False,
        "alertRule": {
            "thresholdType": "ABSOLUTE",
            "timeframeMinutes": 60,
            "notificationChannels": ["EMAIL"],
            "cooldownMinutes": 60,
            "maxTriggersPerDay": 10,
            "description": None,
            "chain": None,
        },
    }


async def _takes(connection: asyncpg.Connection, owner: Person, *values: Any) -> bool:
    """Whether the table takes a rule."""
    kind, target, operator = values
    key = target_of(target, owner)[1]
    keys = [key if each is target else None for each in AlertTargetType]
    protocol, asset, wallet, chain, portfolio = keys
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(
            _INSERT,
            *(owner.id, kind.value, target.value, protocol, asset, wallet, portfolio, chain),
            operator.value,
        )
    except asyncpg.CheckViolationError:
        return False
    finally:
        await transaction.rollback()
    return True


@pytest.mark.parametrize("kind", AlertType, ids=lambda kind: str(kind.value))
async def test_each_type_takes_the_targets_and_operators_of_the_table(
    stores: Stores, store_urls: StoreUrls, alice: Person, kind: AlertType
) -> None:
    connection = await asyncpg.connect(store_urls.postgres_worker)
    operators = (ConditionOperator.LTE, ConditionOperator.EQ)
    try:
        for target, operator in itertools.product(AlertTargetType, operators):
            answer = await change(
                stores,
                "createAlertRule",
                alice.viewer,
                wish(
                    alice,
                    alertType=kind.name,
                    targetId=global_id(*target_of(target, alice)),
                    conditionOperator=operator.name,
                ),
                fields="alertRule { alertType targetType conditionOperator }",
            )
            made = answer.data["createAlertRule"]["alertRule"]
            takes = await _takes(connection, alice, kind, target, operator)
            assert (made is not None) is takes, (target, operator, errors_of(answer))
            if takes:
                assert made == {
                    "alertType": kind.name,
                    "targetType": target.name,
                    "conditionOperator": operator.name,
                }
            else:
                wrong = {field for (field,), code in errors_of(answer) if code == "INVALID"}
                assert ("targetId" in wrong) is (target not in TARGETS[kind])
                assert wrong <= {"targetId", "conditionOperator"}
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"name": "  "}, "name", "REQUIRED"),
        ({"name": "x" * 201}, "name", "TOO_LONG"),
        ({"name": "a\u0000b"}, "name", "INVALID"),
        ({"description": "x" * 2001}, "description", "TOO_LONG"),
        ({"thresholdValue": "-1"}, "thresholdValue", "INVALID"),
        ({"thresholdValue": "1e60"}, "thresholdValue", "INVALID"),
        ({"thresholdValue": "0.0000000000000000001"}, "thresholdValue", "INVALID"),
        (
            {"thresholdValue": "-100.5", "thresholdType": "PERCENTAGE"},
            "thresholdValue",
            "INVALID",
        ),
        ({"alertType": "RISK_SCORE", "thresholdValue": "1.5"}, "thresholdValue", "INVALID"),
        ({"timeframeMinutes": 0}, "timeframeMinutes", "INVALID"),
        ({"timeframeMinutes": 43201}, "timeframeMinutes", "INVALID"),
        ({"cooldownMinutes": -1}, "cooldownMinutes", "INVALID"),
        ({"maxTriggersPerDay": 0}, "maxTriggersPerDay", "INVALID"),
        ({"notificationChannels": []}, "notificationChannels", "REQUIRED"),
        ({"notificationChannels": ["EMAIL"] * 7}, "notificationChannels", "TOO_MANY"),
        ({"chain": "eip155:999999999998"}, "chain", "NOT_FOUND"),
        ({"targetId": "nonsense"}, "targetId", "INVALID"),
        ({"targetId": global_id("Asset", "nonsense")}, "targetId", "NOT_FOUND"),
        ({"targetId": global_id("Asset", uuid4())}, "targetId", "NOT_FOUND"),
        ({"targetId": global_id("DexTrade", ASSET)}, "targetId", "INVALID"),
        ({"idempotencyKey": "x" * 201}, "idempotencyKey", "TOO_LONG"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_its_path(
    stores: Stores,
    worker_stores: Stores,
    alice: Person,
    changed: dict[str, Any],
    field: str,
    code: str,
) -> None:
    answer = await change(
        stores, "createAlertRule", alice.viewer, wish(alice, **changed), fields="alertRule { id }"
    )
    assert errors_of(answer) == [([field], code)]
    assert answer.data["createAlertRule"]["alertRule"] is None
    assert await rows_of(worker_stores, _RULES, alice.id) == []


async def test_everything_that_is_wrong_is_told_at_once(stores: Stores, alice: Person) -> None:
    answer = await change(
        stores,
        "createAlertRule",
        alice.viewer,
        wish(alice, name="", conditionOperator="EQ", thresholdValue="-1", timeframeMinutes=0),
    )
    assert sorted(field for (field,), _ in errors_of(answer)) == [
        "conditionOperator",
        "name",
        "thresholdValue",
        "timeframeMinutes",
    ]
    assert answer.statements == []


async def test_a_chain_is_not_narrowed_to_another(stores: Stores, alice: Person) -> None:
    gas = wish(alice, alertType="GAS_PRICE", targetId=global_id("Chain", CHAIN))
    same = await change(
        stores, "createAlertRule", alice.viewer, {**gas, "chain": f"eip155:{CHAIN}"}
    )
    assert errors_of(same) == []
    other = await change(
        stores,
        "createAlertRule",
        alice.viewer,
        {**gas, "targetId": global_id("Chain", 920_499), "chain": f"eip155:{CHAIN}"},
    )
    assert errors_of(other) == [(["chain"], "INVALID")]


async def test_a_strangers_portfolio_cannot_be_watched(
    stores: Stores, worker_stores: Stores, alice: Person, bob: Person
) -> None:
    def about(portfolio: UUID) -> dict[str, Any]:
        target = global_id("Portfolio", portfolio)
        return wish(bob, alertType="PORTFOLIO_VALUE", targetId=target, thresholdValue="-5")

    foreign = await change(stores, "createAlertRule", bob.viewer, about(alice.portfolio))
    absent = await change(stores, "createAlertRule", bob.viewer, about(uuid4()))
    assert errors_of(foreign) == [(["targetId"], "NOT_FOUND")]
    assert (foreign.data, foreign.statements) == (absent.data, absent.statements)
    assert await rows_of(worker_stores, _RULES, bob.id) == []
    own = await change(stores, "createAlertRule", bob.viewer, about(bob.portfolio))
    assert errors_of(own) == []


async def test_a_wish_sent_again_makes_no_second_rule(
    stores: Stores, worker_stores: Stores, alice: Person
) -> None:
    given = wish(alice, idempotencyKey="k-1")
    fields = "alertRule { id } replayed"
    first, second = [
        await change(stores, "createAlertRule", alice.viewer, given, fields=fields)
        for _ in range(2)
    ]
    assert second.data["createAlertRule"] == {
        **first.data["createAlertRule"],
        "replayed": True,
    }
    other = await change(
        stores, "createAlertRule", alice.viewer, {**given, "name": "Other"}, fields=fields
    )
    assert errors_of(other) == [(["idempotencyKey"], "CONFLICT")]
    assert len(await rows_of(worker_stores, _RULES, alice.id)) == 1


async def test_there_is_an_end_to_rules(
    stores: Stores, worker_stores: Stores, alice: Person
) -> None:
    await add_rules(worker_stores, alice, MAX_RULES)
    answer = await change(stores, "createAlertRule", alice.viewer, wish(alice))
    assert errors_of(answer) == [([], "LIMIT_REACHED")]
    text = "UPDATE alerts.rules SET deleted_at = now() WHERE id = $1::uuid RETURNING id"
    (newest, *_) = await rows_of(worker_stores, _RULES, alice.id)
    await rows_of(worker_stores, text, newest["id"])
    again = await change(stores, "createAlertRule", alice.viewer, wish(alice))
    assert errors_of(again) == []


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


async def test_a_rule_is_tried_out(stores: Stores, worker_stores: Stores, alice: Person) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1, is_paused=True)
    given = {"id": global_id("AlertRule", rule)}
    answer = await change(
        stores,
        "testAlertRule",
        alice.viewer,
        {**given, "idempotencyKey": "t"},
        fields="""alertEvent { isTest title message severity conditionMet triggeredValue
          thresholdValue notificationChannels rule { triggersToday triggerCountTotal } }""",
    )
    assert errors_of(answer) == []
    assert answer.data["testAlertRule"]["alertEvent"] == {
        "isTest": True,
        "title": "Test: Rule 000",
        "message": "This is a test of your rule. It fires when price_change > 5 %; nothing "
        "happened.",
        "severity": "INFO",
        "conditionMet": "price_change > 5 %",
        "triggeredValue": "5.000000000000000000",
        "thresholdValue": "5.000000000000000000",
        "notificationChannels": ["EMAIL", "WEBHOOK"],
        "rule": {"triggersToday": 0, "triggerCountTotal": "0"},
    }
    events = "SELECT * FROM alerts.events WHERE rule_id = $1::uuid"
    (event,) = await rows_of(worker_stores, events, rule)
    (told,) = await rows_of(
        worker_stores, "SELECT * FROM ops.outbox WHERE aggregate_id = $1::text", str(event["id"])
    )
    assert (told["aggregate"], told["event"]) == ("alerts.events", "created")
    assert told["payload"] == {
        "id": str(event["id"]),
        "user_id": str(alice.id),
        "rule_id": str(rule),
        "is_test": True,
        "notification_channels": ["email", "webhook"],
    }
    again = await change(
        stores, "testAlertRule", alice.viewer, {**given, "idempotencyKey": "t"}, fields="replayed"
    )
    assert again.data["testAlertRule"]["replayed"] is True
    for _ in range(TESTS_PER_HOUR - 1):
        assert errors_of(await change(stores, "testAlertRule", alice.viewer, given)) == []
    last = await change(stores, "testAlertRule", alice.viewer, given)
    assert errors_of(last) == [(["id"], "LIMIT_REACHED")]
    assert len(await rows_of(worker_stores, events, rule)) == TESTS_PER_HOUR


async def test_the_gateway_writes_no_event_but_tests(
    store_urls: StoreUrls, worker_stores: Stores, alice: Person
) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1)
    gateway = await asyncpg.connect(store_urls.postgres)
    try:
        async with gateway.transaction():
            await gateway.execute(
                "SELECT set_config('app.current_user_id', $1, true)", str(alice.id)
            )
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await gateway.execute(
                    """INSERT INTO alerts.events (rule_id, user_id, alert_type, triggered_value,
                    threshold_value, condition_met, title, message, is_test)
                    VALUES ($1, $2, 'price_change', 1, 1, 'x', 'x', 'x', false)""",
                    rule,
                    alice.id,
                )
    finally:
        await gateway.close()


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
    given = wish(alice) if name == "createAlertRule" else {"id": global_id("AlertRule", rule)}
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


def test_conditions_read_as_they_are_written() -> None:
    from decimal import Decimal

    assert condition_in_words("gas_price", "lte", Decimal("1E+2"), "absolute") == "gas_price ≤ 100"
    assert condition_in_words("tvl_change", "lt", Decimal("-10.50"), "percentage") == (
        "tvl_change < -10.5 %"
    )
