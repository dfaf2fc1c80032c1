"""`gateway serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway import server
from gateway.app import create_app
from gateway.cli.engines import engines
from gateway.cli.terminal import explained, notes, settings
from gateway.config import set_up_logging


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
        server.serve(create_app(config, urls=urls), config, listener)
