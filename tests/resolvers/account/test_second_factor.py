"""The second factor: begun, confirmed, asked for at each login, and given up."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from resolvers.account.secrets import SecretKeys
from resolvers.account.totp import code_at, step_of
from resolvers.context import Viewer
from tests.resolvers.account.conftest import LOGIN, PASSWORD, Desk, Person, codes

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def enabled(desk: Desk, person: Person) -> tuple[bytes, list[str]]:
    """Switch the second factor on; the seed and the recovery codes. The step of now is used up."""
    begun = await desk.change(
        "beginSecondFactor", "secret provisioningUri", person.viewer, password=PASSWORD
    )
    assert begun["userErrors"] == []
    seed = base64.b32decode(begun["secret"])
    assert begun["secret"] in begun["provisioningUri"]
    confirmed = await desk.change(
        "confirmSecondFactor",
        "recoveryCodes",
        person.viewer,
        oneTimeCode=code_at(seed, step_of(desk.now or NOW)),
    )
    assert confirmed["userErrors"] == []
    return seed, confirmed["recoveryCodes"]


async def test_a_login_takes_a_code_once_it_is_on(desk: Desk) -> None:
    desk.now = NOW
    person = await desk.person()
    seed, _ = await enabled(desk, person)
    step = step_of(NOW)
    login = {"name": person.email, "password": PASSWORD}

    asked = await desk.change("login", LOGIN, **login)
    assert (asked["secondFactorRequired"], asked["sessionToken"]) == (True, None)
    used = await desk.change("login", LOGIN, **login, oneTimeCode=code_at(seed, step))
    assert codes(used) == [("", "INVALID")]
    early = await desk.change("login", LOGIN, **login, oneTimeCode=code_at(seed, step + 2))
    assert codes(early) == [("", "INVALID")]
    good = await desk.change("login", LOGIN, **login, oneTimeCode=code_at(seed, step + 1))
    assert good["userErrors"] == []
    again = await desk.change("login", LOGIN, **login, oneTimeCode=code_at(seed, step + 1))
    assert again == used
    wrong = await desk.change(
        "login", LOGIN, name=person.email, password="wrong password", oneTimeCode="123456"
    )
    assert wrong == used
    sessions = await desk.rows("SELECT 1 FROM account.sessions WHERE user_id = $1", person.id)
    assert len(sessions) == 1
    tried = await desk.audit(actor=person.id, resource=person.id)
    assert tried.count(("login", "failure")) == 3


async def test_of_two_logins_with_one_code_at_once_one_goes_through(desk: Desk) -> None:
    desk.now = NOW
    person = await desk.person()
    seed, recovery = await enabled(desk, person)
    for code in (code_at(seed, step_of(NOW) + 1), recovery[0]):
        login = {"name": person.email, "password": PASSWORD, "oneTimeCode": code}
        found = await asyncio.gather(*(desk.change("login", LOGIN, **login) for _ in range(4)))
        assert sorted(map(codes, found)) == [[]] + [[("", "INVALID")]] * 3


async def test_a_recovery_code_stands_in_once(desk: Desk) -> None:
    desk.now = NOW
    person = await desk.person()
    _, recovery = await enabled(desk, person)
    assert len(set(recovery)) == 10
    login = {"name": person.email, "password": PASSWORD, "oneTimeCode": recovery[3].lower()}
    assert (await desk.change("login", LOGIN, **login))["userErrors"] == []
    assert codes(await desk.change("login", LOGIN, **login)) == [("", "INVALID")]
    answer = await desk.ask(
        "{ viewer { recoveryCodesLeft user { twoFactorEnabled } } }", person.viewer
    )
    assert answer.data["viewer"] == {"recoveryCodesLeft": 9, "user": {"twoFactorEnabled": True}}
    await desk.leaves_no_trace_of(*recovery)


async def test_the_seed_is_kept_sealed(desk: Desk) -> None:
    desk.now = NOW
    person = await desk.person()
    seed, recovery = await enabled(desk, person)
    ((ciphertext, version),) = await desk.rows(
        "SELECT ciphertext, key_version FROM account.user_secrets WHERE user_id = $1", person.id
    )
    assert seed not in ciphertext
    assert version == 1
    text = base64.b32encode(seed).decode()
    await desk.leaves_no_trace_of(text, seed.hex(), recovery[0], PASSWORD)


async def test_the_seed_is_sealed_again_under_a_new_key(desk: Desk) -> None:
    desk.now = NOW
    person = await desk.person()
    seed, _ = await enabled(desk, person)
    keys = SecretKeys({1: bytes(range(32)), 2: bytes(range(1, 33))})
    desk.accounts = replace(desk.accounts, secrets=keys)
    await desk.sign_in(person, oneTimeCode=code_at(seed, step_of(NOW) + 1))
    ((version,),) = await desk.rows(
        "SELECT key_version FROM account.user_secrets WHERE user_id = $1", person.id
    )
    assert version == 2
    desk.accounts = replace(desk.accounts, secrets=SecretKeys({2: bytes(range(1, 33))}))
    desk.now = NOW + timedelta(minutes=2)
    await desk.sign_in(person, oneTimeCode=code_at(seed, step_of(desk.now)))


async def test_it_is_begun_with_the_password_only(desk: Desk) -> None:
    person = await desk.person()
    for given, expected in (
        ({}, [("password", "REQUIRED")]),
        ({"password": "wrong password"}, [("password", "INVALID")]),
    ):
        found = await desk.change("beginSecondFactor", "secret", person.viewer, **given)
        assert codes(found) == expected
        assert found["secret"] is None
    key = Viewer(person.id, "user", api_key_id=uuid4())
    found = await desk.change("beginSecondFactor", "secret", key, password=PASSWORD)
    assert codes(found) == [("", "NOT_ALLOWED")]
    assert await desk.rows("SELECT 1 FROM account.user_secrets WHERE user_id = $1", person.id) == []


async def test_it_is_confirmed_by_a_code_of_the_last_seed(desk: Desk) -> None:
    desk.now = NOW
    person = await desk.person()
    nothing = await desk.change(
        "confirmSecondFactor", "recoveryCodes", person.viewer, oneTimeCode="123456"
    )
    assert codes(nothing) == [("", "NOT_ALLOWED")]
    first = await desk.change("beginSecondFactor", "secret", person.viewer, password=PASSWORD)
    second = await desk.change("beginSecondFactor", "secret", person.viewer, password=PASSWORD)
    old, new = (base64.b32decode(found["secret"]) for found in (first, second))
    refused = await desk.change(
        "confirmSecondFactor",
        "recoveryCodes",
        person.viewer,
        oneTimeCode=code_at(old, step_of(NOW)),
    )
    assert codes(refused) == [("oneTimeCode", "INVALID")]
    assert (await desk.sign_in(person))[1]["secondFactorRequired"] is False
    good = await desk.change(
        "confirmSecondFactor",
        "recoveryCodes",
        person.viewer,
        oneTimeCode=code_at(new, step_of(NOW)),
    )
    assert good["userErrors"] == []
    third = await desk.change("beginSecondFactor", "secret", person.viewer, password=PASSWORD)
    assert codes(third) == [("", "NOT_ALLOWED")]


async def test_it_is_given_up_with_password_and_code(desk: Desk) -> None:
    desk.now = NOW
    person = await desk.person()
    seed, recovery = await enabled(desk, person)
    for password, code, expected in (
        ("wrong password", recovery[0], [("password", "INVALID")]),
        (PASSWORD, code_at(seed, step_of(NOW)), [("oneTimeCode", "INVALID")]),
        (PASSWORD, recovery[0], []),
    ):
        found = await desk.change(
            "disableSecondFactor", "disabled", person.viewer, password=password, oneTimeCode=code
        )
        assert codes(found) == expected
    assert found["disabled"] is True
    for table in ("account.user_secrets", "account.recovery_codes"):
        assert await desk.rows(f"SELECT 1 FROM {table} WHERE user_id = $1", person.id) == []
    await desk.sign_in(person)
    assert ("disable_second_factor", "success") in await desk.audit(actor=person.id)


async def test_new_recovery_codes_take_the_place_of_the_old_ones(desk: Desk) -> None:
    desk.now = NOW
    person = await desk.person()
    _, old = await enabled(desk, person)
    replace_codes = ("replaceRecoveryCodes", "recoveryCodes", person.viewer)
    refused = await desk.change(*replace_codes, password=PASSWORD, oneTimeCode="123456")
    assert codes(refused) == [("oneTimeCode", "INVALID")]
    found = await desk.change(*replace_codes, password=PASSWORD, oneTimeCode=old[0])
    assert found["userErrors"] == []
    new = found["recoveryCodes"]
    assert len(set(new) - set(old)) == 10
    login = {"name": person.email, "password": PASSWORD}
    stale = await desk.change("login", LOGIN, **login, oneTimeCode=old[1])
    assert codes(stale) == [("", "INVALID")]
    assert (await desk.change("login", LOGIN, **login, oneTimeCode=new[1]))["userErrors"] == []
    await desk.leaves_no_trace_of(*old, *new)


async def test_guessing_codes_is_stopped(desk: Desk) -> None:
    desk.now = NOW
    person = await desk.person()
    await enabled(desk, person)
    login = {"name": person.email, "password": PASSWORD, "oneTimeCode": "000000"}
    for _ in range(10):
        assert codes(await desk.change("login", LOGIN, **login)) == [("", "INVALID")]
    assert codes(await desk.change("login", LOGIN, **login)) == [("", "LIMIT_REACHED")]


async def test_a_server_without_keys_offers_none(desk: Desk) -> None:
    person = await desk.person()
    desk.accounts = replace(desk.accounts, secrets=None)
    answer = await desk.attempt("beginSecondFactor", "secret", person.viewer, password=PASSWORD)
    assert answer.codes == [("beginSecondFactor", "STORE_UNAVAILABLE")]


async def test_a_new_password_ends_the_other_sessions(desk: Desk) -> None:
    person = await desk.person()
    viewer, _ = await desk.sign_in(person)
    await desk.sign_in(person)
    await desk.sign_in(person)
    new = "another long password"
    for old, wish, expected in (
        ("wrong password", new, [("password", "INVALID")]),
        (PASSWORD, "short", [("newPassword", "INVALID")]),
        (PASSWORD, person.email, [("newPassword", "INVALID")]),
        (PASSWORD, new, []),
    ):
        found = await desk.change(
            "changePassword", "endedCount", viewer, password=old, newPassword=wish
        )
        assert codes(found) == expected
    assert found["endedCount"] == 2
    alive = await desk.rows(
        "SELECT id FROM account.sessions WHERE user_id = $1 AND revoked_at IS NULL", person.id
    )
    assert [row[0] for row in alive] == [viewer.session_id]
    refused = await desk.change("login", LOGIN, name=person.email, password=PASSWORD)
    assert codes(refused) == [("", "INVALID")]
    good = await desk.change("login", LOGIN, name=person.email, password=new)
    assert good["userErrors"] == []
    await desk.leaves_no_trace_of(PASSWORD, new)
