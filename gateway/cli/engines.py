"""Starts the embedded engines for the stores that the configuration gives no URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.cli.terminal import step
from gateway.config import Settings
from stores import embedded
from stores.urls import StoreUrls

_NAMES = {
    "postgres": "PostgreSQL",
    "clickhouse": "ClickHouse",
    "redis": "Valkey",
    "qdrant": "Qdrant",
}


@contextmanager
def engines(settings: Settings) -> Iterator[StoreUrls]:
    """Addresses of all stores, the embedded ones running until the block ends.

    Raises:
        EngineError: an engine is not installed, does not start, or its directory is in use.
    """
    wanted = settings.embedded_stores()
    if not wanted:
        yield settings.store_urls()
        return
    names = ", ".join(_NAMES[name] for name in wanted)
    with step(f"starting {names} in {settings.data_dir}"):
        started = embedded.start(settings.data_dir, stores=wanted)
    with started:
        yield settings.store_urls(started.urls)
