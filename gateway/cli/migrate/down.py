"""`gateway migrate down`."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.migrate.steps import SqlStore, on_stores, show
from gateway.config import Settings
from stores.migrate import Applied, rollback
from stores.urls import StoreUrls


def down(
    store: Annotated[SqlStore, typer.Argument(help="Whose migrations to undo.")],
    steps: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 1,
    target: Annotated[
        str | None, typer.Option(help="Last version that stays; 0 undoes everything.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the statements and touch nothing.")
    ] = False,
) -> None:
    """Undo the newest migrations of one store. What they held is gone."""

    async def undo(config: Settings, urls: StoreUrls) -> list[Applied]:
        return await rollback(
            urls,
            store.value,
            steps=steps,
            target=target,
            dry_run=dry_run,
            cluster=config.clickhouse_cluster,
        )

    show(on_stores(undo))
