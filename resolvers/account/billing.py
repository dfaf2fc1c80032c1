"""Messages of the payment provider: whether they are its own, what they say, applied once.

The provider is Stripe: `Stripe-Signature: t=<unix seconds>,v1=<HMAC-SHA256 of "t.body">`. A message
may come twice, late or out of order. Whoever answers 200 will not get it again, so it is answered
after the commit only.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from resolvers.account.standing import forget
from resolvers.context import named_queries

if TYPE_CHECKING:
    from stores.lifecycle import Stores

PROVIDER: Final = "stripe"
TOLERANCE: Final = timedelta(minutes=5)
_PAIR: Final = re.compile(r"(t|v[0-9]+)=([0-9a-zA-Z]+)")
_STATUSES: Final[Mapping[str, str]] = {
    "trialing": "trial",
    "active": "active",
    "past_due": "past_due",
    "unpaid": "unpaid",
    "incomplete": "unpaid",
    "paused": "unpaid",
    "canceled": "cancelled",
    "incomplete_expired": "expired",
}
_TIERS: Final = ("free", "basic", "pro", "enterprise")
_CYCLES: Final[Mapping[str, str]] = {"month": "monthly", "year": "yearly"}


class BillingError(Exception):
    """A message is not the provider's, or cannot be read; the text says why."""


class BillingOutcome(StrEnum):
    """What became of a message."""

    APPLIED = "applied"
    """The subscription is as it says."""
    RECORDED = "recorded"
    """There was nothing to apply."""
    STALE = "stale"
    """Something newer is known of the subscription."""
    REPEATED = "repeated"
    """It came before."""
    UNKNOWN_USER = "unknown_user"
    """It is about nobody we know; recorded."""


@dataclass(frozen=True, slots=True)
class BillingEvent:
    """A message, in our words; times in UTC, amounts in hundredths of the currency.

    Attributes:
        event_id: the provider's key of the message.
        event_type: what happened, in the provider's words.
        occurred_at: when the provider made it.
        user_id: whom it names, by the metadata that we gave the provider.
        subscription_id: the provider's key of the subscription, if it is about one.
        customer_id: the provider's key of the customer.
        tier: what was bought.
        status: where the subscription stands; None leaves it as it is.
        billing_cycle: how often it is charged.
        price_cents: price of one cycle.
        currency: ISO 4217 code.
        period_start: start of the period paid for.
        period_end: end of the period paid for.
        auto_renew: whether it goes on by itself.
        cancelled_at: when it was cancelled.
        amount_cents: what was paid; negative for money given back.
        outcome: how it ended, in the provider's words.
        metadata: further facts; never card data.
    """

    event_id: str
    event_type: str
    occurred_at: datetime
    user_id: UUID | None = None
    subscription_id: str | None = None
    customer_id: str | None = None
    tier: str | None = None
    status: str | None = None
    billing_cycle: str | None = None
    price_cents: int | None = None
    currency: str | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    auto_renew: bool | None = None
    cancelled_at: datetime | None = None
    amount_cents: int | None = None
    outcome: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    provider: str = PROVIDER


