"""The only module that imports asyncpg: opening connections and naming its errors."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import asyncpg
import orjson

from stores.errors import (
    StoreConflict,
    StoreError,
    StoreFull,
    StoreRejected,
    StoreTimeout,
    StoreUnavailable,
)

Record = asyncpg.Record
if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
    Cursor = asyncpg.cursor.Cursor[asyncpg.Record]
else:
    Connection = asyncpg.Connection  # generic in the stubs only

# SQLSTATE -> our error. Two characters stand for the whole class; the longer key wins.
_BY_SQLSTATE: Final[dict[str, type[StoreError]]] = {
    "08": StoreUnavailable,  # connection exception
    "53": StoreUnavailable,  # insufficient resources: too many connections, out of memory
    "53100": StoreFull,  # disk full
    "53400": StoreFull,  # temp_file_limit exceeded
    "57": StoreUnavailable,  # operator intervention: shutdown, starting up, backend terminated
    "57014": StoreTimeout,  # query cancelled, which only a deadline does here
    "55P03": StoreTimeout,  # lock not available within lock_timeout
    "25P03": StoreTimeout,  # idle in transaction for too long
    "58030": StoreFull,  # I/O error, which is how a file size limit shows
    "23505": StoreConflict,  # unique
    "23P01": StoreConflict,  # exclusion
    "40": StoreConflict,  # serialisation failure, deadlock
}
# A foreign key is violated, or a row others refer to was to go.
_FOREIGN_KEY: Final = ("23503", "23001")
# A check or NOT NULL is violated, or a number, text or time is more than its column holds.
_BAD_VALUE: Final = ("23514", "23502", "22001", "22003", "22008", "22P02", "2200H", "22021")
# No connection will be better than this one: the configuration is wrong.
_MISCONFIGURED: Final = ("28", "3D000")
LOST_CONNECTION: Final = (
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.ConnectionFailureError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    ConnectionError,
)
DRIVER_ERRORS: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """How a connection is opened.

    Attributes:
        url: `postgresql://…`.
        connect_timeout_s: to the point where the connection can be used.
        statement_timeout_s: the server's own limit on a statement, a backstop behind the
            client's deadlines; 0 leaves it to the server. Not sent through a pooler, which
            refuses it.
        behind_pooler: there is a PgBouncer in between; nothing may outlive a transaction.
        application_name: shown in `pg_stat_activity`.
        lock_timeout_s: how long a statement waits for a lock; 0 leaves it to the server.
    """

    url: str
    connect_timeout_s: float = 2.0
    statement_timeout_s: float = 0.0
    behind_pooler: bool = False
    application_name: str = "onchain-gateway"
    lock_timeout_s: float = 0.0


async def connect(options: ConnectOptions) -> Connection:
    """Open one connection with the codecs every caller relies on.

    Raises:
        DRIVER_ERRORS: whatever asyncpg raises; see `translate`.
    """
    settings = {
        "application_name": options.application_name,
        "TimeZone": "UTC",
        "DateStyle": "ISO",
    }
    if not options.behind_pooler:
        if options.statement_timeout_s:
            settings["statement_timeout"] = str(round(options.statement_timeout_s * 1000))
        if options.lock_timeout_s:
            settings["lock_timeout"] = str(round(options.lock_timeout_s * 1000))
    connection: Connection = await asyncpg.connect(
        options.url,
        timeout=options.connect_timeout_s,
        statement_cache_size=0 if options.behind_pooler else 200,
        max_cached_statement_lifetime=0,
        server_settings=settings,
    )
    for name, encode, decode in (
        ("json", _dump, orjson.loads),
        ("jsonb", _dump_jsonb, _load_jsonb),
    ):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=encode, decoder=decode, format="binary"
        )
    return connection


def _dump(value: object) -> bytes:
    return orjson.dumps(value, default=_exact)


def _dump_jsonb(value: object) -> bytes:
    return b"\x01" + orjson.dumps(value, default=_exact)  # binary jsonb starts with its version


def _load_jsonb(value: bytes) -> object:
    return orjson.loads(memoryview(value)[1:])


def _exact(value: object) -> str:
    """Amounts go into JSON as text, so that no digit is lost."""
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")


def is_lost(error: BaseException) -> bool:
    """Whether the connection broke, so that a read may be sent again over a fresh one."""
    if isinstance(error, asyncpg.InternalClientError):
        # The server's farewell came out of turn, and the driver no longer knows where it stands.
        return not isinstance(error, asyncpg.OutdatedSchemaCacheError)
    if isinstance(error, asyncpg.InterfaceError) and not isinstance(error, ValueError):
        return "closed" in str(error) or "released" in str(error)
    return isinstance(error, LOST_CONNECTION)


def translate(operation: str, error: BaseException) -> StoreError:
    """Name a driver error in our terms; raise the result `from` it."""
    if isinstance(error, asyncpg.PostgresError):
        return _from_sqlstate(operation, error)
    if isinstance(error, TimeoutError):
        return StoreTimeout("postgres", operation, "no answer within the deadline")
    if isinstance(error, OSError):
        return StoreUnavailable(
            "postgres", operation, f"connection failed: {error.strerror or error}"
        )
    if isinstance(error, asyncpg.UnsupportedServerFeatureError):
        return StoreUnavailable("postgres", operation, str(error), retryable=False)
    if is_lost(error):
        return StoreUnavailable("postgres", operation, "the connection was closed")
    return StoreRejected("postgres", operation, str(error))


def _from_sqlstate(operation: str, error: asyncpg.PostgresError) -> StoreError:
    state = getattr(error, "sqlstate", None) or ""
    message = getattr(error, "message", None) or str(error)
    if state.startswith(_MISCONFIGURED):
        return StoreUnavailable("postgres", operation, f"cannot log in: {message}", retryable=False)
    kind = _BY_SQLSTATE.get(state) or _BY_SQLSTATE.get(state[:2])
    if kind is None:
        if isinstance(error, asyncpg.PostgresConnectionError):
            return StoreUnavailable("postgres", operation, message)
        return StoreRejected(
            "postgres",
            operation,
            f"{message} ({state})",
            constraint=getattr(error, "constraint_name", None),
            missing_row=state in _FOREIGN_KEY,
            bad_value=state in _BAD_VALUE,
        )
    if kind is StoreConflict:
        name = getattr(error, "constraint_name", None)
        return StoreConflict(
            "postgres", operation, message, constraint=name, retryable=state.startswith("40")
        )
    return kind("postgres", operation, message)
