"""Which core a process runs on, and what it used: read from /proc, so only on Linux."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Cores:
    """Where things run; one and the same core on a machine that has no more.

    Attributes:
        load: the load generator and Postgres.
        server: the server that is measured, alone.
    """

    load: int
    server: int


def choose_cores() -> Cores:
    """The first two cores that this process may use."""
    usable = sorted(os.sched_getaffinity(0))
    return Cores(usable[0], usable[1 % len(usable)])


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Run this thread on one core while the block runs; what it starts meanwhile stays there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used, in user and system mode, over all its threads.

    From the scheduler's own clock, which counts nanoseconds; `/proc/PID/stat` shows the same time
    in steps of 10 ms.
    """
    tasks = (_PROC / str(pid) / "task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def rss_mb(pid: int) -> float:
    """Memory that a process holds, in MB of 10^6 bytes."""
    pages = int((_PROC / str(pid) / "statm").read_text().split()[1])
    return pages * _PAGE_BYTES / 1e6
