"""How the contestants that are not ours are served: uvicorn as ours configures it."""

from __future__ import annotations

import os

import uvicorn
from starlette.types import ASGIApp

POOL_SIZE = 10


def database_url() -> str:
    """The database of the contest."""
    return os.environ["DATABASE_URL"]


def serve(app: ASGIApp) -> None:
    """Serve on `PORT` until SIGTERM or SIGINT."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        server_header=False,
    )
