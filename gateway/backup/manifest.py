"""What a backup is made of. Every file has its SHA-256, the list of files has one itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import msgspec

from gateway.backup.errors import BackupError

FORMAT: Final = 1
Kind = Literal["full", "incremental"]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a backup.

    Attributes:
        key: where it is below the place of all backups; an earlier backup's when nothing changed.
        sha256: of its bytes, in hexadecimal.
        size: in bytes.
    """

    key: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class PostgresCopy:
    """The database.

    Attributes:
        method: `dump` is what pg_dump wrote; `base` the server's own files, by pg_basebackup.
        server: version of the server.
        files: of a base, with those of the backups it builds on, oldest first.
        first_segment: of the log that leads on from a base; None of a dump.
    """

    method: Literal["dump", "base"]
    server: str
    files: tuple[StoredFile, ...]
    first_segment: str | None = None


@dataclass(frozen=True, slots=True)
class PartitionCopy:
    """The rows of one partition of a ClickHouse table, in the format Native.

    Attributes:
        table: unqualified name.
        partition: its id.
        state: the same as long as the partition holds the same parts.
        row_count: rows, replaced ones included.
        file: the rows, packed by zstd.
    """

    table: str
    partition: str
    state: str
    row_count: int
    file: StoredFile


@dataclass(frozen=True, slots=True)
class ItemsCopy:
    """Keys of Redis or points of a Qdrant collection, one JSON value a line, packed by zstd.

    Attributes:
        name: of the collection, as its alias is called; `keys` for Redis.
        count: keys or points.
        file: where they are.
    """

    name: str
    count: int
    file: StoredFile


@dataclass(frozen=True, slots=True)
class Manifest:
    """One backup.

    Attributes:
        name: the time it was begun, as in 20261124T170000Z.
        began_at: what was committed before is in it, UTC.
        kind: an incremental one has files of others.
        based_on: name of the backup before it that it compared with; None of a full one.
        full_at: when the full backup was begun that it goes back to, itself if it is one.
        gateway_version: of the program that took it.
        format: of this description.
    """

    name: str
    began_at: datetime
    kind: Kind
    based_on: str | None
    full_at: datetime
    gateway_version: str
    postgres: PostgresCopy
    clickhouse: tuple[PartitionCopy, ...]
    redis: ItemsCopy
    qdrant: tuple[ItemsCopy, ...]
    format: int = FORMAT

    def files(self) -> Iterator[StoredFile]:
        """Every file that bringing it back takes."""
        yield from self.postgres.files
        for part in self.clickhouse:
            yield part.file
        yield self.redis.file
        for collection in self.qdrant:
            yield collection.file

    @property
    def size(self) -> int:
        """Bytes of its files, those of others included."""
        return sum(file.size for file in self.files())


def encode(manifest: Manifest) -> bytes:
    """The manifest as JSON, for people as well."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def decode(text: bytes) -> Manifest:
    """The manifest that JSON describes.

    Raises:
        BackupError: it is not one that this version can read.
    """
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as error:
        raise BackupError(f"the manifest cannot be read: {error}") from None
    if manifest.format != FORMAT:
        raise BackupError(
            f"the backup has format {manifest.format}, this program reads {FORMAT}: "
            f"use gateway {manifest.gateway_version}"
        )
    return manifest


def sums(manifest: Manifest, text: bytes) -> str:
    """Checksums as `sha256sum --check` reads them, from inside the backup's own folder."""
    lines = [f"{hashlib.sha256(text).hexdigest()}  manifest.json"]
    for file in sorted(manifest.files(), key=lambda each: each.key):
        inside = file.key.removeprefix(f"{manifest.name}/")
        lines.append(f"{file.sha256}  {inside if inside != file.key else f'../{file.key}'}")
    return "\n".join(dict.fromkeys(lines)) + "\n"
