"""Small tools of measuring: percentiles and how long the event loop was held up."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Attributes:
        name: what was measured.
        value: the number.
        unit: its unit.
        bar: the most it may be; None when there is no bar.
    """

    name: str
    value: float
    unit: str
    bar: float | None = None

    @property
    def within(self) -> bool | None:
        """Whether the bar holds; None without one."""
        return None if self.bar is None else self.value <= self.bar


def percentile(values: Sequence[float], share: float) -> float:
    """The value below or at which a share (0 to 1) of the values lies."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class LoopLag:
    """Longest time, in milliseconds, that the loop did not come back to a waiting task."""

    def __init__(self) -> None:
        self.longest_ms = 0.0

    async def watch(self) -> None:
        """Run until cancelled."""
        tick_s = 0.001
        while True:
            before = time.perf_counter()
            await asyncio.sleep(tick_s)
            late_ms = (time.perf_counter() - before - tick_s) * 1000
            self.longest_ms = max(self.longest_ms, late_ms)


@contextlib.asynccontextmanager
async def loop_lag() -> AsyncIterator[LoopLag]:
    """Watches the loop while the block runs."""
    lag = LoopLag()
    task = asyncio.create_task(lag.watch())
    try:
        yield lag
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
