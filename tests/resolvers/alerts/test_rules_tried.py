"""A rule is tried out by an event that says so, and not too often."""

from __future__ import annotations

from decimal import Decimal

import asyncpg
import pytest

from resolvers.alerts.rule_mutations import TESTS_PER_HOUR
from resolvers.alerts.rules import condition_in_words
from stores.lifecycle import Stores
from stores.queries import Statement
from stores.urls import StoreUrls
from tests.resolvers.alerts.conftest import (
    Person,
    add_rules,
    change,
    errors_of,
    global_id,
    rows_of,
)


async def test_a_rule_is_tried_out(stores: Stores, worker_stores: Stores, alice: Person) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1, is_paused=True)
    given = {"id": global_id("AlertRule", rule)}
    answer = await change(
        stores,
        "testAlertRule",
        alice.viewer,
        {**given, "idempotencyKey": "t"},
        fields="""alertEvent { isTest title message severity conditionMet triggeredValue
          thresholdValue notificationChannels rule { triggersToday triggerCountTotal } }
          channelsWithoutDestination""",
    )
    assert errors_of(answer) == []
    assert answer.data["testAlertRule"]["channelsWithoutDestination"] == ["EMAIL", "WEBHOOK"]
    assert answer.data["testAlertRule"]["alertEvent"] == {
        "isTest": True,
        "title": "Test: Rule 000",
        "message": "This is a test of your rule. It fires when price_change > 5 %; nothing "
        "happened. Over email and webhook it is told nowhere: add a destination by "
        "`addAlertDestination`.",
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
        stores,
        "testAlertRule",
        alice.viewer,
        {**given, "idempotencyKey": "t"},
        fields="replayed channelsWithoutDestination",
    )
    assert again.data["testAlertRule"]["replayed"] is True
    assert again.data["testAlertRule"]["channelsWithoutDestination"] == ["EMAIL", "WEBHOOK"]
    for _ in range(TESTS_PER_HOUR - 1):
        assert errors_of(await change(stores, "testAlertRule", alice.viewer, given)) == []
    last = await change(stores, "testAlertRule", alice.viewer, given)
    assert errors_of(last) == [(["id"], "LIMIT_REACHED")]
    assert len(await rows_of(worker_stores, events, rule)) == TESTS_PER_HOUR


async def test_a_test_says_which_channels_lead_nowhere(
    stores: Stores, worker_stores: Stores, alice: Person
) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1)
    given = {"id": global_id("AlertRule", rule)}
    postgres = worker_stores.postgres

    async def silent() -> list[str]:
        fields = "channelsWithoutDestination alertEvent { message }"
        answer = await change(stores, "testAlertRule", alice.viewer, given, fields=fields)
        found = answer.data["testAlertRule"]
        channels: list[str] = found["channelsWithoutDestination"]
        assert ("told nowhere" in found["alertEvent"]["message"]) is bool(channels)
        return channels

    # A destination that is switched off is none, nor is an address nobody confirmed.
    await postgres.copy_rows(
        "alerts.destinations",
        ("user_id", "channel", "label", "masked", "ciphertext", "key_version", "is_active"),
        [(alice.id, "webhook", "Off", "…", b"sealed", 3, False)],
    )
    email = Statement(
        "set", "UPDATE account.users SET email = $2 WHERE id = $1", ("a", "b"), "exec"
    )
    await postgres.execute(email, alice.id, f"{alice.id.hex}@example.org")
    assert await silent() == ["EMAIL", "WEBHOOK"]
    text = "UPDATE account.users SET email_verified_at = now() WHERE id = $1"
    await postgres.execute(Statement("set", text, ("a",), "exec"), alice.id)
    assert await silent() == ["WEBHOOK"]
    text = "UPDATE alerts.destinations SET is_active = true WHERE user_id = $1"
    await postgres.execute(Statement("set", text, ("a",), "exec"), alice.id)
    assert await silent() == []


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


def test_conditions_read_as_they_are_written() -> None:
    assert condition_in_words("gas_price", "lte", Decimal("1E+2"), "absolute") == "gas_price ≤ 100"
    assert condition_in_words("tvl_change", "lt", Decimal("-10.50"), "percentage") == (
        "tvl_change < -10.5 %"
    )
