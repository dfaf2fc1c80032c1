"""Real stores whose answers arrive in rounds, so that what a query asks does not depend on timing.

Two branches of a query may want the same rows. Whether their keys go out together depends on which
branch heard from its stores first, so the number of statements would differ from run to run. Here
an answer is held back until every call under way is answered and nothing more is asked; then all of
them are handed out at once.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, cast

from stores.lifecycle import Stores

T = TypeVar("T")

# Turns of the event loop after which nobody is about to ask: a loader takes about five.
_QUIET_TURNS: Final = 30


def in_rounds(stores: Stores) -> Stores:
    """The same stores, answering in rounds; for what queries call, not for writing."""
    rounds = _Rounds()
    proxies = (
        _InRounds(stores.postgres, rounds),
        _InRounds(stores.clickhouse, rounds),
        _RedisInRounds(stores.redis, rounds),
        _InRounds(stores.qdrant, rounds),
    )
    return Stores(*cast("Any", proxies))


class _Rounds:
    """Holds answers back until all calls of the round are answered."""

    def __init__(self) -> None:
        self._asked = 0
        self._under_way = 0
        self._answered = asyncio.Event()
        self._held: list[tuple[int, asyncio.Future[None]]] = []
        self._closing: asyncio.Task[None] | None = None

    async def call(self, call: Awaitable[T]) -> T:
        """The answer of a call, or its failure, at the end of its round."""
        self._asked += 1
        place = self._asked
        self._under_way += 1
        self._answered.clear()
        try:
            return await call
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._answered.set()
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._held.append((place, turn))
            if self._closing is None:
                self._closing = asyncio.create_task(self._close())
            await turn

    async def _close(self) -> None:
        turns = 0
        while turns < _QUIET_TURNS:
            await self._answered.wait()
            await asyncio.sleep(0)
            turns = 0 if self._under_way else turns + 1
        held, self._held, self._closing = self._held, [], None
        for _, turn in sorted(held, key=lambda pair: pair[0]):
            if not turn.done():  # whoever waited may have been cancelled
                turn.set_result(None)


class _InRounds:
    """One store: its coroutines answer in rounds, all else is its own."""

    def __init__(self, store: Any, rounds: _Rounds) -> None:
        self._store, self._rounds = store, rounds

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._held(found) if inspect.iscoroutinefunction(found) else found

    def _held(self, function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @functools.wraps(function)
        async def call(*args: Any, **options: Any) -> Any:
            return await self._rounds.call(function(*args, **options))

        return call


class _RedisInRounds(_InRounds):
    """Redis, which queries ask by its commands and by pipelines of them."""

    @property
    def commands(self) -> _InRounds:
        return _RedisInRounds(self._store.commands, self._rounds)

    def pipeline(self, **options: Any) -> _InRounds:
        """Commands are collected at once; the answers of all come in a round."""
        return _InRounds(self._store.pipeline(**options), self._rounds)
