"""`gateway demo`."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway import load as loading
from gateway import server
from gateway.app import create_app
from gateway.cli.engines import engines
from gateway.cli.load import load_into
from gateway.cli.migrate.steps import migration_errors
from gateway.cli.terminal import explained, notes, out, settings, step
from gateway.cli.worker import work
from gateway.config import STORE_FIELDS, Settings, set_up_logging
from gateway.load.identity import DEMO_USER_ID
from gateway.replay import replay
from gateway.worker.jobs import JOBS
from gateway.worker.running import WorkerOptions
from stores.lifecycle import Stores
from stores.migrate import migrate
from stores.urls import StoreUrls

_SAMPLE: Final = Path(__file__).parents[2] / "data"
_EXAMPLE: Final = '{"query": "{ search(text: \\"uniswap\\") { kind title score } }"}'


def demo(
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 0 picks a free one (GATEWAY_PORT).")
    ] = None,
    data: Annotated[
        Path, typer.Option(help="What to load.", exists=True, file_okay=False)
    ] = _SAMPLE,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the engines keep their data (GATEWAY_DATA_DIR).")
    ] = None,
) -> None:
    """Start four embedded engines, load the sample data and serve the graph on it.

    Nothing outside this machine is used. The data stays in GATEWAY_DATA_DIR.
    """
    embedded = dict.fromkeys(STORE_FIELDS, "")
    config = settings(
        port=port, data_dir=data_dir, explain=True, demo_user=DEMO_USER_ID, **embedded
    )
    set_up_logging("warning")
    with (
        explained(),
        migration_errors(),
        server.listen(config.host, config.port) as listener,
        engines(config) as urls,
    ):
        _fill(config, urls, data)
        _announce(listener)
        server.serve(
            create_app(config, urls=urls, alongside=_alongside(config, urls)), config, listener
        )
        notes().print("stopping the engines")


def _alongside(
    config: Settings, urls: StoreUrls
) -> Callable[[Stores], Coroutine[None, None, None]]:
    """What runs while the graph is served: live prices, and the jobs."""

    async def run(stores: Stores) -> None:
        await asyncio.gather(replay(stores), work(config, urls, WorkerOptions(), asyncio.Event()))

    return run


def _fill(config: Settings, urls: StoreUrls, data: Path) -> None:
    with step("bringing the schema up to date") as said:
        done = asyncio.run(migrate(urls, qdrant_prefix=config.qdrant_prefix))
        said.append(f"{len(done)} migrations")
    options = loading.LoadOptions(rejected_dir=config.data_dir / "rejected")
    with step(f"loading {data.name}/", spinner=False) as said:
        report = asyncio.run(load_into(config, urls, data, options, quiet=True))
        said.append(f"{report.rows:,} rows")


def _announce(listener: socket.socket) -> None:
    url = server.address(listener)
    out().print(f"\n  [bold]{url}/[/bold]          the console, with examples")
    out().print(f"  [bold]{url}/graphql[/bold]   the graph\n")
    notes().print("[dim]Recorded hours of 2024 are played again as live prices.[/dim]")
    notes().print(f"[dim]A worker runs {len(JOBS)} jobs: gateway jobs list says which.[/dim]")
    out().print(f"  curl {url}/graphql -H 'content-type: application/json' \\", markup=False)
    out().print(f"    -d '{_EXAMPLE}'\n", markup=False)
    notes().print("[dim]Ctrl-C stops everything[/dim]")
