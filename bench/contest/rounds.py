"""The timing: every contestant in turn, round after round, so that noise falls on all alike."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bench.contest import load, pin
from bench.contest.contestants import Server
from bench.contest.queries import Question
from bench.measure import percentile

_USUAL: Final = 8
_MANY: Final = 32
# Whose answers take longer than this with the usual load has many connections in one round only.
_SLOW_MS: Final = 1_000.0

_MESSAGE: Final = re.compile(r'"message":"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to measure.

    Attributes:
        rounds: of each question and contestant.
        seconds: of one stretch of load.
    """

    rounds: int
    seconds: float


QUICK: Final = Pace(2, 0.5)
FULL: Final = Pace(6, 1.0)


@dataclass(slots=True)
class Measured:
    """What the rounds saw of one contestant and question; a list has an entry a round."""

    cpu_ms: list[float] = field(default_factory=list)
    rps: list[float] = field(default_factory=list)
    alone_ms: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)
    refused: int = 0
    reason: str = ""

    def figures(self) -> dict[str, float]:
        """One number each: the least CPU time of the rounds, of everything else the median."""
        seen = {
            "rps": self.rps,
            "alone_ms": self.alone_ms,
            "p50_ms": self.p50_ms,
            "p99_ms": self.p99_ms,
            "rss_mb": self.rss_mb,
        }
        medians = {name: statistics.median(values) for name, values in seen.items() if values}
        figures = {"cpu_ms": min(self.cpu_ms), **medians}
        return {name: round(value, 4) for name, value in figures.items()}


Results = dict[str, dict[str, dict[str, float]]]


@dataclass(frozen=True, slots=True)
class Timing:
    """Figures by question and contestant, and what went wrong on the way."""

    results: Results
    notes: list[str]


async def measure(
    servers: Sequence[Server],
    questions: Sequence[Question],
    pace: Pace,
    said: Callable[[str], None],
    *,
    crowded: bool = True,
) -> Timing:
    """Figures by question and contestant.

    `cpu_ms` is the server's processor time for one request, with 8 connections; `rps` and
    `p50_ms` come from the same load; `alone_ms` is the median with one connection, `p99_ms` that of
    32 connections. Only there may answers be errors, which are noted: a server that sheds load
    when it has too much of it is no reason to end the contest. Without `crowded` that part is left
    out.
    """
    found = {
        question.name: {server.name: Measured() for server in servers} for question in questions
    }
    for question in questions:
        for server in servers:
            await _stretch(server, question, _USUAL, pace.seconds)
    for turn in range(pace.rounds):
        for question in questions:
            said(f"round {turn + 1} of {pace.rounds}, {question.name}")
            first = turn % len(servers)
            for server in [*servers[first:], *servers[:first]]:
                into = found[question.name][server.name]
                await _round(server, question, pace, into)
                if crowded and not (into.p99_ms and into.p50_ms[-1] > _SLOW_MS):
                    await _crowd(server, question, pace, into)
    return Timing(
        {
            question: {name: measured.figures() for name, measured in by_name.items()}
            for question, by_name in found.items()
        },
        [
            f"{name}, {question}: {measured.refused} answers with {_MANY} connections were "
            f"errors, the first: {_message(measured.reason)}"
            for question, by_name in found.items()
            for name, measured in by_name.items()
            if measured.refused
        ],
    )


def _message(reason: str) -> str:
    """What the first error of an answer says; the answer's beginning when it says nothing."""
    said = _MESSAGE.search(reason)
    return said[1] if said else reason[:100]


async def _round(server: Server, question: Question, pace: Pace, into: Measured) -> None:
    before = pin.cpu_seconds(server.pid)
    usual = await _stretch(server, question, _USUAL, pace.seconds)
    used = pin.cpu_seconds(server.pid) - before
    into.cpu_ms.append(used * 1000 / len(usual.latencies_ms))
    into.rps.append(usual.rps)
    into.p50_ms.append(percentile(usual.latencies_ms, 0.5))
    alone = await _stretch(server, question, 1, pace.seconds / 3)
    into.alone_ms.append(percentile(alone.latencies_ms, 0.5))
    into.rss_mb.append(pin.rss_mb(server.pid))


async def _crowd(server: Server, question: Question, pace: Pace, into: Measured) -> None:
    many = await _stretch(server, question, _MANY, pace.seconds, tolerant=True)
    into.p99_ms.append(percentile(many.latencies_ms, 0.99))
    into.refused += many.refused
    into.reason = into.reason or many.reason


async def _stretch(
    server: Server, question: Question, connections: int, seconds: float, *, tolerant: bool = False
) -> load.Load:
    requests = [load.request(body) for body in question.bodies(server.contestant.queries)]
    try:
        return await load.drive(
            server.port, requests, connections=connections, seconds=seconds, tolerant=tolerant
        )
    except load.WrongAnswer as error:
        where = f"{server.name}, {question.name}, {connections} connections"
        raise load.WrongAnswer(f"{where}: {error}") from error
