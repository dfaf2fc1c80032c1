"""Servers on this machine that play the receivers and providers of notifications."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from aiohttp import web

from gateway.alerts.guard import Guard
from gateway.alerts.outcome import Message
from gateway.alerts.posting import Poster
from gateway.worker.running import worker_stores
from stores.lifecycle import StoreOptions, Stores
from stores.urls import StoreUrls
from tests.fixtures.stores import isolated

# Which of the process's Redis databases tests have for a while.
_REDIS_FRESH = 2
# This machine may be reached.
HERE = Guard.parse(["127.0.0.0/8"])
MESSAGE = Message(
    UUID("0197a000-0000-7000-8000-000000000001"),
    "Up @everyone",
    "price_change > 5 %: 110.",
    datetime(2026, 5, 1, 12, tzinfo=UTC),
    facts={"alert_type": "price_change", "triggered_value": "110"},
)


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Provider:
    """Answers one request after the other as it was told, and 200 afterwards."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    answers: list[Callable[[web.Request], Awaitable[web.StreamResponse]]] = field(
        default_factory=list
    )

    def will_answer(
        self, status: int, body: object = None, headers: dict[str, str] | None = None
    ) -> None:
        async def answer(_: web.Request) -> web.Response:
            text = b"" if body is None else orjson.dumps(body)
            return web.Response(status=status, body=text, headers=headers)

        self.answers.append(answer)

    async def until(self, count: int) -> None:
        """Wait until so many requests have come, for forty seconds at most."""
        async with asyncio.timeout(40), self.arrived:
            await self.arrived.wait_for(lambda: len(self.received) >= count)

    async def take(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        got = Received(request.path_qs, headers, await request.read())
        async with self.arrived:
            self.received.append(got)
            self.arrived.notify_all()
        if self.answers:
            return await self.answers.pop(0)(request)
        return web.Response()


@asynccontextmanager
async def providing() -> AsyncIterator[Provider]:
    """A provider on a free port."""
    provider = Provider()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        provider.url = f"http://{host}:{port}"
        yield provider
    finally:
        await runner.cleanup()


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with providing() as running:
        yield running


@pytest.fixture
async def poster() -> AsyncIterator[Poster]:
    """May reach this machine."""
    async with Poster(HERE) as opened:
        yield opened


@dataclass
class MailHost:
    """A mail server that takes one mail a connection and answers RCPT and DATA as told."""

    port: int = 0
    rcpt: str = "250 ok"
    data: str = "250 taken"
    recipients: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        await say("220 mail.example.org")
        while line := (await reader.readline()).decode().strip():
            verb = line.split()[0].upper()
            if verb == "QUIT":
                await say("221 bye")
                break
            if verb == "DATA":
                await say("354 go on")
                self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
                await say(self.data)
            elif verb == "RCPT":
                self.recipients.append(line)
                await say(self.rcpt)
            else:
                await say("250 ok")
        writer.close()


@pytest.fixture
async def mail_host() -> AsyncIterator[MailHost]:
    host = MailHost()
    server = await asyncio.start_server(host.talk, "127.0.0.1", 0)
    host.port = server.sockets[0].getsockname()[1]
    async with server:
        yield host


@pytest.fixture(scope="module")
async def own_options(
    engine_urls: StoreUrls, migrated_template: str
) -> AsyncIterator[StoreOptions]:
    """Databases of one module, for what looks at every rule and delivery there is."""
    async with isolated(engine_urls, _REDIS_FRESH, template=migrated_template) as options:
        yield options


@pytest.fixture(scope="module")
async def own_stores(own_options: StoreOptions) -> AsyncIterator[Stores]:
    """The stores of one module, as a worker sees them."""
    async with worker_stores(own_options) as opened:
        yield opened
