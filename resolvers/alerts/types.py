"""Rules, their firings, what was sent, and where to."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import Info
from strawberry.scalars import JSON

from resolvers.alerts.destination import advice_on
from resolvers.alerts.enums import (
    AlertChannel,
    AlertTargetType,
    AlertType,
    ConditionOperator,
    DeliveryStatus,
    ThresholdType,
)
from resolvers.alerts.target import TARGET_COLUMNS, load_target
from resolvers.connection import Connection
from resolvers.fields import column, computed, entity, many, one, page
from resolvers.node import Node
from resolvers.plan import Owner, Table
from resolvers.risk.enums import Severity
from resolvers.scalars import BigInt

if TYPE_CHECKING:
    from resolvers.catalog.chain import Chain

_OWNER = Owner("user_id")
RULES = Table(
    "postgres",
    "alerts.live_rules",
    order=("-created_at",),
    owner=_OWNER,
    kinds={"chain_id": "int", "target_type": "enum"},
)
EVENTS = Table("postgres", "alerts.events", order=("-triggered_at",), owner=_OWNER)
DELIVERIES = Table("postgres", "alerts.deliveries", order=("-created_at",), owner=_OWNER)
ATTEMPTS = Table(
    "postgres",
    "alerts.delivery_attempts",
    key="number",
    key_kind="int",
    order=("number",),
    tie=("delivery_id", "number"),
    owner=_OWNER,
)
DESTINATIONS = Table("postgres", "alerts.destinations", order=("label",), owner=_OWNER)


@entity(ATTEMPTS, description="One try to send a delivery.")
class AlertDeliveryAttempt:
    """One try to send a delivery."""

    number: int = column("Which try it was, counted from 1.")
    started_at: datetime = column("When it began.")
    finished_at: datetime | None = column(
        "When it ended; null while it is at work, and for good when its worker vanished: then the "
        "delivery was tried again under the same id."
    )
    status: DeliveryStatus | None = column("How it ended; null when it did not.")
    error_message: str | None = column("Why it failed; null when it did not.")


@entity(DELIVERIES, description="What tells the viewer about an event over one channel.")
class AlertDelivery(Node):
    """What tells the viewer about an event over one channel."""

    channel: AlertChannel = column("Which way.")
    recipient_masked: str = column("Where to; all but the last characters are hidden.")
    subject: str | None = column("Headline as sent; null where there is none.")
    body: str | None = column("Text as sent.")
    status: DeliveryStatus = column("What became of it.")
    error_message: str | None = column("Why it failed; null when it did not.")
    retry_count: int = column("How often it was tried again.")
    next_attempt_at: datetime | None = column("When it is tried next; null when it is over.")
    provider: str | None = column("Service that carries it; null before one does.")
    sent_at: datetime | None = column("When the service took it; null before that.")
    delivered_at: datetime | None = column("When it arrived; null when nobody said so.")
    created_at: datetime = column("When it was planned.")
    started_at: datetime | None = column("When it was first tried; null before that.")
    attempts: list[AlertDeliveryAttempt] = many(
        "The tries so far, the first one first; none of its own where another delivery carries it.",
        remote="delivery_id",
    )
    digest: Annotated[AlertDelivery, strawberry.lazy("resolvers.alerts.types")] | None = one(
        "The delivery that carries this one together with others, because there were too many "
        "within a minute; it may be this one. Null when it goes by itself.",
        local="digest_id",
    )
    event: Annotated[AlertEvent, strawberry.lazy("resolvers.alerts.types")] | None = one(
        "The event.", local="event_id"
    )


@entity(EVENTS, description="A firing of a rule of the viewer's, as it was at that moment.")
class AlertEvent(Node):
    """A firing of a rule of the viewer's, as it was at that moment."""

    triggered_at: datetime = column("When the rule fired.")
    alert_type: AlertType = column("What the rule watched.")
    triggered_value: Decimal = column(
        "The value that made it fire, in the unit of what is watched; of a test the threshold."
    )
    baseline_value: Decimal | None = column(
        "The value a change was measured from; null for a threshold that is a value."
    )
    threshold_value: Decimal = column("The threshold at that moment.")
    condition_met: str = column("The condition in words.")
    title: str = column("Headline of the notification.")
    message: str = column("Text of the notification.")
    severity: Severity = column("How serious it is.")
    notification_channels: list[AlertChannel] = column("Which ways it was to be told.")
    delivery_status: JSON = column("Newest state of delivery, by channel.")
    metadata: JSON = column("Further facts, by name.")
    is_test: bool = column("Whether the viewer only tried the rule out.")
    rule: Annotated[AlertRule, strawberry.lazy("resolvers.alerts.types")] | None = one(
        "The rule; null once it was thrown away.", local="rule_id"
    )
    deliveries: Connection[AlertDelivery] = page(
        "What was sent about it, newest first.", remote="event_id"
    )


