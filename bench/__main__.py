"""Runs every benchmark on engines of its own and prints one table."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from bench import engines, graph, loading, search
from bench.measure import Figure
from stores.embedded import start
from stores.lifecycle import StoreOptions, open_stores
from stores.migrate import migrate
from stores.urls import StoreUrls

_RESULTS = Path(__file__).parent / "results" / "latest.json"


async def _measure_stores(urls: StoreUrls) -> list[Figure]:
    await migrate(urls)
    found: list[Figure] = []
    async with await open_stores(StoreOptions(urls, role="worker")) as worker:
        found += [figure async for figure in loading.measure(worker)]
        found += [figure async for figure in graph.measure(urls)]
        found += [figure async for figure in search.measure(worker)]
    return found


def main() -> None:
    """Measure, print, and keep the figures in bench/results/latest.json."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="bench-") as place, console.status("measuring"):
        figures = list(engines.measure(Path(place) / "starts"))
        with start(Path(place) / "stores") as running:
            figures += asyncio.run(_measure_stores(running.urls))
    table = Table("figure", "value", "unit", "bar", "")
    for figure in figures:
        bar = "" if figure.bar is None else f"≤ {figure.bar:g}"
        mark = {True: "[green]ok[/]", False: "[red]above[/]", None: ""}[figure.within]
        table.add_row(figure.name, f"{figure.value:,.3f}", figure.unit, bar, mark)
    console.print(table)
    _RESULTS.parent.mkdir(exist_ok=True)
    shown = [{"name": f.name, "value": f.value, "unit": f.unit, "bar": f.bar} for f in figures]
    at = datetime.now(UTC).isoformat()
    _RESULTS.write_bytes(orjson.dumps({"at": at, "figures": shown}, option=orjson.OPT_INDENT_2))


main()
