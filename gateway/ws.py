"""`/graphql` over websockets: graphql-transport-ws, and no other protocol."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from starlette.types import Receive, Scope, Send

from gateway.auth.addresses import NO_PROXIES, Proxies
from gateway.auth.refusals import UNDECIDED, Denied, Undecided
from gateway.deadline import Deadline
from gateway.documents import Refused
from gateway.drain import Drain
from gateway.encoding import NotJson, decode, encode
from gateway.errors import RATE_LIMITED, coded, present
from gateway.execution import Caller, Execution
from gateway.origins import Origins
from gateway.requests import BadRequest, GraphQLRequest, from_parameters

log = logging.getLogger(__name__)

PROTOCOL: Final = "graphql-transport-ws"
_LONGEST_REASON: Final = 120  # of 123 bytes that a close frame holds


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """Bounds of one socket.

    Attributes:
        operations: most operations running at once.
        init_timeout_s: how long until `connection_init` must have come.
        send_timeout_s: how long a client may refuse to read.
    """

    operations: int = 100
    init_timeout_s: float = 5.0
    send_timeout_s: float = 10.0


class Closing(Exception):
    """The socket is to be closed with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


class Gone(Exception):
    """The client has left, or no longer reads."""


class GraphQLOverWebsocket:
    """The ASGI endpoint; one `_Socket` a connection."""

    def __init__(
        self,
        execution: Execution,
        drain: Drain,
        origins: Origins,
        limits: SocketLimits,
        proxies: Proxies = NO_PROXIES,
    ) -> None:
        self._proxies = proxies
        self._execution = execution
        self._drain = drain
        self._origins = origins
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        await receive()
        if self._drain.begun or not self._origins.allow(headers):
            # Before the handshake this is an HTTP 403.
            await send({"type": "websocket.close", "code": 4403})
            return
        if PROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            await send(
                {"type": "websocket.close", "code": 4406, "reason": "Subprotocol not acceptable"}
            )
            return
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        peer = scope["client"][0] if scope["client"] else None
        caller = Caller(headers, {}, peer, self._proxies)
        with self._drain:
            await _Socket(self._execution, self._drain, self._limits, caller, receive, send).serve()


