"""`gateway backup`, `gateway backups` and `gateway wal`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from gateway.backup.connection import backup_options
from gateway.backup.create import BackupOptions, create_backup
from gateway.backup.database import Method
from gateway.backup.errors import BackupError
from gateway.backup.manifest import Manifest
from gateway.backup.shelf import Shelf
from gateway.cli.engines import engines
from gateway.cli.terminal import MISUSED, UNWELL, explained, fail, notes, out, settings
from gateway.config import Settings, set_up_logging
from gateway.worker.running import worker_stores
from stores.embedded import EngineError, running_urls
from stores.migrate.model import MigrationError
from stores.urls import StoreUrls

Target = Annotated[
    str | None,
    typer.Argument(
        help="Directory, or s3:// URL as GATEWAY_OBJECTS_URL describes it; GATEWAY_BACKUP_URL "
        "when left out."
    ),
]
_Method = Annotated[
    str,
    typer.Option(
        help="What to copy of Postgres: dump (goes into any empty database) or base (the server's "
        "files: incremental, and the way to any moment)."
    ),
]


def backup(
    target: Target = None,
    incremental: Annotated[
        bool, typer.Option("--incremental", help="Copy only what changed since the newest backup.")
    ] = False,
    postgres: _Method = "dump",
) -> None:
    """Copy all four stores into a dated directory with checksums, while they are in use.

    With embedded engines this also works beside a gateway that runs on the same GATEWAY_DATA_DIR.
    """
    config = settings()
    set_up_logging("error")
    if postgres not in ("dump", "base"):
        fail(f"--postgres is dump or base, not {postgres}", MISUSED)
    method: Method = "base" if postgres == "base" else "dump"
    with told(), _reached(config) as urls:
        shelf = shelf_at(config, target)
        options = backup_options(config, method, incremental=incremental)
        manifest = asyncio.run(_create(config, urls, shelf, options))
    out().print(f"{manifest.name} {manifest.kind}, {manifest.size:,} bytes", markup=False)


async def _create(
    config: Settings, urls: StoreUrls, shelf: Shelf, options: BackupOptions
) -> Manifest:
    async with worker_stores(config.store_options(urls, "worker")) as stores:
        return await create_backup(stores, shelf, options, said)


@contextmanager
def _reached(config: Settings) -> Iterator[StoreUrls]:
    """The stores, also those that another process of this machine has started."""
    embedded = running_urls(config.data_dir) if config.embedded_stores() else None
    if embedded is not None:
        yield config.store_urls(embedded)
        return
    with engines(config) as urls:
        yield urls


def build_backups() -> typer.Typer:
    """The commands about backups that are there."""
    app = typer.Typer(help="List, check and remove backups.", no_args_is_help=True)
    app.command("list")(list_backups)
    app.command("verify")(verify)
    app.command("prune")(prune)
    return app


def list_backups(target: Target = None) -> None:
    """Show the backups, oldest first."""
    shelf = _shelf(target)
    table = Table("backup", "kind", "postgres", "based on", "bytes", box=None, pad_edge=False)
    for manifest in asyncio.run(_manifests(shelf)):
        said_of = (manifest.name, manifest.kind, manifest.postgres.method, manifest.based_on or "")
        table.add_row(*said_of, f"{manifest.size:,}")
    out().print(table)


async def _manifests(shelf: Shelf) -> list[Manifest]:
    return [await shelf.manifest(name) for name in await shelf.names()]


def verify(
    target: Target = None,
    backup: Annotated[str | None, typer.Option(help="Its name; all of them if left out.")] = None,
) -> None:
    """Read every file of the backups and compare checksums. Exit code 1 if one is wrong."""
    shelf = _shelf(target)

    async def check() -> list[str]:
        problems = []
        for name in [backup] if backup else await shelf.names():
            found = await shelf.verify(await shelf.manifest(name))
            said(f"{name}: {f'{len(found)} files are damaged' if found else 'as it was written'}")
            problems += found
        return problems

    with told():
        problems = asyncio.run(check())
    if problems:
        fail("\n".join(problems), UNWELL)


def prune(
    target: Target = None,
    days: Annotated[int, typer.Option(min=1, help="Keep backups of this many days.")] = 30,
) -> None:
    """Remove old backups, but none that a later one builds on, and never the newest."""
    shelf = _shelf(target)

    async def remove() -> None:
        for name in await shelf.expired(datetime.now(UTC) - timedelta(days=days)):
            await shelf.remove(name)
            said(f"{name} is removed")
        if count := await shelf.trim_log():
            said(f"{count:,} segments of the log are removed")

    with told():
        asyncio.run(remove())


def build_wal() -> typer.Typer:
    """The commands that Postgres itself runs."""
    app = typer.Typer(help="Archive the write-ahead log of Postgres.", no_args_is_help=True)
    app.command("put")(put_segment)
    return app


def put_segment(
    path: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The segment, %p.")],
    target: Target = None,
) -> None:
    """Archive a segment: archive_command = 'gateway wal put %p'. Safe to repeat."""
    shelf = _shelf(target)
    with told():
        asyncio.run(shelf.add_segment(path))


def _shelf(target: str | None) -> Shelf:
    config = settings()
    set_up_logging("error")
    with told():
        return shelf_at(config, target)


def shelf_at(config: Settings, target: str | None) -> Shelf:
    """The backups at a directory or URL, or where the configuration says.

    Raises:
        BackupError: none is given.
    """
    if target is not None and "://" not in target:
        target = Path(target).absolute().as_uri()
    try:
        objects = config.backups(target)
    except ValueError as error:
        raise BackupError(str(error)) from None
    if objects is None:
        raise BackupError("say where backups are kept: a directory, or GATEWAY_BACKUP_URL")
    return Shelf(objects)


def said(line: str) -> None:
    """Show a line of progress."""
    notes().print(f"[green]✓[/green] {line}")


@contextmanager
def told() -> Iterator[None]:
    """Turn failures that are foreseen into one sentence and an exit code."""
    with explained():
        try:
            yield
        except (BackupError, EngineError, MigrationError) as error:
            fail(str(error))
