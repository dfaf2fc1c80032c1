"""Passwords of a megabyte hold nobody up: they are refused before they are looked at."""

from __future__ import annotations

import secrets

from tests.resolvers.account.conftest import Desk, codes

# In an order that has to be turned round, mark by mark: minutes, if anybody did.
ACCENTS = "a" + "\u0315\u0300\u05ae" * 100_000


async def test_nobody_signs_up_with_one(desk: Desk) -> None:
    email = f"long.{secrets.token_hex(6)}@example.org"
    found = await desk.change("signUp", "accepted", email=email, password=ACCENTS)
    assert (found["accepted"], codes(found)) == (None, [("password", "INVALID")])


async def test_nobody_proves_anything_with_one(desk: Desk) -> None:
    person = await desk.person()
    viewer, _ = await desk.sign_in(person)
    found = await desk.change("beginSecondFactor", "secret", viewer, password=ACCENTS)
    assert (found["secret"], codes(found)) == (None, [("password", "INVALID")])
