"""Each delivery is sent at least once, under one id, and its story is written down."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from gateway.alerts.delivering import SCHEDULE_S, Deliverer, retry_after
from gateway.alerts.outcome import Channel, Destination, Message, Refused, TryAgain
from gateway.alerts.posting import Poster
from gateway.alerts.webhook import Webhook
from resolvers.account.secrets import SecretKeys
from resolvers.alerts.destination import PURPOSE
from resolvers.alerts.destination_mutations import owner_of
from resolvers.alerts.enums import AlertChannel
from stores.lifecycle import Stores
from stores.queries import Statement, load_queries
from tests.gateway.alerts.conftest import Provider

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
        found: list[Any] = await self.worker.postgres.fetch(Statement("q", text, names), *values)
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

    async def becomes_due(self) -> None:
        text = (
            "UPDATE alerts.deliveries SET next_attempt_at = now() WHERE id = $1::uuid RETURNING id"
        )
        await self.rows(text, self.delivery)


@pytest.fixture(autouse=True)
async def nothing_due(worker_stores: Stores) -> None:
    """What other tests planned is not sent by these."""
    text = "UPDATE alerts.deliveries SET next_attempt_at = NULL WHERE next_attempt_at IS NOT NULL"
    await worker_stores.postgres.execute(Statement("clear", text))


async def plan(worker: Stores, to: str = "https://hook.example.org/x") -> Planned:
    """One rule that fired, and one webhook to tell."""
    user, portfolio, rule, event, delivery, destination = (uuid4() for _ in range(6))
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
    sealed = KEYS.seal(
        orjson.dumps({"to": to, "signing_secret": SECRET}),
        purpose=PURPOSE,
        owner=owner_of(destination, user),
    )
    await copy(
        "alerts.destinations",
        ("id", "user_id", "channel", "label", "masked", "ciphertext", "key_version"),
        [(destination, user, "webhook", "x", "…org/x", sealed.ciphertext, sealed.key_version)],
    )
    await copy(
        "alerts.deliveries",
        (
            *("id", "created_at", "event_triggered_at", "event_id", "user_id", "channel"),
            *("destination_id", "recipient_masked", "next_attempt_at"),
        ),
        [(delivery, at, at, event, user, "webhook", destination, "…org/x", at)],
    )
    return Planned(worker, user, destination, event, delivery)


def deliverer(worker: Stores, channel: Channel, **options: Any) -> Deliverer:
    channels = {AlertChannel.WEBHOOK: channel, AlertChannel.EMAIL: channel}
    return Deliverer(worker, KEYS, channels, chance=lambda: 0.5, **options)


async def test_a_webhook_is_told(worker_stores: Stores, provider: Provider, poster: Poster) -> None:
    planned = await plan(worker_stores, f"{provider.url}/hook")
    assert await deliverer(worker_stores, Webhook(poster)).deliver_due() == 1
    assert await deliverer(worker_stores, Webhook(poster)).deliver_due() == 0
    (got,) = provider.received
    assert got.headers["webhook-id"] == str(planned.delivery)
    assert got.json["data"] | {"event_id": "", "rule_id": ""} == {
        "event_id": "",
        "rule_id": "",
        "alert_type": "portfolio_value",
        "severity": "info",
        "condition_met": "portfolio_value < 10",
        "triggered_value": "9.5",
        "baseline_value": None,
        "threshold_value": "10",
        "title": "Low",
        "message": "portfolio_value < 10: 9.5.",
    }
    row = await planned.row()
    assert (row["status"], row["next_attempt_at"], row["retry_count"]) == ("sent", None, 0)
    assert (row["provider"], row["provider_message_id"]) == ("webhook", str(planned.delivery))
    assert row["sent_at"] is not None
    assert await planned.shown() == {"webhook": "sent"}
    assert await planned.attempts() == [(1, "sent", None)]


async def test_what_fails_is_tried_again_under_its_id(worker_stores: Stores) -> None:
    planned = await plan(worker_stores)
    channel = Recorder(ends=[TryAgain("status 500"), TryAgain("status 429", 900.0)])
    worker = deliverer(worker_stores, channel)
    waits = []
    for _ in range(3):
        await worker.deliver_due()
        row = await planned.row()
        if row["next_attempt_at"] is not None:
            waits.append(round((row["next_attempt_at"] - row["updated_at"]).total_seconds()))
            assert await worker.deliver_due() == 0
        await planned.becomes_due()
    assert waits == [5, 900]
    assert {message.id for message, _ in channel.sent} == {planned.delivery}
    assert len(channel.sent) == 3
    assert (await planned.row())["retry_count"] == 2
    assert await planned.attempts() == [
        (1, "failed", "status 500"),
        (2, "failed", "status 429"),
        (3, "sent", None),
    ]


async def test_it_is_given_up_after_the_last_try(worker_stores: Stores) -> None:
    planned = await plan(worker_stores)
    tries = len(SCHEDULE_S) + 1
    worker = deliverer(worker_stores, Recorder(ends=[TryAgain("no")] * tries))
    for _ in range(tries):
        assert await worker.deliver_due() == 1
        assert (await planned.row())["status"] == "failed"
        if (await planned.row())["next_attempt_at"] is not None:
            await planned.becomes_due()
    assert (await planned.row())["next_attempt_at"] is None
    assert await worker.deliver_due() == 0
    assert len(await planned.attempts()) == tries


def test_waits_grow_and_are_spread() -> None:
    assert [retry_after(attempt, 0.5, None) for attempt in range(1, 10)] == [*SCHEDULE_S, None]
    assert [retry_after(2, chance, None) for chance in (0.0, 1.0)] == pytest.approx([48, 72])
    assert retry_after(1, 0.5, 30.0) == 30.0


async def test_a_killed_worker_costs_one_repetition(worker_stores: Stores) -> None:
    planned = await plan(worker_stores)
    claim = load_queries("postgres")["alert_delivery.claim"]
    held = await worker_stores.postgres.fetch(claim, *claim.arguments(most=9, lease_s=60.0))
    assert [row["id"] for row in held] == [planned.delivery]
    channel = Recorder()
    worker = deliverer(worker_stores, channel)
    assert await worker.deliver_due() == 0
    # Its lease is over.
    await planned.becomes_due()
    assert await worker.deliver_due() == 1
    assert await worker.deliver_due() == 0
    assert [message.id for message, _ in channel.sent] == [planned.delivery]
    assert await planned.attempts() == [(1, None, None), (2, "sent", None)]


async def test_a_try_that_lost_its_lease_does_not_decide(worker_stores: Stores) -> None:
    planned = await plan(worker_stores)
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Recorder):
        async def send(self, message: Message, destination: Destination) -> str | None:
            begun.set()
            await go_on.wait()
            raise TryAgain("too late")

    slow = asyncio.create_task(deliverer(worker_stores, Slow()).deliver_due())
    await begun.wait()
    await planned.becomes_due()
    assert await deliverer(worker_stores, Recorder()).deliver_due() == 1
    go_on.set()
    await slow
    assert (await planned.row())["status"] == "sent"
    assert await planned.attempts() == [(1, None, None), (2, "sent", None)]


async def test_ten_workers_send_each_once(worker_stores: Stores) -> None:
    planned = [await plan(worker_stores) for _ in range(20)]
    channel = Recorder()
    workers = [deliverer(worker_stores, channel) for _ in range(10)]
    counts = await asyncio.gather(*(worker.deliver_due(most=5) for worker in workers))
    while await workers[0].deliver_due():
        pass
    assert sum(counts) <= 20
    told = sorted(message.id for message, _ in channel.sent)
    assert told == sorted(each.delivery for each in planned)


async def test_a_channel_that_hangs_is_cut_off(worker_stores: Stores) -> None:
    planned = await plan(worker_stores)

    class Hanging(Recorder):
        async def send(self, message: Message, destination: Destination) -> str | None:
            await asyncio.Event().wait()
            return None

    await deliverer(worker_stores, Hanging(), lease_s=0.2).deliver_due()
    row = await planned.row()
    assert (row["status"], row["error_message"]) == ("failed", "no answer in time")


async def test_who_is_gone_is_not_told_again(worker_stores: Stores) -> None:
    planned = await plan(worker_stores)
    worker = deliverer(worker_stores, Recorder(ends=[Refused("status 410", is_gone=True)]))
    await worker.deliver_due()
    row = await planned.row()
    assert (row["status"], row["next_attempt_at"]) == ("bounced", None)
    text = "SELECT is_active FROM alerts.destinations WHERE id = $1::uuid"
    assert [row[0] for row in await planned.rows(text, planned.destination)] == [False]


@pytest.mark.parametrize(
    ("made", "error"),
    [
        ("UPDATE alerts.destinations SET is_active = false WHERE id = $1::uuid", "switched off"),
        ("DELETE FROM alerts.destinations WHERE id = $1::uuid", "removed"),
        ("UPDATE alerts.destinations SET key_version = 4 WHERE id = $1::uuid", "does not open"),
        ("UPDATE alerts.deliveries SET channel = 'sms' WHERE destination_id = $1::uuid", "sms"),
    ],
)
async def test_what_cannot_be_sent_says_why(worker_stores: Stores, made: str, error: str) -> None:
    planned = await plan(worker_stores)
    await planned.rows(f"{made} RETURNING id", planned.destination)
    channel = Recorder()
    await deliverer(worker_stores, channel).deliver_due()
    row = await planned.row()
    assert (row["status"], row["next_attempt_at"]) == ("failed", None)
    assert error in row["error_message"]
    assert channel.sent == []


async def test_without_a_destination_mail_goes_to_the_account(worker_stores: Stores) -> None:
    planned = await plan(worker_stores)
    text = """UPDATE alerts.deliveries SET channel = 'email', destination_id = NULL
        WHERE id = $1::uuid RETURNING id"""
    await planned.rows(text, planned.delivery)
    channel = Recorder()
    await deliverer(worker_stores, channel).deliver_due()
    ((_, destination),) = channel.sent
    assert destination == Destination(f"{planned.user.hex}@example.org")
