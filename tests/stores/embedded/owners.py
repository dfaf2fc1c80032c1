"""Starts and watches processes that hold engines."""

import contextlib
import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stores.urls import StoreUrls

_CHECKOUT = Path(__file__).parents[3]
_OWNER = Path(__file__).with_name("owner.py")
_LAUNCHER = _CHECKOUT / "stores" / "embedded" / "launch.py"
_DEATH_LIMIT_MS = 20_000


@dataclass(frozen=True, slots=True)
class Owner:
    """A running process and the engines it holds."""

    process: subprocess.Popen[str]
    uid: int
    pids: dict[str, int]
    urls: StoreUrls


def owner_command(*arguments: str | Path, user: int | None = None) -> list[str]:
    """The command of an owner process, as another user if asked."""
    command = [sys.executable, str(_OWNER), *map(str, arguments)]
    if user is None:
        return command
    launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), "--parent", str(os.getpid())]
    launcher += ["--signal", "15", "--user", f"{user}:{user}"]
    interpreter = Path(sys.executable).resolve().parents[1]
    for path in (_CHECKOUT, Path(sys.prefix), interpreter):
        launcher += ["--reach", str(path)]
    return [*launcher, "--", *command]


def owner_environment(path: Sequence[Path] = (_CHECKOUT,)) -> dict[str, str]:
    """What an owner process needs to find the packages under test."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, path))}


@contextlib.contextmanager
def running_owner(
    command: Sequence[str], *, path: Sequence[Path] = (_CHECKOUT,)
) -> Iterator[Owner]:
    """Run an owner process until its engines answer, and end it after use."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=owner_environment(path),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        try:
            line = process.stdout.readline()
            assert line, f"the owner ended with {process.wait()}"
            state = json.loads(line)
            yield Owner(process, state["uid"], state["pids"], StoreUrls(**state["urls"]))
        finally:
            process.stdin.close()
            process.wait(20)


@contextlib.contextmanager
def deaths_of(pids: Sequence[int]) -> Iterator["Deaths"]:
    """Watch processes that are not children of this one."""
    descriptors = {pid: os.pidfd_open(pid) for pid in pids}
    try:
        yield Deaths(descriptors)
    finally:
        for descriptor in descriptors.values():
            os.close(descriptor)


class Deaths:
    """Waits for the end of watched processes."""

    def __init__(self, descriptors: dict[int, int]) -> None:
        self._descriptors = descriptors

    def wait(self) -> None:
        """Return when all are gone; fail when one outlives the limit."""
        for pid, descriptor in self._descriptors.items():
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            assert poll.poll(_DEATH_LIMIT_MS), f"process {pid} lives on"
