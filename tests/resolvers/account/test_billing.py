"""Messages of the payment provider: only its own, each applied once, by when it was made."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from resolvers.account.billing import (
    BillingError,
    BillingOutcome,
    apply_event,
    parse_event,
    verify_signature,
)
from tests.resolvers.account.conftest import Desk

SECRET = "whsec_of_the_tests"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def header(body: bytes, *, secret: str = SECRET, at: datetime = NOW) -> str:
    moment = int(at.timestamp())
    signed = f"{moment}.".encode() + body
    return f"t={moment},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def subscription(user: UUID | None, key: str, **changed: Any) -> bytes:
    """A message about a monthly pro subscription from 1 March 2026 on."""
    at = changed.pop("at", NOW)
    about = {
        "object": "subscription",
        "id": key,
        "customer": f"cus_{key}",
        "status": "active",
        "currency": "eur",
        "cancel_at_period_end": False,
        "current_period_start": int(NOW.timestamp()),
        "current_period_end": int((NOW + timedelta(days=31)).timestamp()),
        "metadata": {} if user is None else {"user_id": str(user)},
        "items": {
            "data": [
                {
                    "price": {
                        "unit_amount": 4900,
                        "currency": "eur",
                        "lookup_key": changed.pop("tier", "pro"),
                        "recurring": {"interval": "month"},
                    }
                }
            ]
        },
        **changed,
    }
    return orjson.dumps(
        {
            "id": f"evt_{secrets.token_hex(8)}",
            "type": "customer.subscription.updated",
            "created": int(at.timestamp()),
            "livemode": False,
            "data": {"object": about},
        }
    )


async def take(desk: Desk, body: bytes) -> BillingOutcome:
    return await apply_event(desk.stores, parse_event(body))


async def stored(desk: Desk, user: UUID) -> list[Any]:
    rows = await desk.rows(
        "SELECT provider_subscription_id, tier::text, status::text, auto_renew"
        " FROM account.subscriptions WHERE user_id = $1 ORDER BY created_at, id",
        user,
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (None, "no time"),
        ("", "no time"),
        ("v1=abc", "no time"),
        (f"t={int(NOW.timestamp())}", "not the provider's"),
        (f"t={int(NOW.timestamp())},v1=00", "not the provider's"),
        (header(b"{}", secret="another"), "not the provider's"),
        (header(b"{ }"), "not the provider's"),
        (header(b"{}").replace("v1=", "v0="), "not the provider's"),
        (header(b"{}") + ",t=1", "no time"),
        (header(b"{}", at=NOW - timedelta(minutes=6)), "too long ago"),
        (header(b"{}", at=NOW + timedelta(minutes=6)), "too long ago"),
    ],
)
def test_what_the_provider_did_not_sign_is_refused(said: str | None, reason: str) -> None:
    with pytest.raises(BillingError, match=reason):
        verify_signature(SECRET, said, b"{}", NOW)


def test_what_the_provider_signed_is_accepted() -> None:
    verify_signature(SECRET, header(b"{}"), b"{}", NOW)
    both = header(b"{}", secret="old") + "," + header(b"{}").partition(",")[2]
    verify_signature(SECRET, both, b"{}", NOW)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"id":"evt"}', b'{"id":1,"type":"a","created":1,"data":{}}']
)
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(BillingError, match="cannot be read"):
        parse_event(body)


async def test_a_subscription_gives_its_owner_what_they_paid_for(desk: Desk) -> None:
    person, key = await desk.person(), f"sub_{secrets.token_hex(6)}"
    wish = {"action": "CHANGE", "tier": "PRO"}
    await desk.change(
        "requestSubscriptionChange", "subscriptionChange { id }", person.viewer, **wish
    )
    assert await take(desk, subscription(person.id, key)) is BillingOutcome.APPLIED
    answer = await desk.ask(
        """{ viewer { subscription { tier status provider billingCycle priceCents currency
            currentPeriodStart currentPeriodEnd autoRenew nextBillingAt }
            subscriptionChanges { nodes { status settledAt } } } }""",
        person.viewer,
    )
    assert answer.errors == []
    assert answer.data["viewer"]["subscription"] == {
        "tier": "PRO",
        "status": "ACTIVE",
        "provider": "stripe",
        "billingCycle": "MONTHLY",
        "priceCents": "4900",
        "currency": "EUR",
        "currentPeriodStart": "2026-03-01T12:00:00Z",
        "currentPeriodEnd": "2026-04-01T12:00:00Z",
        "autoRenew": True,
        "nextBillingAt": "2026-04-01T12:00:00Z",
    }
    (change,) = answer.data["viewer"]["subscriptionChanges"]["nodes"]
    assert change["status"] == "APPLIED"
    assert change["settledAt"] is not None
    ((tier,),) = await desk.rows("SELECT account.tier_of($1)::text", person.id)
    assert tier == "pro"


async def test_a_message_is_applied_once(desk: Desk) -> None:
    person, key = await desk.person(), f"sub_{secrets.token_hex(6)}"
    body = subscription(person.id, key)
    outcomes = await asyncio.gather(*(take(desk, body) for _ in range(5)))
    assert sorted(outcomes) == [BillingOutcome.APPLIED] + [BillingOutcome.REPEATED] * 4
    assert await stored(desk, person.id) == [(key, "pro", "active", True)]
    events = await desk.rows(
        "SELECT processed_at IS NOT NULL FROM account.billing_events WHERE user_id = $1", person.id
    )
    assert [row[0] for row in events] == [True]
    noted = await desk.rows(
        "SELECT 1 FROM ops.audit_log WHERE action = 'billing_event' AND metadata->>'user_id' = $1",
        str(person.id),
    )
    assert len(noted) == 1


async def test_an_older_message_that_comes_late_changes_nothing(desk: Desk) -> None:
    person, key = await desk.person(), f"sub_{secrets.token_hex(6)}"
    later = subscription(person.id, key, tier="enterprise", at=NOW + timedelta(seconds=9))
    assert await take(desk, later) is BillingOutcome.APPLIED
    assert await take(desk, subscription(person.id, key)) is BillingOutcome.STALE
    assert await stored(desk, person.id) == [(key, "enterprise", "active", True)]


async def test_messages_that_come_at_once_are_applied_by_when_they_were_made(desk: Desk) -> None:
    person = await desk.person()
    for number in range(8):
        key, start = f"sub_{secrets.token_hex(6)}", NOW + timedelta(days=number)
        bodies = [
            subscription(person.id, key, tier=tier, at=start + timedelta(seconds=second))
            for second, tier in enumerate(("basic", "pro", "enterprise"))
        ]
        await asyncio.gather(*(take(desk, body) for body in bodies))
        assert (await stored(desk, person.id))[-1] == (key, "enterprise", "active", True)
    statuses = [row[2] for row in await stored(desk, person.id)]
    assert statuses == ["cancelled"] * 7 + ["active"]


async def test_a_subscription_ends(desk: Desk) -> None:
    person, key = await desk.person(), f"sub_{secrets.token_hex(6)}"
    await take(desk, subscription(person.id, key))
    ending = subscription(None, key, cancel_at_period_end=True, at=NOW + timedelta(hours=1))
    assert await take(desk, ending) is BillingOutcome.APPLIED
    assert await stored(desk, person.id) == [(key, "pro", "active", False)]
    ended = subscription(None, key, status="canceled", at=NOW + timedelta(hours=2))
    assert await take(desk, ended) is BillingOutcome.APPLIED
    assert await stored(desk, person.id) == [(key, "pro", "cancelled", False)]
    answer = await desk.ask("{ viewer { subscription { tier } } }", person.viewer)
    assert answer.data["viewer"]["subscription"] is None


async def test_a_new_subscription_takes_the_place_of_the_old_one(desk: Desk) -> None:
    person = await desk.person()
    first, second = (f"sub_{secrets.token_hex(6)}" for _ in range(2))
    await take(desk, subscription(person.id, first, tier="basic"))
    newer = subscription(person.id, second, tier="enterprise", at=NOW + timedelta(minutes=1))
    assert await take(desk, newer) is BillingOutcome.APPLIED
    assert await stored(desk, person.id) == [
        (first, "basic", "cancelled", False),
        (second, "enterprise", "active", True),
    ]


async def test_a_payment_is_recorded_for_whom_the_customer_is(desk: Desk) -> None:
    person, key = await desk.person(), f"sub_{secrets.token_hex(6)}"
    await take(desk, subscription(person.id, key))
    invoice = orjson.dumps(
        {
            "id": f"evt_{secrets.token_hex(8)}",
            "type": "invoice.paid",
            "created": int(NOW.timestamp()),
            "data": {
                "object": {
                    "object": "invoice",
                    "customer": f"cus_{key}",
                    "amount_paid": 4900,
                    "currency": "eur",
                    "status": "paid",
                    "card": {"number": "4242424242424242"},
                }
            },
        }
    )
    assert await take(desk, invoice) is BillingOutcome.RECORDED
    ((amount, currency, status, metadata),) = await desk.rows(
        "SELECT amount_cents, currency, status, metadata FROM account.billing_events"
        " WHERE user_id = $1 AND event_type = 'invoice.paid'",
        person.id,
    )
    assert (amount, currency, status) == (4900, "EUR", "paid")
    assert metadata == {"object": "invoice", "livemode": False}


async def test_a_message_about_nobody_is_kept_and_harms_nobody(desk: Desk) -> None:
    body = subscription(uuid4(), f"sub_{secrets.token_hex(6)}")
    assert await take(desk, body) is BillingOutcome.UNKNOWN_USER
    ((user, processed),) = await desk.rows(
        "SELECT user_id, processed_at FROM account.billing_events WHERE provider_event_id = $1",
        orjson.loads(body)["id"],
    )
    assert (user, processed) == (None, None)
    assert await take(desk, body) is BillingOutcome.REPEATED


async def test_every_process_hears_of_another_tier(desk: Desk) -> None:
    person = await desk.person()
    async with desk.stores.redis.topics.subscribe("credentials") as messages:
        await take(desk, subscription(person.id, f"sub_{secrets.token_hex(6)}"))
        async with asyncio.timeout(10):
            async for message in messages:
                if message == {"user_id": str(person.id)}:
                    break
