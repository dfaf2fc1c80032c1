"""A small graph for testing the edge, with every way a resolver can behave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, NewType

import strawberry
from strawberry.schema.config import StrawberryConfig

from gateway.auth.refusals import Denied
from gateway.execution import Caller
from gateway.schema import GatewaySchema, make_schema
from resolvers.errors import NotFound
from stores.errors import StoreRejected, StoreTimeout, StoreUnavailable

SECRET = "postgresql://gateway:hunter2@db.internal/onchain"

Token = NewType("Token", str)


@dataclass(slots=True)
class Journal:
    """What happened inside resolvers, so that tests can wait for it."""

    started: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """A context: which one of its process it is, and whose."""

    number: int
    identity: object
    caller: Caller
    deadline: float
    journal: Journal


class Scopes:
    """Contexts that are counted. The credential `wrong` is refused."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.opened = 0
        self.revoked = asyncio.Event()

    async def admit(self, caller: Caller) -> str:
        credential = caller.headers.get("authorization") or caller.parameters.get("authorization")
        if credential == "wrong":
            raise Denied("The credential is not known.")
        return str(credential or "anonymous")

    async def ended(self, identity: object) -> str:
        await self.revoked.wait()
        return "The credential was revoked."

    def open(self, identity: object, caller: Caller, deadline: float) -> Scope:
        self.opened += 1
        return Scope(self.opened, identity, caller, deadline, self.journal)

    def extensions(self, context: object) -> dict[str, Any]:
        return {}


def parse_token(value: object) -> str:
    if value != "good":
        raise ValueError(f"lookup in {SECRET} failed")
    return "good"


def scope(info: strawberry.Info) -> Scope:
    assert isinstance(info.context, Scope)
    return info.context


@strawberry.type
class Item:
    name: str

    @strawberry.field
    async def next(self) -> Item:
        return Item(name=self.name + "'")

    @strawberry.field
    def scope_number(self, info: strawberry.Info) -> int:
        return scope(info).number


@strawberry.type
class Query:
    @strawberry.field
    async def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    async def identity(self, info: strawberry.Info) -> str:
        return str(scope(info).identity)

    @strawberry.field
    async def echo(self, value: strawberry.scalars.JSON) -> strawberry.scalars.JSON:
        return value

    @strawberry.field
    async def half(self, of: int) -> int:
        return of // 2

    @strawberry.field
    async def not_a_number(self) -> float | None:
        return float("nan")

    @strawberry.field
    async def infinite(self) -> float | None:
        return float("-inf")

    @strawberry.field
    async def item(self) -> Item:
        return Item(name="item")

    @strawberry.field
    async def token(self, token: Token) -> str:
        return token

    @strawberry.field
    async def tokens(self, tokens: list[Token]) -> int:
        return len(tokens)

    @strawberry.field
    async def bug(self) -> str | None:
        raise RuntimeError(SECRET)

    @strawberry.field
    async def required_bug(self) -> str:
        raise RuntimeError(SECRET)

    @strawberry.field
    async def store_down(self) -> str | None:
        raise StoreUnavailable("clickhouse", "tvl_history", SECRET)

    @strawberry.field
    async def store_slow(self) -> str | None:
        raise StoreTimeout("postgres", "protocols", SECRET)

    @strawberry.field
    async def store_refuses(self) -> str | None:
        raise StoreRejected("postgres", "protocols", SECRET)

    @strawberry.field
    async def missing(self) -> str | None:
        raise NotFound("No protocol has this slug.", hint="See protocols.")

    @strawberry.field
    async def forever(self, info: strawberry.Info) -> str:
        journal = scope(info).journal
        journal.started.set()
        try:
            await asyncio.Event().wait()
        finally:
            journal.cancelled.set()
        return "never"

    @strawberry.field
    async def gated(self, info: strawberry.Info) -> str:
        journal = scope(info).journal
        journal.started.set()
        await journal.gate.wait()
        return "through"


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def change(self, info: strawberry.Info, wait: bool = False) -> int:
        journal = scope(info).journal
        journal.started.set()
        if wait:
            await journal.gate.wait()
        journal.changes += 1
        return journal.changes


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(1, to + 1):
            yield number

    @strawberry.subscription
    async def items(self, to: int) -> AsyncIterator[Item]:
        for number in range(1, to + 1):
            yield Item(name=str(number))

    @strawberry.subscription
    async def endless(self, info: strawberry.Info, name: str = "one") -> AsyncIterator[int]:
        journal = scope(info).journal
        try:
            yield 1
            journal.started.set()
            await asyncio.Event().wait()
        finally:
            journal.closed.put_nowait(name)

    @strawberry.subscription
    async def flood(self, info: strawberry.Info) -> AsyncIterator[str]:
        try:
            while True:
                yield "x" * 10_000
        finally:
            scope(info).journal.closed.put_nowait("flood")

    @strawberry.subscription
    async def breaks(self) -> AsyncIterator[int]:
        yield 1
        raise RuntimeError(SECRET)


CONFIG = StrawberryConfig(
    scalar_map={
        Token: strawberry.scalar(name="Token", serialize=str, parse_value=parse_token),
    }
)


def make_graph() -> GatewaySchema:
    return make_schema(Query, mutation=Mutation, subscription=Subscription, config=CONFIG)
