"""Profile, settings, consent and wishes, changed by their owner."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from resolvers.context import Viewer
from resolvers.permissions import Tier, scopes_of
from tests.resolvers.account.conftest import PASSWORD, Desk, codes

PROFILE = "user { username firstName lastName displayName avatarUrl dataRetentionDays version }"


async def test_the_viewer_sees_their_account_and_nobody_elses(desk: Desk) -> None:
    person, stranger = await desk.person(first_name="Mary"), await desk.person()
    query = """{ viewer { id userId role tier scopes user { id email firstName role userType
        kycStatus loginCount settings version twoFactorEnabled consentVersion dataRetentionDays
        } } }"""
    viewer = replace(person.viewer, tier=Tier.PRO, scopes=scopes_of(["write"]))
    answer = await desk.ask(query, viewer)
    assert answer.errors == []
    found = answer.data["viewer"]
    global_id = found["user"].pop("id")
    assert found == {
        "id": global_id,
        "userId": str(person.id),
        "role": "USER",
        "tier": "PRO",
        "scopes": ["read", "write"],
        "user": {
            "email": person.email,
            "firstName": "Mary",
            "role": "USER",
            "userType": "RETAIL",
            "kycStatus": "PENDING",
            "loginCount": "0",
            "settings": {},
            "version": 1,
            "twoFactorEnabled": False,
            "consentVersion": None,
            "dataRetentionDays": 90,
        },
    }
    node = "query ($id: ID!) { node(id: $id) { ... on User { email } } }"
    assert (await desk.ask(node, person.viewer, id=global_id)).data["node"] == {
        "email": person.email
    }
    assert (await desk.ask(node, stranger.viewer, id=global_id)).data == {"node": None}
    assert (await desk.ask("{ viewer { userId } }")).data == {"viewer": None}


async def test_a_profile_is_changed_field_by_field(desk: Desk) -> None:
    person = await desk.person(first_name="Mary", last_name="Jones")
    name = f"mary-{secrets.token_hex(4)}"
    found = await desk.change(
        "updateProfile",
        PROFILE,
        person.viewer,
        username=name,
        firstName=None,
        avatarUrl="https://example.org/m.png",
        dataRetentionDays=30,
        expectedVersion=1,
    )
    assert found["userErrors"] == []
    assert found["user"] == {
        "username": name,
        "firstName": None,
        "lastName": "Jones",
        "displayName": None,
        "avatarUrl": "https://example.org/m.png",
        "dataRetentionDays": 30,
        "version": 2,
    }
    late = await desk.change(
        "updateProfile", PROFILE, person.viewer, displayName="M", expectedVersion=1
    )
    assert codes(late) == [("expectedVersion", "CONFLICT")]
    ((changes,),) = await desk.rows(
        "SELECT changes FROM ops.audit_log WHERE actor_user_id = $1", person.id
    )
    assert changes["first_name"] == {"before": "[redacted]", "after": None}
    assert changes["data_retention_days"] == {"before": 90, "after": 30}


async def test_signing_in_does_not_make_a_profile_stale(desk: Desk) -> None:
    person = await desk.person()
    await desk.sign_in(person)
    found = await desk.change(
        "updateProfile", PROFILE, person.viewer, displayName="M", expectedVersion=1
    )
    assert found["userErrors"] == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"username": "a@b"}, ("username", "INVALID")),
        ({"firstName": "x" * 101}, ("firstName", "TOO_LONG")),
        ({"avatarUrl": "http://example.org/a.png"}, ("avatarUrl", "INVALID")),
        ({"avatarUrl": "https://user@example.org/a.png"}, ("avatarUrl", "INVALID")),
        ({"avatarUrl": "javascript:alert(1)"}, ("avatarUrl", "INVALID")),
        ({"dataRetentionDays": 0}, ("dataRetentionDays", "INVALID")),
        ({"dataRetentionDays": None}, ("dataRetentionDays", "REQUIRED")),
    ],
)
async def test_what_a_profile_cannot_hold_is_said(
    desk: Desk, values: dict[str, Any], expected: tuple[str, str]
) -> None:
    person = await desk.person()
    found = await desk.change("updateProfile", PROFILE, person.viewer, **values)
    assert codes(found) == [expected]


async def test_a_user_name_of_another_is_taken(desk: Desk) -> None:
    name = f"mary-{secrets.token_hex(4)}"
    await desk.person(username=name)
    person = await desk.person()
    found = await desk.change("updateProfile", PROFILE, person.viewer, username=name.upper())
    assert codes(found) == [("username", "TAKEN")]


async def test_settings_are_replaced_and_not_logged(desk: Desk) -> None:
    person = await desk.person()
    secret = secrets.token_hex(8)
    settings = {"theme": "dark", "note": secret}
    found = await desk.change(
        "updateSettings", "user { settings version }", person.viewer, settings=settings
    )
    assert found["user"] == {"settings": settings, "version": 2}
    await desk.leaves_no_trace_of(secret)
    for wrong, code in (
        ([1], "INVALID"),
        ({"a": "x" * 40_000}, "TOO_LONG"),
        ({"a": "b\0"}, "INVALID"),
    ):
        found = await desk.change(
            "updateSettings", "user { version }", person.viewer, settings=wrong
        )
        assert ("settings", code) in codes(found)


async def test_consent_is_given_and_taken_back(desk: Desk) -> None:
    person = await desk.person()
    seen = "user { consentVersion consentGivenAt }"
    given = await desk.change("giveConsent", seen, person.viewer, version="2026-01")
    assert given["user"]["consentVersion"] == "2026-01"
    assert given["user"]["consentGivenAt"] is not None
    other = await desk.change("withdrawConsent", seen, person.viewer, version="2025-01")
    assert codes(other) == [("version", "NOT_ALLOWED")]
    assert "consentVersion" in other["userErrors"][0]["message"]
    back = await desk.change("withdrawConsent", seen, person.viewer, version="2026-01")
    assert back["user"] == {"consentVersion": None, "consentGivenAt": None}
    assert await desk.audit(actor=person.id) == [
        ("give_consent", "success"),
        ("withdraw_consent", "success"),
    ]


async def test_another_tier_is_wished_for_once(desk: Desk) -> None:
    person, stranger = await desk.person(), await desk.person()
    wish = {"action": "CHANGE", "tier": "PRO", "billingCycle": "YEARLY", "idempotencyKey": "s1"}
    selection = "replayed subscriptionChange { action tier billingCycle status settledAt }"
    expected = {
        "action": "CHANGE",
        "tier": "PRO",
        "billingCycle": "YEARLY",
        "status": "REQUESTED",
        "settledAt": None,
    }
    for replayed in (False, True):
        found = await desk.change("requestSubscriptionChange", selection, person.viewer, **wish)
        assert found == {
            "replayed": replayed,
            "subscriptionChange": expected,
            "userErrors": [],
        }
    second = await desk.change(
        "requestSubscriptionChange", selection, person.viewer, action="CHANGE", tier="BASIC"
    )
    assert codes(second) == [("", "CONFLICT")]
    query = "{ viewer { subscription { tier } subscriptionChanges { nodes { status } } } }"
    mine, theirs = [await desk.ask(query, who.viewer) for who in (person, stranger)]
    assert mine.data["viewer"] == {
        "subscription": None,
        "subscriptionChanges": {"nodes": [{"status": "REQUESTED"}]},
    }
    assert theirs.data["viewer"]["subscriptionChanges"] == {"nodes": []}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"action": "CHANGE"}, ("tier", "REQUIRED")),
        ({"action": "CHANGE", "tier": "FREE"}, ("tier", "INVALID")),
        ({"action": "CANCEL", "tier": "PRO"}, ("tier", "INVALID")),
        ({"action": "CANCEL"}, ("action", "NOT_ALLOWED")),
        ({"action": "RESUME"}, ("action", "NOT_ALLOWED")),
    ],
)
async def test_wishes_that_make_no_sense_are_refused(
    desk: Desk, values: dict[str, Any], expected: tuple[str, str]
) -> None:
    person = await desk.person()
    found = await desk.change(
        "requestSubscriptionChange", "subscriptionChange { id }", person.viewer, **values
    )
    assert codes(found) == [expected]


async def test_a_running_subscription_can_be_cancelled(desk: Desk) -> None:
    person = await desk.person()
    await desk.worker.postgres.copy_rows(
        "account.subscriptions",
        ("user_id", "provider", "tier", "status", "current_period_end"),
        [(person.id, "stripe", "pro", "active", datetime.now(UTC) + timedelta(days=9))],
    )
    found = await desk.change(
        "requestSubscriptionChange",
        "subscriptionChange { action tier }",
        person.viewer,
        action="CANCEL",
    )
    assert found["subscriptionChange"] == {"action": "CANCEL", "tier": None}
    answer = await desk.ask("{ viewer { subscription { tier status } } }", person.viewer)
    assert answer.data["viewer"]["subscription"] == {"tier": "PRO", "status": "ACTIVE"}


@pytest.mark.parametrize(
    ("name", "selection", "table"),
    [
        ("requestDataExport", "dataExport { status fileUrl }", "ops.export_requests"),
        ("requestErasure", "erasureRequest { status dueAt }", "ops.erasure_requests"),
    ],
)
async def test_exports_and_erasures_are_wished_for_with_the_password(
    desk: Desk, name: str, selection: str, table: str
) -> None:
    person, stranger = await desk.person(), await desk.person()
    for viewer, values, expected in (
        (person.viewer, {}, [("password", "REQUIRED")]),
        (person.viewer, {"password": "wrong password"}, [("password", "INVALID")]),
        (replace(person.viewer, api_key_id=uuid4()), {"password": PASSWORD}, [("", "NOT_ALLOWED")]),
        (person.viewer, {"password": PASSWORD}, []),
        (person.viewer, {"password": PASSWORD}, [("", "CONFLICT")]),
    ):
        found = await desk.change(name, selection, viewer, **values)
        assert codes(found) == expected
    rows = await desk.rows(f"SELECT status::text FROM {table} WHERE user_id = $1", person.id)
    assert [row[0] for row in rows] == ["requested"]
    query = "{ viewer { dataExports { nodes { id } } erasureRequests { nodes { id } } } }"
    theirs = await desk.ask(query, stranger.viewer)
    assert theirs.data["viewer"] == {
        "dataExports": {"nodes": []},
        "erasureRequests": {"nodes": []},
    }
    await desk.leaves_no_trace_of(PASSWORD)


async def test_an_erasure_is_called_off_by_its_owner_until_it_begins(desk: Desk) -> None:
    person, stranger = await desk.person(), await desk.person()
    asked = await desk.change(
        "requestErasure", "erasureRequest { id startedAt }", person.viewer, password=PASSWORD
    )
    wish = asked["erasureRequest"]
    assert wish["startedAt"] is None

    async def cancel(viewer: Viewer) -> tuple[bool | None, list[tuple[str, str]]]:
        found = await desk.change("cancelErasure", "calledOff", viewer, erasureRequestId=wish["id"])
        return found["calledOff"], codes(found)

    assert await cancel(stranger.viewer) == (None, [("erasureRequestId", "NOT_FOUND")])
    state = "UPDATE ops.erasure_requests SET status = $2::text::ops.erasure_status"
    await desk.execute(f"{state} WHERE user_id = $1", person.id, "running")
    assert await cancel(person.viewer) == (None, [("erasureRequestId", "NOT_ALLOWED")])
    await desk.execute(f"{state} WHERE user_id = $1", person.id, "requested")
    assert await cancel(person.viewer) == (True, [])
    assert await cancel(person.viewer) == (None, [("erasureRequestId", "NOT_FOUND")])
    assert ("delete", "success") in await desk.audit(actor=person.id)
    again = await desk.change(
        "requestErasure", "erasureRequest { id }", person.viewer, password=PASSWORD
    )
    assert codes(again) == []