class _Socket:
    """One connection: reads messages, runs operations beside each other, writes answers."""

    def __init__(
        self,
        execution: Execution,
        drain: Drain,
        limits: SocketLimits,
        caller: Caller,
        receive: Receive,
        send: Send,
    ) -> None:
        self._execution = execution
        self._drain = drain
        self._limits = limits
        self._caller = caller
        self._identity: object = None
        self._receive = receive
        self._send = send
        self._init_received = asyncio.Event()
        self._unreachable = asyncio.Event()
        self._admitted = asyncio.Event()
        self._operations: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Serve until the client leaves, breaks the protocol, or we leave."""
        duties = [
            asyncio.create_task(self._read()),
            asyncio.create_task(self._await_init()),
            asyncio.create_task(self._await_end_of_credential()),
            asyncio.create_task(self._await_drain()),
            asyncio.create_task(self._await_unreachable()),
        ]
        try:
            closing = await _first_closing(duties)
        finally:
            for task in duties:
                task.cancel()
            await self._stop_operations()
        if closing is not None:
            await self._close(closing)

    async def _stop_operations(self) -> None:
        running = list(self._operations.values())
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    async def _close(self, closing: Closing) -> None:
        try:
            async with asyncio.timeout(self._limits.send_timeout_s):
                message = {
                    "type": "websocket.close",
                    "code": closing.code,
                    "reason": closing.reason,
                }
                await self._send(message)
        except Exception:  # noqa: BLE001 - the server says in its own way that nobody listens any more
            log.debug("a socket was gone before it could be closed")

    async def _await_init(self) -> None:
        try:
            async with asyncio.timeout(self._limits.init_timeout_s):
                await self._init_received.wait()
        except TimeoutError:
            raise Closing(4408, "Connection initialisation timeout") from None

    async def _await_end_of_credential(self) -> None:
        await self._admitted.wait()
        reason = await self._execution.contexts.ended(self._identity)
        raise Closing(4401, f"Unauthorized: {reason}")

    async def _await_drain(self) -> None:
        await self._drain.wait()
        # Operations are told before the socket closes, so that clients know to ask again elsewhere.
        ended = list(self._operations)
        await self._stop_operations()
        for operation_id in ended:
            await self._write({"id": operation_id, "type": "complete"})
        raise Closing(1012, "Service restart")

    async def _await_unreachable(self) -> None:
        await self._unreachable.wait()
        raise Gone

    async def _read(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                raise Gone
            await self._handle(_decode(message.get("text")))

    async def _handle(self, message: Mapping[str, Any]) -> None:
        match message.get("type"):
            case "connection_init":
                await self._init(message.get("payload"))
            case "ping":
                await self._write(_pong(message.get("payload")))
            case "pong":
                return
            case "subscribe":
                await self._subscribe(message)
            case "complete":
                self._complete(message.get("id"))
            case other:
                raise Closing(4400, f"Unknown message type {other!r}")

    async def _init(self, payload: object) -> None:
        if self._init_received.is_set():
            raise Closing(4429, "Too many initialisation requests")
        if payload is not None and not isinstance(payload, dict):
            raise Closing(4400, "The payload of connection_init must be an object")
        self._init_received.set()
        self._caller = replace(self._caller, parameters=payload or {})
        try:
            self._identity = await self._execution.contexts.admit(self._caller)
        except Denied as denied:
            raise Closing(4403, f"Forbidden: {denied}") from None
        except Undecided:
            raise Closing(1013, UNDECIDED) from None
        self._admitted.set()
        await self._write({"type": "connection_ack"})

    async def _subscribe(self, message: Mapping[str, Any]) -> None:
        if not self._admitted.is_set():
            raise Closing(4401, "Unauthorized")
        operation_id = message.get("id")
        if not isinstance(operation_id, str) or not operation_id:
            raise Closing(4400, "A subscribe message needs an id")
        try:
            request = from_parameters(message.get("payload"))
        except BadRequest as error:
            raise Closing(4400, str(error)) from None
        if operation_id in self._operations:
            raise Closing(4409, f"Subscriber for {operation_id} already exists")
        if len(self._operations) >= self._limits.operations:
            text = f"At most {self._limits.operations} operations may run on one connection."
            full = coded(RATE_LIMITED, text, maximum=self._limits.operations)
            await self._write({"id": operation_id, "type": "error", "payload": present([full])})
            return
        task = asyncio.create_task(self._run(operation_id, request))
        self._operations[operation_id] = task
        task.add_done_callback(_retrieve)

    def _complete(self, operation_id: object) -> None:
        """The client wants no more; for an operation that has just ended there is nothing to do."""
        if not isinstance(operation_id, str):
            raise Closing(4400, "A complete message needs an id")
        task = self._operations.pop(operation_id, None)
        if task is not None:
            task.cancel()

    async def _run(self, operation_id: str, request: GraphQLRequest) -> None:
        last: dict[str, Any]
        try:
            last = await self._answer(operation_id, request)
        except Gone:
            return
        if self._operations.get(operation_id) is not asyncio.current_task():
            return
        # The id is free again before the client can know that the operation has ended.
        del self._operations[operation_id]
        await self._write(last)

    async def _answer(self, operation_id: str, request: GraphQLRequest) -> dict[str, Any]:
        """Send every answer; return the message that ends the operation."""
        try:
            entry = self._execution.documents.entry(request.query, request.operation_name)
        except Refused as refused:
            return {"id": operation_id, "type": "error", "payload": present(refused.errors)}
        answers = self._execution.stream(entry, request, self._identity, self._caller)
        async with aclosing(cast("Any", answers)):
            async for answer in answers:
                if not answer.ran:
                    errors = answer.payload["errors"]
                    return {"id": operation_id, "type": "error", "payload": errors}
                await self._write({"id": operation_id, "type": "next", "payload": answer.payload})
        return {"id": operation_id, "type": "complete"}

    async def _write(self, message: Mapping[str, Any]) -> None:
        """Send a text frame; a client that does not read waits for itself, then is dropped."""
        try:
            with Deadline(self._limits.send_timeout_s):
                await self._send({"type": "websocket.send", "text": encode(message).decode()})
        except Exception as error:
            self._unreachable.set()
            raise Gone from error


async def _first_closing(duties: list[asyncio.Task[None]]) -> Closing | None:
    """Wait until one duty fails; how to close, None when nobody is there to be told."""
    pending: set[asyncio.Task[None]] = set(duties)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            error = task.exception()
            if isinstance(error, Closing):
                return error
            if isinstance(error, Gone):
                return None
            if error is not None:
                log.error("a websocket failed", exc_info=error)
                return Closing(1011, "Internal error")
    return None


def _retrieve(task: asyncio.Task[None]) -> None:
    """Look at how an operation ended: a client that left is no news, anything else is."""
    if not task.cancelled() and (error := task.exception()) and not isinstance(error, Gone):
        log.error("an operation of a websocket failed", exc_info=error)


def _decode(text: str | None) -> Mapping[str, Any]:
    if text is None:
        raise Closing(4400, "Messages must be text frames")
    try:
        message = decode(text.encode())
    except NotJson as error:
        raise Closing(4400, f"Message is not JSON: {error}") from None
    if not isinstance(message, dict):
        raise Closing(4400, "A message must be a JSON object")
    return message


def _pong(payload: object) -> dict[str, Any]:
    if payload is not None and not isinstance(payload, dict):
        raise Closing(4400, "The payload of ping must be an object")
    return {"type": "pong"} if payload is None else {"type": "pong", "payload": payload}
