"""Stores for one test, as a worker sees them, and changes in their outbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from gateway.relay.change import Change
from gateway.relay.outbox import Outbox
from gateway.worker.running import worker_stores
from stores.lifecycle import StoreOptions, Stores
from stores.postgres.client import Transaction
from stores.queries import Statement

ADD = Statement(
    "add",
    "INSERT INTO ops.outbox (aggregate, aggregate_id, event) VALUES ($1, $2, $3)",
    kind="exec",
)


class Ledger:
    """A receiver that writes down what it hears, and refuses or fails when told to."""

    batch = 3
    gather_s = 0.0

    def __init__(self, name: str = "redis") -> None:
        self.name = name
        self.heard: list[str] = []
        self.refused: set[str] = set()
        self.error: Exception | None = None
        self.news = asyncio.Event()

    async def receive(self, changes: Sequence[Change]) -> None:
        if self.error is not None:
            raise self.error
        events = [change.event for change in changes]
        if bad := self.refused.intersection(events):
            raise ValueError(f"{sorted(bad)[0]} makes no sense")
        self.heard += events
        self.news.set()


@pytest.fixture
async def own_stores(fresh_options: StoreOptions) -> AsyncIterator[Stores]:
    async with worker_stores(fresh_options) as stores:
        yield stores


@pytest.fixture
def outbox(own_stores: Stores) -> Outbox:
    return Outbox(own_stores.postgres)


async def add(where: Stores | Transaction, *things: str) -> None:
    """Changes written `thing:event`."""
    runner = where.postgres if isinstance(where, Stores) else where
    for thing in things:
        key, _, event = thing.partition(":")
        await runner.execute(ADD, "test.things", key, event)


async def counts(stores: Stores, store: str = "redis") -> tuple[int, int]:
    """Changes a store has not heard of, and those it refused."""
    (lag,) = [each for each in await Outbox(stores.postgres).lag() if each.store == store]
    return lag.waiting, lag.refused
