"""A time limit for a block, cheap enough for several a request."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Deadline:
    """Cancels the current task after some time and turns that into TimeoutError, as a block.

    with Deadline(5.0): await something()

    Raises:
        TimeoutError: when the block was still running after so many seconds.
    """

    __slots__ = ("_before", "_expired", "_handle", "_seconds", "_task")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._expired = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._before = task.cancelling()
        self._handle = asyncio.get_running_loop().call_later(self._seconds, self._expire)

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
