"""How the migrate commands run and show what was done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, TypeVar

from gateway.cli.engines import engines
from gateway.cli.terminal import explained, fail, notes, out, settings
from gateway.config import Settings, set_up_logging
from stores.migrate import Applied, MigrationError
from stores.urls import StoreUrls

_Result = TypeVar("_Result")


class SqlStore(StrEnum):
    """The stores whose schema is SQL."""

    POSTGRES = "postgres"
    CLICKHOUSE = "clickhouse"


class AnyStore(StrEnum):
    """Every store."""

    POSTGRES = "postgres"
    CLICKHOUSE = "clickhouse"
    REDIS = "redis"
    QDRANT = "qdrant"


@contextmanager
def migration_errors() -> Iterator[None]:
    """Turn what the runner refuses into one sentence."""
    try:
        yield
    except MigrationError as error:
        fail(str(error))


def on_stores(work: Callable[[Settings, StoreUrls], Coroutine[Any, Any, _Result]]) -> _Result:
    """Run work on the configured stores, starting the embedded ones."""
    config = settings()
    set_up_logging("warning")
    with explained(), migration_errors(), engines(config) as urls:
        return asyncio.run(work(config, urls))


def show(done: Iterable[Applied]) -> None:
    """One line a migration; in a dry run the statements instead, ready to be piped."""
    done = list(done)
    for step in done:
        if step.dry_run:
            out().print(
                f"-- {step.store} {step.version} {step.name} ({step.direction})", markup=False
            )
            out().print(f"{step.sql.rstrip()}\n", markup=False)
        else:
            arrow = "↑" if step.direction == "up" else "↓"
            title = f"{arrow} {step.store} {step.version} {step.name}"
            notes().print(f"[green]✓[/green] {title} [dim]{step.duration_ms} ms[/dim]")
    if not done:
        notes().print("[green]✓[/green] nothing to do")
