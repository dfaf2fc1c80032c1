"""`gateway migrate status`."""

from __future__ import annotations

from rich.table import Table

from gateway.cli.migrate.steps import on_stores
from gateway.cli.terminal import UNWELL, fail, notes, out
from gateway.config import Settings
from stores import migrate
from stores.migrate import StoreStatus
from stores.urls import StoreUrls


def status() -> None:
    """Show where every store stands; exit code 1 when something is pending or deviates."""

    async def ask(config: Settings, urls: StoreUrls) -> list[StoreStatus]:
        return await migrate.status(urls, qdrant_prefix=config.qdrant_prefix)

    found = on_stores(ask)
    table = Table("store", "version", "name", "state", "remark", box=None, pad_edge=False)
    for store in found:
        for version, name, state, remark in store.files:
            table.add_row(store.store, version, name, state, remark)
    out().print(table)
    for store in found:
        if store.error:
            notes().print(f"[red]✗[/red] {store.store}: {store.error}")
    behind = [store.store for store in found if not store.up_to_date]
    if behind:
        fail(f"not up to date: {', '.join(behind)}", UNWELL)
