"""Single requests and bills of the viewer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers.fields import column, entity, one
from resolvers.node import Node
from resolvers.plan import Owner, Table
from resolvers.scalars import BigInt

if TYPE_CHECKING:
    from resolvers.account.types import ApiKey, UserSubscription

USAGE_EVENTS = Table(
    "clickhouse",
    "usage_events",
    key="event_id",
    order=("-ts",),
    tie=("ts", "event_id"),
    final=True,
    owner=Owner("user_id"),
)
BILLING_EVENTS = Table(
    "postgres", "account.billing_events", order=("-created_at",), owner=Owner("user_id")
)


@entity(USAGE_EVENTS, description="Something the viewer did, for quotas and bills.")
class UsageEvent(Node):
    """Something the viewer did, for quotas and bills."""

    at: datetime = column("When it was done.", column="ts")
    event_type: str = column("What was done, such as query, subscription or export.")
    resource_type: str = column("Kind of what was used; empty when it has none.")
    resource_id: str = column("What was used; empty when nothing was.")
    cost: BigInt = column("Cost points charged.")
    requests: BigInt = column(
        "Requests it stands for: those of one kind that came within about a minute are one event."
    )
    user_agent: str | None = column("Program used; null after 90 days, or when it did not say.")
    api_key: Annotated[ApiKey, strawberry.lazy("resolvers.account.types")] | None = one(
        "Key it was done with; null when it was done without one.", local="api_key_id"
    )


@entity(BILLING_EVENTS, description="A message of a payment provider about the viewer.")
class BillingEvent(Node):
    """A message of a payment provider about the viewer."""

    provider: str = column("Who sent it, such as stripe.")
    event_type: str = column("What happened, in the words of the provider.")
    amount_cents: BigInt | None = column(
        "Amount in hundredths of the currency, negative for refunds; null when there is none."
    )
    currency: str = column("ISO 4217 code, or ticker of a coin.")
    status: str | None = column("Outcome, in the words of the provider; null when it has none.")
    processed_at: datetime | None = column("When it took effect here; null until then.")
    created_at: datetime = column("When it arrived.")
    subscription: Annotated[UserSubscription, strawberry.lazy("resolvers.account.types")] | None = (
        one("The subscription it is about; null when there is none.", local="subscription_id")
    )
