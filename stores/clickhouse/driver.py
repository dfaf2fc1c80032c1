"""The only module that imports clickhouse-connect: opening a client and naming its errors."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import aiohttp
import clickhouse_connect
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import ClickHouseError, Error

from stores.errors import StoreError, StoreFull, StoreRejected, StoreTimeout, StoreUnavailable
from stores.relational.clickhouse import EARLIEST, LATEST
from stores.urls import path_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

__all__ = [
    "DRIVER_ERRORS",
    "AsyncClient",
    "close",
    "command",
    "export",
    "is_lost",
    "open_client",
    "read",
    "translate",
]

# Error codes of ClickHouse -> our error; every other code is a rejected statement.
_BY_CODE: Final[dict[int, type[StoreError]]] = {
    159: StoreTimeout,  # TIMEOUT_EXCEEDED
    160: StoreTimeout,  # TOO_SLOW
    394: StoreTimeout,  # QUERY_WAS_CANCELLED, which only a deadline does here
    202: StoreUnavailable,  # TOO_MANY_SIMULTANEOUS_QUERIES
    203: StoreUnavailable,  # NO_FREE_CONNECTION
    209: StoreUnavailable,  # SOCKET_TIMEOUT between servers
    210: StoreUnavailable,  # NETWORK_ERROR between servers
    225: StoreUnavailable,  # NO_ZOOKEEPER
    236: StoreUnavailable,  # ABORTED: the server shuts down
    242: StoreUnavailable,  # TABLE_IS_READ_ONLY: replica without its keeper
    252: StoreUnavailable,  # TOO_MANY_PARTS: merges lag behind the inserts
    279: StoreUnavailable,  # ALL_CONNECTION_TRIES_FAILED
    999: StoreUnavailable,  # KEEPER_EXCEPTION
    243: StoreFull,  # NOT_ENOUGH_SPACE
}
_MISCONFIGURED: Final = frozenset({81, 192, 193, 194, 492, 516})  # unknown database, user, password
DRIVER_ERRORS: Final = (
    ClickHouseError,
    aiohttp.ClientError,
    OSError,
    TimeoutError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
)


async def open_client(
    url: str, *, connect_timeout_s: float, receive_timeout_s: float, pool_size: int, compress: bool
) -> AsyncClient:
    """Open a client and learn the server's settings; talks to the server.

    Raises:
        DRIVER_ERRORS: whatever the driver raises; see `translate`.
    """
    parts = urlsplit(url)
    return await clickhouse_connect.get_async_client(
        interface=parts.scheme,
        host=parts.hostname,
        port=parts.port,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password or ""),
        database=path_of(url) or None,
        connect_timeout=connect_timeout_s,
        send_receive_timeout=receive_timeout_s,
        query_retries=0,
        compress=compress,
        tz_mode="aware",
        connector_limit=pool_size,
        connector_limit_per_host=pool_size,
        client_name="onchain-gateway",
        settings={"cancel_http_readonly_queries_on_client_close": 1},
    )


def is_lost(error: BaseException) -> bool:
    """Whether an established connection broke, so that a read may be sent again."""
    return any(
        isinstance(cause, (aiohttp.ServerDisconnectedError, ConnectionResetError, BrokenPipeError))
        and not isinstance(cause, aiohttp.ClientConnectorError)
        for cause in _causes(error)
    )


def translate(operation: str, error: BaseException) -> StoreError:
    """Name a driver error in our terms; raise the result `from` it."""
    code = getattr(error, "code", None)
    if isinstance(error, Error) and code is not None:
        message = str(error).partition("(for url")[0].strip()
        if code in _MISCONFIGURED:
            return StoreUnavailable("clickhouse", operation, message, retryable=False)
        return _BY_CODE.get(code, StoreRejected)("clickhouse", operation, message)
    for cause in _causes(error):
        if isinstance(cause, aiohttp.ConnectionTimeoutError):
            return StoreUnavailable("clickhouse", operation, "no connection in time")
        if isinstance(cause, TimeoutError):
            return StoreTimeout("clickhouse", operation, "no answer within the deadline")
        if isinstance(cause, (aiohttp.ClientError, OSError)):
            kind = type(cause).__name__
            return StoreUnavailable("clickhouse", operation, f"connection failed ({kind})")
    if isinstance(error, Error) and "HTTP" in str(error):
        # An error status without ClickHouse's error code: something else answered.
        return StoreUnavailable("clickhouse", operation, "the answer does not come from ClickHouse")
    return StoreRejected("clickhouse", operation, f"{type(error).__name__}: {error}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


async def read(
    client: AsyncClient, text: str, params: Mapping[str, object], settings: Mapping[str, object]
) -> list[tuple[object, ...]]:
    """Rows of a statement that answers with rows."""
    held = {name: _held(value) for name, value in params.items()}
    result = await client.query(text, parameters=held, settings=dict(settings))
    return [tuple(row) for row in result.result_rows]


def _held(value: object) -> object:
    """A time as the server can hold it; one beyond compares like the end, where no row is."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return min(max(value, EARLIEST), LATEST)
    return value


async def command(
    client: AsyncClient, text: str, params: Mapping[str, object], settings: Mapping[str, object]
) -> None:
    """Run a statement that answers with nothing."""
    await client.command(text, parameters=dict(params), settings=dict(settings))


async def export(
    client: AsyncClient, text: str, params: Mapping[str, object], format: str
) -> AsyncIterator[bytes]:
    """The answer in one of the server's formats, in pieces."""
    answer = await client.raw_stream(text, parameters=dict(params), fmt=format)
    async with answer as pieces:
        async for piece in pieces:
            yield piece


async def close(client: AsyncClient) -> None:
    """Close a client; what is in flight may finish for a moment."""
    try:
        async with asyncio.timeout(1.0):
            await client.close()
    except DRIVER_ERRORS:
        client._force_close()
