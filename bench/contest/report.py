"""A run of the contest as a table, as JSON and as a page."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import orjson
from rich.console import Console
from rich.table import Table

from bench.contest.bars import REFERENCE, Bar
from bench.contest.contestants import NODE
from bench.contest.rounds import Results

PAGE: Final = Path(__file__).parents[1] / "RESULTS.md"
_PACKAGES: Final = (
    "strawberry-graphql",
    "graphql-core",
    "asyncpg",
    "orjson",
    "msgspec",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
)
_FIGURES: Final = {
    "cpu_ms": "CPU ms",
    "rps": "req/s",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 at 32",
    "alone_ms": "p50 at 1",
    "rss_mb": "MB",
}


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes:
        at: when it began.
        versions: of everything that took part.
        queries: figures by question and contestant.
        bars: what was to be met.
        notes: what the reader has to know beside the figures.
    """

    at: datetime
    versions: dict[str, str]
    queries: Results
    bars: Sequence[Bar]
    notes: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """For bench/results/latest.json."""
        return {
            "at": self.at.isoformat(),
            "versions": self.versions,
            "queries": self.queries,
            "bars": [{**asdict(bar), "holds": bar.holds} for bar in self.bars],
            "notes": list(self.notes),
        }


def versions(postgres: str, node: str | None) -> dict[str, str]:
    """What takes part.

    Args:
        postgres: the server's version.
        node: that of Node; None when it does not take part.
    """
    found = {"Python": platform.python_version(), "PostgreSQL": postgres}
    found |= {name: version(name) for name in _PACKAGES}
    if node is not None:
        found["Node"] = node
        found |= json.loads((NODE / "package.json").read_text())["dependencies"]
    return found


def show(console: Console, run: Run) -> None:
    """Print figures, bars and notes."""
    for question, by_name in run.queries.items():
        table = Table(question, *_FIGURES.values(), "of hand")
        for name, row in _rows(by_name):
            table.add_row(name, *row)
        console.print(table)
    table = Table("bar", "is", "at most", "")
    for bar in run.bars:
        mark = "[green]ok[/]" if bar.holds else "[red]above[/]"
        table.add_row(bar.name, f"{bar.value:.3f}", f"{bar.most:.3f}", mark)
    if run.bars:
        console.print(table)
    for note in run.notes:
        console.print(note, markup=False)


def write_json(run: Run, path: Path) -> None:
    """Keep the run where tools find it."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(orjson.dumps(run.as_json(), option=orjson.OPT_INDENT_2))


def write_page(run: Run) -> None:
    """Rewrite bench/RESULTS.md with this run."""
    lines = [
        "# One run of the contest",
        "",
        f'{run.at:%d %B %Y}, `make bench ARGS="contest --write"`. What is measured and how:',
        "[README.md](README.md). Read ratios, not absolute numbers.",
        "",
    ]
    lines += [f"- {note}" for note in run.notes] + [""] * bool(run.notes)
    for question, by_name in run.queries.items():
        lines += [f"## {question}", ""]
        lines += _markdown(
            ["contestant", *_FIGURES.values(), "of hand"],
            [[name, *row] for name, row in _rows(by_name)],
        )
    lines += ["## Bars", ""]
    lines += _markdown(
        ["bar", "is", "at most", ""],
        [
            [bar.name, f"{bar.value:.3f}", f"{bar.most:.3f}", "ok" if bar.holds else "**above**"]
            for bar in run.bars
        ],
    )
    lines += ["## Versions", ""]
    lines += [", ".join(f"{name} {number}" for name, number in run.versions.items()) + "."]
    PAGE.write_text("\n".join(lines) + "\n")


def _rows(by_name: dict[str, dict[str, float]]) -> list[tuple[str, list[str]]]:
    """Cheapest first; the last cell is the cost as a multiple of the reference's."""
    reference = by_name.get(REFERENCE, {}).get("cpu_ms")
    rows = []
    for name, figures in sorted(by_name.items(), key=lambda item: item[1]["cpu_ms"]):
        ratio = f"{figures['cpu_ms'] / reference:.2f} ×" if reference else ""
        rows.append((name, [*(_short(figures.get(key)) for key in _FIGURES), ratio]))
    return rows


def _short(value: float | None) -> str:
    """Three significant digits, and no fewer than those before the point."""
    if value is None:
        return ""
    digits = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}"


def _markdown(heads: list[str], rows: list[list[str]]) -> list[str]:
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return [f"| {' | '.join(row)} |" for row in (heads, rule, *rows)] + [""]
