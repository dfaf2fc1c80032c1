"""What became of deliveries is shown to whom they were for, with what to do about it."""

from __future__ import annotations

from uuid import uuid4

from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.alerts.conftest import Person, add_event, add_rules, global_id
from tests.resolvers.graph import ask, kinds_of_calls

DELIVERIES = """{ alertDeliveries(first: 50) { nodes { status
  digest { attempts { number } }
  attempts { number startedAt finishedAt status errorMessage } } } }"""
BOUNCES = """{ alertMailBounce { reason advice }
  alertDestinations { nodes { label isActive bouncedAt bounceReason advice } } }"""


async def change(worker: Stores, text: str, *values: object) -> None:
    names = tuple(f"p{number}" for number in range(len(values)))
    await worker.postgres.execute(Statement("change", text, names), *values)


async def test_each_try_is_shown_to_whom_it_was_for(
    stores: Stores, worker_stores: Stores, alice: Person, bob: Person
) -> None:
    (rule,) = await add_rules(worker_stores, alice, 1)
    events = [await add_event(worker_stores, alice, rule, number) for number in (1, 2)]
    tried = """INSERT INTO alerts.delivery_attempts (delivery_created_at, delivery_id, number,
            user_id, started_at, finished_at, status, error_message)
        SELECT d.created_at, d.id, t.number, d.user_id, d.created_at,
            CASE WHEN t.status IS NOT NULL THEN d.created_at + interval '1 second' END,
            t.status::alerts.delivery_status, t.error
        FROM alerts.deliveries AS d, (
            VALUES (1, NULL, NULL), (2, 'failed', 'status 503'), (3, 'sent', NULL)
        ) AS t (number, status, error)
        WHERE d.event_id = $1::uuid"""
    await change(worker_stores, tried, events[0])
    carried = """UPDATE alerts.deliveries SET digest_id = (
            SELECT id FROM alerts.deliveries WHERE event_id = $2::uuid
        ) WHERE event_id = ANY ($1::uuid[])"""
    await change(worker_stores, carried, events, events[0])
    own = await ask(stores, DELIVERIES, viewer=alice.viewer)
    assert not own.errors
    first, second = own.data["alertDeliveries"]["nodes"]
    assert [
        (each["number"], each["finishedAt"] is None, each["status"], each["errorMessage"])
        for each in first["attempts"]
    ] == [(1, True, None, None), (2, False, "FAILED", "status 503"), (3, False, "SENT", None)]
    assert second["attempts"] == []
    assert second["digest"] == {"attempts": [{"number": number} for number in (1, 2, 3)]}
    assert kinds_of_calls(own) == ["postgres"] * 4
    foreign = await ask(stores, DELIVERIES, viewer=bob.viewer)
    assert foreign.data == {"alertDeliveries": {"nodes": []}}


async def test_what_came_back_says_what_to_do(
    stores: Stores, worker_stores: Stores, alice: Person, bob: Person
) -> None:
    destination = uuid4()
    await worker_stores.postgres.copy_rows(
        "alerts.destinations",
        ("id", "user_id", "channel", "label", "masked", "ciphertext", "key_version"),
        [(destination, alice.id, "telegram", "Mine", "…0101", b"x", 1)],
    )
    quiet = await ask(stores, BOUNCES, viewer=alice.viewer)
    assert quiet.data == {
        "alertMailBounce": None,
        "alertDestinations": {
            "nodes": [
                {
                    "label": "Mine",
                    "isActive": True,
                    **dict.fromkeys(("bouncedAt", "bounceReason", "advice")),
                }
            ]
        },
    }
    await change(
        worker_stores,
        "UPDATE account.users SET email = $2::text WHERE id = $1::uuid",
        *(alice.id, f"{alice.id.hex}@example.org"),
    )
    await change(
        worker_stores,
        """INSERT INTO alerts.mail_bounces (user_id, email_sha256, reason)
           SELECT id, sha256(convert_to(lower(email), 'UTF8')), 'reply 550' FROM account.users
           WHERE id = $1::uuid""",
        alice.id,
    )
    await change(
        worker_stores,
        """UPDATE alerts.destinations
           SET is_active = false, bounced_at = now(), bounce_reason = 'status 403'
           WHERE id = $1::uuid""",
        destination,
    )
    own = await ask(stores, BOUNCES, viewer=alice.viewer)
    assert own.data["alertMailBounce"]["reason"] == "reply 550"
    assert "addAlertDestination" in own.data["alertMailBounce"]["advice"]
    (node,) = own.data["alertDestinations"]["nodes"]
    assert (node["isActive"], node["bounceReason"]) == (False, "status 403")
    assert "updateAlertDestination" in node["advice"]
    foreign = await ask(stores, BOUNCES, viewer=bob.viewer)
    assert foreign.data == {"alertMailBounce": None, "alertDestinations": {"nodes": []}}
    nobody = await ask(stores, BOUNCES)
    assert set(nobody.data.values()) == {None}
    switch_on = f"""mutation {{ updateAlertDestination(input: {{
        id: "{global_id("AlertDestination", destination)}", expectedVersion: 2, isActive: true
    }}) {{ userErrors {{ code }} alertDestination {{ isActive bouncedAt advice }} }} }}"""
    again = await ask(stores, switch_on, viewer=alice.viewer)
    assert again.data["updateAlertDestination"] == {
        "userErrors": [],
        "alertDestination": {"isActive": True, "bouncedAt": None, "advice": None},
    }