@entity(RULES, description="A wish of the viewer's to be told when something happens.")
class AlertRule(Node):
    """A wish of the viewer's to be told when something happens."""

    name: str = column("What the viewer calls it.")
    description: str | None = column("What it is for.")
    alert_type: AlertType = column("What it watches.")
    target_type: AlertTargetType = column("What kind of thing it is about.")
    condition_operator: ConditionOperator = column("How the value is compared.")
    threshold_value: Decimal = column(
        "What the value is compared with: in the unit of what is watched, or a change as "
        "`thresholdType` says."
    )
    threshold_type: ThresholdType = column("What the threshold is.")
    timeframe_minutes: int = column("How far back the baseline of a change lies, minutes.")
    notification_channels: list[AlertChannel] = column("Which ways to tell.")
    cooldown_minutes: int = column("Quiet time after it fired, minutes.")
    max_triggers_per_day: int = column("How often it may fire on one day, UTC.")
    last_triggered_at: datetime | None = column("When it last fired; null when it never did.")
    triggers_today: int = column("How often it has fired today, UTC.")
    trigger_count_total: BigInt = column("How often it ever fired.")
    is_active: bool = column("Whether it is switched on.")
    is_paused: bool = column("Whether it is quiet now.")
    paused_until: datetime | None = column(
        "When the pause ends, or ended, by itself; null when it has no end."
    )
    version: int = column("How often the viewer edited it, counted from 1; for `expectedVersion`.")
    created_at: datetime = column("When it was made.")
    updated_at: datetime = column("When it last changed.")
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain it is about, or the one its target is looked at on; null for all.",
        local="chain_id",
    )
    events: Connection[AlertEvent] = page("Its firings, newest first.", remote="rule_id")

    @computed(
        "The thing it is about; take its fields with `... on Asset` and the like.",
        requires=TARGET_COLUMNS,
    )
    async def target(self, info: Info) -> Node | None:
        """One statement a kind and level."""
        found: Node | None = await load_target(info, self.__dict__)
        return found


@entity(DESTINATIONS, description="Where the viewer wants to be told.")
class AlertDestination(Node):
    """Where the viewer wants to be told."""

    channel: AlertChannel = column("Which way leads there.")
    label: str = column("What the viewer calls it.")
    masked: str = column("Its last characters; the rest is encrypted and cannot be read back.")
    is_active: bool = column("Whether notifications go there.")
    bounced_at: datetime | None = column(
        "When it sent back what was sent there and was switched off; null when it did not, or was "
        "switched on again since."
    )
    bounce_reason: str | None = column("How it was sent back; null when it was not.")
    version: int = column("How often it was edited, counted from 1; for `expectedVersion`.")
    created_at: datetime = column("When it was added.")

    @computed(
        "What to do about it; null while there is nothing to do.",
        requires=("channel", "bounced_at", "is_active"),
    )
    def advice(self) -> str | None:
        """What to do about it."""
        if self.bounced_at is None or self.is_active:
            return None
        return advice_on(AlertChannel(self.channel))


@strawberry.type(description="That the mail address of the viewer's account sends mail back.")
class AlertMailBounce:
    """That the mail address of the viewer's account sends mail back."""

    reason: str = strawberry.field(description="How it was sent back.")
    bounced_at: datetime = strawberry.field(description="When it was sent back last.")
    advice: str = strawberry.field(description="What to do about it.")
