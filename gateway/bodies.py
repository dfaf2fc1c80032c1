"""The body of a request, held to a limit while it comes: what is too long is never put together."""

from __future__ import annotations

from typing import Final

from starlette.types import Receive

from gateway.headers import Headers

# How much of a body that is too long is taken and thrown away, in times of the limit. A client that
# still writes would be cut off by the close before it could read why.
_PATIENCE: Final = 10


class TooLong(Exception):
    """The body is longer than it may be; nothing of it is kept."""


class Left(Exception):
    """The client left before its request was whole."""


async def read_body(receive: Receive, headers: Headers, most: int) -> bytes:
    """The whole body.

    A length that is announced settles it before the first byte: then nothing is kept, and a client
    that asked first (`Expect: 100-continue`) sends nothing. Otherwise what came is let go of as
    soon as it is too much.

    Args:
        receive: of the request.
        headers: of the request.
        most: bytes it may have.

    Raises:
        TooLong: it has more.
        Left: the client is gone.
    """
    announced = _announced(headers)
    if announced > most and (announced > most * _PATIENCE or _asks_first(headers)):
        raise TooLong
    parts: list[bytes] = []
    size, more = 0, True
    while more and size <= most * _PATIENCE:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Left
        part = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(part)
        if announced > most or size > most:
            parts.clear()
        else:
            parts.append(part)
        # Held no longer than until the next one comes.
        del message, part
    if announced > most or size > most:
        raise TooLong
    return b"".join(parts)


def _announced(headers: Headers) -> int:
    """Bytes the client says it will send; 0 when it does not say."""
    said = headers.raw.get(b"content-length", b"")
    return int(said) if said.isdigit() and len(said) < 20 else 0


def _asks_first(headers: Headers) -> bool:
    return headers.raw.get(b"expect", b"").lower() == b"100-continue"
