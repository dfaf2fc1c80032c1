"""Objects as files below one folder."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, TypeVar

from stores.errors import StoreError, StoreFull, StoreUnavailable
from stores.objects.keys import check_key
from stores.objects.store import (
    Content,
    ObjectInfo,
    ObjectMissing,
    Objects,
    Stored,
    pieces_of,
    spool,
)

_T = TypeVar("_T")
_UNFINISHED: Final = ".unfinished"  # no key starts with a dot
_STALE_S: Final = 86_400.0
_TRIES: Final = 5
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


class DiskObjects(Objects):
    """A folder that only its owner may read.

    A file is written beside the others, brought to the disk and then renamed, so that neither a
    killed writer nor a power cut leaves a part of one under a key.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._swept = False

    async def info(self, key: str) -> ObjectInfo | None:
        """Size and time of an object; None when there is none."""
        check_key(key)

        def look() -> ObjectInfo | None:
            path = self._root / key
            return _info(self._root, path) if path.is_file() else None

        return await _off_loop("info", look)

    async def delete(self, key: str) -> None:
        """Remove an object and the folders it leaves empty."""
        check_key(key)
        await _off_loop("delete", lambda: self._unlink(self._root / key))

    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        """Objects below a prefix of whole segments, in the order of their keys."""
        if prefix:
            check_key(prefix)
        found = await _off_loop("list", lambda: _files(self._root / prefix))
        for path in sorted(found, key=lambda each: each.relative_to(self._root).as_posix()):
            with suppress(FileNotFoundError):  # deleted meanwhile
                yield await asyncio.to_thread(_info, self._root, path)

    def location(self, key: str) -> str:
        """The `file://` URL of an object."""
        check_key(key)
        return (self._root / key).as_uri()

    async def _write(self, content: Content, key_of: Callable[[str], str]) -> Stored:
        unfinished = await _off_loop("put", self._begin)
        try:
            file = await asyncio.to_thread(unfinished.open, "wb")
            try:
                sha256, size = await spool(content, file)
            finally:
                await asyncio.to_thread(_to_disk, file)
            key = key_of(sha256)
            await _off_loop("put", lambda: self._finish(unfinished, self._root / key))
        except OSError as error:
            raise _said("put", error) from error
        finally:
            await asyncio.to_thread(lambda: unfinished.unlink(missing_ok=True))
        return Stored(key, sha256, size)

    async def _read(self, key: str) -> AsyncIterator[bytes]:
        try:
            async for piece in pieces_of(self._root / key):
                yield piece
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise ObjectMissing("objects", "get", f"there is no {key}") from error
        except OSError as error:
            raise _said("get", error) from error

    def _begin(self) -> Path:
        """A new empty file to write to."""
        folder = self._root / _UNFINISHED
        self._make_folder(folder)
        if not self._swept:
            _sweep(folder)
            self._swept = True
        handle, name = tempfile.mkstemp(dir=folder)
        os.close(handle)
        return Path(name)

    def _finish(self, unfinished: Path, path: Path) -> None:
        """Put a file where it belongs, and see that the disk knows."""
        for attempt in range(_TRIES):
            self._make_folder(path.parent)
            try:
                unfinished.replace(path)
                break
            except FileNotFoundError:  # the folder was empty, and a delete took it along
                if attempt == _TRIES - 1:
                    raise
        _sync_folder(path.parent)

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and those above it, each for its owner only."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        above = self._root
        for name in folder.relative_to(self._root).parts:
            inner = above / name
            if not inner.is_dir():
                with suppress(FileNotFoundError):  # a delete took the one above along
                    inner.mkdir(mode=0o700, exist_ok=True)
                    _sync_folder(above)
            above = inner

    def _unlink(self, path: Path) -> None:
        if not path.is_file():
            return
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == self._root:
                break
            try:
                folder.rmdir()
            except OSError:  # not empty, or gone
                break


def _to_disk(file: IO[bytes]) -> None:
    with file:
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(folder: Path) -> None:
    """Remove what killed writers left; nobody writes one file for a day."""
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _STALE_S:
                path.unlink()


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    return list(_walk(folder))


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != _UNFINISHED]
        yield from (Path(parent) / name for name in names)


def _info(root: Path, path: Path) -> ObjectInfo:
    stat = path.stat()
    modified_at = datetime.fromtimestamp(stat.st_mtime, UTC)
    return ObjectInfo(path.relative_to(root).as_posix(), stat.st_size, modified_at)


async def _off_loop(operation: str, call: Callable[[], _T]) -> _T:
    try:
        return await asyncio.to_thread(call)
    except OSError as error:
        raise _said(operation, error) from error


def _said(operation: str, error: OSError) -> StoreError:
    kind = StoreFull if error.errno in _NO_ROOM else StoreUnavailable
    return kind("objects", operation, str(error))
