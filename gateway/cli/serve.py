"""`gateway serve`."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

import typer

from gateway import server
from gateway.app import create_app
from gateway.cli.engines import engines
from gateway.cli.terminal import explained, notes, settings
from gateway.config import Settings, set_up_logging
from gateway.metrics import serve_metrics
from stores.lifecycle import Stores


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (GATEWAY_HOST).")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 0 picks a free one (GATEWAY_PORT).")
    ] = None,
) -> None:
    """Serve the graph until SIGTERM or Ctrl-C.

    Stores without a URL run as embedded engines in GATEWAY_DATA_DIR and stop with the server. The
    schema is not touched: run [bold]gateway migrate up[/bold] first.
    """
    config = settings(host=host, port=port)
    set_up_logging(config.log_level)
    with (
        explained(),
        server.listen(config.host, config.port) as listener,
        engines(config) as urls,
    ):
        notes().print(f"serving {server.address(listener)}/graphql")
        app = create_app(config, urls=urls, alongside=partial(_answer_prometheus, config))
        server.serve(app, config, listener)


async def _answer_prometheus(config: Settings, stores: Stores) -> None:
    """Where a port is set; the graph is served all the same when it cannot be had."""
    if config.metrics_port is None:
        return
    try:
        await serve_metrics(stores, config.metrics_host, config.metrics_port, asyncio.Event())
    except server.CannotListen as error:
        notes().print(f"[red]✗[/red] no metrics: {error}")
