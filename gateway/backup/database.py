"""The database: what pg_dump writes, or the server's own files by pg_basebackup.

A dump goes into any empty database of the same or a later server. A base is quicker for large
databases, can be incremental, and together with archived segments of the write-ahead log leads to
any moment since (`gateway.backup.cluster`); only a server that is not running can be made from it.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from gateway.backup.errors import BackupError
from gateway.backup.manifest import PostgresCopy, StoredFile
from gateway.backup.programs import Programs
from gateway.backup.shelf import Shelf
from stores.postgres.client import Postgres
from stores.queries import load_queries
from stores.urls import path_of

_SEGMENT_BYTES: Final = 16 * 1024**2  # unless the server was made with another size
MANIFEST: Final = "backup_manifest"
_SCHEMAS: Final = " SCHEMA - "
Method = Literal["dump", "base"]


async def copy_database(
    url: str,
    shelf: Shelf,
    name: str,
    *,
    method: Method,
    before: PostgresCopy | None,
    programs: Programs,
    scratch: Path,
    report: Callable[[str], None],
) -> PostgresCopy:
    """Copy the database as it was at one moment.

    Args:
        url: as a role that may read everything (dump) or replicate (base).
        shelf: where backups are kept.
        name: of this backup.
        method: how.
        before: the copy to be added to, when this one is incremental and both are bases.
        programs: of PostgreSQL.
        scratch: an empty folder with room for the copy.
        report: receives a line of progress.

    Raises:
        BackupError: a program is missing or failed.
        StoreError: the server does not answer.
    """
    async with Postgres(url) as postgres:
        server = await postgres.fetch_one(load_queries("postgres")["backup.server"])
    assert server is not None
    if method == "dump":
        target = scratch / "database.dump"
        await programs.run("pg_dump", ["--format=custom", "--file", target], url=url)
        file = await shelf.add(f"{name}/postgres/database.dump", target)
        report(f"postgres: a dump of {file.size:,} bytes")
        return PostgresCopy("dump", server["version"], (file,))
    earlier = before if before is not None and before.method == "base" else None
    if earlier is not None and not server["summarizes"]:
        report(
            "postgres: a whole base, as summarize_wal is off and nothing incremental is possible"
        )
        earlier = None
    files, first = await _base(url, shelf, name, earlier, programs, scratch)
    kind = "a base" if earlier is None else "what changed since the base"
    report(f"postgres: {kind}, {sum(file.size for file in files):,} bytes")
    chain = () if earlier is None else earlier.files
    return PostgresCopy("base", server["version"], (*chain, *files), first)


async def _base(
    url: str,
    shelf: Shelf,
    name: str,
    earlier: PostgresCopy | None,
    programs: Programs,
    scratch: Path,
) -> tuple[list[StoredFile], str]:
    """Files of a base on the shelf, and the first segment of the log it needs."""
    target = scratch / "base"
    options: list[str | Path] = ["--pgdata", target, "--format=tar", "--gzip", "--checkpoint=fast"]
    if earlier is not None:
        listed = scratch / MANIFEST
        listed.write_bytes(await _joined(shelf, manifest_of(earlier)))
        options.append(f"--incremental={listed}")
    await programs.run("pg_basebackup", options, url=url)
    files = [
        await shelf.add(f"{name}/postgres/{path.name}", path) for path in sorted(target.iterdir())
    ]
    listed_files = await asyncio.to_thread((target / MANIFEST).read_bytes)
    shutil.rmtree(target)
    return files, first_segment(listed_files)


def first_segment(manifest: bytes) -> str:
    """Name of the segment of the log in which a base begins, from the list Postgres wrote of it."""
    began = json.loads(manifest)["WAL-Ranges"][0]
    high, low = (int(part, 16) for part in began["Start-LSN"].split("/"))
    return f"{began['Timeline']:08X}{high:08X}{low // _SEGMENT_BYTES:08X}"


def manifest_of(copy: PostgresCopy) -> StoredFile:
    """The list of files that Postgres itself wrote of the latest base of a chain."""
    return next(file for file in reversed(copy.files) if file.key.endswith(f"/{MANIFEST}"))


async def _joined(shelf: Shelf, file: StoredFile) -> bytes:
    return b"".join([piece async for piece in shelf.read(file)])


async def fetch(shelf: Shelf, file: StoredFile, target: Path) -> None:
    """Bring a file of a backup to this machine.

    Raises:
        BackupError: it is missing or damaged.
    """
    with target.open("wb") as written:
        async for piece in shelf.read(file):
            written.write(piece)


async def restore_dump(
    url: str,
    shelf: Shelf,
    copy: PostgresCopy,
    *,
    programs: Programs,
    scratch: Path,
    report: Callable[[str], None],
) -> None:
    """Put a dump into an empty database, all of it or nothing.

    Args:
        url: as a superuser, or a member of the roles migrator and worker, who own everything.
        shelf: where backups are kept.
        copy: the dump.
        programs: of PostgreSQL.
        scratch: an empty folder with room for the dump.
        report: receives a line of progress.

    Raises:
        BackupError: a program is missing or failed; the database has no tables then.
    """
    if copy.method != "dump":
        raise BackupError("this backup holds a base of the server, not a dump of the database")
    dump = scratch / "database.dump"
    await fetch(shelf, copy.files[0], dump)
    listed = (await programs.run("pg_restore", ["--list", dump])).decode().splitlines(keepends=True)
    schemas = [line for line in listed if _SCHEMAS in line]
    rest = [line for line in listed if _SCHEMAS not in line]
    queries = load_queries("postgres")

    async def put(lines: list[str]) -> None:
        wanted = scratch / "wanted"
        await asyncio.to_thread(wanted.write_text, "".join(lines))
        options = ["--single-transaction", "--exit-on-error", f"--use-list={wanted}"]
        await programs.run("pg_restore", [*options, "--dbname", path_of(url), dump], url=url)

    async with Postgres(url) as postgres:
        await put(schemas)
        await postgres.execute(queries["backup.let_worker_own"])
        try:
            await put(rest)
        finally:
            await postgres.execute(queries["backup.let_worker_own_no_more"])
    report(f"postgres: the dump of {copy.files[0].size:,} bytes")
