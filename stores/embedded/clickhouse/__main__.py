"""Serves one data directory: `python -m stores.embedded.clickhouse --directory DIR --port N`."""

import asyncio
import os

from stores.embedded.clickhouse.application import build_application
from stores.embedded.clickhouse.engine import ClickHouse
from stores.embedded.serving import place_from_arguments, serve

DATABASE = "onchain"


def main() -> None:
    """Open the engine, make the database if absent, serve until told to stop."""
    place = place_from_arguments("ClickHouse over HTTP on one data directory")
    engine = ClickHouse(place.directory)
    engine.create_database(DATABASE)
    asyncio.run(serve(build_application(engine), place.port))
    engine.close()
    os._exit(0)  # the engine's own threads may outlive a query that was cut off


if __name__ == "__main__":
    main()
