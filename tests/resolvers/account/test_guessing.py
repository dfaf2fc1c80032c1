"""Allowances of attempts are one account's, however its name is written."""

from __future__ import annotations

import secrets
from itertools import product

from tests.resolvers.account.conftest import LOGIN, PASSWORD, Desk, codes


async def test_another_spelling_of_a_name_is_no_other_allowance(desk: Desk) -> None:
    """Postgres holds `İ` and `i` alike in small letters; whoever counts attempts has to as well."""
    mark = secrets.token_hex(6)
    person = await desk.person(email=f"ixixixix.{mark}@example.org")
    letters = product("iİ", repeat=4)
    spellings = ["".join(f"{each}x" for each in word) + f".{mark}@example.org" for word in letters]
    for name in spellings[:10]:
        await desk.change("login", LOGIN, name=name, password="wrong again")
    found = await desk.change("login", LOGIN, name=spellings[11], password=PASSWORD)
    assert codes(found) == [("", "LIMIT_REACHED")]
    assert await desk.rows("SELECT 1 FROM account.sessions WHERE user_id = $1", person.id) == []
