"""The progress of a load: one bar a file while it runs, one line when it is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn

from gateway import load


class LoadProgress:
    """Shows what `load` reports."""

    def __init__(self, bars: Progress, *, quiet: bool) -> None:
        self._bars = bars
        self._quiet = quiet
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, progress: load.Progress) -> None:
        """Take one report."""
        if progress.state == "loading":
            self._advance(progress)
            return
        task = self._tasks.pop(progress.source, None)
        if task is not None:
            self._bars.remove_task(task)
        if not self._quiet or progress.state == "failed":
            self._bars.console.print(_line(progress))

    def _advance(self, progress: load.Progress) -> None:
        total = progress.bytes_total or None
        title = progress.path or progress.source
        speed = f"{progress.rows:,} rows  {progress.rows_per_s:,.0f} rows/s"
        if progress.source not in self._tasks:
            self._tasks[progress.source] = self._bars.add_task(title, total=total, speed=speed)
        self._bars.update(
            self._tasks[progress.source], completed=progress.bytes_read, total=total, speed=speed
        )


@contextmanager
def load_progress(console: Console, *, quiet: bool = False) -> Iterator[LoadProgress]:
    """A receiver of progress; `quiet` keeps the bars and drops the lines."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("[dim]{task.fields[speed]}[/dim]"),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        yield LoadProgress(bars, quiet=quiet)


def _line(progress: load.Progress) -> str:
    title = progress.path or progress.source
    match progress.state:
        case "failed":
            return f"[red]✗[/red] {title} broke off after {progress.rows:,} rows"
        case "missing" | "unchanged":
            return f"[dim]– {title} {progress.state}[/dim]"
    speed = f"{progress.rows:,} rows, {progress.rows_per_s:,.0f} rows/s"
    return f"[green]✓[/green] {title} [dim]{speed}[/dim]"
