"""The contest from its database to its table."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import uvloop

from bench.contest import equal, pin
from bench.contest.bars import OURS, REFERENCE, bars
from bench.contest.contestants import (
    Contestant,
    Server,
    install_node_packages,
    node_program,
    of_node,
    of_python,
    over_four_stores,
    running,
)
from bench.contest.fill import fill
from bench.contest.queries import Question, growing, questions
from bench.contest.queries import over_four_stores as question_over_four_stores
from bench.contest.report import Run, versions
from bench.contest.rounds import Pace, Timing, measure
from gateway.load import LoadOptions, load
from stores.embedded import STORES, Engines, start
from stores.lifecycle import StoreOptions, open_stores
from stores.migrate import migrate
from stores.urls import StoreUrls

_ROOT = Path(__file__).parents[2]
_SAMPLE = _ROOT / "data"
# Kept between runs: filling the database takes longer than a quick run.
_ENGINES = _ROOT / ".gateway" / "bench"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Choice:
    """What takes part.

    Attributes:
        pace: how long to measure.
        contestants: names; everybody when empty.
        questions: names; all when empty.
    """

    pace: Pace
    contestants: frozenset[str] = frozenset()
    questions: frozenset[str] = frozenset()

    def wants(self, name: str) -> bool:
        """Whether a contestant takes part."""
        return not self.contestants or name in self.contestants

    def asks(self, name: str) -> bool:
        """Whether a question is asked."""
        return not self.questions or name in self.questions


def engines(*stores: str) -> Engines:
    """Start the engines of the contest, on the core that is not the servers'.

    Args:
        *stores: which; all when none is named.
    """
    _ENGINES.mkdir(parents=True, exist_ok=True)
    with pin.on_core(pin.choose_cores().load):
        return start(_ENGINES, stores=stores or STORES)


def contest(engines: Engines, choice: Choice, say: Say) -> Run:
    """Run it on engines that are started; Postgres is kept off the servers' core.

    Raises:
        Unequal: two contestants give different values; nothing is timed then.
        WrongAnswer: one of them fails under load.
    """
    at = datetime.now(UTC)
    cores = pin.choose_cores()
    say("filling the database of the contest")
    url = asyncio.run(fill(engines))
    notes: list[str] = []
    node = [each for each in of_node(url) if choice.wants(each.name)]
    if node:
        say("installing the contestants of Node")
        if missing := install_node_packages():
            notes.append(f"The contestants of Node are left out: {missing}.")
            node = []
    taking_part = [*(each for each in of_python(url) if choice.wants(each.name)), *node]
    with pin.on_core(cores.load):
        timings = list(_main_part(taking_part, cores, choice, say))
        if choice.asks("Q5"):
            timings.append(_fifth(engines.urls, cores, choice, say))
    results = {name: found for timing in timings for name, found in timing.results.items()}
    return Run(
        at,
        versions(asyncio.run(_version(url)), _node_version() if node else None),
        results,
        bars(results, frozenset(each.name for each in node)),
        notes + [note for timing in timings for note in timing.notes],
    )


def _main_part(
    taking_part: Sequence[Contestant], cores: pin.Cores, choice: Choice, say: Say
) -> Iterator[Timing]:
    asked = [each for each in questions() if choice.asks(each.name)]
    if not asked:
        return
    with _running(taking_part, asked[0], cores, say) as servers:
        say("comparing answers")
        compared = asyncio.run(equal.check(servers, asked))
        values = ", ".join(f"{count:,} for {name}" for name, count in compared.items())
        yield Timing({}, [f"Values found equal for all contestants before timing: {values}."])
        yield uvloop.run(measure(servers, asked, choice.pace, say))
        if choice.asks("growth"):
            two = [each for each in servers if each.name in (OURS, REFERENCE)]
            yield uvloop.run(measure(two, growing(), choice.pace, say, crowded=False))


def _fifth(urls: StoreUrls, cores: pin.Cores, choice: Choice, say: Say) -> Timing:
    say("loading the sample for Q5")
    asyncio.run(load_sample(urls))
    question = question_over_four_stores()
    taking_part = [each for each in over_four_stores(urls) if choice.wants(each.name)]
    with _running(taking_part, question, cores, say) as servers:
        asyncio.run(equal.check(servers, [question]))
        return uvloop.run(measure(servers, [question], choice.pace, say))


async def load_sample(urls: StoreUrls) -> None:
    """Bring the real graph's stores up to date and load the repository's sample; repeatable."""
    await migrate(urls)
    with TemporaryDirectory(prefix="rejected-") as rejected:
        async with await open_stores(StoreOptions(urls, role="worker")) as worker:
            await load(_SAMPLE, worker, LoadOptions(rejected_dir=Path(rejected)))


@contextmanager
def _running(
    taking_part: Sequence[Contestant], question: Question, cores: pin.Cores, say: Say
) -> Iterator[list[Server]]:
    """All servers, started one after the other."""
    with ExitStack() as opened:
        logs = Path(opened.enter_context(TemporaryDirectory(prefix="contest-")))
        servers = []
        for each in taking_part:
            say(f"starting {each.name}")
            body = question.bodies(each.queries)[0]
            servers.append(opened.enter_context(running(each, body, cores.server, logs)))
        yield servers


async def _version(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("SELECT current_setting('server_version')"))
    finally:
        await connection.close()


def _node_version() -> str:
    said = subprocess.run(  # noqa: S603  # the program that runs the contestants
        [node_program(), "--version"], capture_output=True, text=True, check=True
    )
    return said.stdout.strip().removeprefix("v")
