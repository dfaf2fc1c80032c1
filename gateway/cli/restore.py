"""`gateway restore`."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.backup.cluster import configure, fill_cluster
from gateway.backup.connection import postgres_url, programs
from gateway.backup.errors import BackupError
from gateway.backup.manifest import Manifest
from gateway.backup.restore import check, require_empty, restore_database, restore_others
from gateway.backup.shelf import Shelf
from gateway.cli.backup import Target, said, shelf_at, told
from gateway.cli.engines import engines
from gateway.cli.terminal import MISUSED, fail, notes, settings
from gateway.config import Settings, set_up_logging
from stores import embedded
from stores.embedded.recovery import cluster_place


def restore(
    target: Target = None,
    backup: Annotated[str | None, typer.Option(help="Its name; the newest if left out.")] = None,
    to: Annotated[
        datetime | None,
        typer.Option(
            help="Bring Postgres to this moment (UTC): takes a base and archived log.",
            formats=["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"],
        ),
    ] = None,
    cluster: Annotated[
        Path | None,
        typer.Option(help="Only write the files of a Postgres server to this empty folder."),
    ] = None,
    skip_postgres: Annotated[
        bool, typer.Option("--skip-postgres", help="Only the other stores: Postgres is back.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Remove what the stores hold first.")
    ] = False,
) -> None:
    """Bring a backup back into empty stores, once all its checksums were compared."""
    config = settings()
    set_up_logging("error")
    moment = to.replace(tzinfo=UTC) if to else None
    with told():
        shelf = shelf_at(config, target)
        manifest = asyncio.run(_chosen(shelf, backup, moment))
        if cluster is not None:
            _write_cluster(config, shelf, manifest, cluster, moment)
            return
        if skip_postgres:
            with engines(config) as urls:
                options = config.store_options(urls)
                asyncio.run(
                    restore_others(options, shelf, manifest, overwrite=overwrite, report=said)
                )
        elif manifest.postgres.method == "base":
            restore_base(config, shelf, manifest, moment, overwrite=overwrite)
        else:
            _restore_dump(config, shelf, manifest, overwrite=overwrite)
    notes().print(f"{manifest.name} is back; gateway doctor --consistency compares the stores")


async def _chosen(shelf: Shelf, name: str | None, moment: datetime | None) -> Manifest:
    """The backup to bring back, checked.

    Raises:
        BackupError: there is none, it is damaged, or it does not lead to the moment.
    """
    names = [name] if name else list(reversed(await shelf.names()))
    for each in names:
        manifest = await shelf.manifest(each)
        if moment is not None and manifest.began_at > moment:
            continue
        if moment is not None and manifest.postgres.method != "base":
            continue
        await check(shelf, manifest, said)
        return manifest
    raise BackupError(
        "there is no complete backup here"
        if moment is None
        else f"no base backup was begun before {moment:%Y-%m-%dT%H:%M:%SZ}: take them with "
        "gateway backup --postgres base"
    )


def _restore_dump(config: Settings, shelf: Shelf, manifest: Manifest, *, overwrite: bool) -> None:
    async def go() -> None:
        options = config.store_options(urls)
        if not overwrite:
            await require_empty(options)
        url, tools = postgres_url(config), programs(config)
        await restore_database(url, shelf, manifest, tools, overwrite=overwrite, report=said)
        await restore_others(options, shelf, manifest, overwrite=overwrite, report=said)

    with engines(config) as urls:
        asyncio.run(go())


def restore_base(
    config: Settings,
    shelf: Shelf,
    manifest: Manifest,
    moment: datetime | None,
    *,
    overwrite: bool,
) -> None:
    """Bring a base back into the embedded engines, which must not be running.

    Raises:
        BackupError: Postgres is elsewhere, or a store holds something and may not be overwritten.
        EngineError: the data directory is in use, or Postgres did not get to the moment.
    """
    if config.postgres_url is not None:
        raise BackupError(
            "the backup holds the files of a server: write them with --cluster on its machine, "
            "start the server, then go on with --skip-postgres"
        )
    others = [store for store in config.embedded_stores() if store != "postgres"]
    # What was never started holds nothing.
    if not overwrite and any((config.data_dir / store).exists() for store in others):
        with embedded.start(config.data_dir, stores=others) as running:
            asyncio.run(require_empty(config.store_options(config.store_urls(running.urls))))
    with cluster_place(config.data_dir, overwrite=overwrite) as place:
        place.settings = asyncio.run(_fill(config, shelf, manifest, place.folder, moment))
    said("postgres: recovered" + (f" to {moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""))
    with engines(config) as urls:
        options = config.store_options(urls)
        asyncio.run(restore_others(options, shelf, manifest, overwrite=overwrite, report=said))


async def _fill(
    config: Settings, shelf: Shelf, manifest: Manifest, folder: Path, moment: datetime | None
) -> dict[str, str]:
    with tempfile.TemporaryDirectory(prefix="gateway-restore-") as scratch:
        return await fill_cluster(
            folder,
            shelf,
            manifest.postgres,
            until=moment,
            programs=programs(config),
            scratch=Path(scratch),
            report=said,
        )


def _write_cluster(
    config: Settings, shelf: Shelf, manifest: Manifest, folder: Path, moment: datetime | None
) -> None:
    """For a server that is started by somebody else."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        fail(f"{folder} is not empty", MISUSED)
    configure(folder, asyncio.run(_fill(config, shelf, manifest, folder, moment)))
    notes().print(
        f"{folder} is a cluster: give it to the server's user, start the server on it, then "
        "gateway restore --skip-postgres fills the other stores"
    )
