"""Chooses TCP ports that are free and stay free while an engine restarts."""

import errno
import random
import socket
from collections.abc import Collection
from pathlib import Path

from stores.embedded.errors import EngineError

_LOWEST = 20_000
_EPHEMERAL_DEFAULT = 32_768
_EPHEMERAL_FILE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_ATTEMPTS = 200


def _first_ephemeral() -> int:
    """Lowest port the system gives to outgoing connections.

    A listener there could lose its port to a client's connection while it restarts.
    """
    try:
        return int(_EPHEMERAL_FILE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return _EPHEMERAL_DEFAULT


def is_free(port: int) -> bool:
    """Whether a server may listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def free_port(taken: Collection[int]) -> int:
    """Pick a free loopback port not in `taken`, below the ephemeral range where possible."""
    ceiling = _first_ephemeral()
    if ceiling <= _LOWEST + 1_000:
        ceiling = 65_535
    for _ in range(_ATTEMPTS):
        port = random.randrange(_LOWEST, ceiling)  # noqa: S311 (not a secret)
        if port not in taken and is_free(port):
            return port
    raise EngineError(f"no free port between {_LOWEST} and {ceiling}")
