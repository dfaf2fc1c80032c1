"""Streams packed by zstd, and JSON values one a line in them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any, Final

import orjson
import zstandard

_LEVEL: Final = 3


async def packed(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The bytes, packed."""
    packer = zstandard.ZstdCompressor(level=_LEVEL).compressobj()
    async for piece in pieces:
        if made := await asyncio.to_thread(packer.compress, piece):
            yield made
    yield packer.flush()


async def unpacked(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The bytes that were packed."""
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    async for piece in pieces:
        if made := await asyncio.to_thread(unpacker.decompress, piece):
            yield made


async def lines(values: AsyncIterable[Any]) -> AsyncIterator[bytes]:
    """JSON values, one a line, in pieces of a few hundred."""
    block: list[bytes] = []
    async for value in values:
        block.append(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
        if len(block) == 500:
            yield b"".join(block)
            block = []
    if block:
        yield b"".join(block)


async def values(pieces: AsyncIterable[bytes]) -> AsyncIterator[Any]:
    """The JSON values of lines that come in pieces of any length."""
    rest = b""
    async for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield orjson.loads(line)
