"""Too much at once goes as one, and what comes back is not sent there again."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from gateway.alerts.delivering import SINGLY
from gateway.alerts.outcome import Refused, TryAgain
from gateway.alerts.posting import Poster
from gateway.alerts.webhook import Webhook
from stores.lifecycle import Stores
from stores.queries import Statement, load_queries
from tests.gateway.alerts.conftest import Provider
from tests.gateway.alerts.planned import Planned, Recorder, deliverer, plan, plan_more

WAITING = """SELECT id, digest_id, status::text,
        extract(epoch FROM next_attempt_at - now()) AS wait_s
    FROM alerts.deliveries WHERE user_id = $1::uuid ORDER BY created_at, id"""
RECIPIENTS = """SELECT channel::text, masked FROM alerts.recipients
    WHERE user_id = $1::uuid ORDER BY channel"""


@pytest.fixture(autouse=True)
async def nothing_due(own_stores: Stores) -> None:
    """What other tests planned is not sent by these."""
    text = "UPDATE alerts.deliveries SET next_attempt_at = NULL WHERE next_attempt_at IS NOT NULL"
    await own_stores.postgres.execute(Statement("clear", text))


async def carrier(planned: Planned) -> UUID:
    """The one delivery that waits to carry others."""
    rows = await planned.rows(WAITING, planned.user)
    (open_,) = {row["digest_id"] for row in rows if row["digest_id"] and row["status"] == "pending"}
    assert isinstance(open_, UUID)
    return open_


def ids_of(messages: list[Any]) -> list[str]:
    """Deliveries that messages tell of."""
    found = []
    for message, _ in messages:
        carried = message.facts.get("alerts")
        found += [each["delivery_id"] for each in carried] if carried else [str(message.id)]
    return found


async def test_too_many_within_a_minute_become_one(own_stores: Stores) -> None:
    planned = await plan(own_stores)
    other = await plan(own_stores)
    more = await plan_more(planned, SINGLY + 14)
    channel = Recorder()
    worker = deliverer(own_stores, channel)
    assert await worker.deliver_due(most=100) == SINGLY + 1
    assert Counter(message.kind for message, _ in channel.sent) == {"alert.triggered": SINGLY + 1}
    assert other.delivery in {message.id for message, _ in channel.sent}
    rows = await planned.rows(WAITING, planned.user)
    assert [row["status"] for row in rows] == ["sent"] * SINGLY + ["pending"] * 15
    assert {row["digest_id"] for row in rows[SINGLY:]} == {more[SINGLY - 1]}
    assert 50 < rows[SINGLY]["wait_s"] <= 60
    assert {row["wait_s"] for row in rows[SINGLY + 1 :]} == {None}
    # What fires meanwhile joins, and overtakes nothing.
    (late,) = await plan_more(planned, 1)
    assert await worker.deliver_due() == 0
    await planned.becomes_due(await carrier(planned))
    assert await worker.deliver_due() == 1
    digest = channel.sent[-1][0]
    assert (digest.id, digest.kind, digest.title) == (more[SINGLY - 1], "alert.digest", "16 alerts")
    assert digest.facts["count"] == 16
    assert digest.facts["alerts"][0]["message"] == f"It is {SINGLY}"
    assert digest.text.splitlines()[0].endswith(f" UTC Low: It is {SINGLY}")
    assert len(digest.text.splitlines()) == 16
    told = ids_of(channel.sent)
    assert sorted(told) == sorted(
        str(each) for each in (planned.delivery, other.delivery, *more, late)
    )
    rows = await planned.rows(WAITING, planned.user)
    assert {row["status"] for row in rows} == {"sent"}
    shown = "SELECT DISTINCT delivery_status FROM alerts.events WHERE user_id = $1::uuid"
    assert [row[0] for row in await planned.rows(shown, planned.user)] == [{"webhook": "sent"}]


async def test_a_digest_is_the_same_when_it_is_sent_again(
    own_stores: Stores, provider: Provider, poster: Poster
) -> None:
    planned = await plan(own_stores, f"{provider.url}/hook")
    await plan_more(planned, SINGLY + 2)
    worker = deliverer(own_stores, Webhook(poster))
    await worker.deliver_due()
    digest = await carrier(planned)
    provider.will_answer(503)
    await planned.becomes_due(digest)
    await worker.deliver_due()
    rows = await planned.rows(WAITING, planned.user)
    assert Counter(row["status"] for row in rows) == {"sent": SINGLY, "failed": 3}
    # Another one comes too late for it.
    await plan_more(planned, 1)
    await worker.deliver_due()
    await planned.becomes_due(digest)
    await worker.deliver_due()
    first, again = [each for each in provider.received if each.json["type"] == "alert.digest"]
    assert first.headers["webhook-id"] == again.headers["webhook-id"] == str(digest)
    assert first.body == again.body
    assert [each["message"] for each in again.json["data"]["alerts"]] == [
        f"It is {number}" for number in (SINGLY, SINGLY + 1, SINGLY + 2)
    ]


async def test_one_too_many_comes_a_minute_later_as_it_is(own_stores: Stores) -> None:
    planned = await plan(own_stores)
    *_, last = await plan_more(planned, SINGLY)
    channel = Recorder()
    worker = deliverer(own_stores, channel)
    assert await worker.deliver_due() == SINGLY
    await planned.becomes_due(await carrier(planned))
    await worker.deliver_due()
    message = channel.sent[-1][0]
    assert (message.id, message.kind, message.title) == (last, "alert.triggered", "Low")


async def test_a_digest_holds_so_many_and_no_more(own_stores: Stores) -> None:
    planned = await plan(own_stores)
    gather = load_queries("postgres")["alert_delivery.gather"]
    values = gather.arguments(singly=1, fits=3, most=100)
    groups = []
    for count in (4, 3, 2):
        await plan_more(planned, count)
        await own_stores.postgres.execute(gather, *values)
        rows = await planned.rows(WAITING, planned.user)
        groups.append(sorted(Counter(row["digest_id"] for row in rows).values()))
    # The first goes by itself; a digest that is open fills up first.
    assert groups == [[1, 1, 3], [1, 1, 3, 3], [1, 3, 3, 3]]


async def test_ten_workers_send_no_more_singly_than_one(own_stores: Stores) -> None:
    planned = await plan(own_stores)
    more = await plan_more(planned, 39)
    channel = Recorder()
    workers = [deliverer(own_stores, channel) for _ in range(10)]
    counts = await asyncio.gather(*(worker.deliver_due(most=3) for worker in workers))
    while sent := await workers[0].deliver_due():
        counts.append(sent)
    assert sum(counts) == SINGLY
    await planned.becomes_due(await carrier(planned))
    await asyncio.gather(*(worker.deliver_due() for worker in workers))
    assert sorted(ids_of(channel.sent)) == sorted(map(str, (planned.delivery, *more)))


async def test_a_place_that_sends_back_is_not_used_until_it_is_switched_on(
    own_stores: Stores,
) -> None:
    planned = await plan(own_stores)
    await plan_more(planned, 1)
    channel = Recorder(ends=[Refused("reply 550", is_gone=True)])
    worker = deliverer(own_stores, channel)
    await worker.deliver_due(most=1)
    text = """SELECT is_active, bounced_at IS NOT NULL AS bounced, bounce_reason
        FROM alerts.destinations WHERE id = $1::uuid"""
    assert [tuple(row) for row in await planned.rows(text, planned.destination)] == [
        (False, True, "reply 550")
    ]
    assert await planned.rows(RECIPIENTS, planned.user) == []
    # What was planned before is not sent there either.
    await worker.deliver_due()
    assert len(channel.sent) == 1
    rows = await planned.rows(WAITING, planned.user)
    assert [row["status"] for row in rows] == ["bounced", "failed"]
    on = "UPDATE alerts.destinations SET is_active = true WHERE id = $1::uuid RETURNING 1"
    await planned.rows(on, planned.destination)
    assert [tuple(row) for row in await planned.rows(text, planned.destination)] == [
        (True, False, None)
    ]


async def test_a_mail_address_of_an_account_that_sends_back_is_not_used(own_stores: Stores) -> None:
    planned = await plan(own_stores)
    verified = "UPDATE account.users SET email_verified_at = now() WHERE id = $1::uuid RETURNING 1"
    await planned.rows(verified, planned.user)
    to_account = """UPDATE alerts.deliveries SET channel = 'email', destination_id = NULL
        WHERE id = $1::uuid RETURNING 1"""
    await planned.rows(to_account, planned.delivery)
    channels = ["email", "webhook"]
    assert [row["channel"] for row in await planned.rows(RECIPIENTS, planned.user)] == channels
    worker = deliverer(own_stores, Recorder(ends=[Refused("reply 550", is_gone=True)]))
    await worker.deliver_due()
    assert (await planned.row())["status"] == "bounced"
    assert [row["channel"] for row in await planned.rows(RECIPIENTS, planned.user)] == ["webhook"]
    other = "UPDATE account.users SET email = 'new' || email WHERE id = $1::uuid RETURNING 1"
    await planned.rows(other, planned.user)
    assert [row["channel"] for row in await planned.rows(RECIPIENTS, planned.user)] == channels


async def test_a_slow_receiver_keeps_nobody_waiting(own_stores: Stores) -> None:
    slow, quick = await plan(own_stores), await plan(own_stores)
    stop, due, go_on, told = (asyncio.Event() for _ in range(4))

    class Uneven(Recorder):
        async def send(self, message: Any, destination: Any) -> str | None:
            key = await super().send(message, destination)
            if message.id == slow.delivery:
                await go_on.wait()
                raise TryAgain("too slow")
            told.set()
            return key

    running = asyncio.create_task(deliverer(own_stores, Uneven()).run(stop, due))
    await asyncio.wait_for(told.wait(), 20)
    told.clear()
    later = await plan(own_stores)
    due.set()
    await asyncio.wait_for(told.wait(), 20)
    stop.set()
    go_on.set()
    await asyncio.wait_for(running, 20)
    assert [(await each.row())["status"] for each in (slow, quick, later)] == [
        *("failed", "sent", "sent")
    ]
