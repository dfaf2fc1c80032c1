"""Rules, events, deliveries and destinations are shown to their owner, and to nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.alerts.conftest import (
    ASSET,
    CHAIN,
    NOW,
    PROTOCOL,
    WALLET,
    Person,
    add_event,
    add_rules,
    global_id,
)
from tests.resolvers.graph import ask, kinds_of_calls

RULE = """query ($id: ID!) { alertRule(id: $id) {
  name description alertType targetType conditionOperator thresholdValue thresholdType
  timeframeMinutes notificationChannels cooldownMinutes maxTriggersPerDay lastTriggeredAt
  triggersToday triggerCountTotal isActive isPaused pausedUntil version
  target { __typename ... on Asset { symbol } } chain { slug }
  events { totalCount { value } nodes { title message severity alertType triggeredValue
    baselineValue thresholdValue conditionMet notificationChannels deliveryStatus isTest
    rule { name } deliveries { nodes { channel recipientMasked status retryCount event { title }
  } } } } } }"""


async def test_a_rule_shows_what_it_watches_and_what_happened(
    stores: Stores, worker_stores: Stores, alice: Person
) -> None:
    (rule,) = await add_rules(
        worker_stores,
        alice,
        1,
        chain_id=CHAIN,
        triggers_today=4,
        triggers_today_date=(NOW - timedelta(days=1)).date(),
        trigger_count_total=9,
        is_paused=True,
        paused_until=NOW - timedelta(hours=1),
    )
    await add_event(worker_stores, alice, rule)
    answer = await ask(stores, RULE, viewer=alice.viewer, id=global_id("AlertRule", rule))
    assert not answer.errors
    assert answer.data["alertRule"] == {
        "name": "Rule 000",
        "description": None,
        "alertType": "PRICE_CHANGE",
        "targetType": "ASSET",
        "conditionOperator": "GT",
        "thresholdValue": "5.000000000000000000",
        "thresholdType": "PERCENTAGE",
        "timeframeMinutes": 60,
        "notificationChannels": ["EMAIL", "WEBHOOK"],
        "cooldownMinutes": 60,
        "maxTriggersPerDay": 10,
        "lastTriggeredAt": None,
        # It was counted on another day, and the pause is over.
        "triggersToday": 0,
        "triggerCountTotal": "9",
        "isActive": True,
        "isPaused": False,
        "pausedUntil": (NOW - timedelta(hours=1)).isoformat().replace("+00:00", "Z"),
        "version": 1,
        "target": {"__typename": "Asset", "symbol": "ALRT"},
        "chain": {"slug": f"chain-{CHAIN}"},
        "events": {
            "totalCount": {"value": 1},
            "nodes": [
                {
                    "title": "Up",
                    "message": "Up 1",
                    "severity": "HIGH",
                    "alertType": "PRICE_CHANGE",
                    "triggeredValue": "7.500000000000000000",
                    "baselineValue": "2.000000000000000000",
                    "thresholdValue": "5.000000000000000000",
                    "conditionMet": "price_change > 5 %",
                    "notificationChannels": ["EMAIL"],
                    "deliveryStatus": {"email": "sent"},
                    "isTest": False,
                    "rule": {"name": "Rule 000"},
                    "deliveries": {
                        "nodes": [
                            {
                                "channel": "EMAIL",
                                "recipientMasked": "….org",
                                "status": "SENT",
                                "retryCount": 0,
                                "event": {"title": "Up"},
                            }
                        ]
                    },
                }
            ],
        },
    }


async def test_a_rule_is_found_from_what_it_is_about(
    stores: Stores, worker_stores: Stores, alice: Person, bob: Person
) -> None:
    await add_rules(worker_stores, alice, 1)
    for kind, column, key, alert in (
        ("protocol", "protocol_id", PROTOCOL, "tvl_change"),
        ("wallet", "wallet_id", WALLET, "whale_movement"),
        ("portfolio", "portfolio_id", alice.portfolio, "portfolio_value"),
        ("chain", "chain_id", CHAIN, "gas_price"),
    ):
        about: dict[str, Any] = {"target_type": kind, "alert_type": alert, "asset_id": None}
        await add_rules(worker_stores, alice, 1, **about, **{column: key})
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) {
      ... on Asset { alertRules { nodes { alertType } } }
      ... on Protocol { alertRules { nodes { alertType } } }
      ... on Wallet { alertRules { nodes { alertType } } }
      ... on Portfolio { alertRules { nodes { alertType } } } }
      alertRules { nodes { alertType target { __typename } } } }"""
    keys = (("Asset", ASSET), ("Protocol", PROTOCOL), ("Wallet", WALLET))
    ids = [global_id(name, key) for name, key in keys]
    own = await ask(
        stores, query, viewer=alice.viewer, ids=[*ids, global_id("Portfolio", alice.portfolio)]
    )
    assert not own.errors
    assert [node["alertRules"]["nodes"] for node in own.data["nodes"]] == [
        [{"alertType": alert}]
        for alert in ("PRICE_CHANGE", "TVL_CHANGE", "WHALE_MOVEMENT", "PORTFOLIO_VALUE")
    ]
    assert {
        (node["alertType"], node["target"]["__typename"])
        for node in own.data["alertRules"]["nodes"]
    } == {
        ("PRICE_CHANGE", "Asset"),
        ("TVL_CHANGE", "Protocol"),
        ("WHALE_MOVEMENT", "Wallet"),
        ("PORTFOLIO_VALUE", "Portfolio"),
        ("GAS_PRICE", "Chain"),
    }
    stranger = await ask(stores, query, viewer=bob.viewer, ids=ids)
    assert [node["alertRules"]["nodes"] for node in stranger.data["nodes"]] == [[], [], []]
    nobody = await ask(stores, query, ids=ids)
    assert nobody.data["nodes"] == [{"alertRules": None}] * 3
    assert {code for _, code in nobody.codes} == {"UNAUTHENTICATED"}


