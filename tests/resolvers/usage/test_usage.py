"""Usage and bills of the viewer's own, and the price list of limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from resolvers.context import RequestContext, Viewer
from resolvers.ids import encode_id
from resolvers.permissions import Tier
from resolvers.reflection import entity_of
from resolvers.usage.counting import COLUMNS
from resolvers.usage.limits import PriceList
from resolvers.usage.types import UsageEvent
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.graph import ask

ALICE, BOB = uuid4(), uuid4()
SIGNED_IN, STRANGER = Viewer(ALICE, "user"), Viewer(BOB, "user")
KEY, SUBSCRIPTION = uuid4(), uuid4()
DAY = date(2025, 5, 5)
NOON = datetime(2025, 5, 5, 12, tzinfo=UTC)
FIRST, SECOND, THIRD = uuid4(), uuid4(), uuid4()

USAGE = """query ($from: Date, $to: Date) { usage(from: $from, to: $to) { from to
  days { day eventType resourceType count } kinds { eventType resourceType count }
  costs { day eventType requests cost } } }"""
EVENTS = """{ usageEvents { nodes { at eventType resourceType resourceId cost userAgent
  apiKey { name } } } }"""
BILLS = """{ billingEvents { nodes { provider eventType amountCents currency status processedAt
  subscription { tier } } } }"""


@pytest.fixture(scope="module", autouse=True)
async def rows(worker_stores: Stores) -> AsyncIterator[None]:
    """Alice asked on two days and was billed twice; Bob did too."""
    postgres = worker_stores.postgres
    await postgres.copy_rows("account.users", ("id",), [(ALICE,), (BOB,)])
    await postgres.copy_rows(
        "account.api_keys",
        ("id", "user_id", "key_prefix", "key_hash", "name"),
        [(KEY, ALICE, "ogk_", uuid4().bytes * 2, "Robot")],
    )
    await postgres.copy_rows(
        "account.usage_daily",
        ("user_id", "day", "event_type", "resource_type", "count"),
        [
            (ALICE, DAY, "query", "graphql", 5),
            (ALICE, DAY, "export", "", 1),
            (ALICE, DAY + timedelta(days=1), "query", "graphql", 7),
            (ALICE, DAY + timedelta(days=2), "query", "graphql", 100),
            (BOB, DAY, "query", "graphql", 1000),
        ],
    )
    await postgres.copy_rows(
        "account.subscriptions",
        ("id", "user_id", "provider", "tier", "status"),
        [(SUBSCRIPTION, ALICE, "stripe", "pro", "active")],
    )
    await postgres.copy_rows(
        "account.billing_events",
        (
            *("user_id", "subscription_id", "provider", "provider_event_id", "event_type"),
            *("amount_cents", "currency", "status", "metadata", "processed_at", "created_at"),
        ),
        [
            (
                ALICE,
                SUBSCRIPTION,
                "stripe",
                str(FIRST),
                "paid",
                4900,
                "USD",
                "ok",
                "{}",
                NOON,
                NOON,
            ),
            (
                *(ALICE, None, "stripe", str(SECOND), "refunded", -100, "EUR", None),
                *({"card": "1111"}, None, NOON + timedelta(days=1)),
            ),
            (BOB, None, "stripe", str(THIRD), "paid", 99, "USD", "ok", {}, NOON, NOON),
        ],
    )
    await worker_stores.clickhouse.insert(
        "usage_events",
        (
            *("ts", "event_id", "user_id", "api_key_id", "event_type", "resource_type"),
            *("resource_id", "cost", "user_agent"),
        ),
        [
            (NOON, FIRST, ALICE, KEY, "query", "graphql", "q1", 10, "robot/1"),
            (NOON, FIRST, ALICE, KEY, "query", "graphql", "q1", 10, "robot/1"),  # sent twice
            (NOON + timedelta(days=1), SECOND, ALICE, None, "query", "", "", 4, None),
            (NOON, THIRD, BOB, None, "query", "graphql", "his", 1000, None),
        ],
    )
    yield
    for table in ("billing_events", "subscriptions", "usage_daily", "api_keys"):
        text = f"DELETE FROM account.{table} WHERE user_id = ANY($1::uuid[])"
        await postgres.execute(Statement("tidy", text, ("ids",), "exec"), [ALICE, BOB])


async def test_usage_is_by_day_and_by_kind_of_the_viewer(stores: Stores) -> None:
    span: dict[str, Any] = {"from": "2025-05-05", "to": "2025-05-07"}
    answer = await ask(stores, USAGE, viewer=SIGNED_IN, **span)
    assert not answer.errors
    assert answer.data["usage"] == {
        **span,
        "days": [
            {"day": "2025-05-05", "eventType": "export", "resourceType": "", "count": "1"},
            {"day": "2025-05-05", "eventType": "query", "resourceType": "graphql", "count": "5"},
            {"day": "2025-05-06", "eventType": "query", "resourceType": "graphql", "count": "7"},
        ],
        "kinds": [
            {"eventType": "query", "resourceType": "graphql", "count": "12"},
            {"eventType": "export", "resourceType": "", "count": "1"},
        ],
        "costs": [
            {"day": "2025-05-05", "eventType": "query", "requests": "1", "cost": "10"},
            {"day": "2025-05-06", "eventType": "query", "requests": "1", "cost": "4"},
        ],
    }


async def test_the_last_thirty_days_are_shown_when_nothing_is_said(stores: Stores) -> None:
    now = datetime(2025, 6, 4, 23, 59, tzinfo=UTC)
    context = RequestContext(SIGNED_IN, stores, clock=lambda: now)
    answer = await ask(stores, USAGE, context=context)
    assert not answer.errors
    usage = answer.data["usage"]
    assert (usage["from"], usage["to"]) == ("2025-05-06", "2025-06-05")
    assert [day["count"] for day in usage["days"]] == ["7", "100"]


@pytest.mark.parametrize(
    "span",
    [
        {"from": "2025-05-05", "to": "2025-05-05"},
        {"from": "2024-01-01", "to": "2025-05-05"},
        {"to": "0001-01-02"},
        {"from": "0001-05-05", "to": "0001-05-06"},
    ],
)
async def test_an_empty_or_endless_span_is_refused(stores: Stores, span: dict[str, Any]) -> None:
    answer = await ask(stores, USAGE, viewer=SIGNED_IN, **span)
    assert answer.codes == [("usage", "BAD_USER_INPUT")]
    assert answer.statements == []


async def test_single_requests_are_the_viewers_own(stores: Stores) -> None:
    answer = await ask(stores, EVENTS, viewer=SIGNED_IN)
    assert not answer.errors
    assert answer.data["usageEvents"]["nodes"] == [
        {
            "at": "2025-05-06T12:00:00Z",
            "eventType": "query",
            "resourceType": "",
            "resourceId": "",
            "cost": "4",
            "userAgent": None,
            "apiKey": None,
        },
        {
            "at": "2025-05-05T12:00:00Z",
            "eventType": "query",
            "resourceType": "graphql",
            "resourceId": "q1",
            "cost": "10",
            "userAgent": "robot/1",
            "apiKey": {"name": "Robot"},
        },
    ]
    his = await ask(stores, EVENTS, viewer=STRANGER)
    assert [node["resourceId"] for node in his.data["usageEvents"]["nodes"]] == ["his"]


async def test_bills_are_the_viewers_own(stores: Stores) -> None:
    answer = await ask(stores, BILLS, viewer=SIGNED_IN)
    assert not answer.errors
    assert answer.data["billingEvents"]["nodes"] == [
        {
            "provider": "stripe",
            "eventType": "refunded",
            "amountCents": "-100",
            "currency": "EUR",
            "status": None,
            "processedAt": None,
            "subscription": None,
        },
        {
            "provider": "stripe",
            "eventType": "paid",
            "amountCents": "4900",
            "currency": "USD",
            "status": "ok",
            "processedAt": "2025-05-05T12:00:00Z",
            "subscription": {"tier": "PRO"},
        },
    ]
    his = await ask(stores, BILLS, viewer=STRANGER)
    assert [node["amountCents"] for node in his.data["billingEvents"]["nodes"]] == ["99"]


async def test_a_stranger_finds_no_row_by_its_id(stores: Stores) -> None:
    (bill, _) = (await ask(stores, "{ billingEvents { nodes { id } } }", viewer=SIGNED_IN)).data[
        "billingEvents"
    ]["nodes"]
    ids = [encode_id(entity_of(UsageEvent), FIRST), bill["id"]]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    own = await ask(stores, query, viewer=SIGNED_IN, ids=ids)
    assert (own.errors, own.data) == ([], {"nodes": [{"id": id_} for id_ in ids]})
    his = await ask(stores, query, viewer=STRANGER, ids=ids)
    assert (his.errors, his.data) == ([], {"nodes": [None, None]})
    nobody = await ask(stores, query, ids=ids)
    assert {code for _, code in nobody.codes} == {"UNAUTHENTICATED"}
    assert nobody.statements == []


async def test_nobody_has_usage_or_bills(stores: Stores) -> None:
    for query, field in ((USAGE, "usage"), (EVENTS, "usageEvents"), (BILLS, "billingEvents")):
        answer = await ask(stores, query)
        assert answer.codes == [(field, "UNAUTHENTICATED")]
        assert answer.statements == []


async def test_limits_of_each_tier_are_public(stores: Stores) -> None:
    answer = await ask(stores, "{ rateLimits { tier limits { resourceType windowS maxCost } } }")
    assert not answer.errors
    graphql = {
        each["tier"]: [
            (limit["windowS"], limit["maxCost"])
            for limit in each["limits"]
            if limit["resourceType"] == "graphql"
        ]
        for each in answer.data["rateLimits"]
    }
    assert list(graphql) == ["FREE", "BASIC", "PRO", "ENTERPRISE"]
    assert graphql["FREE"] == [(3600, 1000), (86400, 10000)]
    assert graphql["ENTERPRISE"] == [(3600, 100000), (86400, 1000000)]


async def test_the_limits_of_the_viewers_tier_are_read_once_a_minute(stores: Stores) -> None:
    now = 0.0
    prices = PriceList(kept_s=60, clock=lambda: now)
    query = "{ usage { limits { resourceType windowS maxCost } } }"

    async def limits(tier: Tier) -> tuple[list[tuple[int, int]], int]:
        viewer = Viewer(ALICE, "user", tier=tier)
        context = RequestContext(viewer, stores, trace=[], price_list=prices)
        answer = await ask(stores, query, context=context)
        assert not answer.errors
        shown = answer.data["usage"]["limits"]
        assert {limit["resourceType"] for limit in shown} == {"graphql"}
        return [(limit["windowS"], limit["maxCost"]) for limit in shown], len(answer.statements)

    assert await limits(Tier.PRO) == ([(3_600, 20_000), (86_400, 200_000)], 1)
    assert await limits(Tier.FREE) == ([(3_600, 1_000), (86_400, 10_000)], 0)
    now = 60.0
    assert (await limits(Tier.FREE))[1] == 1
    nobody = await ask(stores, query)
    assert nobody.codes == [("usage", "UNAUTHENTICATED")]


async def test_an_event_may_stand_for_many_requests(stores: Stores, worker_stores: Stores) -> None:
    carol, at = uuid4(), datetime(2025, 5, 5, 13, tzinfo=UTC)
    await worker_stores.clickhouse.insert(
        "usage_events", COLUMNS, [(at, uuid4(), carol, None, "query", "graphql", 40, 90)]
    )
    query = """{ usageEvents { nodes { requests cost } }
      usage(from: "2025-05-05", to: "2025-05-06") { costs { requests cost } } }"""
    answer = await ask(stores, query, viewer=Viewer(carol, "user"))
    assert not answer.errors
    both = {"requests": "40", "cost": "90"}
    assert answer.data == {"usageEvents": {"nodes": [both]}, "usage": {"costs": [both]}}
