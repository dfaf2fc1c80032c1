"""The load: kept-alive HTTP/1.1 connections, each asking again as soon as it has its answer."""

from __future__ import annotations

import asyncio
import functools
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

import httptools

HOST: Final = "127.0.0.1"
# The longest any answer may take, in seconds; a server that needs more does not take part.
_LONGEST_S: Final = 60.0


class WrongAnswer(Exception):
    """A server did not answer a question as it should; the text says how."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one stretch of load saw.

    Attributes:
        seconds: from the first request to the last answer.
        latencies_ms: one an answer, good or not, in the order in which they came.
        refused: answers with errors, which are only counted when asked for.
        reason: the first of them.
    """

    seconds: float
    latencies_ms: Sequence[float]
    refused: int = 0
    reason: str = ""

    @property
    def rps(self) -> float:
        """Answers a second."""
        return len(self.latencies_ms) / self.seconds


def request(body: bytes) -> bytes:
    """A request for the graph as it goes over the wire."""
    return (
        b"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        b"accept: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    )


async def ask(port: int, body: bytes) -> bytes:
    """The body of one answer.

    Raises:
        WrongAnswer: another status than 200, errors in the answer, or no answer.
    """
    (answer,) = await _connect(port, iter([request(body)]), 1, keep=True)
    return b"".join(answer.body)


async def drive(
    port: int,
    requests: Sequence[bytes],
    *,
    connections: int,
    seconds: float,
    start: int = 0,
    tolerant: bool = False,
) -> Load:
    """Ask for some time over some connections at once.

    Args:
        port: of the server.
        requests: sent in turn over all connections together, and again from the first.
        connections: how many.
        seconds: how long to send new requests; each connection sends at least one.
        start: which of the requests is sent first.
        tolerant: count answers with errors instead of ending at the first.

    Raises:
        WrongAnswer: as `ask`.
    """
    before = time.perf_counter()
    end = before + seconds
    turns = itertools.cycle([*requests[start:], *requests[:start]])
    left = itertools.takewhile(lambda _: time.perf_counter() < end, turns)
    first = list(itertools.islice(turns, connections))
    turns_left = itertools.chain(first, left)
    clients = await _connect(port, turns_left, connections, tolerant=tolerant)
    taken = time.perf_counter() - before
    refused = [problem for client in clients for problem in client.refused]
    latencies = [latency for client in clients for latency in client.latencies_ms]
    return Load(taken, latencies, len(refused), refused[0] if refused else "")


async def _connect(
    port: int,
    requests: Iterator[bytes],
    connections: int,
    *,
    keep: bool = False,
    tolerant: bool = False,
) -> list[_Client]:
    loop = asyncio.get_running_loop()
    clients = []
    try:
        for _ in range(connections):
            done = loop.create_future()
            made = _Client(lambda: next(requests, None), done, keep=keep, tolerant=tolerant)
            clients.append(made)
            await loop.create_connection(functools.partial(_itself, made), HOST, port)
        async with asyncio.timeout(_LONGEST_S):
            await asyncio.gather(*(client.done for client in clients))
    except TimeoutError:
        raise WrongAnswer(f"no answer in {_LONGEST_S:.0f} s") from None
    except OSError as error:
        raise WrongAnswer(str(error)) from error
    finally:
        for client in clients:
            client.close()
    return clients


def _itself(made: _Client) -> _Client:
    return made


class _Client(asyncio.Protocol):
    """One connection. `httptools` calls its `on_…` methods while it parses an answer."""

    def __init__(
        self,
        take: Callable[[], bytes | None],
        done: asyncio.Future[None],
        *,
        keep: bool,
        tolerant: bool,
    ) -> None:
        self.done = done
        self.latencies_ms: list[float] = []
        self.refused: list[str] = []
        self.body: list[bytes] = []
        self._take = take
        self._keep = keep
        self._tolerant = tolerant
        self._sent = 0.0
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._problem: str | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(f"not HTTP: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the connection was closed: {exc or 'by the server'}")

    def on_body(self, part: bytes) -> None:
        # May be split between two parts, seldom enough: the other answers of the load show it.
        if b'"errors":' in part and self._problem is None:
            self._problem = part[:500].decode(errors="replace")
        if self._keep:
            self.body.append(part)

    def on_message_complete(self) -> None:
        self.latencies_ms.append((time.perf_counter() - self._sent) * 1000)
        status = self._parser.get_status_code()
        if status != 200 or self._problem:
            problem = f"status {status}: {self._problem or 'no errors in the body'}"
            if not self._tolerant:
                self._fail(problem)
                return
            self.refused.append(problem)
            self._problem = None
        self._parser = httptools.HttpResponseParser(self)
        self._next()

    def _next(self) -> None:
        message = self._take()
        if message is None:
            if not self.done.done():
                self.done.set_result(None)
            return
        self._sent = time.perf_counter()
        assert self._transport is not None
        self._transport.write(message)

    def _fail(self, problem: str) -> None:
        if not self.done.done():
            self.done.set_exception(WrongAnswer(problem))
