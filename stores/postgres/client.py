"""Statements against Postgres: by name, with a deadline, as somebody."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Self, TypeVar
from uuid import UUID

from stores.errors import StoreRejected, StoreTimeout, StoreUnavailable
from stores.postgres import driver
from stores.postgres.listening import listen
from stores.postgres.pool import Pool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

    from stores.queries import Statement

    Row = driver.Record
    Rows = list[driver.Record]

_T = TypeVar("_T")
_VERSION: Final = "SELECT current_setting('server_version')"


@dataclass(frozen=True, slots=True)
class PostgresOptions:
    """Limits of one client; times in seconds.

    Attributes:
        pool_size: connections at most; each request holds one at a time.
        acquire_timeout_s: wait for a free connection; longer than a queue of a busy moment takes.
        connect_timeout_s: opening a connection.
        command_timeout_s: longest statement when the caller gives no deadline or a later one.
        behind_pooler: a PgBouncer in transaction mode is in between: no prepared statements.
        application_name: shown in `pg_stat_activity`.
    """

    pool_size: int = 10
    acquire_timeout_s: float = 2.0
    connect_timeout_s: float = 2.0
    command_timeout_s: float = 5.0
    behind_pooler: bool = False
    application_name: str = "onchain-gateway"


class Transaction:
    """The verbs of `Postgres` inside one transaction; obtained from `Postgres.transaction`."""

    __slots__ = ("_connection", "_limit_s")

    def __init__(self, connection: driver.Connection, limit_s: float) -> None:
        self._connection = connection
        self._limit_s = limit_s

    async def fetch(
        self, statement: Statement, *args: object, deadline: float | None = None
    ) -> Rows:
        """Rows of a statement, in its order."""

        def call() -> Awaitable[Rows]:
            return self._connection.fetch(statement.text, *args)

        return await self._bounded(statement.name, call, deadline)

    async def fetch_one(
        self, statement: Statement, *args: object, deadline: float | None = None
    ) -> Row | None:
        """First row of a statement, or None."""
        rows = await self.fetch(statement, *args, deadline=deadline)
        return rows[0] if rows else None

    async def stream(
        self, statement: Statement, *args: object, batch: int, deadline: float | None = None
    ) -> AsyncIterator[Rows]:
        """Rows of a statement in portions, so that only one of them is in memory.

        Args:
            statement: what to run.
            *args: values for `$1`, `$2`, …
            batch: rows of a portion at most.
            deadline: `time.monotonic()` value after which a portion is of no use.
        """

        async def begin() -> driver.Cursor:
            return await self._connection.cursor(statement.text, *args)

        cursor = await self._bounded(statement.name, begin, deadline)
        while rows := await self._bounded(statement.name, lambda: cursor.fetch(batch), deadline):
            yield rows

    async def execute(
        self, statement: Statement, *args: object, deadline: float | None = None
    ) -> int:
        """Run a statement; the number of rows it touched."""

        def call() -> Awaitable[str]:
            return self._connection.execute(statement.text, *args)

        return _touched(await self._bounded(statement.name, call, deadline))

    async def execute_many(
        self,
        statement: Statement,
        rows: Iterable[Sequence[object]],
        *,
        deadline: float | None = None,
    ) -> None:
        """Run a statement once a row, pipelined."""

        def call() -> Awaitable[None]:
            return self._connection.executemany(statement.text, rows)

        await self._bounded(statement.name, call, deadline)

    async def copy_rows(
        self,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
        *,
        deadline: float | None = None,
    ) -> int:
        """Append rows with COPY; `table` is `schema.table`. The number of rows."""
        schema, _, name = table.rpartition(".")

        def call() -> Awaitable[str]:
            return self._connection.copy_records_to_table(
                name,
                records=[tuple(row) for row in rows],
                columns=list(columns),
                schema_name=schema or None,
            )

        return _touched(await self._bounded(f"copy {table}", call, deadline))

    async def commit(self, name: str, deadline: float | None) -> None:
        """Make the changes last; for `Postgres.transaction`."""
        await self._bounded(name, lambda: self._connection.execute("COMMIT"), deadline)

    async def _bounded(
        self, name: str, call: Callable[[], Awaitable[_T]], deadline: float | None
    ) -> _T:
        try:
            async with asyncio.timeout(_seconds(deadline, self._limit_s)):
                return await call()
        except driver.DRIVER_ERRORS as error:
            raise driver.translate(name, error) from error


class Postgres:
    """One role's connections to one database; opened when first used, reopened when they break."""

    __slots__ = ("_connect", "_options", "_pool")

    def __init__(self, url: str, options: PostgresOptions | None = None) -> None:
        self._options = options or PostgresOptions()
        connect = driver.ConnectOptions(
            url,
            connect_timeout_s=self._options.connect_timeout_s,
            statement_timeout_s=self._options.command_timeout_s + 0.5,
            behind_pooler=self._options.behind_pooler,
            application_name=self._options.application_name,
        )
        self._connect = partial(driver.connect, connect)
        self._pool = Pool(self._connect, size=self._options.pool_size)

    @property
    def in_use(self) -> int:
        """Connections busy now."""
        return self._pool.in_use

    @property
    def waiting(self) -> int:
        """Calls that wait for a connection now."""
        return self._pool.waiting

    async def fetch(
        self,
        statement: Statement,
        *args: object,
        viewer_id: UUID | None = None,
        deadline: float | None = None,
    ) -> Rows:
        """Rows of a statement, in its order.

        A statement that only reads is sent once more over a fresh connection when the first one
        turned out to be dead; anything else never is.

        Args:
            statement: what to run.
            *args: values for `$1`, `$2`, …
            viewer_id: whose rows row level security shows; the statement then runs in a
                transaction of its own.
            deadline: `time.monotonic()` value after which the answer is of no use.

        Raises:
            StoreError: in one of its kinds.
        """
        idle = self._pool.take() if viewer_id is None else None
        if idle is not None:
            rows = await self._fetch_over(idle, statement, args, deadline)
            if rows is not None:
                return rows

        def call(connection: driver.Connection) -> Awaitable[Rows]:
            return connection.fetch(statement.text, *args)

        if idle is not None:
            return await self._afresh(statement.name, call, viewer_id, deadline)
        return await self._run(statement.name, call, viewer_id, deadline, statement.reads_only)

    async def _fetch_over(
        self,
        connection: driver.Connection,
        statement: Statement,
        args: tuple[object, ...],
        deadline: float | None,
    ) -> Rows | None:
        """The shortest way: one statement over an idle connection, timed by the driver.

        Returns:
            None when the connection turned out to be dead and the statement may be sent again.
        """
        settled = True
        try:
            seconds = _seconds(deadline, self._options.command_timeout_s)
            settled = False
            rows = await connection.fetch(statement.text, *args, timeout=seconds)
            settled = True
        except driver.DRIVER_ERRORS as error:
            lost = driver.is_lost(error)
            settled = settled or not (lost or isinstance(error, TimeoutError))
            if lost and statement.reads_only:
                return None
            raise driver.translate(statement.name, error) from error
        finally:
            self._pool.release(connection, settled=settled)
        return rows

    async def fetch_one(
        self,
        statement: Statement,
        *args: object,
        viewer_id: UUID | None = None,
        deadline: float | None = None,
    ) -> Row | None:
        """First row of a statement, or None; otherwise as `fetch`."""
        rows = await self.fetch(statement, *args, viewer_id=viewer_id, deadline=deadline)
        return rows[0] if rows else None

    async def execute(
        self,
        statement: Statement,
        *args: object,
        viewer_id: UUID | None = None,
        deadline: float | None = None,
    ) -> int:
        """Run a statement once, never twice; the number of rows it touched. Else as `fetch`."""

        def call(connection: driver.Connection) -> Awaitable[str]:
            return connection.execute(statement.text, *args)

        return _touched(await self._run(statement.name, call, viewer_id, deadline, again=False))

    async def copy_rows(
        self,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
        *,
        deadline: float | None = None,
    ) -> int:
        """Append all rows or none with COPY; `table` is `schema.table`. The number of rows."""
        async with self.transaction(deadline=deadline) as transaction:
            return await transaction.copy_rows(table, columns, rows, deadline=deadline)

    @asynccontextmanager
    async def transaction(
        self,
        *,
        viewer_id: UUID | None = None,
        deadline: float | None = None,
        name: str = "transaction",
    ) -> AsyncIterator[Transaction]:
        """One transaction: committed at the end of the block, rolled back when an exception leaves.

        Args:
            viewer_id: whose rows row level security shows and accepts.
            deadline: `time.monotonic()` value after which no statement inside goes on.
            name: for errors about the transaction itself.
        """
        connection = await self._begun(name, viewer_id, deadline)
        transaction = Transaction(connection, self._options.command_timeout_s)
        settled = False
        try:
            yield transaction
            await transaction.commit(name, deadline)
            settled = True
        except Exception as error:
            settled = not isinstance(error, StoreTimeout) and await _rolled_back(connection)
            raise
        finally:
            self._pool.release(connection, settled=settled)

    async def explain(
        self,
        statement: Statement,
        *args: object,
        viewer_id: UUID | None = None,
        deadline: float | None = None,
        analyze: bool = True,
    ) -> object:
        """How Postgres answers a statement that only reads: its `EXPLAIN (FORMAT JSON)`.

        Args:
            statement: what to explain.
            *args: values for `$1`, `$2`, …
            viewer_id: as `fetch`.
            deadline: as `fetch`.
            analyze: run the statement, in a transaction that cannot write and is rolled back, and
                say what each node of the plan took and found.

        Raises:
            StoreRejected: the statement may write.
            StoreError: in one of its kinds, as `fetch`.
        """
        name = f"explain {statement.name}"
        if not statement.reads_only:
            raise StoreRejected("postgres", name, "only statements that read are explained")
        options = "ANALYZE, FORMAT JSON" if analyze else "FORMAT JSON"

        async def call(connection: driver.Connection) -> object:
            seconds = _seconds(deadline, self._options.command_timeout_s)
            await connection.execute(_begin(viewer_id, seconds, read_only=True))
            try:
                plans = await connection.fetchval(f"EXPLAIN ({options}) {statement.text}", *args)
            except Exception:
                await _rolled_back(connection)
                raise
            await _rolled_back(connection)
            return plans[0]

        return await self._run(name, call, None, deadline, again=True)

    async def listen(self, channel: str, news: asyncio.Event) -> None:
        """Set `news` at every notification on a channel and after every gap, until cancelled.

        Behind a pooler nothing is ever heard, so whoever listens has to look now and then, too.
        """
        if not self._options.behind_pooler:
            await listen(self._connect, channel, news)

    async def version(self, *, deadline: float | None = None) -> str:
        """The server's version, such as `18.4`."""

        def call(connection: driver.Connection) -> Awaitable[object]:
            return connection.fetchval(_VERSION)

        return str(await self._run("version", call, None, deadline, again=True))

    async def close(self) -> None:
        """Close the connections; calls in flight may finish."""
        await self._pool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def _run(
        self,
        name: str,
        call: Callable[[driver.Connection], Awaitable[_T]],
        viewer_id: UUID | None,
        deadline: float | None,
        again: bool,
    ) -> _T:
        try:
            return await self._once(name, call, viewer_id, deadline, fresh=False)
        except driver.DRIVER_ERRORS as error:
            if not (again and driver.is_lost(error)):
                raise driver.translate(name, error) from error
        return await self._afresh(name, call, viewer_id, deadline)

    async def _afresh(
        self,
        name: str,
        call: Callable[[driver.Connection], Awaitable[_T]],
        viewer_id: UUID | None,
        deadline: float | None,
    ) -> _T:
        """Run a call for the last time, over a new connection."""
        try:
            return await self._once(name, call, viewer_id, deadline, fresh=True)
        except driver.DRIVER_ERRORS as error:
            raise driver.translate(name, error) from error

    async def _once(
        self,
        name: str,
        call: Callable[[driver.Connection], Awaitable[_T]],
        viewer_id: UUID | None,
        deadline: float | None,
        fresh: bool,
    ) -> _T:
        seconds = _seconds(deadline, self._options.command_timeout_s)
        async with asyncio.timeout(seconds):
            connection = await self._acquire(name, fresh=fresh)
            settled = False
            try:
                if viewer_id is None:
                    result = await call(connection)
                else:
                    result = await _as_viewer(connection, viewer_id, seconds, call)
                settled = True
            except Exception as error:
                # The server answered; only a cut-short statement leaves work behind.
                settled = not driver.is_lost(error)
                raise
            finally:
                self._pool.release(connection, settled=settled)
        return result

    async def _begun(
        self, name: str, viewer_id: UUID | None, deadline: float | None
    ) -> driver.Connection:
        """A connection with an open transaction."""
        connection = None
        try:
            seconds = _seconds(deadline, self._options.command_timeout_s)
            async with asyncio.timeout(seconds):
                connection = await self._acquire(name, fresh=False)
                await connection.execute(_begin(viewer_id, seconds))
        except BaseException as error:
            if connection is not None:
                self._pool.release(connection, settled=False)
            if isinstance(error, driver.DRIVER_ERRORS):
                raise driver.translate(name, error) from error
            raise
        return connection

    async def _acquire(self, name: str, *, fresh: bool) -> driver.Connection:
        timeout_s = self._options.acquire_timeout_s
        try:
            return await self._pool.acquire(name, timeout_s=timeout_s, fresh=fresh)
        except TimeoutError as error:
            limit = self._options.connect_timeout_s
            raise StoreUnavailable("postgres", name, f"no connection within {limit} s") from error
        except driver.DRIVER_ERRORS as error:
            raise driver.translate(name, error) from error


