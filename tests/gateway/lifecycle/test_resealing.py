"""A new key takes over from an old one, which is then needed by nothing."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from gateway.lifecycle.resealing import PLACES, rotate
from resolvers.account.secrets import Sealed, SecretKeys
from resolvers.alerts.destination import PURPOSE
from resolvers.alerts.destination_mutations import owner_of
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.gateway.lifecycle.conftest import Town
from tests.gateway.test_cli import run, store_variables
from tests.sql.postgres.rows import Rows

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
BOTH = ",".join(
    f"{version}:{base64.b64encode(key).decode()}" for version, key in ((1, OLD), (2, NEW))
)


async def seal(sql: asyncpg.Connection, keys: SecretKeys, count: int) -> list[UUID]:
    """Users with a second factor and a destination each."""
    users = []
    for number in range(count):
        user = await Rows(sql).user()
        seed = keys.seal(b"seed %d" % number, purpose="totp", owner=user)
        await sql.execute(
            "INSERT INTO account.user_secrets (user_id, kind, ciphertext, key_version)"
            " VALUES ($1, 'totp', $2, $3)",
            *(user, seed.ciphertext, seed.key_version),
        )
        key = uuid4()
        place = keys.seal(b"place %d" % number, purpose=PURPOSE, owner=owner_of(key, user))
        await sql.execute(
            "INSERT INTO alerts.destinations (id, user_id, channel, label, masked, ciphertext,"
            " key_version) VALUES ($1, $2, 'webhook', 'x', 'x', $3, $4)",
            *(key, user, place.ciphertext, place.key_version),
        )
        users.append(user)
    return users


async def opened(sql: asyncpg.Connection, keys: SecretKeys, user: UUID) -> tuple[bytes, bytes]:
    seed: Any = await sql.fetchrow("SELECT * FROM account.user_secrets WHERE user_id = $1", user)
    place: Any = await sql.fetchrow("SELECT * FROM alerts.destinations WHERE user_id = $1", user)
    assert seed["last_rotated_at"] is not None
    assert place["version"] == 1, "to its owner it is the same destination"
    return (
        keys.open(Sealed(seed["ciphertext"], seed["key_version"]), purpose="totp", owner=user),
        keys.open(
            Sealed(place["ciphertext"], place["key_version"]),
            purpose=PURPOSE,
            owner=owner_of(place["id"], user),
        ),
    )


async def test_everything_opens_with_the_new_key_alone(town: Town) -> None:
    users = await seal(town.sql, SecretKeys({1: OLD}), 5)
    keys, postgres = SecretKeys({1: OLD, 2: NEW}), town.stores.postgres

    tried = await rotate(postgres, keys, dry_run=True, batch=2)
    assert tried.resealed == {place.table: 5 for place in PLACES}
    assert tried.users_of(1) == 10

    done: list[tuple[str, int]] = []

    def stop(table: str, number: int) -> None:
        done.append((table, number))
        if len(done) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await rotate(postgres, keys, batch=2, progress=stop)
    assert done == [("account.user_secrets", 2), ("account.user_secrets", 4)]

    rest = await rotate(postgres, keys, batch=2)
    assert rest.resealed == {"account.user_secrets": 1, "alerts.destinations": 5}
    assert (rest.users_of(1), rest.users_of(2)) == (0, 10)
    assert [await opened(town.sql, SecretKeys({2: NEW}), user) for user in users] == [
        (b"seed %d" % number, b"place %d" % number) for number in range(5)
    ]
    again = await rotate(postgres, keys)
    assert again.resealed == dict.fromkeys(again.resealed, 0)


async def test_the_command_says_which_key_may_go_and_what_does_not_open(town: Town) -> None:
    await seal(town.sql, SecretKeys({1: OLD}), 1)
    await seal(town.sql, SecretKeys({3: OLD}), 1)
    variables = store_variables(town.options) | {"GATEWAY_SECRET_KEYS": BOTH}
    rotated = await run("keys rotate", **variables)
    assert rotated.code == 1
    assert rotated.out.splitlines() == [
        "account.user_secrets: 1 sealed anew, 1 do not open",
        "alerts.destinations: 1 sealed anew, 1 do not open",
        "key 1: may be removed",
    ]
    assert "key 3: needed by 2 secrets, and not given" in rotated.err
    assert base64.b64encode(OLD).decode() not in rotated.out + rotated.err


async def test_every_table_with_sealed_values_is_known(worker_stores: Stores) -> None:
    found = await worker_stores.postgres.fetch(
        Statement(
            "sealed",
            "SELECT c.oid::regclass::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " WHERE a.attname = 'key_version' AND c.relkind IN ('r', 'p')"
            " AND NOT c.relispartition ORDER BY 1",
        )
    )
    assert [row[0] for row in found] == [place.table for place in PLACES]
