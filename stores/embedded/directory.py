"""One data directory: who holds it, and what it remembers between starts."""

import contextlib
import fcntl
import json
import os
import secrets
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from stores.embedded.errors import EngineError

_DYING_ENGINES_WAIT_S = 15.0
_POLL_S = 0.02
_ROLES = ("postgres", "gateway", "worker", "migrator", "analytics")


class DataDirectory:
    """A directory held exclusively, from `__enter__` until the last engine in it is gone.

    The engines inherit the lock, so a directory whose owner was killed is free only once its
    engines have died too.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.lock_fd = -1

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.lock_fd = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            message = f"cannot use the directory {self.path}: {error.strerror}"
            raise EngineError(message) from error
        self._lock()
        os.ftruncate(self.lock_fd, 0)
        os.pwrite(self.lock_fd, str(os.getpid()).encode(), 0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the directory up; harmless when already done."""
        if self.lock_fd >= 0:
            os.close(self.lock_fd)
            self.lock_fd = -1

    def _lock(self) -> None:
        give_up_at = time.monotonic() + _DYING_ENGINES_WAIT_S
        while True:
            try:
                fcntl.flock(self.lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                owner = self._owner()
                if not _is_alive(owner) and time.monotonic() < give_up_at:
                    time.sleep(_POLL_S)  # a lock held by dying engines has no event of its own
                    continue
                self.close()
                raise EngineError(
                    f"the directory {self.path} is in use by process {owner or 'unknown'}: "
                    "stop that process, or choose another directory"
                ) from None
            return

    def _owner(self) -> int:
        with contextlib.suppress(ValueError):
            return int(os.pread(self.lock_fd, 20, 0))
        return 0

    def ports(self) -> dict[str, int]:
        """Ports of the last start, by store; empty on a new or damaged directory."""
        with contextlib.suppress(OSError, ValueError):
            remembered = json.loads((self.path / "ports.json").read_text())
            return {str(store): int(port) for store, port in remembered.items()}
        return {}

    def remember_ports(self, ports: dict[str, int]) -> None:
        """Keep the ports for the next start, beside those of stores not started now."""
        _write_private(self.path / "ports.json", json.dumps({**self.ports(), **ports}))

    def passwords(self) -> dict[str, str]:
        """Passwords of the Postgres roles, made at the first call and kept with mode 0600."""
        path = self.path / "passwords.json"
        if not path.exists():
            made = {role: secrets.token_urlsafe(24) for role in _ROLES}
            _write_private(path, json.dumps(made))
        stored: dict[str, str] = json.loads(path.read_text())
        return stored


def is_held(path: Path) -> bool:
    """Whether another process holds a directory now."""
    try:
        lock = os.open(path / "lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _is_alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _write_private(path: Path, text: str) -> None:
    """Replace a file at once with one only its owner can read."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
