"""Ours: the application that `gateway serve` runs, over the schema of the contest."""

from __future__ import annotations

from bench.contest.servers.graph import contest_schema
from gateway import server
from gateway.app import create_app
from gateway.config import load_settings, set_up_logging

if __name__ == "__main__":
    settings = load_settings()
    set_up_logging("warning")
    with server.listen(settings.host, settings.port) as listener:
        server.serve(create_app(settings, schema=contest_schema()), settings, listener)
