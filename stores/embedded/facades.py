"""The engines that are Python extensions, each in its own process behind a small HTTP server."""

import sys
from pathlib import Path

from stores.embedded.process import Engine, accepts_connections


class ClickHouseEngine(Engine):
    """ClickHouse of the chdb wheel behind ClickHouse's HTTP interface."""

    store = "clickhouse"

    def command(self) -> list[str | Path]:
        """The server of `stores.embedded.clickhouse`."""
        return _server("stores.embedded.clickhouse", self.directory, self.port)

    def probe(self) -> bool:
        """Listens, which it does once the engine is open and the database is there."""
        return accepts_connections(self.port)


class QdrantEngine(Engine):
    """Qdrant's engine of the qdrant-edge wheel behind Qdrant's REST interface."""

    store = "qdrant"

    def command(self) -> list[str | Path]:
        """The server of `stores.embedded.qdrant`."""
        return _server("stores.embedded.qdrant", self.directory, self.port)

    def probe(self) -> bool:
        """Listens, which it does once the catalogue of collections is read."""
        return accepts_connections(self.port)


def _server(module: str, directory: Path, port: int) -> list[str | Path]:
    return [sys.executable, "-m", module, "--directory", directory, "--port", str(port)]
