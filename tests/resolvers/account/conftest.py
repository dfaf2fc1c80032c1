"""People with accounts, and a way to ask the graph as one of them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.account.passwords import PasswordCost, Passwords
from resolvers.account.secrets import SecretKeys
from resolvers.account.service import Accounts
from resolvers.context import KnownClient, RequestContext, Viewer
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.conftest import Answer
from tests.resolvers.graph import ask

PASSWORD = "correct horse battery"
SITE = "app.example.org"
CHEAP = PasswordCost(time_cost=1, memory_kib=64, parallelism=1)


@dataclass
class Desk:
    """Asks the graph, and looks behind it.

    Attributes:
        stores: as the gateway sees them.
        worker: the same stores, seeing every row.
        accounts: what signing in needs.
        now: what the clock says; None for the real one.
    """

    stores: Stores
    worker: Stores
    accounts: Accounts
    now: datetime | None = None
    client: KnownClient = field(default_factory=lambda: KnownClient(user_agent="tests"))

    async def ask(self, query: str, viewer: Viewer | None = None, **variables: Any) -> Answer:
        """What the graph answers."""
        context = RequestContext(
            viewer or Viewer(),
            self.stores,
            trace=[],
            client=self.client,
            accounts=self.accounts,
            clock=lambda: self.now or datetime.now(UTC),
        )
        return await ask(self.stores, query, context=context, **variables)

    async def change(
        self, name: str, selection: str, viewer: Viewer | None = None, /, **values: Any
    ) -> dict[str, Any]:
        """What a mutation answers; errors of the field fail the test."""
        answer = await self.attempt(name, selection, viewer, **values)
        assert answer.errors == []
        found: dict[str, Any] = answer.data[name]
        return found

    async def attempt(
        self, name: str, selection: str, viewer: Viewer | None = None, /, **values: Any
    ) -> Answer:
        """The same with its errors."""
        kind = name[0].upper() + name[1:] + "Input"
        query = f"""mutation ($in: {kind}!) {{ {name}(input: $in) {{
            {selection} userErrors {{ field code message }} }} }}"""
        return await self.ask(query, viewer, **{"in": values})

    async def rows(self, text: str, *values: Any) -> list[Any]:
        """Rows as worker sees them."""
        return await self.worker.postgres.fetch(
            Statement("look", text, tuple(map(str, range(len(values)))), "many"), *values
        )

    async def execute(self, text: str, *values: Any) -> None:
        """Change rows as worker may."""
        names = tuple(map(str, range(len(values))))
        await self.worker.postgres.execute(Statement("set", text, names, "exec"), *values)

    async def person(self, *, password: str | None = PASSWORD, **columns: Any) -> Person:
        """Somebody with an account."""
        id_, email = uuid4(), f"Person.{secrets.token_hex(6)}@Example.org"
        hashed = await self.accounts.passwords.hash(password) if password else None
        values = {"id": id_, "email": email, "password_hash": hashed, **columns}
        await self.worker.postgres.copy_rows(
            "account.users", tuple(values), [tuple(values.values())]
        )
        return Person(id_, email)

    async def sign_in(self, person: Person, **more: Any) -> tuple[Viewer, dict[str, Any]]:
        """A person with a session of theirs, and the tokens."""
        found = await self.change("login", LOGIN, name=person.email, password=PASSWORD, **more)
        assert found["userErrors"] == []
        digest = hashlib.sha256(found["sessionToken"].encode()).digest()
        ((session_id,),) = await self.rows(
            "SELECT id FROM account.sessions WHERE token_hash = $1", digest
        )
        return replace(person.viewer, session_id=session_id), found

    async def audit(self, *, actor: UUID | None = None, resource: object = None) -> list[Any]:
        """Actions of the audit log with how they ended, in order; those of one change by name."""
        found = await self.rows(
            "SELECT action, status::text FROM ops.audit_log"
            " WHERE actor_user_id IS NOT DISTINCT FROM $1 AND ($2::text IS NULL"
            " OR resource_id = $2) ORDER BY occurred_at, action",
            actor,
            None if resource is None else str(resource),
        )
        return [tuple(row) for row in found]

    async def leaves_no_trace_of(self, *told: str) -> None:
        """No log and no outbox row holds any of these texts, nor their digests."""
        digests = [hashlib.sha256(text.encode()).hexdigest() for text in told]
        for text in (*told, *digests):
            for table in ("ops.audit_log", "ops.outbox", "ops.idempotency_keys"):
                found = await self.rows(
                    f"SELECT 1 FROM {table} AS t WHERE strpos(t::text, $1) > 0", text
                )
                assert found == [], (table, text)


@dataclass(frozen=True)
class Person:
    id: UUID
    email: str

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.id, "user")


LOGIN = "sessionToken refreshToken expiresAt refreshExpiresAt secondFactorRequired"


@pytest.fixture
def desk(stores: Stores, worker_stores: Stores) -> Iterator[Desk]:
    passwords = Passwords(CHEAP)
    keys = SecretKeys({1: bytes(range(32))})
    yield Desk(stores, worker_stores, Accounts(passwords, keys, frozenset({SITE})))
    passwords.close()


def codes(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Path and code of every user error."""
    return [(".".join(error["field"]), error["code"]) for error in found["userErrors"]]
