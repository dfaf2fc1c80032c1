"""A rule fires once, and never while it may not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.alerts.conditions import Observation
from resolvers.alerts.enums import AlertTargetType, AlertType
from resolvers.alerts.firing import Fired, Reaction, fire, load_rules, reload_rules
from resolvers.alerts.index import NOW as PRESENT
from resolvers.alerts.index import RuleIndex, Topic
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.alerts.conftest import ASSET, Person, add_rules, outbox_of, rows_of

# Within the partition of the month that tests run in, whatever the day.
TODAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
EVENTS = "SELECT * FROM alerts.events WHERE rule_id = $1::uuid ORDER BY triggered_at"
DELIVERIES = "SELECT * FROM alerts.deliveries WHERE user_id = $1::uuid ORDER BY channel"


async def change(worker: Stores, text: str, *values: object) -> None:
    names = tuple(f"p{number}" for number in range(len(values)))
    await worker.postgres.execute(Statement("change", text, names), *values)


async def known(worker: Stores, rule: UUID) -> RuleIndex:
    index = RuleIndex()
    await reload_rules(worker, index, [rule])
    return index


def reaction(index: RuleIndex, rule: UUID, *, seen_at: datetime = TODAY, price: str = "110") -> Any:
    watched = index.get(rule)
    assert watched is not None
    return Reaction(watched, Observation(Decimal(price), Decimal(100)), seen_at)


async def fire_at(worker: Stores, rule: UUID, at: datetime) -> list[Fired]:
    """The rule is offered what was seen at a moment, at that moment."""
    index = await known(worker, rule)
    return await fire(worker, index, [reaction(index, rule, seen_at=at)], at=at)


@pytest.mark.parametrize("cooldown", [0, 60])
async def test_ten_workers_fire_once(worker_stores: Stores, alice: Person, cooldown: int) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1, cooldown_minutes=cooldown)
    indexes = [await known(worker_stores, rule) for _ in range(10)]
    seen_at = datetime.now(UTC) - timedelta(seconds=1)
    outcomes = await asyncio.gather(
        *(fire(worker_stores, index, [reaction(index, rule, seen_at=seen_at)]) for index in indexes)
    )
    (fired,) = (each for outcome in outcomes for each in outcome)
    (event,) = await rows_of(worker_stores, EVENTS, rule)
    (row,) = await rows_of(worker_stores, "SELECT * FROM alerts.rules WHERE id = $1::uuid", rule)
    assert (event["id"], event["triggered_at"]) == (fired.event_id, fired.triggered_at)
    assert (row["triggers_today"], row["trigger_count_total"], row["version"]) == (1, 1, 1)
    assert await outbox_of(worker_stores, fired.event_id) == [("alerts.events", "created")]


async def test_an_event_says_what_happened(worker_stores: Stores, alice: Person) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1)
    index = await known(worker_stores, rule)
    await fire(worker_stores, index, [reaction(index, rule)], at=TODAY)
    (event,) = await rows_of(worker_stores, EVENTS, rule)
    shown = ("title", "message", "condition_met", "severity", "triggered_value", "baseline_value")
    assert [event[name] for name in shown] == [
        *("Rule 000", "price_change > 5 %: 110, from 100 (+10 %).", "price_change > 5 %", "info"),
        *(Decimal(110), Decimal(100)),
    ]
    assert event["threshold_value"] == 5
    assert event["metadata"] == {"change_pct": "10"}
    assert not event["is_test"]


async def test_a_rule_is_quiet_for_its_cooldown(worker_stores: Stores, alice: Person) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1, cooldown_minutes=60)
    (first,) = await fire_at(worker_stores, rule, TODAY)
    assert first.quiet_until == TODAY + timedelta(hours=1)
    assert await fire_at(worker_stores, rule, TODAY + timedelta(minutes=59)) == []
    assert len(await fire_at(worker_stores, rule, TODAY + timedelta(minutes=60))) == 1


async def test_the_cap_of_a_day_ends_at_midnight(worker_stores: Stores, alice: Person) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1, cooldown_minutes=0, max_triggers_per_day=2)
    midnight = TODAY.replace(hour=0)
    fired = [
        await fire_at(worker_stores, rule, midnight + timedelta(seconds=second))
        for second in (-30, -20, -10, -1, 0, 1, 2)
    ]
    assert [len(each) for each in fired] == [1, 1, 0, 0, 1, 1, 0]
    assert fired[1][0].quiet_until == midnight
    assert fired[5][0].quiet_until == midnight + timedelta(days=1)


@pytest.mark.parametrize(
    "made",
    [
        "UPDATE alerts.rules SET is_paused = true WHERE id = $1::uuid",
        "UPDATE alerts.rules SET is_active = false WHERE id = $1::uuid",
        "UPDATE alerts.rules SET deleted_at = now() WHERE id = $1::uuid",
        """UPDATE account.users SET is_banned = true, banned_at = now()
           WHERE id = (SELECT user_id FROM alerts.rules WHERE id = $1::uuid)""",
        "UPDATE alerts.rules SET threshold_value = 50 WHERE id = $1::uuid",
    ],
    ids=["paused", "switched off", "thrown away", "owner banned", "edited"],
)
async def test_what_may_not_fire_does_not(worker_stores: Stores, alice: Person, made: str) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1)
    index = await known(worker_stores, rule)
    await change(worker_stores, made, rule)
    assert await fire(worker_stores, index, [reaction(index, rule)], at=TODAY) == []
    assert await rows_of(worker_stores, EVENTS, rule) == []
    left = index.get(rule)
    assert left is None or left.condition.threshold == 50


async def test_a_pause_with_an_end_ends(worker_stores: Stores, alice: Person) -> None:
    end = TODAY + timedelta(hours=2)
    (rule,) = await add_rules(worker_stores, alice, 1, is_paused=True, paused_until=end)
    index = await known(worker_stores, rule)
    assert await fire(worker_stores, index, [reaction(index, rule)], at=TODAY) == []
    topic = Topic(AlertType.PRICE_CHANGE, AlertTargetType.ASSET, ASSET)
    seen = {60: Observation(Decimal(110), Decimal(100)), PRESENT: Observation(None)}
    assert index.reacting(topic, seen) == []
    index.wake(end)
    assert [each.id for each in index.reacting(topic, seen)] == [rule]
    assert len(await fire_at(worker_stores, rule, end)) == 1


async def test_each_wanted_destination_gets_a_delivery(
    worker_stores: Stores, alice: Person, bob: Person
) -> None:
    kinds = [("webhook", True), ("webhook", False), ("discord", True), ("webhook", True)]
    await worker_stores.postgres.copy_rows(
        "alerts.destinations",
        (
            *("id", "user_id", "channel", "label", "masked", "ciphertext", "key_version"),
            "is_active",
        ),
        [
            (uuid4(), owner.id, channel, "x", f"…{channel}", b"x", 3, is_active)
            for owner in (alice, bob)
            for channel, is_active in kinds
        ],
    )
    await change(
        worker_stores,
        "UPDATE account.users SET email = $2::text, email_verified_at = now() WHERE id = $1::uuid",
        alice.id,
        f"{alice.id.hex}@example.org",
    )
    (rule,) = await add_rules(worker_stores, alice, 1)
    (fired,) = await fire_at(worker_stores, rule, TODAY)
    found = await rows_of(worker_stores, DELIVERIES, alice.id)
    told = [(row["channel"], row["recipient_masked"], row["status"]) for row in found]
    assert told == [
        ("email", "….org", "pending"),
        ("webhook", "…webhook", "pending"),
        ("webhook", "…webhook", "pending"),
    ]
    assert fired.delivery_count == 3
    assert found[0]["destination_id"] is None
    assert {(row["event_id"], row["next_attempt_at"]) for row in found} == {(fired.event_id, TODAY)}
    (event,) = await rows_of(worker_stores, EVENTS, rule)
    assert event["delivery_status"] == {"email": "pending", "webhook": "pending"}
    assert await rows_of(worker_stores, DELIVERIES, bob.id) == []


async def test_many_rules_fire_at_once(worker_stores: Stores, alice: Person) -> None:
    rules = await add_rules(worker_stores, alice, 1_100)
    (paused,) = await add_rules(worker_stores, alice, 1, is_paused=True)
    index = RuleIndex()
    assert await load_rules(worker_stores, index) >= 1_100
    assert index.get(paused) is None
    fired = await fire(worker_stores, index, [reaction(index, rule) for rule in rules], at=TODAY)
    assert {each.rule_id for each in fired} == set(rules)
    again = [reaction(index, rule, seen_at=TODAY + timedelta(minutes=1)) for rule in rules]
    assert await fire(worker_stores, index, again, at=TODAY + timedelta(minutes=2)) == []
