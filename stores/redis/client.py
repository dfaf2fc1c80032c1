"""Commands, scripts and topics of one Redis."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Self

from stores.errors import StoreError, StoreRejected
from stores.redis import driver
from stores.redis.topics import Topics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from importlib.resources.abc import Traversable


@dataclass(frozen=True, slots=True)
class RedisOptions:
    """Limits of one client; times in seconds.

    Attributes:
        connect_timeout_s: opening a connection, and waiting for a free one.
        read_timeout_s: one answer. A read is sent once more, so it fails after twice this.
        pool_size: connections at most, not counting blocking reads and topics.
    """

    connect_timeout_s: float = 0.25
    read_timeout_s: float = 0.25
    pool_size: int = 50


@dataclass(frozen=True, slots=True)
class _Script:
    text: str
    digest: str


class Redis:
    """One Redis database; connected when first used, healed when the server returns.

    Attributes:
        commands: redis-py's commands, text in and out; they fail with `StoreError`.
        blocking: the same without a read time-out, for BLPOP, XREAD BLOCK and the like. A call is
            bounded by its own BLOCK argument.
        topics: publish and subscribe, one upstream subscription a topic.
    """

    __slots__ = ("_folder", "_scripts", "blocking", "commands", "topics")

    def __init__(
        self, url: str, options: RedisOptions | None = None, *, scripts: Traversable | None = None
    ) -> None:
        options = options or RedisOptions()
        self.commands = driver.open_commands(
            url,
            connect_timeout_s=options.connect_timeout_s,
            read_timeout_s=options.read_timeout_s,
            pool_size=options.pool_size,
        )
        self.blocking = driver.open_commands(
            url,
            connect_timeout_s=options.connect_timeout_s,
            read_timeout_s=None,
            pool_size=options.pool_size,
        )
        self.topics = Topics(self.commands, self.blocking)
        self._folder = scripts if scripts is not None else resources.files("sql") / "redis"
        self._scripts: dict[str, _Script] = {}

    async def run_script(
        self, name: str, keys: Sequence[str], args: Sequence[str | int | float] = ()
    ) -> Any:
        """Run `sql/redis/<name>.lua`; loaded again when the server has forgotten it.

        Raises:
            StoreError: in one of its kinds; `StoreRejected` when there is no such script.
        """
        script = self._script(name)
        try:
            return await self.commands.evalsha(script.digest, len(keys), *keys, *args)
        except StoreError as error:
            if not driver.missing_script(error):
                error.operation = name
                raise
        return await self.commands.eval(script.text, len(keys), *keys, *args)

    async def all_keys(self) -> AsyncIterator[str]:
        """Every key of the database once; one written meanwhile may be missing."""
        seen: set[str] = set()
        async for key in self.commands.scan_iter(count=1_000):
            if key not in seen:  # the server may name a key twice
                seen.add(key)
                yield key

    async def dump(self, key: str) -> tuple[bytes, int | None] | None:
        """A value in the server's own form and when it expires, unix ms (None: never).

        Returns:
            None when the key is gone.
        """
        # Two commands, because the driver decodes what comes out of a pipeline.
        expires_at_ms: int = await self.commands.pexpiretime(key)
        payload: bytes | None = await self.commands.dump(key)
        if payload is None:
            return None
        return payload, expires_at_ms if expires_at_ms > 0 else None

    async def put_dumped(self, key: str, payload: bytes, expires_at_ms: int | None) -> bool:
        """Write what `dump` gave, over what is there; False when it has expired meanwhile.

        Raises:
            StoreRejected: a later server wrote it.
        """
        at = expires_at_ms or 0
        await self.commands.restore(key, at, payload, replace=True, absttl=at > 0)
        return bool(await self.commands.exists(key))

    async def run_script_often(
        self, name: str, calls: Sequence[tuple[Sequence[str], Sequence[str | int | float]]]
    ) -> list[Any]:
        """Run `sql/redis/<name>.lua` for each of some keys and arguments, in one round trip.

        Returns:
            What each run gave, in order.

        Raises:
            StoreError: in one of its kinds; runs before the one that failed have happened.
        """
        script = self._script(name)
        pipeline = self.commands.pipeline(transaction=False)
        pipeline.execute_command("SCRIPT LOAD", script.text)
        for keys, args in calls:
            pipeline.evalsha(script.digest, len(keys), *keys, *args)
        return (await pipeline.execute())[1:]

    async def version(self) -> str:
        """Name and version of the server, such as `valkey 9.1.2`."""
        info = await self.commands.info("server")
        if "valkey_version" in info:
            return f"valkey {info['valkey_version']}"
        return f"redis {info['redis_version']}"

    async def close(self) -> None:
        """End subscriptions and close the connections."""
        await self.topics.close()
        for client in (self.commands, self.blocking):
            await client.aclose(close_connection_pool=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    def _script(self, name: str) -> _Script:
        script = self._scripts.get(name)
        if script is None:
            file = self._folder / f"{name}.lua"
            if not name.isidentifier() or not file.is_file():
                raise StoreRejected("redis", name, f"there is no script {name!r} in sql/redis")
            text = file.read_text(encoding="utf-8")
            digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
            script = self._scripts[name] = _Script(text, digest)
        return script
