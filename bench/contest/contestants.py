"""Who takes part, and their processes: one a server, on its core, answering before it is used."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.contest import load, pin
from bench.contest.queries import STANDARD
from stores.embedded.ports import free_port
from stores.urls import StoreUrls

NODE: Final = Path(__file__).parent / "node"
_ROOT: Final = Path(__file__).parents[2]
_START_S: Final = 60.0
_STOP_S: Final = 10.0
# Where nothing listens: stores that the schema of the contest never asks.
_NOWHERE: Final = {
    "GATEWAY_CLICKHOUSE_URL": "http://127.0.0.1:9/onchain",
    "GATEWAY_REDIS_URL": "redis://127.0.0.1:9/0",
    "GATEWAY_QDRANT_URL": "http://127.0.0.1:9",
}
_MODES: Final = {"ours": "compiled", "ours-hook": "hook", "ours-plain": "plain"}
# The slowest contestants need longer than the usual deadline under load.
_DEADLINE_S: Final = "60"


@dataclass(frozen=True, slots=True)
class Contestant:
    """One server program.

    Attributes:
        name: as in the tables.
        command: starts it.
        queries: folder of its query texts.
        environment: besides `PORT` and what this process has.
        port_variable: says the port to listen on.
        is_node: runs on Node.
    """

    name: str
    command: Sequence[str | Path]
    queries: Path = STANDARD
    environment: Mapping[str, str] = field(default_factory=dict)
    port_variable: str = "PORT"
    is_node: bool = False


@dataclass(frozen=True, slots=True)
class Server:
    """A contestant that runs."""

    contestant: Contestant
    pid: int
    port: int

    @property
    def name(self) -> str:
        """Of the contestant."""
        return self.contestant.name


def of_python(database_url: str) -> list[Contestant]:
    """Hand-written, stock Strawberry, and ours in three modes, over the database of the contest."""
    theirs = {"DATABASE_URL": database_url}
    ours = {"GATEWAY_POSTGRES_URL": database_url, **_NOWHERE}
    return [
        Contestant("handwritten", _module("bench.contest.servers.handwritten"), environment=theirs),
        *(_ours(name, _module("bench.contest.servers.ours"), ours) for name in _MODES),
        Contestant("stock", _module("bench.contest.servers.stock"), environment=theirs),
    ]


def over_four_stores(urls: StoreUrls) -> list[Contestant]:
    """The real gateway in three modes over real stores."""
    stores = {
        "GATEWAY_POSTGRES_URL": urls.postgres,
        "GATEWAY_CLICKHOUSE_URL": urls.clickhouse,
        "GATEWAY_REDIS_URL": urls.redis,
        "GATEWAY_QDRANT_URL": urls.qdrant,
    }
    return [_ours(name, [*_module("gateway"), "serve"], stores) for name in _MODES]


def of_node(database_url: str) -> list[Contestant]:
    """The contestants of Node; their packages have to be installed."""
    return [
        Contestant(
            entry["name"],
            [node_program(), NODE / entry["script"]],
            STANDARD if entry["queries"] == "standard" else NODE / entry["queries"],
            {"DATABASE_URL": database_url},
            is_node=True,
        )
        for entry in json.loads((NODE / "contestants.json").read_text())
    ]


def install_node_packages() -> str:
    """Install what the contestants of Node need, unless it is there; else why that cannot be."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        return "node and npm are not installed"
    # npm writes this file last.
    done, lock = NODE / "node_modules" / ".package-lock.json", NODE / "package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return ""
    installed = subprocess.run(  # noqa: S603  # our own arguments
        [npm, "ci", "--silent"], cwd=NODE, capture_output=True, text=True, check=False
    )
    return f"npm ci failed: {installed.stderr.strip()[-300:]}" if installed.returncode else ""


def node_program() -> Path:
    """The Node that the packages bring, else the one of the machine."""
    own = NODE / "node_modules" / ".bin" / "node"
    return own if own.exists() else Path(shutil.which("node") or "node")


@contextmanager
def running(contestant: Contestant, body: bytes, core: int, logs: Path) -> Iterator[Server]:
    """Its server, on a core of its own, answering.

    Args:
        contestant: what to start.
        body: of the request that it has to answer first.
        core: where it runs.
        logs: folder for what it prints.

    Raises:
        RuntimeError: it ended, or did not answer in a minute; with its last words.
    """
    log = logs / f"{contestant.name}.log"
    port = free_port(())
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")},
        **contestant.environment,
        contestant.port_variable: str(port),
    }
    with log.open("wb") as output, pin.on_core(core):
        process = subprocess.Popen(  # noqa: S603  # our own arguments
            list(map(str, contestant.command)),
            env=environment,
            cwd=_ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        problem = asyncio.run(_wait(process, port, body))
        if problem:
            last = log.read_text(errors="replace").strip().splitlines()[-4:]
            raise RuntimeError(f"{contestant.name} {problem}: {' | '.join(last)}")
        yield Server(contestant, process.pid, port)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _wait(process: subprocess.Popen[bytes], port: int, body: bytes) -> str:
    """Until it answers; else what is wrong."""
    give_up_at = time.monotonic() + _START_S
    problem = ""
    while time.monotonic() < give_up_at:
        try:
            await load.ask(port, body)
        except load.WrongAnswer as error:
            problem = str(error)
        else:
            return ""
        if process.poll() is not None:
            return f"ended with code {process.returncode}"
        await asyncio.sleep(0.05)
    return f"did not answer in {_START_S:.0f} s ({problem})"


def _module(name: str) -> list[str | Path]:
    return [sys.executable, "-m", name]


def _ours(name: str, command: Sequence[str | Path], stores: Mapping[str, str]) -> Contestant:
    environment = {
        **stores,
        "GATEWAY_EXECUTOR": _MODES[name],
        "GATEWAY_REQUEST_DEADLINE_S": _DEADLINE_S,
        # The others have no limit either.
        "GATEWAY_COST_LIMIT": "measure",
    }
    return Contestant(name, command, environment=environment, port_variable="GATEWAY_PORT")
