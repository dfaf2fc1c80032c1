"""Where backups are kept: a directory or a bucket, one folder a backup.

    20261124T170000Z/manifest.json, SHA256SUMS, postgres/…, clickhouse/…, redis/…, qdrant/…
    wal/…                                    what Postgres wrote since, segment by segment

SHA256SUMS is written last: a folder without it is no backup, whatever else is there.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterable, AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.backup.errors import BackupError
from gateway.backup.manifest import Manifest, StoredFile, decode, encode, sums
from stores.errors import StoreRejected
from stores.objects.store import ObjectDamaged, ObjectInfo, ObjectMissing, Objects

_MANIFEST: Final = "manifest.json"
_SUMS: Final = "SHA256SUMS"
_NAME: Final = re.compile(r"\d{8}T\d{6}Z")
_TIMELINE_CHARS: Final = 8
WAL: Final = "wal"


class Shelf:
    """The backups in one store of objects."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects

    async def add(self, key: str, content: bytes | Path | AsyncIterable[bytes]) -> StoredFile:
        """Write one file of a backup."""
        stored = await self.objects.put_named(key, content)
        return StoredFile(stored.key, stored.sha256, stored.size)

    async def finish(self, manifest: Manifest) -> None:
        """Make a backup count, once all its files are there."""
        text = encode(manifest)
        await self.objects.put_named(f"{manifest.name}/{_MANIFEST}", text)
        await self.objects.put_named(f"{manifest.name}/{_SUMS}", sums(manifest, text).encode())

    async def names(self) -> list[str]:
        """Backups that are complete, oldest first."""
        parts = [info.key.split("/") async for info in self.objects.list()]
        return sorted(part[0] for part in parts if part[1:] == [_SUMS] and _NAME.fullmatch(part[0]))

    async def manifest(self, name: str) -> Manifest:
        """What a backup is made of.

        Raises:
            BackupError: there is none of this name, it is incomplete, or was changed.
        """
        try:
            listed = (await self.objects.get_bytes(f"{name}/{_SUMS}")).decode()
            text = await self.objects.get_bytes(f"{name}/{_MANIFEST}")
        except (ObjectMissing, ValueError):
            there = ", ".join((await self.names())[-5:]) or "none"
            raise BackupError(
                f"there is no complete backup {name} here; there are: {there}"
            ) from None
        if not listed.startswith(hashlib.sha256(text).hexdigest()):
            raise BackupError(f"{name}/{_MANIFEST} is not what was written: the backup is damaged")
        return decode(text)

    async def newest(self) -> Manifest | None:
        """The latest backup; None when there is none."""
        names = await self.names()
        return await self.manifest(names[-1]) if names else None

    async def read(self, file: StoredFile) -> AsyncIterator[bytes]:
        """The bytes of a file, the last piece of them only when all are right.

        Raises:
            BackupError: it is missing or damaged.
        """
        try:
            async for piece in self.objects.get(file.key, sha256=file.sha256):
                yield piece
        except (ObjectMissing, ObjectDamaged) as error:
            raise BackupError(f"{file.key}: {error.message}") from None

    async def verify(self, manifest: Manifest) -> list[str]:
        """Read every file of a backup; what is wrong, one sentence each."""
        problems = []
        for file in dict.fromkeys(manifest.files()):
            size = 0
            try:
                async for piece in self.read(file):
                    size += len(piece)
            except BackupError as error:
                problems.append(str(error))
                continue
            if size != file.size:
                problems.append(f"{file.key} has {size:,} bytes instead of {file.size:,}")
        return problems

    async def remove(self, name: str) -> None:
        """Remove a backup, what makes it count first.

        Raises:
            BackupError: a later one needs its files.
        """
        for later in await self.names():
            if later <= name:
                continue
            if any(
                file.key.startswith(f"{name}/") for file in (await self.manifest(later)).files()
            ):
                raise BackupError(f"{later} needs files of {name}: remove that first")
        await self.objects.delete(f"{name}/{_SUMS}")
        for info in [info async for info in self.objects.list(name)]:
            await self.objects.delete(info.key)

    async def expired(self, before: datetime) -> list[str]:
        """Backups begun before a time that no later one needs, newest first; never the newest."""
        needed: set[str] = set()
        removable = []
        manifests = [await self.manifest(name) for name in await self.names()]
        for manifest in reversed(manifests):
            kept = manifest.began_at >= before or manifest is manifests[-1]
            if kept or manifest.name in needed:
                needed |= {file.key.partition("/")[0] for file in manifest.files()}
            else:
                removable.append(manifest.name)
        return removable

    async def trim_log(self) -> int:
        """Remove segments from before the oldest base; how many. Without a base all stay."""
        needed = [
            manifest.postgres.first_segment
            for name in await self.names()
            if (manifest := await self.manifest(name)).postgres.first_segment is not None
        ]
        if not needed:
            return 0
        oldest = min(str(segment)[_TIMELINE_CHARS:] for segment in needed)
        removed = 0
        for info in await self.segments():
            name = info.key.rpartition("/")[2]
            if len(name) == len(needed[0] or "") and name[_TIMELINE_CHARS:] < oldest:
                await self.objects.delete(info.key)
                removed += 1
        return removed

    async def segments(self) -> list[ObjectInfo]:
        """Archived segments of the write-ahead log, oldest first of each timeline."""
        return [info async for info in self.objects.list(WAL)]

    async def add_segment(self, path: Path) -> None:
        """Archive a segment; Postgres may send it again.

        Raises:
            BackupError: another one of this name is there, so two servers share the place.
        """
        key = f"{WAL}/{path.name}"
        try:
            there = hashlib.sha256(await self.objects.get_bytes(key)).digest()
        except ObjectMissing:
            await self.objects.put_named(key, path)
            return
        except StoreRejected as error:
            raise BackupError(error.message) from None
        if there != hashlib.sha256(await asyncio.to_thread(path.read_bytes)).digest():
            raise BackupError(f"{key} is there with other bytes: does another server write here?")
