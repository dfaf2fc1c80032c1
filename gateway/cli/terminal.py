"""How every command talks: one line a step, one sentence an error, exit codes.

0 done · 1 what was asked about is not well (doctor, schema check) · 2 wrong use or configuration
3 something outside failed: a port, an engine, a store
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Final, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from gateway.config import STORE_VARIABLES, ConfigError, Settings, load_settings
from gateway.server import CannotListen
from stores.embedded.errors import EngineError
from stores.errors import StoreError, StoreUnavailable

UNWELL: Final = 1
MISUSED: Final = 2
FAILED: Final = 3


def out() -> Console:
    """Where results go."""
    return Console(highlight=False, soft_wrap=True)


def notes() -> Console:
    """Where progress and errors go."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def fail(message: str, code: int = FAILED) -> NoReturn:
    """Say what is wrong and leave."""
    for line in message.splitlines():
        notes().print(f"[red]✗[/red] {escape(line)}")
    raise typer.Exit(code)


@contextmanager
def explained() -> Iterator[None]:
    """Turn failures that are foreseen into one sentence and an exit code."""
    try:
        yield
    except ConfigError as error:
        fail(str(error), MISUSED)
    except (CannotListen, EngineError) as error:
        fail(str(error))
    except StoreUnavailable as error:
        question = f"Is it running and is {STORE_VARIABLES[error.store]} right?"
        fail(f"{error.store}: {error.message.rstrip('.')}. {question}")
    except StoreError as error:
        fail(f"{error.store}: {error.message}")


def settings(**options: object) -> Settings:
    """The configuration with command line options over it, or an exit that says what is wrong."""
    with explained():
        return load_settings(**options)


@contextmanager
def step(title: str, *, spinner: bool = True) -> Iterator[list[str]]:
    """One line: a spinner while it runs, then a tick, the seconds and what was noted."""
    console, started = notes(), time.monotonic()
    said: list[str] = []
    try:
        with console.status(title) if spinner else nullcontext():
            yield said
    except BaseException:
        console.print(f"[red]✗[/red] {title}")
        raise
    detail = f", {escape(' '.join(said))}" if said else ""
    seconds = time.monotonic() - started
    console.print(f"[green]✓[/green] {title} [dim]{seconds:.1f} s{detail}[/dim]")
