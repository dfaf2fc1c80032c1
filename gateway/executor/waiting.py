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
    """Keys of equal fetches, asked for at once at the end of the turn."""

    __slots__ = ("_future", "_keys", "_load", "_task")

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
        loop.call_soon(self._begin, pending, identity)

    def add(self, keys: Sequence[Any]) -> Awaitable[Any]:
        self._keys.update(dict.fromkeys(keys))
        return asyncio.shield(self._future)

    def _begin(self, pending: dict[Hashable, Gathering], identity: Hashable) -> None:
        del pending[identity]
        self._task = asyncio.ensure_future(self._run())

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
