"""uvicorn on uvloop and httptools: takes its port early and leaves in good order."""

from __future__ import annotations

import asyncio
import errno
import gc
import math
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import uvicorn
import uvloop
from starlette.applications import Starlette

from gateway.config import Settings
from gateway.joined import JoiningHttp

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_BACKLOG: Final = 2048


class CannotListen(Exception):
    """The address cannot be listened on; the text says which one and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """Take the port, 0 for any free one, before anything slow is started.

    Raises:
        CannotListen: the port is in use, the host is not ours, or the port needs privileges.
    """
    try:
        return socket.create_server(
            (host, port), family=_family(host), backlog=_BACKLOG, reuse_port=False
        )
    except OSError as error:
        raise CannotListen(_reason(host, port, error)) from None


def address(listener: socket.socket) -> str:
    """The URL that a listening socket answers at."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: Starlette, settings: Settings, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT; returns when everything is closed."""
    # The graph stays until the end. A collector that walked it would hold up all requests for
    # 70 ms each time, as often as every 10,000 requests.
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(Server(app, settings).serve(sockets=[listener]))


class Server(uvicorn.Server):
    """Ends with code 0 on SIGTERM: streams get `complete`, requests their answers."""

    def __init__(self, app: Starlette, settings: Settings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                http=JoiningHttp,
                ws="websockets-sansio",
                ws_max_size=settings.max_body_bytes,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # gateway/auth/addresses.py knows whom to believe
                timeout_graceful_shutdown=math.ceil(settings.shutdown_grace_s),
            )
        )
        self._drain = app.state.drain
        self._grace_s = settings.shutdown_grace_s

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Turn readiness off and end streams, still listening; then close and wait for requests."""
        await self._drain.begin(self._grace_s)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal, without uvicorn's raising it again afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.handle_exit(number, frame)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _reason(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"Port {port} on {host} is in use: stop what listens there, "
                f"or choose another port with --port {port + 1} (or GATEWAY_PORT)."
            )
        case errno.EACCES:
            return (
                f"Port {port} needs privileges: choose one above 1023 with --port or GATEWAY_PORT."
            )
    return f"{host} is not an address of this machine: choose another with --host or GATEWAY_HOST."