async def test_a_rule_thrown_away_is_gone_and_its_events_stay(
    stores: Stores, worker_stores: Stores, alice: Person
) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1, deleted_at=NOW)
    event = await add_event(worker_stores, alice, rule)
    answer = await ask(
        stores,
        """query ($rule: ID!, $event: ID!) { alertRule(id: $rule) { name }
             gone: node(id: $rule) { id } alertRules { totalCount { value } }
             node(id: $event) { ... on AlertEvent { title rule { name } } } }""",
        viewer=alice.viewer,
        rule=global_id("AlertRule", rule),
        event=global_id("AlertEvent", event),
    )
    assert answer.data == {
        "alertRule": None,
        "gone": None,
        "alertRules": {"totalCount": {"value": 0}},
        "node": {"title": "Up", "rule": None},
    }


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_statements_do_not_grow_with_rules(
    stores: Stores, worker_stores: Stores, alice: Person, count: int
) -> None:
    rules = await add_rules(worker_stores, alice, count)
    for number, rule in enumerate(rules):
        await add_event(worker_stores, alice, rule, number)
    answer = await ask(
        stores,
        """query ($first: Int!) { alertRules(first: $first) { nodes { name target { id }
             events { totalCount { value } nodes { message deliveries { nodes { status } } } } } }
             alertEvents(first: $first) { nodes { message rule { name } } }
             alertDeliveries(first: $first) { nodes { event { message } } } }""",
        viewer=alice.viewer,
        first=count,
    )
    assert not answer.errors
    names = [f"Rule {n:03}" for n in range(count)]
    messages = [f"Up {n}" for n in range(count)]
    nodes = answer.data["alertRules"]["nodes"]
    assert [node["name"] for node in nodes] == names
    assert [node["events"]["nodes"][0]["message"] for node in nodes] == messages
    events = answer.data["alertEvents"]["nodes"]
    assert [(event["message"], event["rule"]["name"]) for event in events] == list(
        zip(messages, names, strict=True)
    )
    sent = answer.data["alertDeliveries"]["nodes"]
    assert [delivery["event"]["message"] for delivery in sent] == messages
    # Rules, targets, events, count, deliveries; events and their rules; deliveries and events.
    assert kinds_of_calls(answer) == ["postgres"] * 9


EVERY_WAY = """query ($rule: ID!, $event: ID!, $delivery: ID!, $destination: ID!) {
  alertRule(id: $rule) { name }
  rule: node(id: $rule) { id }  event: node(id: $event) { id }
  delivery: node(id: $delivery) { id }  destination: node(id: $destination) { id }
  alertRules(where: {id: {eq: $rule}}) { totalCount { value } nodes { name } }
  alertEvents(where: {id: {eq: $event}}) { totalCount { value } nodes { title } }
  alertDeliveries(where: {id: {eq: $delivery}}) { totalCount { value } nodes { status } }
  alertDestinations(where: {id: {eq: $destination}}) { totalCount { value } nodes { masked } }
}"""


async def test_strangers_and_nobody_see_nothing_by_any_way(
    stores: Stores, worker_stores: Stores, alice: Person, bob: Person
) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1)
    event = await add_event(worker_stores, alice, rule)
    (delivery,) = await worker_stores.postgres.fetch(
        Statement("d", "SELECT id FROM alerts.deliveries WHERE event_id = $1::uuid", ("e",)), event
    )
    destination = uuid4()
    await worker_stores.postgres.copy_rows(
        "alerts.destinations",
        ("id", "user_id", "channel", "label", "masked", "ciphertext", "key_version"),
        [(destination, alice.id, "email", "Mine", "….org", b"x", 1)],
    )

    def ids(*keys: Any) -> dict[str, Any]:
        names = ("AlertRule", "AlertEvent", "AlertDelivery", "AlertDestination")
        words = ("rule", "event", "delivery", "destination")
        return {w: global_id(n, k) for w, n, k in zip(words, names, keys, strict=True)}

    known = ids(rule, event, delivery[0], destination)
    own = await ask(stores, EVERY_WAY, viewer=alice.viewer, **known)
    assert own.data["destination"] == {"id": known["destination"]}
    assert own.data["alertDestinations"]["nodes"] == [{"masked": "….org"}]
    nothing = {"totalCount": {"value": 0}, "nodes": []}
    foreign = await ask(stores, EVERY_WAY, viewer=bob.viewer, **known)
    assert not foreign.errors
    assert foreign.data == {
        **dict.fromkeys(("alertRule", "rule", "event", "delivery", "destination")),
        **dict.fromkeys(
            ("alertRules", "alertEvents", "alertDeliveries", "alertDestinations"), nothing
        ),
    }
    absent = await ask(stores, EVERY_WAY, viewer=bob.viewer, **ids(*(uuid4() for _ in range(4))))
    assert (absent.data, absent.statements) == (foreign.data, foreign.statements)
    nobody = await ask(stores, EVERY_WAY, **known)
    assert set(nobody.data.values()) == {None}
    assert {code for _, code in nobody.codes} == {"UNAUTHENTICATED"}
    assert nobody.statements == []


async def test_no_field_shows_a_destination(stores: Stores) -> None:
    answer = await ask(stores, '{ __type(name: "AlertDestination") { fields { name } } }')
    names = {field["name"] for field in answer.data["__type"]["fields"]}
    assert names == {
        *("id", "channel", "label", "masked", "isActive", "version", "createdAt"),
        *("bouncedAt", "bounceReason", "advice"),
    }
