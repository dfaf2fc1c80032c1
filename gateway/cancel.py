"""Cancel a request's work when its client leaves: pure ASGI, around what reaches a store."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DISCONNECT: Final = "http.disconnect"


class CancelOnDisconnect:
    """Runs the app in the request's task and cancels it there once the client is gone.

    The app must read its body before it does anything slow: only then the connection is watched,
    because until then the messages belong to the app.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watched = _Watched(receive, has_body=_has_body(scope))
        task = asyncio.current_task()
        assert task is not None
        watcher = asyncio.create_task(watched.cancel_when_gone(task))
        try:
            await self._app(scope, watched.receive, send)
        except asyncio.CancelledError:
            # Ours ends here; anyone else's cancellation goes on.
            if not watched.gone.is_set() or task.uncancel() > 0:
                raise
        finally:
            watcher.cancel()


class _Watched:
    """Hands the body's messages to the app, then reads on and waits for the disconnect."""

    def __init__(self, receive: Receive, *, has_body: bool) -> None:
        self._receive = receive
        self._body_read = asyncio.Event()
        self.gone = asyncio.Event()
        self._empty = not has_body
        if self._empty:
            self._body_read.set()

    async def receive(self) -> Message:
        if self._empty:
            self._empty = False
            return {"type": "http.request", "body": b"", "more_body": False}
        if self._body_read.is_set():
            await self.gone.wait()
            return {"type": _DISCONNECT}
        message = await self._receive()
        if message["type"] == _DISCONNECT:
            self.gone.set()
        if message["type"] == _DISCONNECT or not message.get("more_body", False):
            self._body_read.set()
        return message

    async def cancel_when_gone(self, task: asyncio.Task[object]) -> None:
        await self._body_read.wait()
        while not self.gone.is_set():
            message = await self._receive()
            if message["type"] == _DISCONNECT:
                self.gone.set()
                task.cancel()


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )
