"""Waiting for several things at once, and for one thing together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from typing import Any


async def together(coroutines: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """Their results, all waited for at once; a task for each but the last.

    When one of them raises, or the caller is cancelled, the others are cancelled and waited for.
    """
    if len(coroutines) <= 1:
        return [await each for each in coroutines]
    tasks = [asyncio.ensure_future(each) for each in coroutines[:-1]]
    try:
        last = await coroutines[-1]
        return [*[await task for task in tasks], last]
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


class Gathering:
    """Keys of equal fetches, asked for at once at the end of the turn.

    One of those who wait may leave; when the last one does, the load is cancelled.
    """

    __slots__ = ("_future", "_keys", "_load", "_task", "_waiting")

    def __init__(
        self,
        pending: dict[Hashable, Gathering],
        identity: Hashable,
        load: Callable[[list[Any]], Awaitable[Any]],
    ) -> None:
        self._keys: dict[Any, None] = {}
        self._load = load
        loop = asyncio.get_running_loop()
        self._future: asyncio.Future[Any] = loop.create_future()
        self._task: asyncio.Task[None] | None = None
        self._waiting = 0
        loop.call_soon(self._begin, pending, identity)

    def add(self, keys: Sequence[Any]) -> Awaitable[Any]:
        """What the load gives, once it is there."""
        self._keys.update(dict.fromkeys(keys))
        self._waiting += 1
        own = asyncio.shield(self._future)
        own.add_done_callback(self._leave)
        return own

    def _begin(self, pending: dict[Hashable, Gathering], identity: Hashable) -> None:
        del pending[identity]
        if self._waiting:
            self._task = asyncio.ensure_future(self._run())

    def _leave(self, _: asyncio.Future[Any]) -> None:
        self._waiting -= 1
        if not self._waiting and self._task is not None:
            self._task.cancel()  # does nothing to a load that ended

    async def _run(self) -> None:
        try:
            found = await self._load(list(self._keys))
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait
            self._future.set_exception(error)
            self._future.exception()
        except BaseException:
            self._future.cancel()
            raise
        else:
            self._future.set_result(found)
