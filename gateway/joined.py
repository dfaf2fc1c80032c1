"""One write for an answer, which uvicorn writes in two parts.

Two writes are two system calls, two packets and two wake-ups of whoever reads.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class JoinedWrites(asyncio.Transport):
    """A transport that holds a write back until the next one, or for one turn of the loop."""

    __slots__ = ("_held", "_loop", "raw")

    def __init__(self, raw: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.raw = raw
        self._loop = loop
        self._held = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send data, with what was held; or hold it, when nothing was."""
        if self._held:
            held, self._held = self._held, b""
            self.raw.write(held + data)
        elif data:
            self._held = bytes(data)
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Send what is held."""
        if self._held:
            held, self._held = self._held, b""
            self.raw.write(held)

    def close(self) -> None:
        """Close after everything is sent."""
        self.flush()
        self.raw.close()

    def write_eof(self) -> None:
        """Close the sending side after everything is sent."""
        self.flush()
        self.raw.write_eof()

    def abort(self) -> None:
        """Close now; what is not sent is lost."""
        self._held = b""
        self.raw.abort()

    def can_write_eof(self) -> bool:
        """As the transport below."""
        return self.raw.can_write_eof()

    def is_closing(self) -> bool:
        """As the transport below."""
        return self.raw.is_closing()

    def is_reading(self) -> bool:
        """As the transport below."""
        return self.raw.is_reading()

    def pause_reading(self) -> None:
        """As the transport below."""
        self.raw.pause_reading()

    def resume_reading(self) -> None:
        """As the transport below."""
        self.raw.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """As the transport below."""
        return self.raw.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        """Bytes not sent yet."""
        return len(self._held) + self.raw.get_write_buffer_size()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """As the transport below."""
        self.raw.set_write_buffer_limits(high, low)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """As the transport below."""
        return self.raw.get_protocol()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """As the transport below."""
        self.raw.set_protocol(protocol)


class JoiningHttp(HttpToolsProtocol):
    """uvicorn's HTTP over joined writes; a websocket gets the connection as it is."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a new connection."""
        super().connection_made(JoinedWrites(transport, self.loop))

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over."""
        if isinstance(self.transport, JoinedWrites):
            self.transport.flush()
            self.transport = self.transport.raw
        super().handle_websocket_upgrade()
