"""Passwords are hashed off the event loop, checked in equal time and renewed."""

from __future__ import annotations

import asyncio

import pytest

from resolvers.account.passwords import PasswordCost, Passwords, password_problem
from resolvers.errors import UserError

CHEAP = PasswordCost(time_cost=1, memory_kib=64, parallelism=1)


async def test_only_the_password_matches_its_hash() -> None:
    passwords = Passwords(CHEAP)
    stored = await passwords.hash("correct horse battery")
    assert stored.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert stored != await passwords.hash("correct horse battery")
    assert (await passwords.check("correct horse battery", stored)).matches
    assert not (await passwords.check("Correct horse battery", stored)).matches
    passwords.close()


async def test_nobody_has_a_password_without_a_hash() -> None:
    passwords = Passwords(CHEAP)
    for attempt in ("nobody has this password", "anything"):
        assert not (await passwords.check(attempt, None)).matches
    assert not (await passwords.check("anything", "not a hash")).matches
    passwords.close()


async def test_the_same_characters_typed_otherwise_match() -> None:
    passwords = Passwords(CHEAP)
    stored = await passwords.hash("Ma\u0308rchenstunde")
    assert (await passwords.check("M\u00e4rchenstunde", stored)).matches
    passwords.close()


async def test_hashes_with_other_parameters_are_renewed() -> None:
    old, new = Passwords(CHEAP), Passwords(PasswordCost(2, 64, 1))
    stored = await old.hash("correct horse battery")
    assert (await old.check("correct horse battery", stored)).new_hash is None
    renewed = (await new.check("correct horse battery", stored)).new_hash
    assert renewed is not None
    assert (await new.check("correct horse battery", renewed)).matches
    assert (await new.check("wrong", stored)).new_hash is None
    old.close()
    new.close()


async def test_too_many_at_once_are_turned_away() -> None:
    passwords = Passwords(CHEAP, concurrent=1, waiting=1)
    calls = [passwords.hash("correct horse battery") for _ in range(3)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    refused = [result for result in results if isinstance(result, UserError)]
    assert [error.code.value for error in refused] == ["RATE_LIMITED"]
    assert (await passwords.hash("correct horse battery")).startswith("$argon2id$")
    passwords.close()


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("correct horse battery", None),
        ("elevenchars", "at least 12"),
        ("x" * 257, "at most 256"),
        ("abababababab", "more different"),
        ("mary.jones@example.org", "name and e-mail"),
        ("xx mary.jones xx", None),
        ("I am MARYANN 99", "name and e-mail"),
    ],
)
def test_weak_passwords_are_refused(password: str, problem: str | None) -> None:
    found = password_problem(password, ("mary.jones@example.org", "maryann", None, "x"))
    assert (found is None) == (problem is None)
    assert found is None or problem is None or problem in found
