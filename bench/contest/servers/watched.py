"""Runs a module as a program, with a profiler that signals turn on and off.

`python -m bench.contest.servers.watched FILE MODULE WORD…`: SIGUSR1 begins, SIGUSR2 ends and
writes FILE. So starting up, which costs more than many requests, is not in the profile.
"""

from __future__ import annotations

import cProfile
import runpy
import signal
import sys
from pathlib import Path
from types import FrameType


def _watch(file: Path) -> None:
    profiler = cProfile.Profile()

    def begin(number: int, frame: FrameType | None) -> None:
        profiler.enable()

    def end(number: int, frame: FrameType | None) -> None:
        profiler.disable()
        unfinished = file.with_suffix(".new")
        profiler.dump_stats(unfinished)
        unfinished.rename(file)

    signal.signal(signal.SIGUSR1, begin)
    signal.signal(signal.SIGUSR2, end)


if __name__ == "__main__":
    _, into, module, *words = sys.argv
    _watch(Path(into))
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
