"""Turns the files of a base backup into a cluster that the embedded engine can start.

Postgres replays its write-ahead log to the moment asked for, on a Unix socket in a folder that
nobody else may enter, so that nothing can connect meanwhile; then it is stopped, and the password
of its superuser is the one of the directory it is in now.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Final

import asyncpg

from stores.embedded.directory import DataDirectory
from stores.embedded.errors import EngineError
from stores.embedded.postgres import SOCKETS, PostgresEngine
from stores.embedded.process import Spawner

_POLL_S: Final = 0.05
_STOP_S: Final = 60.0
_TRUST: Final = "local all all trust\n"


@dataclass(slots=True)
class ClusterPlace:
    """Where the files of a cluster go.

    Attributes:
        folder: empty.
        settings: parameters of the server while it replays its log, such as `restore_command`.
    """

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)


@contextmanager
def cluster_place(directory: Path, *, overwrite: bool) -> Iterator[ClusterPlace]:
    """A new folder for a cluster's files; at the end of the block it becomes the engine's.

    Blocks while Postgres recovers, and must not be left inside an event loop.

    Args:
        directory: data directory of the engines, held for as long as this takes.
        overwrite: whether a cluster that is there may be replaced; it is until the end.

    Raises:
        EngineError: the directory is in use, holds a cluster that may not be replaced, or Postgres
            did not get to the moment asked for; the message has its last words.
    """
    with DataDirectory(directory) as held:
        engine = _engine(held)
        engine.make_directory()
        cluster, fresh = engine.directory / "cluster", engine.directory / "cluster.restored"
        if cluster.exists() and not overwrite:
            raise EngineError(f"{cluster} is there; --overwrite replaces it", store="postgres")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        place = ClusterPlace(fresh)
        yield place
        _recover(engine, place, held)
        old = engine.directory / "cluster.old"
        shutil.rmtree(old, ignore_errors=True)
        if cluster.exists():
            cluster.rename(old)
        fresh.rename(cluster)
        shutil.rmtree(old, ignore_errors=True)


def _engine(held: DataDirectory) -> PostgresEngine:
    return PostgresEngine(
        held.path / "postgres", 0, Spawner(), held.lock_fd, passwords=held.passwords()
    )


def _recover(engine: PostgresEngine, place: ClusterPlace, held: DataDirectory) -> None:
    cluster = place.folder
    engine.take_over(cluster)
    rules = cluster / "pg_hba.conf"
    kept = rules.read_text()
    rules.write_text(_TRUST)
    sockets = Path(tempfile.mkdtemp(prefix="pg-"))
    engine.take_over(sockets)
    spawner = Spawner()
    try:
        process = spawner.spawn(
            engine.recovery_command(cluster, {**place.settings, SOCKETS: str(sockets)}),
            log=engine.log,
            death_signal=signal.SIGINT,
            inherit=[held.lock_fd],
            identity=engine.identity(),
        )
        try:
            while not asyncio.run(_recovered(sockets, held.passwords()["postgres"])):
                try:
                    process.wait(_POLL_S)
                except TimeoutExpired:
                    continue
                raise EngineError(f"did not recover: {engine.last_words()}", store="postgres")
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(_STOP_S)
    finally:
        spawner.close()
        shutil.rmtree(sockets, ignore_errors=True)
    rules.write_text(kept)


async def _recovered(sockets: Path, password: str) -> bool:
    """Whether the log is replayed; the superuser's password is set then."""
    try:
        connection = await asyncpg.connect(
            host=str(sockets), user="postgres", database="postgres", timeout=_POLL_S * 100
        )
    except (OSError, TimeoutError, asyncpg.CannotConnectNowError):
        return False
    try:
        if await connection.fetchval("SELECT pg_is_in_recovery()"):
            return False
        quoted = await connection.fetchval("SELECT quote_literal($1::text)", password)
        await connection.execute(f"ALTER ROLE postgres PASSWORD {quoted}")
        return True
    finally:
        await connection.close(timeout=1.0)
