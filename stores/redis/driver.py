"""The only module that imports redis-py: its client with our time-outs and our errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from redis import exceptions
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import Pipeline, PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from stores.errors import (
    StoreConflict,
    StoreError,
    StoreFull,
    StoreRejected,
    StoreTimeout,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DRIVER_ERRORS", "Commands", "Pipeline", "PubSub", "missing_script", "translate"]

DRIVER_ERRORS: Final = (exceptions.RedisError, OSError, TimeoutError)
# Commands that change nothing: safe to send again when the connection broke or stayed silent.
_READ_NAMES: Final = """
    PING INFO TIME EXISTS TTL PTTL TYPE GET MGET STRLEN HGET HMGET HGETALL HKEYS HVALS HLEN HEXISTS
    LRANGE LLEN SMEMBERS SISMEMBER SMISMEMBER SCARD ZRANGE ZREVRANGE ZRANGEBYSCORE ZSCORE ZMSCORE
    ZRANK ZREVRANK ZCARD ZCOUNT XLEN XRANGE XREVRANGE XINFO SCAN HSCAN SSCAN ZSCAN DBSIZE
"""
_READS: Final = frozenset(_READ_NAMES.split())


def translate(operation: str, error: BaseException) -> StoreError:
    """Name a driver error in our terms; raise the result `from` it."""
    if isinstance(error, (exceptions.AuthenticationError, exceptions.AuthorizationError)):
        return StoreUnavailable("redis", operation, f"cannot log in: {error}", retryable=False)
    if isinstance(error, exceptions.OutOfMemoryError):
        return StoreFull("redis", operation, "maxmemory is reached")
    if isinstance(error, exceptions.WatchError):
        return StoreConflict("redis", operation, "a watched key changed", retryable=True)
    if isinstance(error, (exceptions.TimeoutError, TimeoutError)):
        return StoreTimeout("redis", operation, "no answer in time")
    if isinstance(error, (exceptions.ConnectionError, exceptions.ReadOnlyError, OSError)):
        return StoreUnavailable("redis", operation, f"connection failed: {error}")
    if isinstance(error, exceptions.InvalidResponse):
        return StoreUnavailable("redis", operation, "the answer does not come from Redis")
    if isinstance(error, exceptions.TryAgainError):
        return StoreUnavailable("redis", operation, str(error))
    return StoreRejected("redis", operation, str(error))


def missing_script(error: StoreError) -> bool:
    """Whether the server has forgotten a script, as it does when it restarts."""
    return isinstance(error.__cause__, exceptions.NoScriptError)


class _Pipeline(Pipeline):
    """A pipeline whose failures are `StoreError`s; never sent twice."""

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        try:
            return await super().execute(raise_on_error)
        except DRIVER_ERRORS as error:
            raise translate("pipeline", error) from error

    async def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().immediate_execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except DRIVER_ERRORS as error:
            raise translate(str(args[0]).lower(), error) from error


class Commands(Redis):
    """redis-py's own commands; every failure is a `StoreError`, and only reads are sent again."""

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send one command, a read once more when the first attempt was not answered."""
        name = str(args[0])
        try:
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except (exceptions.ConnectionError, exceptions.TimeoutError, OSError) as error:
            if name.partition(" ")[0].upper() not in _READS:
                raise translate(name.lower(), error) from error
        except DRIVER_ERRORS as error:
            raise translate(name.lower(), error) from error
        try:
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except DRIVER_ERRORS as error:
            raise translate(name.lower(), error) from error

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """Commands sent together, by default as one MULTI/EXEC."""
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


def open_commands(
    url: str, *, connect_timeout_s: float, read_timeout_s: float | None, pool_size: int
) -> Commands:
    """A client that connects when first used.

    Args:
        url: `redis://host:port/N`.
        connect_timeout_s: opening a connection, and waiting for a free one.
        read_timeout_s: one answer; None waits for ever, which only blocking reads may.
        pool_size: connections at most.
    """
    options: Mapping[str, Any] = {
        "max_connections": pool_size,
        "timeout": connect_timeout_s,
        "socket_connect_timeout": connect_timeout_s,
        "socket_timeout": read_timeout_s,
        "socket_keepalive": True,
        "decode_responses": True,
        "retry": Retry(NoBackoff(), 0),
        "client_name": "onchain-gateway",
    }
    pool = BlockingConnectionPool.from_url(url, **options)
    client = Commands(connection_pool=pool)
    client.auto_close_connection_pool = True
    return client
