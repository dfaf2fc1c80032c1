"""Signing up, in and out with a password."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from resolvers.account.passwords import PasswordCost, Passwords
from resolvers.account.types import Session
from resolvers.context import KnownClient, RequestContext, Viewer
from resolvers.ids import encode_id
from resolvers.reflection import entity_of
from stores.errors import StoreUnavailable
from stores.redis.client import Redis
from tests.resolvers.account.conftest import LOGIN, PASSWORD, Desk, codes
from tests.resolvers.graph import ask

NOBODY: dict[str, Any] = {
    "sessionToken": None,
    "refreshToken": None,
    "expiresAt": None,
    "refreshExpiresAt": None,
    "secondFactorRequired": None,
}
WRONG = {
    **NOBODY,
    "userErrors": [
        {
            "field": [],
            "code": "INVALID",
            "message": "The name, the password or the code is wrong. Check them and try again.",
        }
    ],
}


def fresh_email() -> str:
    return f"new.{secrets.token_hex(6)}@example.org"


async def test_who_signs_up_can_sign_in(desk: Desk) -> None:
    email, name = fresh_email(), f"mary-{secrets.token_hex(4)}"
    made = await desk.change(
        "signUp",
        "accepted",
        email=f" {email} ",
        password=PASSWORD,
        username=name,
        displayName="Mary",
        consentVersion="2026-01",
    )
    assert made == {"accepted": True, "userErrors": []}
    ((user_id, hashed, consent, given),) = await desk.rows(
        "SELECT id, password_hash, consent_version, consent_given_at FROM account.users"
        " WHERE email = $1",
        email,
    )
    assert hashed.startswith("$argon2id$")
    assert (consent, given is not None) == ("2026-01", True)
    for who in (email.upper(), name.upper()):
        found = await desk.change("login", LOGIN, name=who, password=PASSWORD)
        assert found["userErrors"] == []
        assert found["sessionToken"].startswith("ogs_")
        assert found["refreshToken"].startswith("ogr_")
        assert found["secondFactorRequired"] is False
    assert await desk.audit(resource=user_id) == [("sign_up", "success")]
    assert [row[0] for row in await desk.audit(actor=user_id)] == ["login", "login"]
    await desk.leaves_no_trace_of(PASSWORD, hashed, email, found["sessionToken"])


async def test_a_known_address_gives_the_same_answer_and_changes_nothing(desk: Desk) -> None:
    person = await desk.person()
    ((before,),) = await desk.rows(
        "SELECT u::text FROM account.users AS u WHERE id = $1", person.id
    )
    known, new = [
        await desk.attempt("signUp", "accepted", email=email, password="another long password")
        for email in (person.email.lower(), fresh_email())
    ]
    assert known.data == new.data == {"signUp": {"accepted": True, "userErrors": []}}
    assert known.statements == new.statements
    ((after,),) = await desk.rows("SELECT u::text FROM account.users AS u WHERE id = $1", person.id)
    assert after == before
    found = await desk.change("login", LOGIN, name=person.email, password="another long password")
    assert found == WRONG
    told = await desk.rows(
        "SELECT event FROM ops.outbox WHERE aggregate = 'account.users' AND aggregate_id = $1",
        str(person.id),
    )
    assert [row[0] for row in told] == ["sign_up_repeated"]


async def test_of_two_who_sign_up_at_once_one_has_the_account(desk: Desk) -> None:
    email = fresh_email()
    found = await asyncio.gather(
        *(desk.change("signUp", "accepted", email=email, password=PASSWORD) for _ in range(4))
    )
    assert found == [{"accepted": True, "userErrors": []}] * 4
    assert len(await desk.rows("SELECT 1 FROM account.users WHERE email = $1", email)) == 1


async def test_a_user_name_is_taken_once(desk: Desk) -> None:
    name = f"mary-{secrets.token_hex(4)}"
    for email, expected in ((fresh_email(), []), (fresh_email(), [("username", "TAKEN")])):
        made = await desk.change(
            "signUp", "accepted", email=email, password=PASSWORD, username=name.title()
        )
        assert codes(made) == expected
    assert await desk.rows("SELECT 1 FROM account.users WHERE email = $1", email) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"email": "mary"}, [("email", "INVALID")]),
        ({"email": " "}, [("email", "REQUIRED")]),
        ({"email": "a" * 320 + "@example.org"}, [("email", "TOO_LONG")]),
        ({"password": "too short"}, [("password", "INVALID")]),
        ({"password": "mary.jones@example.org"}, [("password", "INVALID")]),
        ({"username": "mary@example.org"}, [("username", "INVALID")]),
        ({"username": "x", "password": "x"}, [("username", "INVALID"), ("password", "INVALID")]),
    ],
)
async def test_what_is_wrong_with_a_wish_is_said_by_field(
    desk: Desk, values: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    wish = {"email": "mary.jones@example.org", "password": PASSWORD, **values}
    answer = await desk.attempt("signUp", "accepted", **wish)
    assert codes(answer.data["signUp"]) == expected
    assert answer.statements == []


async def test_a_session_is_stored_as_digests(desk: Desk) -> None:
    person = await desk.person()
    desk.client = KnownClient("203.0.113.7", "browser")
    desk.now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    _, found = await desk.sign_in(person)
    assert found["expiresAt"] == "2026-03-01T13:00:00Z"
    assert found["refreshExpiresAt"] == "2026-03-31T12:00:00Z"
    ((token_hash, ip, agent, refresh_hash, login_count),) = await desk.rows(
        "SELECT s.token_hash, host(s.ip_address), s.user_agent, r.token_hash, u.login_count"
        " FROM account.sessions s JOIN account.refresh_tokens r ON r.session_id = s.id"
        " JOIN account.users u ON u.id = s.user_id WHERE s.user_id = $1",
        person.id,
    )
    assert token_hash == hashlib.sha256(found["sessionToken"].encode()).digest()
    assert refresh_hash == hashlib.sha256(found["refreshToken"].encode()).digest()
    assert (ip, agent, login_count) == ("203.0.113.7", "browser", 1)
    await desk.leaves_no_trace_of(found["sessionToken"], found["refreshToken"], PASSWORD)


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"is_active": False},
        {"is_banned": True, "banned_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"deleted_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"password_hash": None},
    ],
)
async def test_whoever_may_not_sign_in_is_told_no_more_than_a_stranger(
    desk: Desk, columns: dict[str, Any]
) -> None:
    person = await desk.person(**columns)
    password = PASSWORD if columns else "wrong password at all"
    refused = await desk.attempt("login", LOGIN, name=person.email, password=password)
    unknown = await desk.attempt("login", LOGIN, name=fresh_email(), password=password)
    assert refused.data == unknown.data == {"login": WRONG}
    assert refused.statements == unknown.statements
    assert await desk.rows("SELECT 1 FROM account.sessions WHERE user_id = $1", person.id) == []
    tried = [] if "deleted_at" in columns else [("login", "failure")]
    assert await desk.audit(resource=person.id) == tried


async def test_hashes_out_of_date_are_renewed_by_a_login(desk: Desk) -> None:
    person = await desk.person()
    passwords = Passwords(PasswordCost(2, 64, 1))
    desk.accounts = replace(desk.accounts, passwords=passwords)
    await desk.sign_in(person)
    ((hashed,),) = await desk.rows(
        "SELECT password_hash FROM account.users WHERE id = $1", person.id
    )
    assert "$m=64,t=2,p=1$" in hashed
    await desk.sign_in(person)
    passwords.close()


async def test_guessing_is_stopped_by_account_and_says_nothing(desk: Desk) -> None:
    person = await desk.person()
    answers = []
    for name in (person.email, fresh_email()):
        for _ in range(10):
            assert await desk.change("login", LOGIN, name=name, password="wrong again") == WRONG
        answers.append(await desk.attempt("login", LOGIN, name=name, password=PASSWORD))
    assert answers[0].data == answers[1].data
    assert codes(answers[0].data["login"]) == [("", "LIMIT_REACHED")]
    assert answers[0].statements == answers[1].statements == [("redis", "rate_limit")]


async def test_guessing_is_stopped_by_address(desk: Desk) -> None:
    desk.client = KnownClient(f"2001:db8:{secrets.randbelow(65536):x}:1::1")
    for _ in range(60):
        found = await desk.change("login", LOGIN, name=fresh_email(), password="wrong again")
        assert found == WRONG
    desk.client = KnownClient(str(desk.client.ip_address).replace("::1", "::2"))
    found = await desk.change("login", LOGIN, name=fresh_email(), password="wrong again")
    assert codes(found) == [("", "LIMIT_REACHED")]


async def test_nobody_guesses_while_redis_is_away(desk: Desk) -> None:
    person = await desk.person()
    nobody = Redis("redis://127.0.0.1:9/0")
    desk.stores = replace(desk.stores, redis=nobody)
    answer = await desk.attempt("login", LOGIN, name=person.email, password=PASSWORD)
    await nobody.close()
    assert isinstance(answer.errors[0].original_error, StoreUnavailable)
    assert await desk.rows("SELECT 1 FROM account.sessions WHERE user_id = $1", person.id) == []


async def test_a_refresh_gives_the_next_pair_and_ends_the_last(desk: Desk) -> None:
    person = await desk.person()
    viewer, first = await desk.sign_in(person)
    second = await desk.change("refreshSession", LOGIN, refreshToken=first["refreshToken"])
    assert second["userErrors"] == []
    assert second["sessionToken"] != first["sessionToken"]
    rows = await desk.rows(
        "SELECT id, token_hash, revoked_at FROM account.sessions WHERE user_id = $1", person.id
    )
    digest = hashlib.sha256(second["sessionToken"].encode()).digest()
    assert [tuple(row) for row in rows] == [(viewer.session_id, digest, None)]
    assert second["refreshExpiresAt"] == first["refreshExpiresAt"]
    third = await desk.change("refreshSession", LOGIN, refreshToken=second["refreshToken"])
    assert third["userErrors"] == []


async def test_a_used_refresh_token_ends_the_session(desk: Desk) -> None:
    person = await desk.person()
    viewer, first = await desk.sign_in(person)
    await desk.sign_in(person)
    second = await desk.change("refreshSession", LOGIN, refreshToken=first["refreshToken"])
    thief = await desk.change("refreshSession", LOGIN, refreshToken=first["refreshToken"])
    assert codes(thief) == [("refreshToken", "EXPIRED")]
    owner = await desk.change("refreshSession", LOGIN, refreshToken=second["refreshToken"])
    assert codes(owner) == [("refreshToken", "EXPIRED")]
    rows = await desk.rows(
        "SELECT id = $2, revoked_reason FROM account.sessions WHERE user_id = $1"
        " ORDER BY created_at",
        person.id,
        viewer.session_id,
    )
    assert [tuple(row) for row in rows] == [(True, "refresh_reused"), (False, None)]
    assert ("refresh", "failure") in await desk.audit(actor=person.id, resource=viewer.session_id)


async def test_of_two_refreshes_at_once_one_goes_through_at_most(desk: Desk) -> None:
    person = await desk.person()
    _, first = await desk.sign_in(person)
    found = await asyncio.gather(
        *(
            desk.change("refreshSession", LOGIN, refreshToken=first["refreshToken"])
            for _ in range(4)
        )
    )
    assert sum(answer["sessionToken"] is not None for answer in found) <= 1
    ((reason,),) = await desk.rows(
        "SELECT revoked_reason FROM account.sessions WHERE user_id = $1", person.id
    )
    assert reason == "refresh_reused"


@pytest.mark.parametrize("case", ["mistyped", "unknown", "expired", "logged out", "banned"])
async def test_refresh_tokens_that_are_no_good_look_alike(desk: Desk, case: str) -> None:
    person = await desk.person()
    viewer, found = await desk.sign_in(person)
    token = found["refreshToken"]
    if case == "mistyped":
        token = token[:-1] + ("a" if token[-1] != "a" else "b")
    elif case == "unknown":
        await desk.execute("DELETE FROM account.refresh_tokens WHERE user_id = $1", person.id)
    elif case == "expired":
        desk.now = datetime.now(UTC) + timedelta(days=31)
    elif case == "logged out":
        await desk.change("logout", "endedCount", viewer)
    else:
        await desk.execute(
            "UPDATE account.users SET is_banned = true, banned_at = now() WHERE id = $1", person.id
        )
    refused = await desk.change("refreshSession", LOGIN, refreshToken=token)
    message = "This token is not good any more. Sign in again."
    assert refused["userErrors"] == [
        {"field": ["refreshToken"], "code": "EXPIRED", "message": message}
    ]
    assert refused["sessionToken"] is None


async def test_logout_ends_this_session_or_all(desk: Desk) -> None:
    person = await desk.person()
    viewer, _ = await desk.sign_in(person)
    await desk.sign_in(person)
    await desk.sign_in(person)
    other, _ = await desk.sign_in(await desk.person())
    assert (await desk.change("logout", "endedCount", viewer))["endedCount"] == 1
    assert (await desk.change("logout", "endedCount", viewer))["endedCount"] == 0
    found = await desk.change("logout", "endedCount", person.viewer, everywhere=True)
    assert found["endedCount"] == 2
    alive = await desk.rows(
        "SELECT id FROM account.sessions WHERE revoked_at IS NULL AND user_id = ANY($1)",
        [person.id, other.user_id],
    )
    assert [row[0] for row in alive] == [other.session_id]


async def test_logout_without_a_session_says_what_to_do(desk: Desk) -> None:
    person = await desk.person()
    found = await desk.change("logout", "endedCount", person.viewer)
    assert codes(found) == [("everywhere", "NOT_ALLOWED")]


async def test_logout_is_heard_by_every_process(desk: Desk) -> None:
    person = await desk.person()
    viewer, _ = await desk.sign_in(person)
    heard = desk.stores.redis.topics
    async with heard.subscribe("credentials") as messages:
        await desk.change("logout", "endedCount", viewer)
        async with asyncio.timeout(10):
            async for message in messages:
                if message == {"user_id": str(person.id)}:
                    break


async def test_sessions_are_listed_and_ended_by_their_owner(desk: Desk) -> None:
    person, stranger = await desk.person(), await desk.person()
    desk.client = KnownClient("203.0.113.7", "browser")
    viewer, _ = await desk.sign_in(person)
    await desk.sign_in(person)
    query = """{ viewer { session { isCurrent } sessions { nodes { id isCurrent clientIp userAgent
        revokedAt revokedReason } } } }"""
    answer = await desk.ask(query, viewer)
    assert answer.errors == []
    nodes = answer.data["viewer"]["sessions"]["nodes"]
    assert answer.data["viewer"]["session"] == {"isCurrent": True}
    assert [node["isCurrent"] for node in nodes].count(True) == 1
    assert {node["clientIp"] for node in nodes} == {"203.0.113.7"}
    other = next(node["id"] for node in nodes if not node["isCurrent"])
    refused = await desk.change("revokeSession", "session { id }", stranger.viewer, id=other)
    assert codes(refused) == [("id", "NOT_FOUND")]
    nothing = encode_id(entity_of(Session), stranger.id)
    unknown = await desk.change("revokeSession", "session { id }", stranger.viewer, id=nothing)
    assert unknown == refused
    ended = await desk.change("revokeSession", "session { id revokedReason }", viewer, id=other)
    assert ended["session"] == {"id": other, "revokedReason": "revoked"}
    answer = await desk.ask("{ viewer { sessions { nodes { id } } } }", stranger.viewer)
    assert answer.data["viewer"]["sessions"]["nodes"] == []


async def test_nothing_secret_is_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    person = await desk.person()
    _, found = await desk.sign_in(person)
    await desk.change("refreshSession", LOGIN, refreshToken=found["refreshToken"])
    await desk.change("login", LOGIN, name=person.email, password="not the password")
    for secret in (PASSWORD, "not the password", found["refreshToken"], found["sessionToken"]):
        assert secret not in caplog.text


async def test_a_server_without_accounts_says_so(desk: Desk) -> None:
    context = RequestContext(Viewer(), desk.stores)
    answer = await ask(
        desk.stores,
        'mutation { login(input: {name: "a", password: "b"}) { sessionToken } }',
        context=context,
    )
    assert answer.codes == [("login", "STORE_UNAVAILABLE")]
