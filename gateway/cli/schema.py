"""`gateway schema`: print it, write it, compare it with another, lint it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer
from graphql import GraphQLSchema
from rich.markup import escape

from gateway.cli.terminal import MISUSED, UNWELL, fail, notes, out
from gateway.schema import build_schema
from gateway.schema_changes import Changes, Impact, NotASchema, changes_between, read_schema
from gateway.schema_lint import lint as faults_of

_FILE: Final = Path(__file__).parents[1] / "schema.graphql"
_MARKS: Final = {
    Impact.BREAKING: "[red]✗[/red]",
    Impact.DANGEROUS: "[yellow]![/yellow]",
    Impact.SAFE: "[green]✓[/green]",
}
_OLD_HELP: Final = "The schema clients know; the committed file when not given."
_NEW_HELP: Final = "The schema they will get; that of this code when not given."


def build() -> typer.Typer:
    """The command with its subcommands; alone it prints."""
    app = typer.Typer(help="Print the graph's schema; write, compare or lint it.")
    app.command("print")(show)
    app.command("write")(write)
    app.command("check")(check)
    app.command("lint")(lint)

    @app.callback(invoke_without_command=True)
    def alone(context: typer.Context) -> None:
        """Print the graph's schema in SDL; with a subcommand write, compare or lint it."""
        if context.invoked_subcommand is None:
            show()

    return app


def show() -> None:
    """Print the graph's schema in SDL."""
    out().print(_built(), end="", markup=False)


def write() -> None:
    """Rewrite the committed file."""
    text = _built()
    _FILE.write_text(text)
    notes().print(f"wrote {_FILE.name}, {len(text.splitlines())} lines")


def check(
    old: Annotated[Path | None, typer.Argument(help=_OLD_HELP, show_default=False)] = None,
    new: Annotated[Path | None, typer.Argument(help=_NEW_HELP, show_default=False)] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Dangerous changes fail too.")] = False,
) -> None:
    """Name breaking, dangerous and safe changes between two schemas; exit 1 if any breaks clients.

    Breaking: an operation that was valid may be refused or get another type. Dangerous: it stays
    valid but may behave otherwise, such as by a new enum value. Safe: nothing asked before differs.
    """
    changes = changes_between(_schema(old or _FILE), _schema(new))
    _tell(changes)
    if changes.breaking or (strict and changes.dangerous):
        raise typer.Exit(UNWELL)


def lint(
    file: Annotated[Path | None, typer.Argument(help=_NEW_HELP, show_default=False)] = None,
) -> None:
    """Name what is undescribed, no connection as Relay wants it, or deprecated without a reason.

    Exits with 1 when there is anything to name.
    """
    faults = faults_of(_schema(file))
    for fault in faults:
        out().print(f"[red]✗[/red] {escape(fault)}")
    notes().print(f"{len(faults)} faults" if faults else "[green]✓[/green] nothing amiss")
    if faults:
        raise typer.Exit(UNWELL)


def _tell(changes: Changes) -> None:
    for impact in Impact:
        for change in changes.of(impact):
            out().print(f"{_MARKS[impact]} {impact}: {escape(change)}")
    counts = ", ".join(f"{len(changes.of(impact))} {impact}" for impact in Impact)
    notes().print(counts)


def _schema(file: Path | None) -> GraphQLSchema:
    """The schema in a file, or that of this code; ends the command when it cannot be read."""
    if file is None:
        # By way of its text, as files are: the built one also holds Federation's own definitions.
        return read_schema(_built())
    try:
        return read_schema(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        fail(f"{file} cannot be read: {reason}.", MISUSED)
    except NotASchema as error:
        fail(f"{file} is no schema definition: {error}", MISUSED)


def _built() -> str:
    return build_schema().as_str().rstrip() + "\n"
