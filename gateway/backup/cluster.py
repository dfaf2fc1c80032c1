"""A cluster's files from a base backup, and the log that leads on from there."""

from __future__ import annotations

import asyncio
import shutil
import tarfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.backup.database import MANIFEST, fetch
from gateway.backup.errors import BackupError
from gateway.backup.manifest import PostgresCopy, StoredFile
from gateway.backup.programs import Programs
from gateway.backup.shelf import Shelf

_LABEL: Final = "backup_label"
_RESTORED: Final = "restored_wal"
_SEGMENT_CHARS: Final = 24
# What pg_basebackup writes, and where in the cluster it belongs.
_INSIDE: Final = {MANIFEST: ".", "base.tar.gz": ".", "pg_wal.tar.gz": "pg_wal"}


async def fill_cluster(
    folder: Path,
    shelf: Shelf,
    copy: PostgresCopy,
    *,
    until: datetime | None,
    programs: Programs,
    scratch: Path,
    report: Callable[[str], None],
) -> dict[str, str]:
    """Write the files of a cluster, archived log included; the parameters it has to start with.

    Args:
        folder: empty.
        shelf: where backups are kept.
        copy: a base.
        until: the moment to go to; None goes as far as the log is archived.
        programs: of PostgreSQL.
        scratch: an empty folder with room for every base of the chain, unpacked.
        report: receives lines of progress.

    Raises:
        BackupError: a file is missing or damaged, or a program is missing or failed.
    """
    if copy.method != "base":
        raise BackupError("this backup holds a dump of the database, not a base of the server")
    parts = [
        await _unpacked(shelf, files, scratch / name) for name, files in _by_backup(copy).items()
    ]
    if len(parts) == 1:
        for path in parts[0].iterdir():
            shutil.move(path, folder / path.name)
    else:
        await programs.run("pg_combinebackup", [*parts, "--output", folder])
    report(f"postgres: a base of {len(parts)} parts")
    first = _first_segment(folder / _LABEL)
    (folder / _RESTORED).mkdir()
    segments = [
        info for info in await shelf.segments() if _leads_on(info.key.rpartition("/")[2], first)
    ]
    for info in segments:
        name = info.key.rpartition("/")[2]
        with (folder / _RESTORED / name).open("wb") as written:
            async for piece in shelf.objects.get(info.key):
                written.write(piece)
    report(f"postgres: {len(segments):,} segments of the log")
    (folder / "recovery.signal").touch()
    settings = {"restore_command": f'cp "{_RESTORED}/%f" "%p"', "recovery_target_action": "promote"}
    if until is not None:
        settings["recovery_target_time"] = until.isoformat()
    return settings


def configure(folder: Path, settings: Mapping[str, str]) -> None:
    """Write parameters into a cluster, for a server that somebody else starts."""
    with (folder / "postgresql.auto.conf").open("a") as file:
        for name, value in settings.items():
            quoted = value.replace("'", "''")
            file.write(f"{name} = '{quoted}'\n")


def _by_backup(copy: PostgresCopy) -> dict[str, list[StoredFile]]:
    """Files of each backup of a chain, in its order."""
    found: dict[str, list[StoredFile]] = {}
    for file in copy.files:
        found.setdefault(file.key.partition("/")[0], []).append(file)
    return found


async def _unpacked(shelf: Shelf, files: list[StoredFile], folder: Path) -> Path:
    """The files of one base as they were in the server's folder."""
    for file in files:
        name = file.key.rpartition("/")[2]
        if name not in _INSIDE:
            raise BackupError(f"{file.key}: tablespaces outside of the cluster are not restored")
        fetched = folder.with_suffix(f".{name}")
        await fetch(shelf, file, fetched)
        await asyncio.to_thread(_unpack, fetched, folder, name)
    return folder


def _unpack(fetched: Path, folder: Path, name: str) -> None:
    inside = folder / _INSIDE[name]
    inside.mkdir(parents=True, exist_ok=True)
    if name == MANIFEST:
        fetched.rename(inside / MANIFEST)
        return
    with tarfile.open(fetched) as archive:
        archive.extractall(inside, filter="data")
    fetched.unlink()


def _first_segment(label: Path) -> str:
    """Name of the first segment of the log that the base needs."""
    start = label.read_text().partition("(file ")[2]
    return start.partition(")")[0]


def _leads_on(name: str, first: str) -> bool:
    """Whether a segment or the history of a timeline may be needed after the base."""
    if name.endswith(".history"):
        return True
    return len(name) == _SEGMENT_CHARS and name[8:] >= first[8:]
