"""`gateway migrate`: brings the stores to the schema in `sql/`."""

from __future__ import annotations

import typer

from gateway.cli.migrate import down, script, status, up


def build() -> typer.Typer:
    """The command with its subcommands; alone it is `up`."""
    app = typer.Typer(help="Bring the stores to the schema of this version.")
    app.command("up")(up.up)
    app.command("down")(down.down)
    app.command("status")(status.status)
    app.command("sql")(script.sql)

    @app.callback(invoke_without_command=True)
    def alone(context: typer.Context) -> None:
        """Bring the stores to the schema of this version; alone, apply what is pending."""
        if context.invoked_subcommand is None:
            up.up()

    return app
