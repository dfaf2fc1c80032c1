"""A lean pool: last in, first out, no reset round trip, bounded waits.

A driver's general pool spends more time on one acquire and release than a small query takes. Here
nothing outlives a transaction on a connection (settings are SET LOCAL, locks are transactional), so
there is nothing to reset. A connection whose statement was cut short is looked after in the
background before anybody gets it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Final

from stores.errors import StoreUnavailable
from stores.postgres import driver

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_LOG: Final = logging.getLogger("stores.postgres")
_SETTLE_S: Final = 1.0


class Pool:
    """At most `size` connections, opened when first needed and kept until they break."""

    __slots__ = ("_closed", "_connect", "_idle", "_open", "_settling", "_size", "_waiters")

    def __init__(self, connect: Callable[[], Awaitable[driver.Connection]], *, size: int) -> None:
        self._connect = connect
        self._size = size
        self._idle: list[driver.Connection] = []
        self._waiters: deque[asyncio.Future[driver.Connection | None]] = deque()
        self._settling: set[asyncio.Task[None]] = set()
        self._open = 0
        self._closed = False

    @property
    def in_use(self) -> int:
        """Connections that are open and not idle."""
        return self._open - len(self._idle)

    @property
    def waiting(self) -> int:
        """Callers that wait for a connection."""
        return len(self._waiters)

    async def acquire(
        self, operation: str, *, timeout_s: float, fresh: bool = False
    ) -> driver.Connection:
        """Take a connection, waiting at most `timeout_s` when all are busy.

        Args:
            operation: for the error.
            timeout_s: longest wait for a free slot; opening a connection has its own limit.
            fresh: distrust every idle connection and open a new one.

        Raises:
            StoreUnavailable: all connections stayed busy, or the pool is closed.
            DRIVER_ERRORS: no connection could be opened.
        """
        if fresh:
            self._drop_idle()
        while True:
            if self._closed:
                raise StoreUnavailable(
                    "postgres", operation, "the client is closed", retryable=False
                )
            connection = self.take()
            if connection is not None:
                return connection
            if self._open < self._size:
                return await self._open_one()
            started = asyncio.get_running_loop().time()
            connection = await self._wait(operation, timeout_s)
            if connection is not None:
                if not connection.is_closed():
                    return connection
                self._open -= 1
            timeout_s -= asyncio.get_running_loop().time() - started

    def take(self) -> driver.Connection | None:
        """Take an idle connection; None when there is none, and `acquire` has to be awaited."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._open -= 1
        return None

    def release(self, connection: driver.Connection, *, settled: bool) -> None:
        """Give a connection back.

        Args:
            connection: from `acquire`.
            settled: its last statement ended by itself and no transaction is open. Otherwise the
                connection is brought to rest in the background, or dropped if it does not answer.
        """
        if connection.is_closed() or self._closed:
            self._discard(connection)
        elif settled and not connection.is_in_transaction():
            self._pass_on(connection)
        else:
            task = asyncio.get_running_loop().create_task(self._settle(connection))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)

    async def close(self) -> None:
        """Close idle connections now and busy ones when they come back."""
        self._closed = True
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        if self._settling:
            await asyncio.wait(set(self._settling), timeout=_SETTLE_S)
        idle, self._idle = self._idle, []
        await asyncio.gather(*(self._close_one(connection) for connection in idle))

    async def _open_one(self) -> driver.Connection:
        self._open += 1
        try:
            return await self._connect()
        except BaseException:
            self._open -= 1
            self._pass_on(None)
            raise

    async def _wait(self, operation: str, timeout_s: float) -> driver.Connection | None:
        """A connection somebody gave back, or None when a new one may be opened."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[driver.Connection | None] = loop.create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(max(timeout_s, 0)):
                return await waiter
        except BaseException as error:
            if waiter.done() and not waiter.cancelled():
                self._pass_on(waiter.result())  # it came too late for this caller
            if isinstance(error, TimeoutError):
                raise StoreUnavailable(
                    "postgres", operation, f"all {self._size} connections are busy"
                ) from None
            raise
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def _pass_on(self, connection: driver.Connection | None) -> None:
        """Hand a connection, or the right to open one, to whoever waits longest.

        It never lies idle in between, or a newcomer would take it and the wait begin again.
        """
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        if connection is not None:
            self._idle.append(connection)

    def _drop_idle(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            self._discard(connection)

    def _discard(self, connection: driver.Connection) -> None:
        connection.terminate()
        self._open -= 1
        self._pass_on(None)

    async def _settle(self, connection: driver.Connection) -> None:
        """Wait until a cancelled statement is gone and end its transaction."""
        try:
            async with asyncio.timeout(_SETTLE_S):
                # The driver fails on an empty statement, and a needless ROLLBACK is a warning.
                await connection.execute(
                    "ROLLBACK" if connection.is_in_transaction() else "SELECT 1"
                )
                if connection.is_in_transaction():
                    await connection.execute("ROLLBACK")
        except driver.DRIVER_ERRORS as error:
            _LOG.warning(
                "dropping a connection that did not come to rest: %s", type(error).__name__
            )
            self._discard(connection)
        except BaseException:
            self._discard(connection)
            raise
        else:
            if self._closed:
                self._discard(connection)
            else:
                self._pass_on(connection)

    async def _close_one(self, connection: driver.Connection) -> None:
        self._open -= 1
        try:
            await connection.close(timeout=_SETTLE_S)
        except driver.DRIVER_ERRORS:
            connection.terminate()
