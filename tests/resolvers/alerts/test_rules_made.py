"""Rules of all types are made as the table takes them."""

from __future__ import annotations

import itertools
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from resolvers.alerts.enums import AlertTargetType, AlertType, ConditionOperator
from resolvers.alerts.rules import MAX_RULES, TARGETS
from stores.lifecycle import Stores
from stores.urls import StoreUrls
from tests.resolvers.alerts.conftest import (
    ASSET,
    CHAIN,
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
    wish,
)

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


async def test_a_rule_is_made_as_it_was_wished(
    stores: Stores, worker_stores: Stores, alice: Person
) -> None:
    answer = await change(
        stores,
        "createAlertRule",
        alice.viewer,
        wish(
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
        wish(),
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
        stores, "createAlertRule", alice.viewer, wish(**changed), fields="alertRule { id }"
    )
    assert errors_of(answer) == [([field], code)]
    assert answer.data["createAlertRule"]["alertRule"] is None
    assert await rows_of(worker_stores, _RULES, alice.id) == []


async def test_everything_that_is_wrong_is_told_at_once(stores: Stores, alice: Person) -> None:
    answer = await change(
        stores,
        "createAlertRule",
        alice.viewer,
        wish(name="", conditionOperator="EQ", thresholdValue="-1", timeframeMinutes=0),
    )
    assert sorted(field for (field,), _ in errors_of(answer)) == [
        "conditionOperator",
        "name",
        "thresholdValue",
        "timeframeMinutes",
    ]
    assert answer.statements == []


async def test_a_chain_is_not_narrowed_to_another(stores: Stores, alice: Person) -> None:
    gas = wish(alertType="GAS_PRICE", targetId=global_id("Chain", CHAIN))
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
        return wish(alertType="PORTFOLIO_VALUE", targetId=target, thresholdValue="-5")

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
    given = wish(idempotencyKey="k-1")
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
    answer = await change(stores, "createAlertRule", alice.viewer, wish())
    assert errors_of(answer) == [([], "LIMIT_REACHED")]
    text = "UPDATE alerts.rules SET deleted_at = now() WHERE id = $1::uuid RETURNING id"
    (newest, *_) = await rows_of(worker_stores, _RULES, alice.id)
    await rows_of(worker_stores, text, newest["id"])
    again = await change(stores, "createAlertRule", alice.viewer, wish())
    assert errors_of(again) == []
