"""Two users, what their rules are about, and what happened to them."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from resolvers.account.passwords import Passwords
from resolvers.account.secrets import SecretKeys
from resolvers.account.service import Accounts
from resolvers.context import RequestContext, Viewer
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.conftest import Answer
from tests.resolvers.graph import ask

CHAIN: Final = 920_402
PROTOCOL, ASSET, WALLET = uuid4(), uuid4(), uuid4()
KEYS: Final = SecretKeys({3: os.urandom(32)})
NOW: Final = datetime.now(UTC).replace(microsecond=0)

_SAID: Final[tuple[Any, ...]] = ("high", ["email"], {"email": "sent"})


def global_id(name: str, key: object) -> str:
    """The global id of a row."""
    return base64.urlsafe_b64encode(f"{name}:{key}".encode()).rstrip(b"=").decode()


@dataclass(frozen=True)
class Person:
    """A user of one test, with a portfolio."""

    viewer: Viewer
    portfolio: UUID

    @property
    def id(self) -> UUID:
        assert self.viewer.user_id is not None
        return self.viewer.user_id


async def _person(worker: Stores) -> Person:
    user, portfolio = uuid4(), uuid4()
    await worker.postgres.copy_rows("account.users", ("id",), [(user,)])
    columns = ("id", "user_id", "name")
    await worker.postgres.copy_rows("portfolio.portfolios", columns, [(portfolio, user, "Mine")])
    return Person(Viewer(user, "user"), portfolio)


@pytest.fixture
async def alice(worker_stores: Stores) -> Person:
    """The one whose things they are."""
    return await _person(worker_stores)


@pytest.fixture
async def bob(worker_stores: Stores) -> Person:
    """The stranger."""
    return await _person(worker_stores)


@pytest.fixture(scope="session", autouse=True)
async def catalogue(worker_stores: Stores) -> None:
    """What rules can be about."""
    postgres = worker_stores.postgres
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Alert chain", True)],
    )
    await postgres.copy_rows(
        "catalog.protocols",
        ("id", "slug", "name", "category"),
        [(PROTOCOL, f"p-{PROTOCOL}", "Watched", "Lending")],
    )
    await postgres.copy_rows(
        "catalog.assets", ("id", "symbol", "name"), [(ASSET, "ALRT", "Watched")]
    )
    await postgres.copy_rows(
        "catalog.wallets",
        ("id", "chain_id", "address"),
        [(WALLET, CHAIN, f"0x{WALLET.hex}00000000")],
    )


@pytest.fixture(scope="session")
def accounts() -> Accounts:
    """A server that keeps secrets."""
    return Accounts(Passwords(), secrets=KEYS)


async def rows_of(worker: Stores, text: str, *values: object) -> list[Any]:
    """Rows as a job reads them."""
    names = tuple(f"p{number}" for number in range(len(values)))
    found: list[Any] = await worker.postgres.fetch(Statement("rows", text, names), *values)
    return found


async def audit_of(worker: Stores, key: object) -> list[Any]:
    """What the audit log says of a thing."""
    text = "SELECT * FROM ops.audit_log WHERE resource_id = $1::text ORDER BY occurred_at, id"
    return await rows_of(worker, text, str(key))


async def outbox_of(worker: Stores, key: object) -> list[tuple[Any, ...]]:
    """What subscribers hear of a thing."""
    text = "SELECT aggregate, event FROM ops.outbox WHERE aggregate_id = $1::text ORDER BY sequence"
    return [tuple(row) for row in await rows_of(worker, text, str(key))]


async def add_rules(worker: Stores, owner: Person, number: int, **changed: Any) -> list[UUID]:
    """Rules about the asset, the first one newest."""
    made = [uuid4() for _ in range(number)]
    values: dict[str, Any] = {
        "alert_type": "price_change",
        "target_type": "asset",
        "asset_id": ASSET,
        "condition_operator": "gt",
        "threshold_value": Decimal(5),
        "threshold_type": "percentage",
        "notification_channels": ["email", "webhook"],
        **changed,
    }
    rows = [
        (id_, owner.id, f"Rule {n:03}", NOW - timedelta(minutes=n), *values.values())
        for n, id_ in enumerate(made)
    ]
    columns = ("id", "user_id", "name", "created_at", *values)
    await worker.postgres.copy_rows("alerts.rules", columns, rows)
    return made


async def add_event(worker: Stores, owner: Person, rule: UUID, number: int = 1) -> UUID:
    """A firing of a rule, with what was sent about it."""
    event, delivery = uuid4(), uuid4()
    at = NOW - timedelta(minutes=number)
    figures, words = map(Decimal, ("7.5", "2", "5")), ("price_change > 5 %", "Up")
    await worker.postgres.copy_rows(
        "alerts.events",
        (
            *("id", "triggered_at", "rule_id", "user_id", "alert_type", "triggered_value"),
            *("baseline_value", "threshold_value", "condition_met", "title", "message"),
            *("severity", "notification_channels", "delivery_status"),
        ),
        [(event, at, rule, owner.id, "price_change", *figures, *words, f"Up {number}", *_SAID)],
    )
    await worker.postgres.copy_rows(
        "alerts.deliveries",
        (
            *("id", "created_at", "event_triggered_at", "event_id", "user_id", "channel"),
            *("recipient_masked", "status", "sent_at"),
        ),
        [(delivery, at, at, event, owner.id, "email", "….org", "sent", at)],
    )
    return event


def wish(**changed: Any) -> dict[str, Any]:
    """The input of a good rule, with some values changed."""
    return {
        "name": " Up ",
        "alertType": "PRICE_CHANGE",
        "targetId": global_id("Asset", ASSET),
        "conditionOperator": "GT",
        "thresholdValue": "0.5",
        **changed,
    }


async def change(
    stores: Stores,
    name: str,
    viewer: Viewer | None,
    given: dict[str, Any],
    *,
    fields: str = "",
    accounts: Accounts | None = None,
) -> Answer:
    """Run a mutation with an input, and ask for some fields of its payload."""
    type_ = f"{name[0].upper()}{name[1:]}Input"
    query = f"""mutation ($input: {type_}!) {{ {name}(input: $input) {{
      userErrors {{ field code message }} {fields} }} }}"""
    context = RequestContext(viewer or Viewer(), stores, trace=[], accounts=accounts)
    return await ask(stores, query, context=context, input=given)


def errors_of(answer: Answer) -> list[tuple[list[str], str]]:
    """Path and code of every user error of the one mutation."""
    assert not answer.errors
    (payload,) = answer.data.values()
    return [(error["field"], error["code"]) for error in payload["userErrors"]]
