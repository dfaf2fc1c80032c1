"""`python -m bench PART…`: measures on engines of its own and prints tables.

contest                         GraphQL servers compared; what runs when nothing is said
backup engines loading graph search alerts promises sockets figures relay scoring
valuation tax lifecycle         figures of the parts of the gateway
soak                            memory under half an hour of mixed load
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson
from rich.console import Console
from rich.table import Table

from bench import (
    alerts,
    alerts_told,
    backup,
    engines,
    figures,
    graph,
    lifecycle,
    loading,
    promises,
    relay,
    scoring,
    search,
    sockets,
    tax,
    valuation,
)
from bench.contest import report, rounds, run, soak
from bench.contest.equal import Unequal
from bench.contest.load import WrongAnswer
from bench.measure import Figure
from stores.embedded import start
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.migrate import migrate
from stores.urls import StoreUrls

_HERE: Final = Path(__file__).parent
_RESULTS: Final = _HERE / "results"
_OF_STORES: Final[dict[str, Callable[[Stores], AsyncIterator[Figure]]]] = {
    "backup": backup.measure,
    "search": search.measure,
    "alerts": alerts_told.measure,
    "figures": figures.measure,
    "lifecycle": lifecycle.measure,
    "relay": relay.measure,
    "scoring": scoring.measure,
    "valuation": valuation.measure,
    "tax": tax.measure,
}
_PARTS: Final = (
    "contest",
    "backup",
    "engines",
    "loading",
    "graph",
    "search",
    "alerts",
    "promises",
    "sockets",
    "figures",
    "lifecycle",
    "relay",
    "scoring",
    "valuation",
    "tax",
    "soak",
)


def main(words: Sequence[str]) -> int:
    """Measure, print, and keep the figures in bench/results/; 0 unless something went wrong."""
    asked = _arguments(words)
    # Into a file or a pipe the tables go as wide as they are.
    console = Console(width=None if sys.stdout.isatty() else 120)
    figures = [each for each in asked.parts if each not in ("contest", "soak")]
    if figures:
        _show_figures(console, _figures(console, figures))
    try:
        if "contest" in asked.parts:
            _contest(console, asked)
        if "soak" in asked.parts:
            _soak(console, asked.minutes)
    except (Unequal, WrongAnswer) as error:
        console.print(f"[red]{type(error).__name__}[/]: {error}")
        return 1
    return 0


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(_PARTS))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--write", action="store_true", help="rewrite bench/RESULTS.md")
    parser.add_argument("--rounds", type=int, help="rounds of the contest")
    parser.add_argument("--only", nargs="+", default=[], help="contestants that take part")
    parser.add_argument("--ask", nargs="+", default=[], help="questions: Q1 … Q5, growth")
    parser.add_argument("--minutes", type=float, default=30, help="length of the soak")
    asked = parser.parse_args(words)
    asked.parts = asked.parts or ["contest"]
    unknown = sorted(set(asked.parts) - set(_PARTS))
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}")
    return asked


def _contest(console: Console, asked: argparse.Namespace) -> None:
    pace = rounds.QUICK if asked.quick else rounds.FULL
    pace = rounds.Pace(asked.rounds or pace.rounds, pace.seconds)
    choice = run.Choice(pace, frozenset(asked.only), frozenset(asked.ask))
    with run.engines() as started, _progress(console) as say:
        found = run.contest(started, choice, say)
    report.show(console, found)
    report.write_json(found, _RESULTS / "latest.json")
    if asked.write:
        report.write_page(found)


def _soak(console: Console, minutes: float) -> None:
    with run.engines("postgres") as started, _progress(console) as say:
        found = soak.soak(started, minutes, say)
    console.print(soak.told(found))


@contextmanager
def _progress(console: Console) -> Iterator[run.Say]:
    """Says what happens now: in place on a terminal, else a line each, apart from the tables."""
    if console.is_terminal:
        with console.status("") as status:
            yield status.update
    else:
        yield Console(stderr=True).log


def _figures(console: Console, parts: Sequence[str]) -> list[Figure]:
    found: list[Figure] = []
    if "alerts" in parts:
        found += alerts.measure()
    with tempfile.TemporaryDirectory(prefix="bench-") as place, console.status("measuring"):
        if "engines" in parts:
            found += engines.measure(Path(place) / "starts")
        if set(parts) - {"engines"}:
            with start(Path(place) / "stores") as running:
                found += asyncio.run(_measure_stores(running.urls, parts))
    return found


async def _measure_stores(urls: StoreUrls, parts: Sequence[str]) -> list[Figure]:
    """Queries are asked of the sample, so `graph` loads it too."""
    await migrate(urls)
    found: list[Figure] = []
    async with await open_stores(StoreOptions(urls, role="worker")) as worker:
        if {"loading", "graph", "promises"} & set(parts):
            found += [figure async for figure in loading.measure(worker)]
        if "graph" in parts:
            found += [figure async for figure in graph.measure(urls)]
        if "promises" in parts:
            found += [figure async for figure in promises.measure(urls)]
        if "sockets" in parts:
            found += [figure async for figure in sockets.measure(urls, worker)]
        for part, measure in _OF_STORES.items():
            if part in parts:
                found += [figure async for figure in measure(worker)]
    return found


def _show_figures(console: Console, figures: Sequence[Figure]) -> None:
    table = Table("figure", "value", "unit", "bar", "")
    for figure in figures:
        bar = "" if figure.bar is None else f"≤ {figure.bar:g}"
        mark = {True: "[green]ok[/]", False: "[red]above[/]", None: ""}[figure.within]
        table.add_row(figure.name, f"{figure.value:,.3f}", figure.unit, bar, mark)
    console.print(table)
    _RESULTS.mkdir(exist_ok=True)
    shown = [{"name": f.name, "value": f.value, "unit": f.unit, "bar": f.bar} for f in figures]
    at = datetime.now(UTC).isoformat()
    document = orjson.dumps({"at": at, "figures": shown}, option=orjson.OPT_INDENT_2)
    (_RESULTS / "figures.json").write_bytes(document)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
