"""`/graphql` over HTTP: the GraphQL-over-HTTP specification, bytes in and bytes out."""

from __future__ import annotations

from typing import Final

from graphql import OperationType
from starlette.types import Receive, Scope, Send

from gateway import sse
from gateway.auth.addresses import NO_PROXIES, Proxies
from gateway.auth.refusals import UNDECIDED, Denied, Undecided
from gateway.bodies import Left, TooLong, read_body
from gateway.cancel import CancelOnDisconnect
from gateway.deadline import Deadline, current_task
from gateway.documents import Entry, Refused
from gateway.drain import Drain
from gateway.encoding import encode
from gateway.errors import BAD_USER_INPUT, STORE_UNAVAILABLE, UNAUTHENTICATED, coded
from gateway.execution import Answer, Caller, Execution, refusal
from gateway.headers import Headers
from gateway.negotiation import Accepted, Media, accepted
from gateway.requests import BadRequest, GraphQLRequest, from_body, from_query_string

_Headers = list[tuple[bytes, bytes]]
_BODY_S: Final = 30
_CLOSE: Final[_Headers] = [(b"connection", b"close")]
_ALLOW: Final[_Headers] = [(b"allow", b"GET, POST")]
_CONTENT_TYPE: Final = {
    media: (b"content-type", f"{media}; charset=utf-8".encode()) for media in Media
}
_FIXED: Final[_Headers] = [
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept"),
    (b"x-content-type-options", b"nosniff"),
]


