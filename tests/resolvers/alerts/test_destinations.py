"""Destinations are sealed when they are added; nothing of them comes back but the last letters."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from resolvers.account.secrets import Sealed, SecretLost
from resolvers.account.service import Accounts
from resolvers.alerts.destination import LONGEST, MAX_DESTINATIONS, PURPOSE, masked
from resolvers.alerts.destination_mutations import owner_of
from resolvers.permissions import scopes_of
from stores.lifecycle import Stores
from stores.urls import StoreUrls
from tests.resolvers.alerts.conftest import (
    KEYS,
    Person,
    audit_of,
    change,
    errors_of,
    global_id,
    outbox_of,
    rows_of,
)

_OF = "SELECT * FROM alerts.destinations WHERE user_id = $1::uuid ORDER BY created_at, id"
FIELDS = "alertDestination { id channel label masked isActive version } replayed signingSecret"
GOOD = {
    "EMAIL": "somebody@example.org",
    "WEBHOOK": "https://hooks.example.org/a/b?c=d",
    "TELEGRAM": "-1001234567890",
    "DISCORD": "https://discord.com/api/webhooks/123456789012345678/" + "Ab-_" * 17,
    "SMS": "+4930123456",
    "PUSH": "token:of-a_device.123456",
}


def wish(channel: str = "EMAIL", **changed: Any) -> dict[str, Any]:
    """A good destination, with some values changed."""
    return {"channel": channel, "label": " Mine ", "destination": GOOD[channel], **changed}


@pytest.mark.parametrize("channel", GOOD)
async def test_a_destination_is_sealed_and_masked(
    stores: Stores, worker_stores: Stores, alice: Person, accounts: Accounts, channel: str
) -> None:
    answer = await change(
        stores,
        "addAlertDestination",
        alice.viewer,
        wish(channel),
        fields=FIELDS,
        accounts=accounts,
    )
    assert errors_of(answer) == []
    made = answer.data["addAlertDestination"]
    (row,) = await rows_of(worker_stores, _OF, alice.id)
    assert made["alertDestination"] == {
        "id": global_id("AlertDestination", row["id"]),
        "channel": channel,
        "label": "Mine",
        "masked": "…" + GOOD[channel][-4:],
        "isActive": True,
        "version": 1,
    }
    assert row["key_version"] == 3
    sealed = Sealed(bytes(row["ciphertext"]), row["key_version"])
    opened = json.loads(KEYS.open(sealed, purpose=PURPOSE, owner=owner_of(row["id"], alice.id)))
    assert opened == {"to": GOOD[channel], "signing_secret": made["signingSecret"]}
    assert (made["signingSecret"] is not None) is (channel == "WEBHOOK")
    for other in (owner_of(row["id"], uuid4()), owner_of(uuid4(), alice.id)):
        with pytest.raises(SecretLost):
            KEYS.open(sealed, purpose=PURPOSE, owner=other)
    (entry,) = await audit_of(worker_stores, row["id"])
    outbox = "SELECT payload FROM ops.outbox WHERE aggregate_id = $1::text"
    (told,) = await rows_of(worker_stores, outbox, str(row["id"]))
    kept = str(dict(entry)) + str(dict(told)) + str(dict(row))
    assert GOOD[channel] not in kept
    assert str(made["signingSecret"]) not in kept or made["signingSecret"] is None


@pytest.mark.parametrize(
    ("channel", "destination"),
    [
        ("EMAIL", "somebody"),
        ("EMAIL", "a b@example.org"),
        ("EMAIL", "a@b@example.org"),
        ("EMAIL", "x" * 320 + "@example.org"),
        ("WEBHOOK", "http://hooks.example.org/"),
        ("WEBHOOK", "https://user:word@hooks.example.org/"),
        ("WEBHOOK", "https://localhost/"),
        ("WEBHOOK", "https://db.internal/"),
        ("WEBHOOK", "https://127.0.0.1/"),
        ("WEBHOOK", "https://8.8.8.8/"),
        ("WEBHOOK", "https://[::1]/"),
        ("WEBHOOK", "https://[::ffff:10.0.0.1]/"),
        ("WEBHOOK", "https://2130706433/"),
        ("WEBHOOK", "https://0x7f.1/"),
        ("WEBHOOK", "https://hooks.example.org:99999/"),
        ("WEBHOOK", "https://hooks.example.org\\@10.0.0.1/"),
        ("WEBHOOK", "file:///etc/passwd"),
        ("TELEGRAM", "@x"),
        ("TELEGRAM", "12 34"),
        ("DISCORD", "https://discord.example.org/api/webhooks/123456/" + "a" * 68),
        ("DISCORD", "https://evil.org/?https://discord.com/api/webhooks/123456/" + "a" * 68),
        ("SMS", "030 123456"),
        ("PUSH", "short"),
    ],
)
async def test_what_cannot_be_a_destination_is_refused(
    stores: Stores,
    worker_stores: Stores,
    alice: Person,
    accounts: Accounts,
    channel: str,
    destination: str,
) -> None:
    answer = await change(
        stores,
        "addAlertDestination",
        alice.viewer,
        wish(channel, destination=destination),
        accounts=accounts,
    )
    assert errors_of(answer) == [(["destination"], "INVALID")]
    assert destination not in str(answer.data)
    assert answer.statements == []
    assert await rows_of(worker_stores, _OF, alice.id) == []


async def test_labels_and_lengths_have_bounds(
    stores: Stores, alice: Person, accounts: Accounts
) -> None:
    given = wish(label="x" * 101, destination="x" * (LONGEST + 1))
    answer = await change(stores, "addAlertDestination", alice.viewer, given, accounts=accounts)
    assert errors_of(answer) == [(["label"], "TOO_LONG"), (["destination"], "TOO_LONG")]


def test_short_ones_show_less() -> None:
    assert (masked("12345678"), masked("1234567"), masked("@abc")) == ("…5678", "…67", "…bc")


async def test_without_keys_nothing_is_kept(
    stores: Stores, worker_stores: Stores, alice: Person, accounts: Accounts
) -> None:
    bare = replace(accounts, secrets=None)
    answer = await change(stores, "addAlertDestination", alice.viewer, wish(), accounts=bare)
    assert answer.codes == [("addAlertDestination", "STORE_UNAVAILABLE")]
    assert await rows_of(worker_stores, _OF, alice.id) == []


async def test_a_wish_sent_again_adds_no_second_one_and_shows_no_secret(
    stores: Stores, worker_stores: Stores, alice: Person, accounts: Accounts
) -> None:
    given = wish("WEBHOOK", idempotencyKey="d")
    first, second = [
        await change(
            stores, "addAlertDestination", alice.viewer, given, fields=FIELDS, accounts=accounts
        )
        for _ in range(2)
    ]
    assert first.data["addAlertDestination"]["signingSecret"].startswith("whsec_")
    assert second.data["addAlertDestination"] == {
        **first.data["addAlertDestination"],
        "replayed": True,
        "signingSecret": None,
    }
    assert len(await rows_of(worker_stores, _OF, alice.id)) == 1
    kept = await rows_of(
        worker_stores, "SELECT * FROM ops.idempotency_keys WHERE user_id = $1::uuid", alice.id
    )
    assert first.data["addAlertDestination"]["signingSecret"] not in str([dict(r) for r in kept])


async def _added(stores: Stores, owner: Person, accounts: Accounts) -> str:
    answer = await change(
        stores, "addAlertDestination", owner.viewer, wish(), fields=FIELDS, accounts=accounts
    )
    found: str = answer.data["addAlertDestination"]["alertDestination"]["id"]
    return found


async def test_a_destination_is_renamed_switched_off_and_removed(
    stores: Stores, worker_stores: Stores, alice: Person, accounts: Accounts
) -> None:
    id_ = await _added(stores, alice, accounts)
    (before,) = await rows_of(worker_stores, _OF, alice.id)
    answer = await change(
        stores,
        "updateAlertDestination",
        alice.viewer,
        {"id": id_, "label": "Other", "isActive": False, "expectedVersion": 1},
        fields="alertDestination { label isActive masked version }",
    )
    assert answer.data["updateAlertDestination"] == {
        "userErrors": [],
        "alertDestination": {
            "label": "Other",
            "isActive": False,
            "masked": "….org",
            "version": 2,
        },
    }
    (after,) = await rows_of(worker_stores, _OF, alice.id)
    assert after["ciphertext"] == before["ciphertext"]
    for name in ("updateAlertDestination", "removeAlertDestination"):
        stale = await change(stores, name, alice.viewer, {"id": id_, "expectedVersion": 1})
        assert errors_of(stale) == [(["expectedVersion"], "CONFLICT")]
    removed = await change(
        stores, "removeAlertDestination", alice.viewer, {"id": id_}, fields="removedId"
    )
    assert removed.data["removeAlertDestination"] == {"userErrors": [], "removedId": id_}
    assert await rows_of(worker_stores, _OF, alice.id) == []
    events = [event for _, event in await outbox_of(worker_stores, before["id"])]
    assert events == ["created", "updated", "deleted"]
    again = await change(stores, "removeAlertDestination", alice.viewer, {"id": id_})
    assert errors_of(again) == [(["id"], "NOT_FOUND")]


@pytest.mark.parametrize("name", ["updateAlertDestination", "removeAlertDestination"])
async def test_a_strangers_destination_is_one_that_never_was(
    stores: Stores,
    worker_stores: Stores,
    alice: Person,
    bob: Person,
    accounts: Accounts,
    name: str,
) -> None:
    id_ = await _added(stores, alice, accounts)
    before = await rows_of(worker_stores, _OF, alice.id)
    foreign = await change(stores, name, bob.viewer, {"id": id_})
    absent = await change(stores, name, bob.viewer, {"id": global_id("AlertDestination", uuid4())})
    assert errors_of(foreign) == [(["id"], "NOT_FOUND")]
    assert (foreign.data, foreign.statements) == (absent.data, absent.statements)
    nobody = await change(stores, name, None, {"id": id_})
    assert nobody.codes == [(name, "UNAUTHENTICATED")]
    reader = replace(alice.viewer, scopes=scopes_of(["read"]))
    assert (await change(stores, name, reader, {"id": id_})).codes == [(name, "FORBIDDEN")]
    assert await rows_of(worker_stores, _OF, alice.id) == before


async def test_nobody_adds_a_destination(stores: Stores, alice: Person, accounts: Accounts) -> None:
    nobody = await change(stores, "addAlertDestination", None, wish(), accounts=accounts)
    assert nobody.codes == [("addAlertDestination", "UNAUTHENTICATED")]
    assert nobody.statements == []


async def test_there_is_an_end_to_destinations(
    stores: Stores, worker_stores: Stores, alice: Person, accounts: Accounts
) -> None:
    rows = [(uuid4(), alice.id, "sms", str(n), "…1234", b"x", 1) for n in range(MAX_DESTINATIONS)]
    columns = ("id", "user_id", "channel", "label", "masked", "ciphertext", "key_version")
    await worker_stores.postgres.copy_rows("alerts.destinations", columns, rows)
    answer = await change(stores, "addAlertDestination", alice.viewer, wish(), accounts=accounts)
    assert errors_of(answer) == [([], "LIMIT_REACHED")]


async def test_the_gateway_cannot_read_a_sealed_destination(
    stores: Stores, alice: Person, accounts: Accounts, store_urls: StoreUrls
) -> None:
    await _added(stores, alice, accounts)
    gateway = await asyncpg.connect(store_urls.postgres)
    try:
        async with gateway.transaction():
            await _act_for(gateway, alice.id)
            assert await gateway.fetchval("SELECT count(id) FROM alerts.destinations") == 1
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await gateway.fetch("SELECT ciphertext FROM alerts.destinations")
    finally:
        await gateway.close()


async def _act_for(gateway: asyncpg.Connection, user: UUID) -> None:
    await gateway.execute("SELECT set_config('app.current_user_id', $1, true)", str(user))
