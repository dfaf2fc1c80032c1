"""Where a contestant of Python spends its time: `python -m bench.contest.profile Q3 ours`."""

from __future__ import annotations

import argparse
import asyncio
import os
import pstats
import signal
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from bench.contest import load, pin, queries
from bench.contest.contestants import Contestant, Server, of_python, over_four_stores, running
from bench.contest.fill import fill
from bench.contest.queries import Question
from bench.contest.run import engines, load_sample
from stores.embedded import Engines

_CONNECTIONS = 8
_WARM_UP_S = 1.0


def main() -> None:
    """Run one contestant under cProfile and print its most expensive functions."""
    parser = argparse.ArgumentParser(prog="python -m bench.contest.profile", description=__doc__)
    parser.add_argument("question", help="Q1 … Q5, Q3/10, Q3/50, Q3/250")
    parser.add_argument("contestant", help="handwritten, stock, ours, ours-hook or ours-plain")
    parser.add_argument("--seconds", type=float, default=5, help="length of the load")
    parser.add_argument("--lines", type=int, default=40, help="functions to show")
    parser.add_argument("--sort", default="tottime", help="tottime or cumulative")
    asked = parser.parse_args()
    known = [*queries.questions(), *queries.growing(), queries.over_four_stores()]
    question = next((each for each in known if each.name == asked.question), None)
    if question is None:
        parser.error(f"no such question: {asked.question}")
    stores = () if question.name == "Q5" else ("postgres",)
    with TemporaryDirectory(prefix="profile-") as place, engines(*stores) as started:
        profile = Path(place) / "profile"
        contestant = _contestant(started, question, asked.contestant)
        if contestant is None:
            parser.error(f"no such contestant: {asked.contestant}")
        seen = _profiled(contestant, question, profile, asked.seconds)
        shown = pstats.Stats(str(profile))
        shown.strip_dirs().sort_stats(asked.sort).print_stats(asked.lines)
        shown.stream.write(f"over {len(seen.latencies_ms):,} requests\n")  # type: ignore[attr-defined]


def _contestant(started: Engines, question: Question, name: str) -> Contestant | None:
    if question.name == "Q5":
        asyncio.run(load_sample(started.urls))
        candidates = over_four_stores(started.urls)
    else:
        candidates = of_python(asyncio.run(fill(started)))
    return next((each for each in candidates if each.name == name), None)


def _profiled(contestant: Contestant, question: Question, into: Path, seconds: float) -> load.Load:
    """Put load on the contestant with its profiler on."""
    python, _, *rest = contestant.command
    watcher = [python, "-m", "bench.contest.servers.watched", into]
    cores = pin.choose_cores()
    with (
        pin.on_core(cores.load),
        running(
            replace(contestant, command=[*watcher, *rest]),
            question.bodies(contestant.queries)[0],
            cores.server,
            into.parent,
        ) as server,
    ):
        uvloop.run(_drive(server, question, _WARM_UP_S))
        os.kill(server.pid, signal.SIGUSR1)
        seen = uvloop.run(_drive(server, question, seconds))
        os.kill(server.pid, signal.SIGUSR2)
        # A request wakes a loop that has nothing to do, and it handles the signal then.
        while not into.exists():
            uvloop.run(_drive(server, question, 0))
    return seen


async def _drive(server: Server, question: Question, seconds: float) -> load.Load:
    requests = [load.request(body) for body in question.bodies(server.contestant.queries)]
    return await load.drive(server.port, requests, connections=_CONNECTIONS, seconds=seconds)


if __name__ == "__main__":
    main()
