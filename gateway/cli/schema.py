"""`gateway schema`."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.cli.terminal import MISUSED, UNWELL, fail, notes, out
from gateway.schema import build_schema

_FILE: Final = Path(__file__).parents[1] / "schema.graphql"
_SHOWN_LINES: Final = 40


def schema(
    check: Annotated[
        bool, typer.Option("--check", help="Compare with the committed file; exit 1 if it differs.")
    ] = False,
    write: Annotated[bool, typer.Option("--write", help="Rewrite the committed file.")] = False,
) -> None:
    """Print the graph's schema in SDL."""
    if check and write:
        fail("Choose one of --check and --write.", MISUSED)
    text = build_schema().as_str().rstrip() + "\n"
    if write:
        _FILE.write_text(text)
        notes().print(f"wrote {_FILE.name}, {len(text.splitlines())} lines")
    elif check:
        _compare(_FILE.read_text() if _FILE.is_file() else "", text)
    else:
        out().print(text, end="", markup=False)


def _compare(committed: str, built: str) -> None:
    if committed == built:
        notes().print(f"[green]✓[/green] {_FILE.name} is up to date")
        return
    lines = list(
        unified_diff(committed.splitlines(), built.splitlines(), "committed", "built", lineterm="")
    )
    for line in lines[:_SHOWN_LINES]:
        out().print(line, markup=False)
    if len(lines) > _SHOWN_LINES:
        out().print(f"… and {len(lines) - _SHOWN_LINES} more lines")
    fail(f"{_FILE.name} is out of date: run gateway schema --write", UNWELL)
