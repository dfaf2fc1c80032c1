"""Event streams: the distinct connections mode of the GraphQL-over-SSE protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing
from typing import Any, Final, cast

from starlette.types import Send

from gateway.deadline import Deadline
from gateway.drain import Drain
from gateway.encoding import encode
from gateway.errors import UNAUTHENTICATED, coded
from gateway.execution import Answer, refusal

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept"),
    (b"x-content-type-options", b"nosniff"),
    # A buffering proxy in front (nginx) would hold events back.
    (b"x-accel-buffering", b"no"),
]
# With an empty data line, because browsers drop events without one.
_COMPLETE: Final = b"event: complete\ndata: \n\n"
_COMMENT: Final = b":\n\n"


class EventStreams:
    """Writes answers as events; one per application."""

    def __init__(self, drain: Drain, *, keep_alive_s: float, send_timeout_s: float) -> None:
        self._drain = drain
        self._keep_alive_s = keep_alive_s
        self._send_timeout_s = send_timeout_s

    async def send_one(self, answer: Answer, send: Send) -> None:
        """A stream of one answer: what a browser's EventSource can read of a refused request."""
        await _start(send)
        await _write(send, _event(answer) + _COMPLETE, more=False)

    async def send_all(
        self, answers: AsyncIterator[Answer], ended: Coroutine[Any, Any, str], send: Send
    ) -> None:
        """Write answers until they end, the client leaves (cancelled from outside) or we leave.

        Args:
            answers: of the operation.
            ended: returns, with the reason, when the caller may not go on; the last event is an
                error that says so.
            send: ASGI's.
        """
        expiring = asyncio.create_task(ended)
        try:
            await self._send_until(answers, expiring, send)
        finally:
            expiring.cancel()
            await asyncio.wait((expiring,))

    async def _send_until(
        self, answers: AsyncIterator[Answer], expiring: asyncio.Task[str], send: Send
    ) -> None:
        await _start(send)
        stream = _Stream(send, self._send_timeout_s)
        with self._drain:
            producer = asyncio.create_task(stream.produce(answers))
            leaving = asyncio.create_task(self._drain.wait())
            try:
                ends = (producer, leaving, expiring)
                while not any(each.done() for each in ends):
                    await asyncio.wait(
                        ends, timeout=self._keep_alive_s, return_when=asyncio.FIRST_COMPLETED
                    )
                    if not any(each.done() for each in ends):
                        await stream.keep_alive()
            finally:
                leaving.cancel()
                producer.cancel()
                await asyncio.wait((producer,))
            if producer.cancelled() or producer.exception() is None:
                if expiring.done() and producer.cancelled():
                    error = coded(UNAUTHENTICATED, expiring.result())
                    await _write(send, _event(refusal((error,))), more=True)
                await _write(send, _COMPLETE, more=False)


class _Stream:
    """One client's stream; comments are written only between events."""

    def __init__(self, send: Send, timeout_s: float) -> None:
        self._send = send
        self._timeout_s = timeout_s
        self._writing = asyncio.Lock()
        self._written = 0
        self._seen = 0

    async def produce(self, answers: AsyncIterator[Answer]) -> None:
        async with aclosing(cast("Any", answers)):
            async for answer in answers:
                await self._send_frame(_event(answer))
                self._written += 1

    async def keep_alive(self) -> None:
        """Write a comment unless an event was written since the last call."""
        if self._written == self._seen:
            await self._send_frame(_COMMENT)
        self._seen = self._written

    async def _send_frame(self, frame: bytes) -> None:
        async with self._writing:
            with Deadline(self._timeout_s):
                await _write(self._send, frame, more=True)


async def _start(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})


async def _write(send: Send, frame: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": frame, "more_body": more})


def _event(answer: Answer) -> bytes:
    """One `next` event. JSON written here has no line breaks, so one data line holds it."""
    return b"event: next\ndata: " + encode(answer.payload) + b"\n\n"
