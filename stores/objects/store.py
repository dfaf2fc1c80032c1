"""What a store of objects can do, whatever keeps them.

    stored = await objects.put(content, prefix=f"tax-reports/{user}")
    async for piece in objects.get(stored.key): ...

An object is there whole or not at all, also when its writer is killed, and what is read is checked
against its SHA-256 before the last piece is handed out.
"""

from __future__ import annotations

import asyncio
import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from stores.errors import StoreRejected
from stores.objects.keys import check_key, check_name, content_key, digest_of

Content = bytes | Path | AsyncIterable[bytes]
PIECE_BYTES: Final = 1_048_576


class ObjectMissing(StoreRejected):
    """There is no object under the key."""


class ObjectDamaged(StoreRejected):
    """The bytes are not those that were stored."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that was written.

    Attributes:
        key: under which it is found.
        sha256: of its bytes, in hexadecimal.
        size: in bytes.
    """

    key: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object that is there: its key, its size in bytes, and when it was last written, UTC."""

    key: str
    size: int
    modified_at: datetime


class Objects(ABC):
    """A store of objects. Every call may raise `StoreError`; a key that is none, `ValueError`."""

    async def put(self, content: Content, *, prefix: str = "") -> Stored:
        """Write bytes under their checksum; a second time is no harm.

        Args:
            content: bytes, a file, or pieces as they come.
            prefix: of the key, such as whose it is.
        """
        if prefix:
            check_key(prefix)
        return await self._write(content, lambda sha256: content_key(prefix, sha256))

    async def put_named(self, key: str, content: Content) -> Stored:
        """Write bytes under a name, in place of what was there.

        Keep the checksum of the answer where it will be read from: a name does not tell it.
        """
        check_name(key)
        return await self._write(content, lambda _: key)

    def get(self, key: str, *, sha256: str | None = None) -> AsyncIterator[bytes]:
        """The bytes of an object in pieces of a megabyte or so.

        The last piece comes only when all of it is right, so that nobody takes damaged bytes for a
        whole file.

        Args:
            key: of the object.
            sha256: what a named object has to be; a content-addressed key says so itself.

        Raises:
            ObjectMissing: there is none.
            ObjectDamaged: the bytes are not those that were stored.
        """
        check_key(key)
        return _verified(key, self._read(key), digest_of(key) or sha256)

    async def get_bytes(self, key: str, *, sha256: str | None = None) -> bytes:
        """All bytes of a small object; otherwise as `get`."""
        return b"".join([piece async for piece in self.get(key, sha256=sha256)])

    async def exists(self, key: str) -> bool:
        """Whether there is an object under the key."""
        return await self.info(key) is not None

    @abstractmethod
    async def info(self, key: str) -> ObjectInfo | None:
        """Size and time of an object; None when there is none."""

    @abstractmethod
    async def delete(self, key: str) -> None:
        """Remove an object; no harm when there is none."""

    @abstractmethod
    def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        """Objects below a prefix of whole segments, in the order of their keys."""

    @abstractmethod
    def location(self, key: str) -> str:
        """The URL another program finds the object at, given the rights: `file://` or `http(s)://`."""

    @abstractmethod
    async def _write(self, content: Content, key_of: Callable[[str], str]) -> Stored:
        """Write bytes under the key that follows from their checksum."""

    @abstractmethod
    def _read(self, key: str) -> AsyncIterator[bytes]:
        """The bytes as they are kept."""


async def spool(content: Content, file: IO[bytes]) -> tuple[str, int]:
    """Write content to a file; its SHA-256 and size. The file is neither flushed nor closed."""
    run, total = hashlib.sha256(), 0

    def write(piece: bytes) -> None:
        run.update(piece)
        file.write(piece)

    async for piece in _pieces(content):
        await asyncio.to_thread(write, piece)
        total += len(piece)
    return run.hexdigest(), total


async def _pieces(content: Content) -> AsyncIterator[bytes]:
    if isinstance(content, bytes):
        yield content
    elif isinstance(content, Path):
        async for piece in pieces_of(content):
            yield piece
    else:
        async for piece in content:
            yield piece


async def pieces_of(path: Path) -> AsyncIterator[bytes]:
    """The bytes of a local file in pieces."""
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece
    finally:
        file.close()


async def _verified(
    key: str, pieces: AsyncIterator[bytes], expected: str | None
) -> AsyncIterator[bytes]:
    """The pieces, the last of them only when the checksum of all is the expected one."""
    run, held = hashlib.sha256(), b""
    async for piece in pieces:
        run.update(piece)
        if held:
            yield held
        held = piece
    if expected is not None and run.hexdigest() != expected:
        raise ObjectDamaged("objects", "get", f"{key} does not have the checksum {expected}")
    if held:
        yield held