class Refusal(Exception):
    """The request is answered with a status other than 200 before anything runs."""

    def __init__(
        self, status: int, code: str, message: str, headers: _Headers | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or []


class _Exchange:
    """One request with what its answer needs."""

    __slots__ = ("accepted", "client", "headers", "method", "receive", "send", "task")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.method: str = scope["method"]
        self.client: tuple[str, int] | None = scope["client"]
        self.headers = Headers(scope["headers"])
        self.accepted: Accepted = accepted(self.headers.joined(b"accept"))
        self.receive = receive
        self.send = send
        self.task = current_task()

    async def respond(
        self, status: int, media: Media, body: bytes, headers: _Headers | None = None
    ) -> None:
        start = [_CONTENT_TYPE[media], (b"content-length", b"%d" % len(body)), *_FIXED]
        if headers:
            start += headers
        await self.send({"type": "http.response.start", "status": status, "headers": start})
        await self.send({"type": "http.response.body", "body": body})


class GraphQLOverHTTP:
    """The ASGI endpoint for GET and POST; a preferred event stream is handed to `gateway.sse`."""

    def __init__(
        self,
        execution: Execution,
        drain: Drain,
        *,
        max_body_bytes: int,
        events: sse.EventStreams,
        proxies: Proxies = NO_PROXIES,
    ) -> None:
        self._execution = execution
        self._drain = drain
        self._proxies = proxies
        self._max_body = max_body_bytes
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = _Exchange(scope, receive, send)
        try:
            await self._answer(exchange, scope["query_string"])
        except Left:
            return
        except Refusal as refused:
            body = encode(refusal((coded(refused.code, refused.message),)).payload)
            await exchange.respond(refused.status, exchange.accepted.error, body, refused.headers)

    async def _answer(self, exchange: _Exchange, query_string: bytes) -> None:
        request = await self._read(exchange, query_string)
        media = exchange.accepted.answer
        if media is None and not exchange.accepted.events:
            raise Refusal(406, BAD_USER_INPUT, f"Accept one of {', '.join(Media)}.")
        with CancelOnDisconnect(exchange.receive, exchange.task):
            await self._execute(exchange, request, media)

    async def _execute(
        self, exchange: _Exchange, request: GraphQLRequest, media: Media | None
    ) -> None:
        peer = exchange.client[0] if exchange.client else None
        caller = Caller(exchange.headers, {}, peer, self._proxies)
        identity = await self._admit(caller)
        try:
            entry = self._execution.documents.entry(request.query, request.operation_name)
        except Refused as refused:
            answer = refusal(refused.errors)
            if media is Media.EVENTS:
                await self._events.send_one(answer, exchange.send)
            else:
                await self._respond(exchange, media or Media.JSON, answer)
            return
        _check_method(exchange.method, entry)
        if entry.kind is OperationType.SUBSCRIPTION:
            if not exchange.accepted.events:
                raise Refusal(
                    406, BAD_USER_INPUT, "A subscription is a stream: accept text/event-stream."
                )
            media = Media.EVENTS
        if media is Media.EVENTS:
            answers = self._execution.stream(entry, request, identity, caller)
            ended = self._execution.contexts.ended(identity)
            await self._events.send_all(answers, ended, exchange.send)
            return
        answer = await self._execution.run(entry, request, identity, caller)
        await self._respond(exchange, media or Media.JSON, answer)

    async def _read(self, exchange: _Exchange, query_string: bytes) -> GraphQLRequest:
        try:
            if exchange.method == "GET":
                return from_query_string(query_string)
            if exchange.method != "POST":
                text = f"{exchange.method} is not supported here: use GET or POST."
                raise Refusal(405, BAD_USER_INPUT, text, _ALLOW)
            _check_content(exchange.headers)
            return from_body(await self._read_body(exchange))
        except BadRequest as error:
            raise Refusal(400, BAD_USER_INPUT, str(error)) from None

    async def _read_body(self, exchange: _Exchange) -> bytes:
        try:
            with Deadline(_BODY_S, exchange.task):
                return await read_body(exchange.receive, exchange.headers, self._max_body)
        except TooLong:
            text = (
                f"The body is longer than {self._max_body:,} bytes. Send less at a time; a large "
                "file of positions goes through `gateway load FILE --user USER --portfolio "
                "PORTFOLIO`."
            )
            raise Refusal(413, BAD_USER_INPUT, text, _CLOSE) from None
        except TimeoutError:
            text = (
                f"The body did not arrive within {_BODY_S} seconds. Send it again, or less of it."
            )
            raise Refusal(408, BAD_USER_INPUT, text, _CLOSE) from None

    async def _admit(self, caller: Caller) -> object:
        try:
            return await self._execution.contexts.admit(caller)
        except Denied as denied:
            challenge = [(b"www-authenticate", b'Bearer error="invalid_token"')]
            raise Refusal(401, UNAUTHENTICATED, str(denied), challenge) from None
        except Undecided:
            raise Refusal(503, STORE_UNAVAILABLE, UNDECIDED, [(b"retry-after", b"1")]) from None

    async def _respond(self, exchange: _Exchange, media: Media, answer: Answer) -> None:
        """Send an answer; as specified, plain JSON says 200 for every well-formed request."""
        status = 200 if answer.ran or media is Media.JSON else 400
        headers = _CLOSE if self._drain.begun else None
        await exchange.respond(status, media, encode(answer.payload), headers)


def _check_content(headers: Headers) -> None:
    """Only plain UTF-8 JSON: not compressed, and no form that a foreign page may send unasked."""
    raw = headers.raw
    if raw.get(b"content-type") == b"application/json" and b"content-encoding" not in raw:
        return
    kind, *parameters = (
        part.strip().lower() for part in headers.get("content-type", "").split(";")
    )
    if kind != "application/json":
        text = "The body must be JSON: send it with content-type: application/json."
        raise Refusal(415, BAD_USER_INPUT, text, [(b"accept-post", b"application/json")])
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in ("utf-8", "utf8"):
            raise Refusal(415, BAD_USER_INPUT, "The body must be UTF-8: leave the charset out.")
    if headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        text = "Compressed bodies are not supported: send the body as it is."
        raise Refusal(415, BAD_USER_INPUT, text, [(b"accept-encoding", b"identity")])


def _check_method(method: str, entry: Entry) -> None:
    if method == "GET" and entry.kind is OperationType.MUTATION:
        text = "A mutation cannot be sent with GET: use POST."
        raise Refusal(405, BAD_USER_INPUT, text, [(b"allow", b"POST")])
