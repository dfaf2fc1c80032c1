"""A time limit for a block, cheap enough for several a request."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any


def current_task() -> asyncio.Task[Any]:
    """The task that runs; there is one wherever something is awaited."""
    task = asyncio.current_task()
    assert task is not None
    return task


class Deadline:
    """Cancels the current task after some time and turns that into TimeoutError, as a block.

    with Deadline(5.0): await something()

    Args:
        seconds: how long the block may take.
        task: the current task, if it is at hand: looking it up costs a third of all this.

    Raises:
        TimeoutError: when the block was still running after so many seconds.
    """

    __slots__ = ("_before", "_expired", "_handle", "_seconds", "_task")

    def __init__(self, seconds: float, task: asyncio.Task[Any] | None = None) -> None:
        self._seconds = seconds
        self._task = task or current_task()
        self._expired = False

    def __enter__(self) -> None:
        self._before = self._task.cancelling()
        self._handle = self._task.get_loop().call_later(self._seconds, self._expire)

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._handle.cancel()
        # Whoever else cancels the task meanwhile has the last word.
        if (
            self._expired
            and self._task.uncancel() <= self._before
            and kind is asyncio.CancelledError
        ):
            raise TimeoutError from error
