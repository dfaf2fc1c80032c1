"""Leaving in good order: what is told to clients and balancers between SIGTERM and exit."""

from __future__ import annotations

import asyncio


class Drain:
    """Whether the process is leaving, and how many streams still have to hear of it.

    Readiness turns 503 at once, streams end with `complete`, running requests finish.
    """

    def __init__(self) -> None:
        self._begun = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._streams = 0

    @property
    def begun(self) -> bool:
        return self._begun.is_set()

    @property
    def streams(self) -> int:
        """Websockets and event streams open now."""
        return self._streams

    async def wait(self) -> None:
        """Return once the process begins to leave."""
        await self._begun.wait()

    async def begin(self, grace_s: float) -> None:
        """Say that we leave, and wait until every stream has ended or the grace is over."""
        self._begun.set()
        try:
            async with asyncio.timeout(grace_s):
                await self._idle.wait()
        except TimeoutError:
            return

    def __enter__(self) -> None:
        self._streams += 1
        self._idle.clear()

    def __exit__(self, *_: object) -> None:
        self._streams -= 1
        if not self._streams:
            self._idle.set()