def verify_signature(secret: str, header: str | None, body: bytes, now: datetime) -> None:
    """Make sure that the provider sent these bytes a short while ago.

    While its secret is replaced, the provider signs with both: one good signature suffices.

    Raises:
        BillingError: it did not, or too long ago.
    """
    pairs = [_PAIR.fullmatch(part.strip()) for part in (header or "").split(",")]
    said = [(pair[1], pair[2]) for pair in pairs if pair is not None]
    times = [value for name, value in said if name == "t"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or len(times[0]) > 12:
        raise BillingError("The signature has no time.")
    expected = hmac.new(
        secret.encode(), times[0].encode() + b"." + body, hashlib.sha256
    ).hexdigest()
    given = [value for name, value in said if name == "v1"]
    if not any(hmac.compare_digest(expected, value) for value in given):
        raise BillingError("The signature is not the provider's.")
    if abs(now - datetime.fromtimestamp(int(times[0]), UTC)) > TOLERANCE:
        raise BillingError("The message was signed too long ago.")


def parse_event(body: bytes) -> BillingEvent:
    """Read a message.

    Raises:
        BillingError: it is none.
    """
    try:
        message = orjson.loads(body)
        about = message["data"]["object"]
        kind = str(about["object"])
        event = BillingEvent(
            event_id=_text(message["id"]),
            event_type=_text(message["type"]),
            occurred_at=_instant(message["created"]),
            customer_id=_key(about.get("customer")),
            user_id=_user(about),
            metadata={"object": kind, "livemode": bool(message.get("livemode"))},
        )
        said = _subscription(about) if kind == "subscription" else _payment(about)
        return BillingEvent(**{**_known(event), **said})
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
        raise BillingError("The message cannot be read.") from error


async def apply_event(
    stores: Stores, event: BillingEvent, *, deadline: float | None = None
) -> BillingOutcome:
    """Record a message and apply it, once, in one transaction with its audit and outbox rows.

    Raises:
        StoreError: nothing was done; the provider should send it again.
    """
    postgres, queries = stores.postgres, named_queries("postgres")
    # What is known of a subscription has to be read after whoever wrote it last is done.
    subject = event.customer_id or event.subscription_id or event.event_id
    async with postgres.transaction(deadline=deadline, name="billing") as work:
        await work.fetch(queries["account.await_billing"], subject, deadline=deadline)
        (row,) = await work.fetch(
            queries["account.apply_billing_event"], asdict(event), deadline=deadline
        )
    outcome = BillingOutcome(row["outcome"])
    if outcome is BillingOutcome.APPLIED:
        billed = await postgres.fetch_one(
            queries["account.billed_user"], event.provider, event.event_id, deadline=deadline
        )
        if billed is not None and billed["user_id"] is not None:
            await forget(stores.redis, billed["user_id"])
    return outcome


def _known(event: BillingEvent) -> dict[str, Any]:
    return {name: value for name, value in asdict(event).items() if value is not None}


def _subscription(about: Mapping[str, Any]) -> dict[str, Any]:
    items = list(_items(about))
    item: Mapping[str, Any] = items[0] if items else {}
    price: Mapping[str, Any] = item.get("price") or {}
    ends = about.get("cancel_at_period_end") is True or about.get("cancel_at") is not None
    status = _STATUSES.get(str(about["status"]))
    return {
        "subscription_id": _text(about["id"]),
        "status": status,
        "tier": _tier(about, price),
        "billing_cycle": _CYCLES.get(str((price.get("recurring") or {}).get("interval"))),
        "price_cents": price.get("unit_amount"),
        "currency": _currency(about.get("currency") or price.get("currency")),
        "period_start": _instant_or_none(
            about.get("current_period_start", item.get("current_period_start"))
        ),
        "period_end": _instant_or_none(
            about.get("current_period_end", item.get("current_period_end"))
        ),
        "auto_renew": not ends and status in ("trial", "active", "past_due"),
        "cancelled_at": _instant_or_none(about.get("canceled_at")),
        "outcome": str(about["status"]),
    }


def _payment(about: Mapping[str, Any]) -> dict[str, Any]:
    """An invoice, a payment or money given back; the subscription has a message of its own."""
    amount = about.get("amount_paid", about.get("amount"))
    refunded = about.get("amount_refunded")
    subscription = about.get("subscription")
    if isinstance(about.get("parent"), Mapping):
        details = about["parent"].get("subscription_details") or {}
        subscription = subscription or details.get("subscription")
    return {
        "subscription_id": _key(subscription),
        "amount_cents": -int(refunded) if refunded else None if amount is None else int(amount),
        "currency": _currency(about.get("currency")),
        "outcome": None if about.get("status") is None else str(about["status"]),
    }


def _items(about: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (about.get("items") or {}).get("data") or ()


def _tier(about: Mapping[str, Any], price: Mapping[str, Any]) -> str | None:
    """What was bought, as the price says, or else the subscription."""
    for said in (
        (price.get("metadata") or {}).get("tier"),
        price.get("lookup_key"),
        (about.get("metadata") or {}).get("tier"),
    ):
        if said in _TIERS:
            return str(said)
    return None


def _user(about: Mapping[str, Any]) -> UUID | None:
    said = (about.get("metadata") or {}).get("user_id")
    try:
        return UUID(said)
    except (TypeError, ValueError, AttributeError):
        return None


def _key(value: object) -> str | None:
    """A key of the provider, which may come with what it leads to."""
    found = value.get("id") if isinstance(value, Mapping) else value
    return None if found is None else _text(found)


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 255 or "\0" in value:
        raise ValueError
    return value


def _currency(value: object) -> str | None:
    return None if value is None else _text(value).upper()


def _instant(value: Any) -> datetime:
    return datetime.fromtimestamp(int(value), UTC)


def _instant_or_none(value: Any) -> datetime | None:
    return None if value is None else _instant(value)
