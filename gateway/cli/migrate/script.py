"""`gateway migrate sql`."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.migrate.steps import SqlStore, migration_errors
from gateway.cli.terminal import out, settings
from stores.migrate import render


def sql(
    store: Annotated[SqlStore, typer.Argument(help="Whose schema to print.")],
    down: Annotated[bool, typer.Option("--down", help="The way back instead.")] = False,
) -> None:
    """Print every statement of a store as one script, without connecting to anything."""
    cluster = settings().clickhouse_cluster if store is SqlStore.CLICKHOUSE else None
    with migration_errors():
        text = render(store.value, direction="down" if down else "up", cluster=cluster)
    out().print(text, end="", markup=False)
