"""`make fuzz`: asks tens of thousands of documents on both paths, on engines of its own.

Seven of ten documents are of our own generator over the synthetic graph, the others of
hypothesis-graphql and over the real graph. Ends with 1 when the paths differ anywhere.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from stores.embedded import start
from stores.lifecycle import open_stores
from stores.urls import StoreUrls
from tests.gateway.executor.oracle.campaign import (
    Source,
    Tally,
    ask_all,
    own_cases,
    their_cases,
)
from tests.gateway.executor.oracle.compare import Case
from tests.gateway.executor.oracle.real import real
from tests.gateway.executor.oracle.synthetic import synthetic
from tests.gateway.executor.oracle.tables import data_sets
from tests.gateway.golden.recording import NOW
from tests.gateway.golden.sample import live_values, loaded

_ROUND = 500
_SHARES = {("synthetic", "own"): 0.7, ("synthetic", "theirs"): 0.1, ("real", "own"): 0.2}
_REDIS_DATABASE = 43


def say(what: object) -> None:
    """A line for whoever waits."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def main() -> int:
    """Run as the command line says."""
    options = _options()
    for noisy in ("resolvers", "gateway"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    directory = Path(tempfile.mkdtemp(prefix="gateway-fuzz-"))
    directory.chmod(0o755)
    try:
        with start(directory, durable=False) as engines:
            return asyncio.run(_run(options, engines.urls, directory))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz ARGS=…", description=__doc__)
    parser.add_argument("--examples", type=int, default=50_000, help="documents in all")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="to make the same again")
    parser.add_argument("--only", metavar="SEED/NUMBER", help="one document of our generator")
    parser.add_argument("--graph", choices=("synthetic", "real"), help="one graph alone")
    parser.add_argument("--differences", type=int, default=5, help="stop after so many")
    return parser.parse_args()


async def _run(options: argparse.Namespace, urls: StoreUrls, directory: Path) -> int:
    count = 1 if options.only else options.examples
    say(f"fuzz: seed {options.seed}, {count:,} documents")
    async with _graphs(options, urls, directory) as graphs:
        if options.only is not None:
            return await _one(graphs[options.graph or "synthetic"], options.only)
        return await _many(options, graphs)


@asynccontextmanager
async def _graphs(
    options: argparse.Namespace, urls: StoreUrls, directory: Path
) -> AsyncIterator[dict[str, Source]]:
    """The graphs by name."""
    graphs: dict[str, Source] = {}
    async with data_sets(urls) as sets:
        if options.graph != "real":
            graphs["synthetic"] = await synthetic(sets)
        if options.graph == "synthetic" or (options.only and options.graph is None):
            yield graphs
            return
        rejected = directory / "rejected"
        rejected.mkdir()
        say("fuzz: loading the sample")
        async with (
            loaded(urls, rejected, redis_database=_REDIS_DATABASE) as where,
            await open_stores(where) as stores,
            real(where.urls, stores, where.qdrant_prefix) as found,
        ):
            await live_values(stores.redis, NOW)
            graphs["real"] = found
            yield graphs


async def _one(graph: Source, seed: str) -> int:
    case = graph.case(seed)
    for part in (case.text, dict(case.setting), *case.variables):
        say(part)
    tally = await ask_all(graph, [case])
    say("\n".join([*tally.differences, str(tally)]))
    return int(bool(tally.differences))


async def _many(options: argparse.Namespace, graphs: dict[str, Source]) -> int:
    """Rounds of a few hundred documents, so that each kind has its turn early."""
    total, began = Tally(), time.monotonic()
    for number, count in enumerate(_rounds(options.examples)):
        for (name, kind), share in _SHARES.items():
            if name not in graphs or len(total.differences) >= options.differences:
                continue
            cases = _cases(graphs[name], kind, f"{options.seed}.{number}", round(count * share))
            left = options.differences - len(total.differences)
            tally = await ask_all(graphs[name], cases, most_differences=left)
            for difference in tally.differences:
                say(f"\n{'=' * 30} {name} graph\n{difference}")
            total = _sum(total, tally)
        seconds = time.monotonic() - began
        say(f"fuzz: {total}; {total.cases / seconds:.0f} a second")
        if len(total.differences) >= options.differences:
            break
    outcome = "the paths differ" if total.differences else "no difference"
    say(f"fuzz: seed {options.seed}: {outcome}")
    return int(bool(total.differences))


def _rounds(count: int) -> Iterator[int]:
    while count > 0:
        yield min(count, _ROUND)
        count -= _ROUND


def _cases(graph: Source, kind: str, seed: str, count: int) -> Iterator[Case]:
    return own_cases(graph, seed, count) if kind == "own" else their_cases(graph, seed, count)


def _sum(one: Tally, other: Tally) -> Tally:
    ways: Counter[str] = one.ways + other.ways
    return Tally(one.cases + other.cases, ways, [*one.differences, *other.differences])


if __name__ == "__main__":
    sys.exit(main())
