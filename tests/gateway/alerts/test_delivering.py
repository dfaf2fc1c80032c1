"""Each delivery is sent at least once, under one id, and its story is written down."""

from __future__ import annotations

import asyncio

import pytest

from gateway.alerts.delivering import SCHEDULE_S, retry_after
from gateway.alerts.outcome import Destination, Message, Refused, TryAgain
from gateway.alerts.posting import Poster
from gateway.alerts.webhook import Webhook
from stores.lifecycle import Stores
from stores.queries import Statement, load_queries
from tests.gateway.alerts.conftest import Provider
from tests.gateway.alerts.planned import Recorder, deliverer, plan


@pytest.fixture(autouse=True)
async def nothing_due(own_stores: Stores) -> None:
    """What other tests planned is not sent by these."""
    text = "UPDATE alerts.deliveries SET next_attempt_at = NULL WHERE next_attempt_at IS NOT NULL"
    await own_stores.postgres.execute(Statement("clear", text))


async def test_a_webhook_is_told(own_stores: Stores, provider: Provider, poster: Poster) -> None:
    planned = await plan(own_stores, f"{provider.url}/hook")
    assert await deliverer(own_stores, Webhook(poster)).deliver_due() == 1
    assert await deliverer(own_stores, Webhook(poster)).deliver_due() == 0
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


async def test_what_fails_is_tried_again_under_its_id(own_stores: Stores) -> None:
    planned = await plan(own_stores)
    channel = Recorder(ends=[TryAgain("status 500"), TryAgain("status 429", 900.0)])
    worker = deliverer(own_stores, channel)
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


async def test_it_is_given_up_after_the_last_try(own_stores: Stores) -> None:
    planned = await plan(own_stores)
    tries = len(SCHEDULE_S) + 1
    worker = deliverer(own_stores, Recorder(ends=[TryAgain("no")] * tries))
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


async def test_a_killed_worker_costs_one_repetition(own_stores: Stores) -> None:
    planned = await plan(own_stores)
    claim = load_queries("postgres")["alert_delivery.claim"]
    held = await own_stores.postgres.fetch(claim, *claim.arguments(most=9, lease_s=60.0))
    assert [row["id"] for row in held] == [planned.delivery]
    channel = Recorder()
    worker = deliverer(own_stores, channel)
    assert await worker.deliver_due() == 0
    # Its lease is over.
    await planned.becomes_due()
    assert await worker.deliver_due() == 1
    assert await worker.deliver_due() == 0
    assert [message.id for message, _ in channel.sent] == [planned.delivery]
    assert await planned.attempts() == [(1, None, None), (2, "sent", None)]


async def test_a_try_that_lost_its_lease_does_not_decide(own_stores: Stores) -> None:
    planned = await plan(own_stores)
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Recorder):
        async def send(self, message: Message, destination: Destination) -> str | None:
            begun.set()
            await go_on.wait()
            raise TryAgain("too late")

    slow = asyncio.create_task(deliverer(own_stores, Slow()).deliver_due())
    await begun.wait()
    await planned.becomes_due()
    assert await deliverer(own_stores, Recorder()).deliver_due() == 1
    go_on.set()
    await slow
    assert (await planned.row())["status"] == "sent"
    assert await planned.attempts() == [(1, None, None), (2, "sent", None)]


async def test_ten_workers_send_each_once(own_stores: Stores) -> None:
    planned = [await plan(own_stores) for _ in range(20)]
    channel = Recorder()
    workers = [deliverer(own_stores, channel) for _ in range(10)]
    counts = await asyncio.gather(*(worker.deliver_due(most=5) for worker in workers))
    while await workers[0].deliver_due():
        pass
    assert sum(counts) <= 20
    told = sorted(message.id for message, _ in channel.sent)
    assert told == sorted(each.delivery for each in planned)


async def test_a_channel_that_hangs_is_cut_off(own_stores: Stores) -> None:
    planned = await plan(own_stores)

    class Hanging(Recorder):
        async def send(self, message: Message, destination: Destination) -> str | None:
            await asyncio.Event().wait()
            return None

    await deliverer(own_stores, Hanging(), lease_s=0.2).deliver_due()
    row = await planned.row()
    assert (row["status"], row["error_message"]) == ("failed", "no answer in time")


async def test_who_is_gone_is_not_told_again(own_stores: Stores) -> None:
    planned = await plan(own_stores)
    worker = deliverer(own_stores, Recorder(ends=[Refused("status 410", is_gone=True)]))
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
async def test_what_cannot_be_sent_says_why(own_stores: Stores, made: str, error: str) -> None:
    planned = await plan(own_stores)
    await planned.rows(f"{made} RETURNING id", planned.destination)
    channel = Recorder()
    await deliverer(own_stores, channel).deliver_due()
    row = await planned.row()
    assert (row["status"], row["next_attempt_at"]) == ("failed", None)
    assert error in row["error_message"]
    assert channel.sent == []


async def test_without_a_destination_mail_goes_to_the_account(own_stores: Stores) -> None:
    planned = await plan(own_stores)
    text = """UPDATE alerts.deliveries SET channel = 'email', destination_id = NULL
        WHERE id = $1::uuid RETURNING id"""
    await planned.rows(text, planned.delivery)
    channel = Recorder()
    await deliverer(own_stores, channel).deliver_due()
    ((_, destination),) = channel.sent
    assert destination == Destination(f"{planned.user.hex}@example.org")


async def test_a_rule_that_was_tried_out_is_told_once(own_stores: Stores) -> None:
    planned = await plan(own_stores)
    await planned.rows(
        "DELETE FROM alerts.deliveries WHERE id = $1::uuid RETURNING 1", planned.delivery
    )
    tried = "UPDATE alerts.events SET is_test = true WHERE id = $1::uuid RETURNING 1"
    await planned.rows(tried, planned.event)
    wanted = """UPDATE alerts.events SET notification_channels = '{webhook}'
        WHERE id = $1::uuid RETURNING 1"""
    await planned.rows(wanted, planned.event)
    channel = Recorder()
    workers = [deliverer(own_stores, channel) for _ in range(3)]
    counts = await asyncio.gather(*(worker.deliver_due() for worker in workers))
    assert sum(counts) == 1
    ((message, destination),) = channel.sent
    assert (message.kind, destination.to) == ("alert.test", "https://hook.example.org/x")
    assert await planned.shown() == {"webhook": "sent"}
