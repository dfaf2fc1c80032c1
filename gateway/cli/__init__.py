"""The command `gateway`: one module a command, logic elsewhere."""

from __future__ import annotations

import typer

from gateway.cli import (
    archive,
    backup,
    demo,
    doctor,
    explain,
    jobs,
    keys,
    load,
    migrate,
    relay,
    restore,
    schema,
    serve,
    worker,
)

_HELP = """Serve one GraphQL graph over Postgres, ClickHouse, Redis and Qdrant.

Every setting is an environment variable that starts with GATEWAY_, or a line of the TOML file that
GATEWAY_CONFIG_FILE names. A store without a URL is started as an embedded engine."""


def build() -> typer.Typer:
    """The command with its subcommands."""
    app = typer.Typer(
        help=_HELP,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_show_locals=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command("demo")(demo.demo)
    app.command("serve")(serve.serve)
    app.command("worker")(worker.worker)
    app.add_typer(jobs.build(), name="jobs")
    app.add_typer(keys.build(), name="keys")
    app.add_typer(relay.build(), name="relay")
    app.command("load")(load.load)
    app.add_typer(migrate.build(), name="migrate")
    app.add_typer(schema.build(), name="schema")
    app.command("explain")(explain.explain)
    app.command("doctor")(doctor.doctor)
    app.add_typer(archive.build(), name="archive")
    app.command("backup")(backup.backup)
    app.add_typer(backup.build_backups(), name="backups")
    app.command("restore")(restore.restore)
    app.add_typer(backup.build_wal(), name="wal")
    return app


def main() -> None:
    """Entry point of the console script."""
    build()()
