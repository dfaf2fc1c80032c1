"""Copies of the database that only read, and who may read from them.

A copy is a moment behind. Whoever is signed in reads from the primary, as does everybody once they
have written: nobody misses what they did themselves. What anybody may see goes round the copies
that keep up.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

from stores.errors import StoreError, StoreTimeout, StoreUnavailable
from stores.postgres.client import Postgres, PostgresOptions, Transaction
from stores.queries import load_queries

if TYPE_CHECKING:
    from contextlib import _AsyncGeneratorContextManager

    from stores.postgres.client import Rows
    from stores.queries import Statement

_CHECK_S: Final = 0.5
_LOG: Final = logging.getLogger("stores.postgres")


class Replicas:
    """The copies of one primary; those that are away or too far behind are left out.

    How far a copy is behind is measured by places in the log and not by times of transactions,
    which stand still when nobody writes. The measure is taken at most twice a second, beside the
    reads that ask for a copy; a copy is used once it was measured.

    Args:
        urls: of the copies, as the role of the primary.
        primary: what they follow.
        options: of each connection.
        max_lag_s: how far behind a copy may be, in seconds.
    """

    def __init__(
        self,
        urls: Sequence[str],
        primary: Postgres,
        options: PostgresOptions,
        *,
        max_lag_s: float,
    ) -> None:
        self._primary = primary
        self._copies = [Postgres(url, options) for url in urls]
        self._fit: list[Postgres] = []
        self._max_lag_s = max_lag_s
        self._places: deque[tuple[float, int]] = deque(maxlen=4_096)
        self._turn = 0
        self._measured_at = float("-inf")
        self._measuring: asyncio.Task[None] | None = None

    @property
    def count(self) -> int:
        """How many copies there should be."""
        return len(self._copies)

    @property
    def fit_count(self) -> int:
        """How many of them are read from now."""
        return len(self._fit)

    def choose(self) -> Postgres | None:
        """The copy whose turn it is; None when none is fit."""
        if time.monotonic() - self._measured_at > _CHECK_S and self._measuring is None:
            self._measuring = asyncio.get_running_loop().create_task(self._measured())
        if not self._fit:
            return None
        self._turn += 1
        return self._fit[self._turn % len(self._fit)]

    def leave_out(self, copy: Postgres) -> None:
        """Use a copy no more until it was measured again."""
        self._fit = [each for each in self._fit if each is not copy]

    async def measure(self) -> None:
        """Find out which copies are fit now."""
        query = load_queries("postgres")["replicas.written"]
        deadline = time.monotonic() + _CHECK_S
        try:
            row = await self._primary.fetch_one(query, deadline=deadline)
            assert row is not None
            self._places.append((time.monotonic(), row["place"]))
        except StoreError:
            pass  # a primary that is away writes nothing that a copy could lack
        fit = await asyncio.gather(*(self._keeps_up(copy) for copy in self._copies))
        before = len(self._fit)
        self._fit = [copy for copy, is_fit in zip(self._copies, fit, strict=True) if is_fit]
        if len(self._fit) != before:
            _LOG.info("%d of %d replicas are read from", len(self._fit), len(self._copies))

    async def close(self) -> None:
        """Close the connections to the copies."""
        if self._measuring is not None:
            self._measuring.cancel()
            await asyncio.gather(self._measuring, return_exceptions=True)
        await asyncio.gather(*(copy.close() for copy in self._copies), return_exceptions=True)

    async def _measured(self) -> None:
        try:
            await self.measure()
        finally:
            self._measured_at = time.monotonic()
            self._measuring = None

    async def _keeps_up(self, copy: Postgres) -> bool:
        query = load_queries("postgres")["replicas.replayed"]
        try:
            row = await copy.fetch_one(query, deadline=time.monotonic() + _CHECK_S)
        except StoreError:
            return False
        if row is None or row["place"] is None:
            return False  # it is no copy
        had = [at for at, place in self._places if place <= row["place"]]
        return bool(had) and self._places[-1][0] - had[-1] <= self._max_lag_s


class ReplicaReader(Postgres):
    """The primary for one request of somebody unknown, whose reads may go to copies.

    Once the request has written, it reads from the primary as well.
    """

    __slots__ = ("_replicas", "_wrote")

    def __init__(self, primary: Postgres, replicas: Replicas) -> None:
        self._options = primary._options
        self._pool = primary._pool
        self._replicas = replicas
        self._wrote = False

    async def fetch(
        self,
        statement: Statement,
        *args: object,
        viewer_id: UUID | None = None,
        deadline: float | None = None,
    ) -> Rows:
        """Rows of a statement, from a copy where that makes no difference; else as `Postgres`."""
        free = viewer_id is None and not self._wrote and statement.reads_only
        copy = self._replicas.choose() if free else None
        if copy is not None:
            try:
                return await copy.fetch(statement, *args, deadline=deadline)
            except (StoreUnavailable, StoreTimeout):
                self._replicas.leave_out(copy)
        return await super().fetch(statement, *args, viewer_id=viewer_id, deadline=deadline)

    async def execute(
        self,
        statement: Statement,
        *args: object,
        viewer_id: UUID | None = None,
        deadline: float | None = None,
    ) -> int:
        """As `Postgres`, on the primary."""
        self._wrote = True
        return await super().execute(statement, *args, viewer_id=viewer_id, deadline=deadline)

    def transaction(
        self,
        *,
        viewer_id: UUID | None = None,
        deadline: float | None = None,
        name: str = "transaction",
    ) -> _AsyncGeneratorContextManager[Transaction]:
        """As `Postgres`, on the primary."""
        self._wrote = True
        return super().transaction(viewer_id=viewer_id, deadline=deadline, name=name)
