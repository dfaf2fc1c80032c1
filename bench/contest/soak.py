"""Memory under mixed load: flat is what it has to be."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import uvloop

from bench.contest import load, pin
from bench.contest.bars import OURS
from bench.contest.contestants import Server, of_python, running
from bench.contest.fill import fill
from bench.contest.queries import questions
from stores.embedded import Engines

_CONNECTIONS: Final = 8
_STRETCH_S: Final = 1.0
# The first part warms caches and arenas up; growth is judged over the rest.
_WARM_UP: Final = 0.2


@dataclass(frozen=True, slots=True)
class Soak:
    """What happened.

    Attributes:
        samples: minutes since the start and memory in MB.
        requests: answered.
    """

    samples: Sequence[tuple[float, float]]
    requests: int

    @property
    def settled(self) -> Sequence[tuple[float, float]]:
        """The samples after warming up."""
        last = self.samples[-1][0]
        return [each for each in self.samples if each[0] >= last * _WARM_UP]

    @property
    def mb_a_minute(self) -> float:
        """How fast memory grows once warm: the slope of a line through the samples."""
        minutes, sizes = zip(*self.settled, strict=True)
        return statistics.linear_regression(minutes, sizes).slope


def soak(engines: Engines, minutes: float, say: Callable[[str], None]) -> Soak:
    """Ask ours all four questions in turn for some minutes.

    Raises:
        WrongAnswer: an answer was not as it should be.
    """
    cores = pin.choose_cores()
    url = asyncio.run(fill(engines))
    (ours,) = (each for each in of_python(url) if each.name == OURS)
    with (
        TemporaryDirectory(prefix="soak-") as logs,
        pin.on_core(cores.load),
        running(ours, questions()[0].bodies(ours.queries)[0], cores.server, Path(logs)) as server,
    ):
        return uvloop.run(_soak(server, minutes, say))


def told(found: Soak) -> str:
    """The result in a line."""
    first, last = found.settled[0][1], found.samples[-1][1]
    return (
        f"soak: {found.samples[-1][0]:.1f} minutes, {found.requests:,} requests; memory once warm "
        f"{first:.1f} MB, at the end {last:.1f} MB, slope {found.mb_a_minute:+.4f} MB a minute"
    )


async def _soak(server: Server, minutes: float, say: Callable[[str], None]) -> Soak:
    asked = [
        [load.request(body) for body in question.bodies(server.contestant.queries)]
        for question in questions()
    ]
    began = time.monotonic()
    samples: list[tuple[float, float]] = []
    requests = 0
    while not samples or samples[-1][0] < minutes:
        for messages in asked:
            seen = await load.drive(
                server.port,
                messages,
                connections=_CONNECTIONS,
                seconds=_STRETCH_S,
                start=requests % len(messages),
            )
            requests += len(seen.latencies_ms)
        samples.append(((time.monotonic() - began) / 60, pin.rss_mb(server.pid)))
        say(f"soak: {samples[-1][0]:.1f} of {minutes:g} minutes, {samples[-1][1]:.1f} MB")
    return Soak(samples, requests)
