"""API keys: shown once, never more than their maker, gone at once."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.account.types import ApiKey
from resolvers.context import Viewer
from resolvers.ids import encode_id
from resolvers.permissions import scopes_of
from resolvers.reflection import entity_of
from tests.resolvers.account.conftest import Desk, Person, codes

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MADE = "replayed key apiKey { id keyPrefix name scopes allowedNetworks expiresAt isActive }"


def global_id(key: UUID) -> str:
    return encode_id(entity_of(ApiKey), key)


async def stored(desk: Desk, person: Person) -> list[Any]:
    return await desk.rows(
        "SELECT id, key_hash, is_active, revoked_reason FROM account.api_keys WHERE user_id = $1"
        " ORDER BY created_at, id",
        person.id,
    )


def limited(person: Person, key: UUID, *scopes: str) -> Viewer:
    """The person, with an API key."""
    return replace(person.viewer, api_key_id=key, scopes=scopes_of(scopes))


async def test_a_key_is_shown_once_and_kept_as_its_digest(desk: Desk) -> None:
    desk.now = NOW
    person = await desk.person()
    wish = {
        "name": "Bot",
        "scopes": ["WRITE", "READ"],
        "allowedNetworks": ["203.0.113.7", "2001:db8::/32"],
        "expiresAt": "2026-06-01T00:00:00Z",
        "idempotencyKey": "k1",
    }
    made = await desk.change("createApiKey", MADE, person.viewer, **wish)
    assert made["userErrors"] == []
    key = made["key"]
    assert key.startswith(made["apiKey"]["keyPrefix"])
    assert {name: made["apiKey"][name] for name in ("name", "scopes", "expiresAt", "isActive")} == {
        "name": "Bot",
        "scopes": ["read", "write"],
        "expiresAt": "2026-06-01T00:00:00Z",
        "isActive": True,
    }
    assert made["apiKey"]["allowedNetworks"] == ["203.0.113.7/32", "2001:db8::/32"]
    again = await desk.change("createApiKey", MADE, person.viewer, **wish)
    assert (again["replayed"], again["key"]) == (True, None)
    assert again["apiKey"] == made["apiKey"]
    ((_, digest, active, _),) = await stored(desk, person)
    assert digest == hashlib.sha256(key.encode()).digest()
    assert active
    assert await desk.audit(actor=person.id) == [("create", "success")]
    await desk.leaves_no_trace_of(key)
    answer = await desk.ask(
        "{ viewer { apiKeys { nodes { id keyPrefix name usageCount lastUsedAt } } } }",
        person.viewer,
    )
    assert answer.data["viewer"]["apiKeys"]["nodes"] == [
        {
            "id": made["apiKey"]["id"],
            "keyPrefix": key[:10],
            "name": "Bot",
            "usageCount": "0",
            "lastUsedAt": None,
        }
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"name": " "}, [("name", "REQUIRED")]),
        ({"scopes": []}, [("scopes", "REQUIRED")]),
        ({"scopes": ["ADMIN"]}, [("scopes", "NOT_ALLOWED")]),
        ({"allowedNetworks": []}, [("allowedNetworks", "REQUIRED")]),
        ({"allowedNetworks": ["::1", "example.org"]}, [("allowedNetworks.1", "INVALID")]),
        ({"allowedNetworks": ["10.0.0.1/8"]}, [("allowedNetworks.0", "INVALID")]),
        ({"expiresAt": "2026-03-01T11:59:59Z"}, [("expiresAt", "INVALID")]),
        ({"expiresAt": "2046-03-01T00:00:00Z"}, [("expiresAt", "INVALID")]),
        ({"rateLimitPerHour": -1}, [("rateLimitPerHour", "INVALID")]),
    ],
)
async def test_what_is_wrong_is_said_by_field(
    desk: Desk, values: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    desk.now = NOW
    person = await desk.person()
    made = await desk.change("createApiKey", MADE, person.viewer, **{"name": "Bot", **values})
    assert codes(made) == expected
    assert (made["key"], made["apiKey"]) == (None, None)
    assert await stored(desk, person) == []


async def test_an_operator_may_give_away_what_is_for_operators(desk: Desk) -> None:
    person = await desk.person()
    admin = replace(person.viewer, role="admin")
    made = await desk.change("createApiKey", MADE, admin, name="Bot", scopes=["ADMIN"])
    assert made["apiKey"]["scopes"] == ["admin"]


async def test_a_key_makes_none_that_may_do_more(desk: Desk) -> None:
    desk.now = NOW
    person = await desk.person()
    own = await desk.change(
        "createApiKey",
        MADE,
        person.viewer,
        name="Mother",
        scopes=["WRITE"],
        allowedNetworks=["203.0.113.0/24"],
        expiresAt="2026-06-01T00:00:00Z",
    )
    assert own["userErrors"] == []
    ((key_id, *_),) = await stored(desk, person)
    viewer = limited(person, key_id, "write")
    inside = {"allowedNetworks": ["203.0.113.7"], "expiresAt": "2026-05-01T00:00:00Z"}
    for values, expected in (
        ({**inside, "scopes": ["ADMIN"]}, [("scopes", "NOT_ALLOWED")]),
        ({**inside, "expiresAt": None}, [("expiresAt", "NOT_ALLOWED")]),
        ({**inside, "expiresAt": "2026-06-02T00:00:00Z"}, [("expiresAt", "NOT_ALLOWED")]),
        ({**inside, "allowedNetworks": None}, [("allowedNetworks", "NOT_ALLOWED")]),
        ({**inside, "allowedNetworks": ["203.0.112.0/23"]}, [("allowedNetworks", "NOT_ALLOWED")]),
        ({**inside, "allowedNetworks": ["::/0"]}, [("allowedNetworks", "NOT_ALLOWED")]),
        (inside, []),
    ):
        made = await desk.change("createApiKey", MADE, viewer, name="Daughter", **values)
        assert codes(made) == expected, values
    reader = limited(person, key_id, "read")
    answer = await desk.attempt("createApiKey", MADE, reader, name="x")
    assert answer.codes == [("createApiKey", "FORBIDDEN")]
    assert len(await stored(desk, person)) == 2


async def test_a_narrow_key_does_not_replace_a_wider_one(desk: Desk) -> None:
    person = await desk.person()
    for name, network in (("Wide", None), ("Narrow", ["203.0.113.7"])):
        made = await desk.change(
            "createApiKey",
            MADE,
            person.viewer,
            name=name,
            scopes=["WRITE"],
            allowedNetworks=network,
        )
        assert made["userErrors"] == []
    (wide, *_), (narrow, *_) = await stored(desk, person)
    viewer = limited(person, narrow, "write")
    refused = await desk.change("rotateApiKey", MADE, viewer, id=global_id(wide))
    assert codes(refused) == [("allowedNetworks", "NOT_ALLOWED")]
    good = await desk.change("rotateApiKey", MADE, viewer, id=global_id(narrow))
    assert codes(good) == []
    assert [row[2] for row in await stored(desk, person)] == [True, False, True]


async def test_a_rotated_key_may_do_the_same_and_the_old_one_is_gone(desk: Desk) -> None:
    desk.now = NOW
    person = await desk.person()
    old = await desk.change(
        "createApiKey", MADE, person.viewer, name="Bot", scopes=["WRITE"], rateLimitPerDay=7
    )
    wish = {"id": old["apiKey"]["id"], "idempotencyKey": "r1"}
    new = await desk.change("rotateApiKey", MADE, person.viewer, **wish)
    assert new["userErrors"] == []
    assert new["key"] != old["key"]
    assert {**new["apiKey"], "id": "", "keyPrefix": ""} == {
        **old["apiKey"],
        "id": "",
        "keyPrefix": "",
    }
    replayed = await desk.change("rotateApiKey", MADE, person.viewer, **wish)
    assert (replayed["replayed"], replayed["key"]) == (True, None)
    rows = await stored(desk, person)
    assert [(row[2], row[3]) for row in rows] == [(False, "rotated"), (True, None)]
    again = await desk.change("rotateApiKey", MADE, person.viewer, id=old["apiKey"]["id"])
    assert codes(again) == [("id", "NOT_ALLOWED")]
    await desk.leaves_no_trace_of(old["key"], new["key"])


async def test_a_revoked_key_stays_revoked(desk: Desk) -> None:
    person = await desk.person()
    made = await desk.change("createApiKey", MADE, person.viewer, name="Bot")
    key = made["apiKey"]["id"]
    selection = "apiKey { isActive revokedReason revokedAt }"
    first = await desk.change("revokeApiKey", selection, person.viewer, id=key, reason="Lost")
    assert first["apiKey"]["revokedReason"] == "Lost"
    assert first["apiKey"]["isActive"] is False
    second = await desk.change("revokeApiKey", selection, person.viewer, id=key, reason="Again")
    assert second == first
    assert await desk.audit(actor=person.id) == [("create", "success"), ("update", "success")]


async def test_keys_of_others_are_as_if_they_were_not(desk: Desk) -> None:
    person, stranger = await desk.person(), await desk.person()
    made = await desk.change("createApiKey", MADE, person.viewer, name="Bot")
    for name in ("rotateApiKey", "revokeApiKey"):
        theirs, nothing = [
            await desk.attempt(name, "apiKey { id }", stranger.viewer, id=key)
            for key in (made["apiKey"]["id"], global_id(uuid4()))
        ]
        assert theirs.data == nothing.data
        assert theirs.statements == nothing.statements
        assert codes(theirs.data[name]) == [("id", "NOT_FOUND")]
    answer = await desk.ask(
        "query ($id: ID!) { node(id: $id) { id } viewer { apiKeys { nodes { id } } } }",
        stranger.viewer,
        id=made["apiKey"]["id"],
    )
    assert answer.data == {"node": None, "viewer": {"apiKeys": {"nodes": []}}}
    assert [(row[2], row[3]) for row in await stored(desk, person)] == [(True, None)]


async def test_there_is_an_end_to_how_many_keys_work(desk: Desk) -> None:
    person = await desk.person()
    past = datetime.now(UTC) - timedelta(days=1)
    rows = [
        (person.id, f"ogk_{number:04}", hashlib.sha256(uuid4().bytes).digest(), "k", expires)
        for number, expires in enumerate([None] * 49 + [past])
    ]
    await desk.worker.postgres.copy_rows(
        "account.api_keys", ("user_id", "key_prefix", "key_hash", "name", "expires_at"), rows
    )
    assert codes(await desk.change("createApiKey", MADE, person.viewer, name="Last")) == []
    found = await desk.change("createApiKey", MADE, person.viewer, name="Too many")
    assert codes(found) == [("", "LIMIT_REACHED")]
