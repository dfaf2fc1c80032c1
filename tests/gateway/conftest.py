"""The real application over real sockets, around the test graph."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from gateway.app import Application, create_app
from gateway.config import Settings
from gateway.schema import GatewaySchema
from gateway.server import Server, listen
from tests.gateway.graph import Journal, Scopes, make_graph

PROTOCOL = Subprotocol("graphql-transport-ws")


class QuietServer(Server):
    """Leaves signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(slots=True)
class Gateway:
    """A running gateway and ways to reach it."""

    app: Application
    schema: GatewaySchema
    server: Server
    serving: asyncio.Task[None]
    scopes: Scopes
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def journal(self) -> Journal:
        return self.scopes.journal

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self.url, timeout=10)

    async def post(self, query: str, **parameters: Any) -> httpx2.Response:
        headers = parameters.pop("headers", {})
        async with self.client() as client:
            return await client.post(
                "/graphql", json={"query": query, **parameters}, headers=headers
            )

    async def send(self, body: bytes, **headers: str) -> httpx2.Response:
        named = {"content-type": "application/json"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client() as client:
            return await client.post("/graphql", content=body, headers=named)

    async def get(self, path: str = "/graphql", **headers: str) -> httpx2.Response:
        async with self.client() as client:
            return await client.get(
                path, headers={name.replace("_", "-"): value for name, value in headers.items()}
            )

    @asynccontextmanager
    async def raw_socket(self, **options: Any) -> AsyncIterator[ClientConnection]:
        """A websocket with nothing said on it."""
        options.setdefault("subprotocols", [PROTOCOL])
        url = f"ws://{self.host}:{self.port}/graphql"
        async with connect(url, proxy=None, **options) as socket:
            yield socket

    async def count_of_streams(self, expected: int) -> bool:
        """Whether the number of open streams becomes `expected` within two seconds."""
        return await _soon(lambda: self.app.state.drain.streams == expected)

    async def count_of_contexts(self, expected: int) -> bool:
        """Whether so many operations have begun within two seconds."""
        return await _soon(lambda: self.scopes.opened >= expected)

    async def stop(self) -> None:
        self.server.should_exit = True
        await self.serving


async def _soon(true: Callable[[], bool]) -> bool:
    """Look again and again, for two seconds at most."""
    for _ in range(200):
        if true():
            return True
        await asyncio.sleep(0.01)
    return False


@asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[Gateway]:
    """A gateway with these settings until the block ends."""
    scopes = Scopes()
    settings = Settings(console=False, **options)
    schema = make_graph()
    app = create_app(settings, schema=schema, contexts=scopes)
    with listen("127.0.0.1", 0) as listener:
        host, port = listener.getsockname()
        server = QuietServer(app, settings)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        gateway = Gateway(app, schema, server, task, scopes, host, port)
        try:
            yield gateway
        finally:
            gateway.journal.gate.set()
            await gateway.stop()


@pytest_asyncio.fixture(scope="session")
async def shared_gateway() -> AsyncIterator[Gateway]:
    async with serving() as gateway:
        yield gateway


@pytest.fixture
def gateway(shared_gateway: Gateway) -> Gateway:
    """A gateway with the default settings, shared; its journal is new."""
    shared_gateway.scopes.journal = Journal()
    return shared_gateway


def code_of(response: httpx2.Response) -> str:
    """The code of the only error in a response."""
    (error,) = response.json()["errors"]
    return str(error["extensions"]["code"])
