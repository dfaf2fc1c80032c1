"""Many websockets, most of them silent: their memory, and how long news takes to reach them all.

The clients speak the protocol by hand in this process: a library's client takes more memory than
the server's end of the connection, and more time than the fan-out that is measured.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import orjson

from bench.contest import load, pin
from bench.contest.contestants import over_four_stores, running
from bench.measure import Figure, percentile
from gateway.load.identity import asset_id
from gateway.load.live import Price, publish_prices
from resolvers.catalog.asset import Asset
from resolvers.ids import encode_id
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
from stores.urls import StoreUrls

_ETHER: Final = asset_id(1, None)
_UPGRADE: Final = (
    b"GET /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
)
_QUERY: Final = "subscription ($ids: [ID!]!) { assetPrices(assetIds: $ids) { priceUsd at } }"
_PING: Final = 9
_EVENTS: Final = 5
_AT_ONCE: Final = 20
_QUIET_S: Final = 3.0
_LONGEST_S: Final = 120.0


async def measure(urls: StoreUrls, worker: Stores) -> AsyncIterator[Figure]:
    """A server over these stores: 10,000 sockets, then 500 with a hundred subscriptions each."""
    ours = over_four_stores(urls)[0]
    cores = pin.choose_cores()
    # Whoever subscribes is told the newest price at once.
    await publish_prices(worker.redis, [Price(_ETHER, datetime.now(UTC), Decimal(1999), "bench")])
    for sockets, each in ((10_000, 1), (500, 100)):
        with TemporaryDirectory(prefix="sockets-") as logs:
            body = orjson.dumps({"query": "{ __typename }"})
            server = running(ours, body, cores.server, Path(logs))
            started = await asyncio.to_thread(server.__enter__)
            try:
                async for figure in _measure(started.port, started.pid, sockets, each, worker):
                    yield figure
            finally:
                await asyncio.to_thread(server.__exit__, None, None, None)


async def _measure(
    port: int, pid: int, sockets: int, each: int, worker: Stores
) -> AsyncIterator[Figure]:
    name = f"{sockets:,} sockets with {each}"
    before = pin.rss_mb(pid)
    crowd = Crowd(each)
    try:
        await crowd.gather(port, sockets)
        grown = (pin.rss_mb(pid) - before) * 1000 / (sockets * each)
        yield Figure(f"{name}: memory a subscription", grown, "KB", 60)
        waits: list[float] = []
        for number in range(_EVENTS):
            price = Price(_ETHER, datetime.now(UTC), Decimal(2000 + number), "bench")
            crowd.expect(sockets * each)
            published = time.perf_counter()
            await publish_prices(worker.redis, [price])
            async with asyncio.timeout(_LONGEST_S):
                await crowd.complete.wait()
            waits += [(heard - published) * 1000 for heard in crowd.heard]
        yield Figure(f"{name}: news reaches a subscription, p50", percentile(waits, 0.5), "ms")
        yield Figure(f"{name}: news reaches a subscription, p99", percentile(waits, 0.99), "ms")
    finally:
        crowd.leave()


class Crowd:
    """Clients that subscribe to one price, and when each of them heard of it."""

    def __init__(self, each: int) -> None:
        self.each = each
        self.heard: list[float] = []
        self.complete = asyncio.Event()
        self._expected = 0
        self._clients: list[_Client] = []
        self._ready = asyncio.Semaphore(_AT_ONCE)
        variables = {"ids": [encode_id(entity_of(Asset), _ETHER)]}
        self.subscriptions = b"".join(
            _frame({"id": str(n), "type": "subscribe", "payload": _payload(variables)})
            for n in range(each)
        )

    async def gather(self, port: int, sockets: int) -> None:
        """Connect and subscribe them all; returns when no more first prices come."""
        # The first one alone: afterwards the server listens to the price, as one in use does.
        self.expect(self.each)
        await self._join(port)
        await asyncio.wait_for(self.complete.wait(), _LONGEST_S)
        self.expect((sockets - 1) * self.each)
        await asyncio.gather(*(self._join(port) for _ in range(sockets - 1)))
        before = -1
        # A first price may be missing where many ask in one moment; the next one reaches them.
        while not self.complete.is_set() and before != len(self.heard):
            before = len(self.heard)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.complete.wait(), _QUIET_S)

    async def _join(self, port: int) -> None:
        async with self._ready:
            loop = asyncio.get_running_loop()
            _, client = await loop.create_connection(lambda: _Client(self), load.HOST, port)
            self._clients.append(client)
            async with asyncio.timeout(_LONGEST_S):
                await client.joined

    def expect(self, number: int) -> None:
        """Wait for so many messages from now on."""
        self.heard, self._expected = [], number
        self.complete.clear()

    def hear(self) -> None:
        """A message of a subscription has come."""
        self.heard.append(time.perf_counter())
        if len(self.heard) == self._expected:
            self.complete.set()

    def leave(self) -> None:
        """Close all connections."""
        for client in self._clients:
            client.close()


class _Client(asyncio.Protocol):
    __slots__ = ("_buffer", "_crowd", "_transport", "joined")

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(_UPGRADE)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.joined.done():
            self.joined.set_exception(error or ConnectionResetError("closed by the server"))

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._buffer += data
        if self._buffer.startswith(b"HTTP/"):
            head, found, self._buffer = self._buffer.partition(b"\r\n\r\n")
            if not found:
                self._buffer = head
                return
            self._transport.write(_frame({"type": "connection_init"}))
        while (frame := self._frame()) is not None:
            opcode, message = frame
            if opcode == _PING:
                self._transport.write(bytes([0x8A, 0x80 | len(message)]) + bytes(4) + message)
            else:
                self._take(message)

    def _take(self, message: bytes) -> None:
        assert self._transport is not None
        if b'"next"' in message:
            self._crowd.hear()
        elif b'"connection_ack"' in message:
            self._transport.write(self._crowd.subscriptions)
            self.joined.set_result(None)
        elif b'"ping"' not in message:
            raise load.WrongAnswer(message.decode()[:300])

    def _frame(self) -> tuple[int, bytes] | None:
        """The next whole frame; those of the server are short and never masked."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 127, 2
        if length == 126:
            if len(buffer) < 4:
                return None
            length, start = int.from_bytes(buffer[2:4]), 4
        if len(buffer) < start + length:
            return None
        self._buffer = buffer[start + length :]
        return buffer[0] & 15, buffer[start : start + length]

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def _payload(variables: dict[str, list[str]]) -> dict[str, object]:
    return {"query": _QUERY, "variables": variables}


def _frame(message: dict[str, object]) -> bytes:
    """A text frame of a client; its mask is zero, which changes nothing."""
    text = orjson.dumps(message)
    size = len(text)
    head = bytes([0x81, 0x80 | size]) if size < 126 else b"\x81\xfe" + size.to_bytes(2)
    return head + bytes(4) + text
