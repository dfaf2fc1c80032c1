"""The outbox in Postgres: order is given, changes are read, and what became of them is kept."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from gateway.relay.change import Change
from stores.queries import Statement, load_queries

if TYPE_CHECKING:
    from stores.postgres.client import Postgres, Rows

_CALL_S: Final = 15.0
_NUMBERED_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that a store does not take.

    Attributes:
        change: which one.
        error: why, or what it waits for.
        tried: False when it only waits behind an earlier one of the same thing.
    """

    change: Change
    error: str
    tried: bool


@dataclass(frozen=True, slots=True)
class StoreLag:
    """How far a store is behind.

    Attributes:
        store: which.
        waiting: changes it has not heard of.
        refused: changes it refused, or that wait behind such.
        oldest_at: when the oldest of all these was made; None when there are none.
        failing_since: since when it takes nothing; None while it does.
    """

    store: str
    waiting: int
    refused: int
    oldest_at: datetime | None
    failing_since: datetime | None


class Outbox:
    """What the relay does in Postgres; each call is one statement or one transaction."""

    __slots__ = ("_postgres", "_queries")

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._queries: Mapping[str, Statement] = load_queries("postgres")

    async def number(self) -> int:
        """Give positions to changes that have none, some thousands at most; how many.

        The positions of one transaction are visible before the next one gives any, so whoever
        reads up to a position has seen everything below it.
        """
        name, deadline = "relay.number", _soon()
        async with self._postgres.transaction(name=name, deadline=deadline) as change:
            given = await change.fetch_one(self._queries["relay.lead"], deadline=deadline)
            assert given is not None
            statement = self._queries[name]
            values = statement.arguments(given=given["position"], most=_NUMBERED_AT_ONCE)
            row = await change.fetch_one(statement, *values, deadline=deadline)
            assert row is not None
            return int(row["numbered"])

    async def changes(self, consumer: str, most: int) -> list[Change]:
        """The next changes for a store, in order of position."""
        return [Change(*row) for row in await self._rows("changes", consumer=consumer, most=most)]

    async def retriable(self, consumer: str, most: int) -> list[Change]:
        """Refused changes that may be tried again: of each thing the first one."""
        return [Change(*row) for row in await self._rows("retriable", consumer=consumer, most=most)]

    async def held_back(self, consumer: str, changes: Sequence[Change]) -> set[tuple[str, str]]:
        """The things of which the store refused an earlier change."""
        things = list({change.thing for change in changes})
        rows = await self._rows(
            "held_back",
            consumer=consumer,
            aggregates=[aggregate for aggregate, _ in things],
            ids=[key for _, key in things],
        )
        return {(row[0], row[1]) for row in rows}

    async def refuse(
        self, consumer: str, refusals: Sequence[Refusal], *, first_pause_s: float, max_attempts: int
    ) -> None:
        """Remember what a store does not take; each is set aside after `max_attempts`."""
        changes = [refusal.change for refusal in refusals]
        await self._rows(
            "refuse",
            consumer=consumer,
            positions=[change.position for change in changes],
            sequences=[change.sequence for change in changes],
            aggregates=[change.aggregate for change in changes],
            ids=[change.aggregate_id for change in changes],
            errors=[refusal.error for refusal in refusals],
            tries=[int(refusal.tried) for refusal in refusals],
            first_pause_s=first_pause_s,
            max_attempts=max_attempts,
        )

    async def settle(self, consumer: str, changes: Sequence[Change]) -> None:
        """Forget that the store refused these."""
        positions = [change.position for change in changes]
        await self._rows("settle", consumer=consumer, positions=positions)

    async def move(self, consumer: str, position: int) -> None:
        """Say that a store has heard of everything up to a position."""
        await self._rows("move", consumer=consumer, position=position)

    async def ail(self, consumer: str, error: str) -> None:
        """Say that a store takes nothing now."""
        await self._rows("ail", consumer=consumer, error=error)

    async def publish(self) -> None:
        """Mark the changes that every store has."""
        await self._rows("publish")

    async def lag(self) -> list[StoreLag]:
        """How far each store is behind, by name."""
        return [StoreLag(*row) for row in await self._rows("lag")]

    async def failures(self, count: int) -> Rows:
        """Refused changes and those behind them, in order of position."""
        return await self._rows("failures", count=count)

    async def try_again(self, position: int | None) -> int:
        """Have refused changes tried at once, all or those of one position; how many."""
        return await self._touched("try_again", position=position)

    async def drop(self, position: int) -> int:
        """Give up passing a change on to the stores that refuse it; how many those were."""
        return await self._touched("drop_failure", position=position)

    async def _rows(self, name: str, **values: object) -> Rows:
        statement = self._queries[f"relay.{name}"]
        return await self._postgres.fetch(
            statement, *statement.arguments(**values), deadline=_soon()
        )

    async def _touched(self, name: str, **values: object) -> int:
        statement = self._queries[f"relay.{name}"]
        return await self._postgres.execute(
            statement, *statement.arguments(**values), deadline=_soon()
        )


def _soon() -> float:
    return time.monotonic() + _CALL_S
