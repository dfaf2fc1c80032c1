"""Body compression of ClickHouse's HTTP interface, in and out."""

import gzip
import zlib
from collections.abc import Callable
from typing import Final

import lz4.frame  # type: ignore[import-untyped]  # ships no types
import zstandard


def _all_lz4_frames(body: bytes) -> bytes:
    """Every frame of the body; the client sends one for each block of rows."""
    decoded = []
    while body:
        frame, used = lz4.frame.decompress(body, return_bytes_read=True)
        decoded.append(frame)
        body = body[used:]
    return b"".join(decoded)


def _all_zstd_frames(body: bytes) -> bytes:
    """Every frame of the body; the client sends one for each block of rows."""
    decoded = []
    while body:
        frame = zstandard.ZstdDecompressor().decompressobj()
        decoded.append(frame.decompress(body))
        if not frame.eof:
            raise zstandard.ZstdError("the last frame is cut off")
        body = frame.unused_data
    return b"".join(decoded)


_DECODERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "lz4": _all_lz4_frames,
    "zstd": _all_zstd_frames,
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
}
_ENCODERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "lz4": lz4.frame.compress,
    "zstd": lambda body: zstandard.ZstdCompressor(level=1).compress(body),
    "gzip": lambda body: gzip.compress(body, compresslevel=1),
    "deflate": lambda body: zlib.compress(body, 1),
}


def decoded(body: bytes, encoding: str) -> bytes:
    """Undo a Content-Encoding; ValueError when it is unknown or the body is not in it."""
    if encoding in {"", "identity"}:
        return body
    decode = _DECODERS.get(encoding)
    if decode is None:
        raise ValueError(f"unknown Content-Encoding {encoding}")
    try:
        return decode(body)
    except (RuntimeError, OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise ValueError(f"the body is not {encoding}: {error}") from error


def accepted_encoding(accept: str) -> str | None:
    """First encoding of an Accept-Encoding header that can be produced; None for none."""
    for item in accept.split(","):
        name = item.split(";")[0].strip().lower()
        if name in _ENCODERS:
            return name
    return None


def encoded(body: bytes, encoding: str) -> bytes:
    """Compress for an encoding that `accepted_encoding` returned."""
    return _ENCODERS[encoding](body)
