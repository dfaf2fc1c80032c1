"""Statements against ClickHouse: by name, with a deadline on both sides."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from stores.clickhouse import driver
from stores.errors import StoreRejected, StoreUnavailable
from stores.queries import Statement

if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterable,
        AsyncIterator,
        Awaitable,
        Callable,
        Mapping,
        Sequence,
    )

    from clickhouse_connect.driver.asyncclient import AsyncClient

    Rows = list[tuple[object, ...]]
    Settings = Mapping[str, object]

_T = TypeVar("_T")
_NO_PARAMS: Final[Mapping[str, object]] = {}
_VERSION: Final = "SELECT version()"


@dataclass(frozen=True, slots=True)
class ClickHouseOptions:
    """Limits of one client; times in seconds.

    Attributes:
        connect_timeout_s: opening a connection.
        command_timeout_s: longest statement when the caller gives no deadline or a later one.
        insert_timeout_s: longest insert.
        pool_size: connections at most.
        compress: compress what goes over the wire; worth it over a slow network.
    """

    connect_timeout_s: float = 0.5
    command_timeout_s: float = 5.0
    insert_timeout_s: float = 30.0
    pool_size: int = 20
    compress: bool = False


class ClickHouse:
    """One database of one server; connected when first used, healed when the server returns.

    When a task that waits for a statement is cancelled, the connection is closed and the server
    drops the statement; `max_execution_time` is the server's own limit behind that.
    """

    __slots__ = ("_client", "_column_types", "_lock", "_options", "_url")

    def __init__(self, url: str, options: ClickHouseOptions | None = None) -> None:
        self._url = url
        self._options = options or ClickHouseOptions()
        self._client: AsyncClient | None = None
        self._lock = asyncio.Lock()
        self._column_types: dict[tuple[str, tuple[str, ...]], Sequence[Any]] = {}

    async def fetch(
        self,
        statement: Statement,
        params: Mapping[str, object] = _NO_PARAMS,
        *,
        deadline: float | None = None,
        settings: Settings = _NO_PARAMS,
    ) -> Rows:
        """Rows of a statement, in its order; times come back aware, in UTC.

        A statement that only reads is sent once more when its connection turned out to be dead.

        Args:
            statement: what to run; parameters are `{name:Type}`.
            params: values by parameter name.
            deadline: `time.monotonic()` value after which the answer is of no use.
            settings: server settings of this statement only.

        Raises:
            StoreError: in one of its kinds.
        """

        async def call(client: AsyncClient, seconds: float) -> Rows:
            limits = {"max_execution_time": _server_limit(seconds), **settings}
            return await driver.read(client, statement.text, params, limits)

        limit_s = self._options.command_timeout_s
        return await self._run(statement.name, call, limit_s, deadline, statement.reads_only)

    async def explain(
        self,
        statement: Statement,
        params: Mapping[str, object] = _NO_PARAMS,
        *,
        deadline: float | None = None,
    ) -> list[str]:
        """How ClickHouse answers a statement that only reads: lines of `EXPLAIN indexes = 1`.

        Raises:
            StoreRejected: the statement may write.
            StoreError: in one of its kinds, as `fetch`.
        """
        name = f"explain {statement.name}"
        if not statement.reads_only:
            raise StoreRejected("clickhouse", name, "only statements that read are explained")
        explained = Statement(name, f"EXPLAIN indexes = 1 {statement.text}")
        return [str(row[0]) for row in await self.fetch(explained, params, deadline=deadline)]

    async def execute(
        self,
        statement: Statement,
        params: Mapping[str, object] = _NO_PARAMS,
        *,
        deadline: float | None = None,
        settings: Settings = _NO_PARAMS,
    ) -> None:
        """Run a statement that returns nothing, once; otherwise as `fetch`."""

        async def call(client: AsyncClient, seconds: float) -> None:
            await driver.command(client, statement.text, params, settings)

        limit_s = self._options.insert_timeout_s
        await self._run(statement.name, call, limit_s, deadline, again=False)

    async def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        *,
        deduplication_token: str | None = None,
        deadline: float | None = None,
    ) -> None:
        """Append a block of rows, all or none.

        Args:
            table: unqualified table name.
            columns: columns the rows give, in order.
            rows: may be empty, then nothing is sent.
            deduplication_token: names this block; a second block with the same token is ignored
                where the table keeps a deduplication window.
            deadline: `time.monotonic()` value.
        """
        if not rows:
            return
        settings: dict[str, object] = {}
        if deduplication_token is not None:
            settings["insert_deduplication_token"] = deduplication_token
        key = (table, tuple(columns))

        async def call(client: AsyncClient, seconds: float) -> None:
            context = await client.create_insert_context(
                table,
                list(columns),
                column_types=self._column_types.get(key),
                data=rows,
                settings=settings,
            )
            self._column_types[key] = context.column_types
            await client.insert(context=context)

        try:
            await self._run(
                f"insert {table}", call, self._options.insert_timeout_s, deadline, again=False
            )
        except StoreRejected:
            self._column_types.pop(key, None)  # the table may have changed since it was read
            raise

    async def export(
        self,
        statement: Statement,
        params: Mapping[str, object] = _NO_PARAMS,
        *,
        format: str,
        deadline: float | None = None,
    ) -> AsyncIterator[bytes]:
        """The rows of a statement in one of the server's formats, in pieces as they come.

        Args:
            statement: what to run.
            params: values by parameter name.
            format: such as Native or Parquet.
            deadline: `time.monotonic()` value after which a piece is of no use.

        Raises:
            StoreError: in one of its kinds; pieces that came before it are of no use.
        """
        try:
            client = self._client or await self._opened(statement.name)
            pieces = driver.export(client, statement.text, params, format)
            while True:
                seconds = _left(self._options.insert_timeout_s, deadline)
                async with asyncio.timeout(seconds):
                    piece = await anext(pieces, None)
                if piece is None:
                    return
                yield piece
        except driver.DRIVER_ERRORS as error:
            raise driver.translate(statement.name, error) from error

    async def ingest(
        self,
        table: str,
        rows: bytes | AsyncIterable[bytes],
        *,
        format: str,
        deadline: float | None = None,
    ) -> None:
        """Append rows that are in one of the server's formats already.

        Args:
            table: unqualified table name.
            rows: the whole of them, as `export` gives.
            format: such as Native or Parquet.
            deadline: `time.monotonic()` value.
        """

        async def call(client: AsyncClient, seconds: float) -> None:
            await client.raw_insert(table, insert_block=rows, fmt=format)

        limit_s = self._options.insert_timeout_s
        await self._run(f"insert {table}", call, limit_s, deadline, again=False)

    async def create_like(self, table: str, model: str, *, deadline: float | None = None) -> None:
        """Make an empty table of the structure of another, unless it is there.

        Raises:
            StoreRejected: a name is no plain name, or there is no such model.
        """
        _check_names(table, model)
        # The server takes no parameter for the second table.
        text = f"CREATE TABLE IF NOT EXISTS {table} AS {model}"
        await self.execute(Statement("create like", text, kind="exec"), deadline=deadline)

    async def move_partition(
        self, partition: str, *, source: str, target: str, deadline: float | None = None
    ) -> None:
        """Move a partition to a table of the same structure, at once for all readers.

        Args:
            partition: its id, as `system.parts` has it.
            source: unqualified table that has it; without rows of it nothing happens.
            target: unqualified table that gets it.
            deadline: `time.monotonic()` value.

        Raises:
            StoreRejected: something is no plain name, or the tables differ.
        """
        _check_names(partition, source, target)
        text = f"ALTER TABLE {source} MOVE PARTITION ID '{partition}' TO TABLE {target}"
        await self.execute(Statement("move partition", text, kind="exec"), deadline=deadline)

    async def version(self, *, deadline: float | None = None) -> str:
        """The server's version, such as `26.9.1.1`."""

        async def call(client: AsyncClient, seconds: float) -> str:
            rows = await driver.read(client, _VERSION, _NO_PARAMS, _NO_PARAMS)
            return str(rows[0][0])

        limit_s = self._options.command_timeout_s
        return await self._run("version", call, limit_s, deadline, again=True)

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await driver.close(client)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def _run(
        self,
        name: str,
        call: Callable[[AsyncClient, float], Awaitable[_T]],
        limit_s: float,
        deadline: float | None,
        again: bool,
    ) -> _T:
        try:
            return await self._once(name, call, limit_s, deadline)
        except driver.DRIVER_ERRORS as error:
            if not (again and driver.is_lost(error)):
                raise driver.translate(name, error) from error
        try:
            return await self._once(name, call, limit_s, deadline)
        except driver.DRIVER_ERRORS as error:
            raise driver.translate(name, error) from error

    async def _once(
        self,
        name: str,
        call: Callable[[AsyncClient, float], Awaitable[_T]],
        limit_s: float,
        deadline: float | None,
    ) -> _T:
        seconds = _left(limit_s, deadline)
        async with asyncio.timeout(seconds):
            client = self._client or await self._opened(name)
            return await call(client, seconds)

    async def _opened(self, name: str) -> AsyncClient:
        async with self._lock:
            if self._client is None:
                try:
                    self._client = await driver.open_client(
                        self._url,
                        connect_timeout_s=self._options.connect_timeout_s,
                        receive_timeout_s=self._options.insert_timeout_s,
                        pool_size=self._options.pool_size,
                        compress=self._options.compress,
                    )
                except driver.DRIVER_ERRORS as error:
                    translated = driver.translate(name, error)
                    retryable = not isinstance(translated, StoreRejected) and translated.retryable
                    raise StoreUnavailable(
                        "clickhouse", name, translated.message, retryable=retryable
                    ) from error
            return self._client


def _check_names(*names: str) -> None:
    if not all(re.fullmatch(r"\w+", name) for name in names):
        raise StoreRejected("clickhouse", "alter", "a name holds more than letters and digits")


def _left(limit_s: float, deadline: float | None) -> float:
    """Seconds a call may take.

    Raises:
        TimeoutError: the deadline has passed.
    """
    seconds = limit_s if deadline is None else min(limit_s, deadline - time.monotonic())
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _server_limit(seconds: float) -> float:
    """The server's limit: a little later than ours, so that ours decides what is reported."""
    return round(seconds + 0.1, 3)
