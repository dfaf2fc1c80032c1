"""An engine as a process: start, wait until it answers, kill, restart, stop."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from stores.embedded.errors import EngineError

_READY_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 15.0
_PROBE_INTERVAL_S = 0.01
_LOG_LIMIT_BYTES = 8_000_000
_LAUNCHER = Path(__file__).with_name("launch.py")
_PACKAGE_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Identity:
    """The user a program runs as, and the paths that user has to reach."""

    uid: int
    gid: int
    reach: tuple[Path, ...]


class Spawner:
    """Starts programs from one thread that lives as long as the engines do.

    A program dies when the *thread* that started it ends, so no short-lived thread may start one.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine-spawner")

    def spawn(
        self,
        program: Sequence[str | Path],
        *,
        log: Path,
        death_signal: signal.Signals,
        inherit: Sequence[int] = (),
        identity: Identity | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program that gets `death_signal` when this process dies; output goes to `log`."""
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER)]
        launcher += ["--parent", str(os.getpid()), "--signal", str(int(death_signal))]
        if identity is not None:
            launcher += ["--user", f"{identity.uid}:{identity.gid}"]
            launcher += [f"--reach={path}" for path in identity.reach]
        command = [*launcher, "--", *map(str, program)]

        def start() -> subprocess.Popen[bytes]:
            with log.open("ab") as output:
                return subprocess.Popen(  # noqa: S603 (our own argument list, no shell)
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    pass_fds=tuple(inherit),
                    start_new_session=True,  # Ctrl-C is for the parent, which stops engines itself
                    env=_environment(environment or {}),
                    cwd="/",
                )

        return self._thread.submit(start).result()

    def close(self) -> None:
        """End the thread; programs still running get their death signal."""
        self._thread.shutdown()


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Environment of an engine: only what finding libraries and this package takes."""
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ
    }
    return {**kept, "PYTHONPATH": str(_PACKAGE_ROOT), "TZ": "UTC", "LC_ALL": "C.UTF-8", **extra}


class Engine(ABC):
    """One store's engine on one port; not shared between threads.

    Attributes:
        port: Loopback TCP port, the same after a restart.
        stop_signal: Asks for an orderly end.
        death_signal: What the system sends when the owner dies. No store loses an acknowledged
            write by SIGKILL, and it alone also ends an engine that hangs or is paused.
    """

    store: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    death_signal: ClassVar[signal.Signals] = signal.SIGKILL

    def __init__(self, directory: Path, port: int, spawner: Spawner, lock_fd: int) -> None:
        self.directory = directory
        self.port = port
        self._spawner = spawner
        self._lock_fd = lock_fd
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str | Path]:
        """Program and arguments that serve `directory` on `port`."""

    @abstractmethod
    def probe(self) -> bool:
        """Whether the engine answers now; called until it does."""

    def prepare(self) -> None:
        """Make the directory ready for the engine; called before every start."""
        self.directory.mkdir(mode=0o700, exist_ok=True)

    def finish(self) -> None:  # noqa: B027 (most engines need nothing)
        """Set up what only a running engine can hold; called after every start."""

    def identity(self) -> Identity | None:
        """Another user to run as, or None to run as this one."""
        return None

    @property
    def log(self) -> Path:
        """What the engine printed."""
        return self.directory.with_suffix(".log")

    @property
    def pid(self) -> int:
        """Process id of the engine, the parent of any process it starts itself."""
        if self._process is None:
            raise EngineError("is not running", store=self.store)
        return self._process.pid

    def start(self) -> None:
        """Start and return once the engine answers.

        Raises:
            EngineError: The engine ended or did not answer in time; the message has its last words.
        """
        self.prepare()
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT_BYTES:
            self.log.write_bytes(b"")
        self._process = self._spawner.spawn(
            self.command(),
            log=self.log,
            death_signal=self.death_signal,
            inherit=[self._lock_fd],
            identity=self.identity(),
        )
        self._wait_until_ready(self._process)
        self.finish()

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        give_up_at = time.monotonic() + _READY_TIMEOUT_S
        while not self.probe():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_PROBE_INTERVAL_S)
                self._process = None
                raise EngineError(f"did not start: {self.last_words()}", store=self.store)
            if time.monotonic() > give_up_at:
                self.kill()
                message = f"did not answer within {_READY_TIMEOUT_S:.0f} s: {self.last_words()}"
                raise EngineError(message, store=self.store)

    def last_words(self) -> str:
        """The last lines the engine printed."""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return " | ".join(lines[-4:]) or "it printed nothing"

    def kill(self) -> None:
        """SIGKILL the engine and its children and wait for its end, as in a crash."""
        if self._process is not None:
            self._signal_tree(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Stop the engine and its children in their tracks (SIGSTOP): connections open and hang."""
        self._signal_tree(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused engine run on."""
        self._signal_tree(signal.SIGCONT)

    def _signal_tree(self, number: signal.Signals) -> None:
        for pid in (self.pid, *_children(self.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def restart(self) -> None:
        """Stop if running, then start on the same directory and port."""
        self.stop()
        self.start()

    def ask_to_stop(self) -> None:
        """Send the signal for an orderly end without waiting for it."""
        if self._process is not None:
            self._process.send_signal(self.stop_signal)
            self.resume()

    def stop(self) -> None:
        """End the engine in order, by force after a time-out; harmless when it is not running."""
        if self._process is None:
            return
        self.ask_to_stop()
        try:
            self._process.wait(_STOP_TIMEOUT_S)
            self._process = None
        except subprocess.TimeoutExpired:
            self.kill()


def _children(pid: int) -> list[int]:
    """Processes started by this one; empty where the system does not list them."""
    try:
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    except OSError:
        return []


def accepts_connections(port: int) -> bool:
    """Whether something listens on this loopback port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False