async def _as_viewer(
    connection: driver.Connection,
    viewer_id: UUID,
    seconds: float,
    call: Callable[[driver.Connection], Awaitable[_T]],
) -> _T:
    """Run one statement in a transaction that acts for a user."""
    await connection.execute(_begin(viewer_id, seconds))
    try:
        result = await call(connection)
    except Exception:
        await _rolled_back(connection)
        raise
    await connection.execute("COMMIT")
    return result


def _begin(viewer_id: UUID | None, seconds: float, *, read_only: bool = False) -> str:
    """Open a transaction, say who acts and bound each statement, in one round trip."""
    settings = [f"set_config('statement_timeout', '{max(1, round(seconds * 1000))}', true)"]
    if viewer_id is not None:
        # Quoting is safe because nothing but a UUID passes.
        settings.append(f"set_config('app.current_user_id', '{UUID(str(viewer_id))}', true)")
    return f"BEGIN{' READ ONLY' if read_only else ''}; SELECT {', '.join(settings)}"


async def _rolled_back(connection: driver.Connection) -> bool:
    """End the transaction of a connection that answers; whether it did."""
    try:
        await connection.execute("ROLLBACK")
    except driver.DRIVER_ERRORS:
        return False
    return True


def _seconds(deadline: float | None, limit_s: float) -> float:
    """Seconds a call may take.

    Raises:
        TimeoutError: the deadline has passed, so nothing should be sent any more.
    """
    if deadline is None:
        return limit_s
    seconds = min(limit_s, deadline - time.monotonic())
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _touched(tag: str) -> int:
    """Rows counted by a command tag such as `UPDATE 3`."""
    count = tag.rpartition(" ")[2]
    return int(count) if count.isdigit() else 0
