"""Runs an aiohttp application on one loopback port until SIGTERM."""

import argparse
import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

_SHUTDOWN_LIMIT_S = 5
# What a ClickHouse server takes by default (http_max_uri_size): parameters travel in the URI.
_URI_LIMIT_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class Place:
    """Where a facade keeps its data and listens."""

    directory: Path
    port: int


def place_from_arguments(description: str) -> Place:
    """Read --directory and --port from the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    return Place(arguments.directory, arguments.port)


async def serve(application: web.Application, port: int) -> None:
    """Serve on loopback until SIGTERM; the process is ended by force if that takes long.

    A client that goes away cancels the handler of its request.
    """
    stopped = asyncio.Event()

    def stop() -> None:
        signal.alarm(_SHUTDOWN_LIMIT_S)
        stopped.set()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    runner = web.AppRunner(
        application,
        access_log=None,
        handler_cancellation=True,
        auto_decompress=False,
        shutdown_timeout=0.2,
        max_line_size=_URI_LIMIT_BYTES,
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await stopped.wait()
    await runner.cleanup()
