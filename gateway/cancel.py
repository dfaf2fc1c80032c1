"""Cancel a request's work when its client leaves."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Final

from starlette.types import Receive

from gateway.deadline import current_task

_DISCONNECT: Final = "http.disconnect"
# Most requests are answered by then, without a task that waits beside them.
_MOMENT_S: Final = 0.005


class CancelOnDisconnect:
    """Cancels the current task once the client is gone; the block then ends without a word.

    The request's body must have been read: messages before its end are not for this block.

    with CancelOnDisconnect(receive): await something(); await respond()

    Args:
        receive: of the request.
        task: the current task, if it is at hand.
    """

    __slots__ = ("_gone", "_handle", "_receive", "_task", "_watcher")

    def __init__(self, receive: Receive, task: asyncio.Task[Any] | None = None) -> None:
        self._receive = receive
        self._task = task or current_task()
        self._gone = False
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        self._handle = self._task.get_loop().call_later(_MOMENT_S, self._begin)

    def _begin(self) -> None:
        self._watcher = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != _DISCONNECT:
            pass  # the empty body of a GET
        self._gone = True
        self._task.cancel()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        self._handle.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        # Ours ends here; anyone else's cancellation goes on.
        return self._gone and self._task.uncancel() == 0 and kind is asyncio.CancelledError
