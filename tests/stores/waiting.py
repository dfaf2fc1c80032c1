"""Waiting for what another process or task will do, with a limit."""

import asyncio
import time
from collections.abc import Callable


async def until(condition: Callable[[], bool], *, limit_s: float = 10.0) -> None:
    """Let the loop run until the condition holds.

    Raises:
        TimeoutError: it did not within `limit_s`.
    """
    give_up_at = time.monotonic() + limit_s
    for _ in iter(condition, True):
        if time.monotonic() > give_up_at:
            raise TimeoutError("the condition did not come true")
        await asyncio.sleep(0.001)
