"""`gateway migrate up`."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.migrate.steps import AnyStore, on_stores, show
from gateway.config import Settings
from stores.migrate import STORES, Applied, migrate
from stores.migrate.runner import Store
from stores.urls import StoreUrls


def up(
    store: Annotated[
        list[AnyStore] | None, typer.Option(help="Only this store; may be repeated.")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Last version to apply; needs one --store.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the statements and touch nothing.")
    ] = False,
) -> None:
    """Apply what is not applied yet, in order. Two at once do it once."""
    wanted: tuple[Store, ...] = tuple(each.value for each in store) if store else STORES

    async def apply(config: Settings, urls: StoreUrls) -> list[Applied]:
        return await migrate(
            urls,
            stores=wanted,
            target=target,
            dry_run=dry_run,
            qdrant_prefix=config.qdrant_prefix,
            cluster=config.clickhouse_cluster,
        )

    show(on_stores(apply))
