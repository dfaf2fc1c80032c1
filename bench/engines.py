"""How fast the four engines are there, on an empty directory and on an existing one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Figure
from stores.embedded import start


def measure(directory: Path) -> Iterator[Figure]:
    """Start and stop on one directory twice."""
    for name, bar in (
        ("engines ready, empty directory", 5.0),
        ("engines ready, existing one", 2.0),
    ):
        before = time.perf_counter()
        engines = start(directory)
        ready = time.perf_counter()
        engines.stop()
        yield Figure(name, ready - before, "s", bar)
        yield Figure(f"{name.replace('ready', 'stopped')}", time.perf_counter() - ready, "s")
