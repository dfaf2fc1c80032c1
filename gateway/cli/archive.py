"""`gateway archive`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.table import Table

from gateway.archive.series import SERIES, archived_key, query_of
from gateway.cli.engines import engines
from gateway.cli.jobs import run as run_job
from gateway.cli.terminal import MISUSED, explained, fail, out, settings
from gateway.config import Settings, set_up_logging
from gateway.worker.running import worker_stores
from stores.lifecycle import Stores
from stores.queries import load_queries

if TYPE_CHECKING:
    from stores.postgres.client import Row

_T = TypeVar("_T")


def build() -> typer.Typer:
    """The commands about archived history."""
    app = typer.Typer(
        help="Move old history into Parquet files, and find it.", no_args_is_help=True
    )
    app.command("run")(run)
    app.command("list")(list_archives)
    app.command("query")(query)
    return app


def run() -> None:
    """Archive now what arrived GATEWAY_HISTORY_DAYS ago; the worker does it every night."""
    run_job("archive_history")


def list_archives() -> None:
    """Show the files: series, month, rows, and where each is."""

    async def ask(stores: Stores, _: Settings) -> Sequence[Row]:
        return await stores.postgres.fetch(load_queries("postgres")["archives.list"])

    config = settings()
    objects = config.objects()
    table = Table("series", "month", "rows", "bytes", "archived (UTC)", "where", box=None)
    for row in _with_stores(config, ask):
        key = archived_key(row["series"], row["partition"], row["id"])
        numbers = (f"{row['row_count']:,}", f"{row['size_bytes']:,}")
        when = f"{row['archived_at']:%Y-%m-%d %H:%M:%S}"
        table.add_row(row["series"], row["partition"], *numbers, when, objects.location(key))
    out().print(table)


def query(
    series: Annotated[
        str, typer.Argument(help="Table of ClickHouse, such as wallet_transactions.")
    ],
) -> None:
    """Print the SELECT with which ClickHouse reads the archived rows of a series."""
    if series not in SERIES:
        fail(f"{series} is not archived; these are: {', '.join(SERIES)}", MISUSED)

    async def ask(stores: Stores, config: Settings) -> str:
        return await query_of(stores.clickhouse, config.objects(), series)

    out().print(_with_stores(settings(), ask), markup=False)


def _with_stores(config: Settings, ask: Callable[[Stores, Settings], Awaitable[_T]]) -> _T:
    set_up_logging("error")

    async def go() -> _T:
        async with worker_stores(config.store_options(urls, "worker")) as stores:
            return await ask(stores, config)

    with explained(), engines(config) as urls:
        return asyncio.run(go())
