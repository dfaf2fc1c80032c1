"""Starts the engines of one directory side by side and stops them together."""

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from stores.embedded.directory import DataDirectory, is_held
from stores.embedded.errors import EngineError
from stores.embedded.facades import ClickHouseEngine, QdrantEngine
from stores.embedded.ports import free_port, is_free
from stores.embedded.postgres import PostgresEngine, role_url
from stores.embedded.process import Engine, Spawner
from stores.embedded.valkey import ValkeyEngine
from stores.urls import StoreUrls

STORES: Final = ("postgres", "redis", "clickhouse", "qdrant")
_KINDS: Final[Mapping[str, Callable[[Path, int, Spawner, int], Engine]]] = {
    "redis": ValkeyEngine,
    "clickhouse": ClickHouseEngine,
    "qdrant": QdrantEngine,
}


class Engines:
    """The running engines of one directory; a context manager that stops them.

    Attributes:
        urls: Where they listen, on loopback; an empty text for a store that was not started.
    """

    def __init__(
        self, directory: DataDirectory, spawner: Spawner, engines: Mapping[str, Engine]
    ) -> None:
        self._directory = directory
        self._spawner = spawner
        self._engines = dict(engines)
        postgres = engines.get("postgres")
        self.urls = _urls(
            {name: engine.port for name, engine in engines.items()},
            postgres.url if isinstance(postgres, PostgresEngine) else lambda _role: "",
        )

    def __getitem__(self, store: str) -> Engine:
        return self._engines[store]

    def __iter__(self) -> Iterator[Engine]:
        return iter(self._engines.values())

    @property
    def postgres(self) -> PostgresEngine:
        """The Postgres engine, which also knows the superuser's URL."""
        engine = self._engines["postgres"]
        assert isinstance(engine, PostgresEngine)
        return engine

    def stop(self) -> None:
        """Stop all engines in order and give the directory up; harmless when already done."""
        for engine in self._engines.values():
            engine.ask_to_stop()
        for engine in self._engines.values():
            engine.stop()
        self._spawner.close()
        self._directory.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(
    directory: Path,
    *,
    stores: Collection[str] = STORES,
    ports: Mapping[str, int] | None = None,
    durable: bool = True,
    postgres_settings: Mapping[str, str] | None = None,
) -> Engines:
    """Start engines on a directory and return once all of them answer.

    Blocks for a second or two: async code calls it in a thread, which may end before the engines.

    Args:
        directory: Where all data lives; made if absent. One process at a time may hold it.
        stores: Which engines, of `STORES`.
        ports: Fixed ports by store. Others keep the port of the directory's last start if it is
            still free, else take any free port.
        durable: False trades safety against a power cut, never against a killed process, for
            speed.
        postgres_settings: Parameters of the Postgres server over those it gets anyway.

    Raises:
        EngineError: A directory in use, a port in use, an engine that is not installed or did not
            start. Nothing is left running.
    """
    unknown = set(stores) - set(STORES)
    if unknown:
        raise EngineError(f"unknown stores: {', '.join(sorted(unknown))}")
    with contextlib.ExitStack() as undo:
        held = undo.enter_context(DataDirectory(directory))
        chosen = _choose_ports(stores, ports or {}, held.ports())
        spawner = Spawner()
        undo.callback(spawner.close)
        engines = _build(held, chosen, spawner, durable, postgres_settings)
        _start_all(list(engines.values()))
        held.remember_ports(chosen)
        undo.pop_all()
    return Engines(held, spawner, engines)


def running_urls(directory: Path) -> StoreUrls | None:
    """Where engines listen that another process has started on a directory; None without one."""
    directory = directory.absolute()
    if not is_held(directory):
        return None
    held = DataDirectory(directory)
    ports, passwords = held.ports(), held.passwords()
    return _urls(ports, lambda role: _role_url(role, passwords, ports))


def superuser_url(directory: Path) -> str:
    """Connection URL of the superuser of the Postgres engine that runs on a directory."""
    held = DataDirectory(directory)
    return _role_url("postgres", held.passwords(), held.ports())


def _role_url(role: str, passwords: Mapping[str, str], ports: Mapping[str, int]) -> str:
    return role_url(role, passwords[role], ports["postgres"]) if "postgres" in ports else ""


def _choose_ports(
    stores: Collection[str], fixed: Mapping[str, int], remembered: Mapping[str, int]
) -> dict[str, int]:
    chosen: dict[str, int] = {}
    for store in STORES:
        if store not in stores:
            continue
        if store in fixed and not is_free(fixed[store]):
            raise EngineError(
                f"port {fixed[store]} is in use: stop what listens there, or choose another port "
                f"for {store} (leave it out to take any free port)",
                store=store,
            )
        port = fixed.get(store) or remembered.get(store, 0)
        taken = {*chosen.values(), *fixed.values()}
        if store not in fixed and (not port or port in taken or not is_free(port)):
            port = free_port(taken)
        chosen[store] = port
    return chosen


def _build(
    held: DataDirectory,
    ports: Mapping[str, int],
    spawner: Spawner,
    durable: bool,
    postgres_settings: Mapping[str, str] | None,
) -> dict[str, Engine]:
    engines: dict[str, Engine] = {}
    for store, port in ports.items():
        place = held.path / store
        if store == "postgres":
            engines[store] = PostgresEngine(
                place,
                port,
                spawner,
                held.lock_fd,
                passwords=held.passwords(),
                durable=durable,
                settings=postgres_settings,
            )
        else:
            engines[store] = _KINDS[store](place, port, spawner, held.lock_fd)
    return engines


def _start_all(engines: list[Engine]) -> None:
    """Start side by side; when one fails the others are killed and its error is raised."""
    with ThreadPoolExecutor(max(1, len(engines))) as threads:
        starting = [threads.submit(engine.start) for engine in engines]
    errors = [error for start in starting if (error := start.exception()) is not None]
    if errors:
        for engine in engines:
            engine.kill()
        raise errors[0]


def _urls(ports: Mapping[str, int], postgres_url: Callable[[str], str]) -> StoreUrls:
    def url(store: str, pattern: str) -> str:
        return pattern.format(port=ports[store]) if store in ports else ""

    return StoreUrls(
        postgres=postgres_url("gateway"),
        postgres_worker=postgres_url("worker"),
        postgres_migrator=postgres_url("migrator"),
        clickhouse=url("clickhouse", "http://127.0.0.1:{port}/onchain"),
        redis=url("redis", "redis://127.0.0.1:{port}/0"),
        qdrant=url("qdrant", "http://127.0.0.1:{port}"),
    )
