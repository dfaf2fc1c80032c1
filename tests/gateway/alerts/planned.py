"""Deliveries of a rule that fired, and a channel that keeps what it is given."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import orjson

from gateway.alerts.delivering import Deliverer
from gateway.alerts.outcome import Channel, Destination, Message
from resolvers.account.secrets import SecretKeys
from resolvers.alerts.destination import PURPOSE
from resolvers.alerts.destination_mutations import owner_of
from resolvers.alerts.enums import AlertChannel
from stores.lifecycle import Stores
from stores.queries import Statement

KEYS = SecretKeys({3: os.urandom(32)})
SECRET = "whsec_AAAAAAAAAAAAAAAAAAAAAAAA"


@dataclass
class Recorder:
    """A channel that keeps what it is given and ends as it is told."""

    provider: str = "recorder"
    sent: list[tuple[Message, Destination]] = field(default_factory=list)
    ends: list[Exception] = field(default_factory=list)

    async def send(self, message: Message, destination: Destination) -> str | None:
        self.sent.append((message, destination))
        if self.ends:
            raise self.ends.pop(0)
        return f"key-{len(self.sent)}"


@dataclass(frozen=True)
class Planned:
    """A delivery of one user, with the rows it belongs to."""

    worker: Stores
    user: UUID
    destination: UUID
    event: UUID
    delivery: UUID

    async def rows(self, text: str, *values: object) -> list[Any]:
        names = tuple(f"p{number}" for number in range(len(values)))
        statement = Statement("q", text, names, kind="exec")
        found: list[Any] = await self.worker.postgres.fetch(statement, *values)
        return found

    async def row(self) -> Any:
        text = "SELECT * FROM alerts.deliveries WHERE id = $1::uuid"
        return (await self.rows(text, self.delivery))[0]

    async def shown(self) -> Any:
        text = "SELECT delivery_status FROM alerts.events WHERE id = $1::uuid"
        return (await self.rows(text, self.event))[0][0]

    async def attempts(self) -> list[tuple[Any, ...]]:
        text = """SELECT number, status::text, error_message FROM alerts.delivery_attempts
            WHERE delivery_id = $1::uuid ORDER BY number"""
        return [tuple(row) for row in await self.rows(text, self.delivery)]

    async def becomes_due(self, delivery: UUID | None = None) -> None:
        """As if the time until its next try had passed."""
        text = (
            "UPDATE alerts.deliveries SET next_attempt_at = now() WHERE id = $1::uuid RETURNING id"
        )
        await self.rows(text, delivery or self.delivery)


async def plan(worker: Stores, to: str = "https://hook.example.org/x") -> Planned:
    """One rule that fired, and one webhook to tell."""
    user, portfolio, rule, event, delivery = (uuid4() for _ in range(5))
    at = datetime.now(UTC)
    copy = worker.postgres.copy_rows
    await copy("account.users", ("id", "email"), [(user, f"{user.hex}@example.org")])
    await copy("portfolio.portfolios", ("id", "user_id", "name"), [(portfolio, user, "Mine")])
    await copy(
        "alerts.rules",
        (
            *("id", "user_id", "name", "alert_type", "target_type", "portfolio_id"),
            *("condition_operator", "threshold_value"),
        ),
        [(rule, user, "Low", "portfolio_value", "portfolio", portfolio, "lt", Decimal(10))],
    )
    await copy(
        "alerts.events",
        (
            *("id", "triggered_at", "rule_id", "user_id", "alert_type", "triggered_value"),
            *("threshold_value", "condition_met", "title", "message"),
        ),
        [
            (
                *(event, at, rule, user, "portfolio_value", Decimal("9.50"), Decimal(10)),
                *("portfolio_value < 10", "Low", "portfolio_value < 10: 9.5."),
            )
        ],
    )
    destination = await add_webhook(worker, user, to)
    await copy(
        "alerts.deliveries",
        (
            *("id", "created_at", "event_triggered_at", "event_id", "user_id", "channel"),
            *("destination_id", "recipient_masked", "next_attempt_at"),
        ),
        [(delivery, at, at, event, user, "webhook", destination, "…org/x", at)],
    )
    return Planned(worker, user, destination, event, delivery)


async def add_webhook(worker: Stores, user: UUID, to: str) -> UUID:
    """A destination anywhere; the graph takes none on this machine."""
    destination = uuid4()
    sealed = KEYS.seal(
        orjson.dumps({"to": to, "signing_secret": SECRET}),
        purpose=PURPOSE,
        owner=owner_of(destination, user),
    )
    await worker.postgres.copy_rows(
        "alerts.destinations",
        ("id", "user_id", "channel", "label", "masked", "ciphertext", "key_version"),
        [(destination, user, "webhook", "x", "…org/x", sealed.ciphertext, sealed.key_version)],
    )
    return destination


def deliverer(worker: Stores, channel: Channel, **options: Any) -> Deliverer:
    channels = {AlertChannel.WEBHOOK: channel, AlertChannel.EMAIL: channel}
    return Deliverer(worker, KEYS, channels, chance=lambda: 0.5, **options)


async def plan_more(planned: Planned, count: int) -> list[UUID]:
    """The same rule fired again, so many times; the deliveries, in order."""
    text = """WITH fired AS (
            INSERT INTO alerts.events (triggered_at, rule_id, user_id, alert_type, triggered_value,
                threshold_value, condition_met, title, message)
            SELECT e.triggered_at + make_interval(secs => n), e.rule_id, e.user_id, e.alert_type, n,
                e.threshold_value, e.condition_met, e.title, 'It is ' || n
            FROM alerts.events AS e, (
                SELECT count(*) + generate_series(0, $2::int - 1) AS n FROM alerts.deliveries
                WHERE destination_id = $3::uuid
            ) AS fired
            WHERE e.id = $1::uuid
            RETURNING *
        )
        INSERT INTO alerts.deliveries (created_at, event_triggered_at, event_id, user_id, channel,
            destination_id, recipient_masked, next_attempt_at)
        SELECT triggered_at, triggered_at, id, user_id, 'webhook', $3::uuid, '…', now()
        FROM fired ORDER BY triggered_at RETURNING id, created_at"""
    found = await planned.rows(text, planned.event, count, planned.destination)
    return [row["id"] for row in sorted(found, key=lambda row: row["created_at"])]
