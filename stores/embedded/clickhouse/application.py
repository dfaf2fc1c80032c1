"""The HTTP interface over the engine: `/`, `/query` and `/ping`."""

import asyncio
import json
import re
from concurrent.futures import Future, ThreadPoolExecutor

from aiohttp import web

from stores.embedded.clickhouse.compression import accepted_encoding, decoded, encoded
from stores.embedded.clickhouse.engine import Answer, ClickHouse
from stores.embedded.clickhouse.statement import InvalidRequest, Request, parse_request

_MAX_BODY_BYTES = 2 * 1024**3
_PARALLEL_STATEMENTS = 32
_KILL_INTERVAL_S = 0.02
_KILL_LIMIT_S = 10.0
_ERROR_CODE = re.compile(r"Code: (\d+)")
# What ClickHouse answers by error code; every other code is a 500.
_STATUS = {
    **dict.fromkeys((27, 41, 43, 44, 46, 53, 62, 386, 456, 457), 400),
    **dict.fromkeys((60, 81), 404),
    159: 408,
    164: 403,
    202: 503,
}


class _Interface:
    """Handlers over one engine, with threads for statements and others for ending them."""

    def __init__(self, engine: ClickHouse) -> None:
        self._engine = engine
        self._statements = ThreadPoolExecutor(_PARALLEL_STATEMENTS, "statement")
        self._stops = ThreadPoolExecutor(4, "stop")

    async def ping(self, _request: web.Request) -> web.Response:
        return web.Response(text="Ok.\n")

    async def query(self, http: web.Request) -> web.Response:
        try:
            request = await _read(http)
            answer = await self._run(request)
        except (InvalidRequest, RuntimeError, ValueError) as error:
            return self._failure(str(error))
        return await self._success(http, request, answer)

    async def _run(self, request: Request) -> Answer:
        running = self._statements.submit(self._engine.run, request)
        try:
            return await asyncio.wrap_future(running)
        except asyncio.CancelledError:
            # The client went away: nobody waits for this statement any more.
            if not running.cancel():
                self._stops.submit(self._stop, running, request.query_id)
            raise

    def _stop(self, running: Future[Answer], query_id: str) -> None:
        """Repeat the request to stop: a statement that is still being parsed is not listed yet."""
        for _ in range(int(_KILL_LIMIT_S / _KILL_INTERVAL_S)):
            self._engine.stop(query_id)
            try:
                running.exception(_KILL_INTERVAL_S)
            except TimeoutError:
                continue
            return

    async def _success(self, http: web.Request, request: Request, answer: Answer) -> web.Response:
        headers = {
            "X-ClickHouse-Format": request.format,
            "X-ClickHouse-Query-Id": request.query_id,
            "X-ClickHouse-Server-Display-Name": "embedded",
            "X-ClickHouse-Timezone": "UTC",
            "X-ClickHouse-Summary": _summary(answer),
            "Content-Type": "application/octet-stream",
        }
        body = answer.body
        encoding = accepted_encoding(http.headers.get("Accept-Encoding", ""))
        if encoding and body and http.query.get("enable_http_compression") == "1":
            headers["Content-Encoding"] = encoding
            body = await asyncio.to_thread(encoded, body, encoding)
        return web.Response(body=body, headers=headers)

    def _failure(self, message: str) -> web.Response:
        found = _ERROR_CODE.search(message)
        code = int(found[1]) if found else 1002
        return web.Response(
            status=_STATUS.get(code, 500),
            text=f"{message} (version {self._engine.version})\n",
            headers={"X-ClickHouse-Exception-Code": str(code)},
        )

    async def close(self, _application: web.Application) -> None:
        self._statements.shutdown(wait=False, cancel_futures=True)
        self._stops.shutdown(wait=False, cancel_futures=True)


async def _read(http: web.Request) -> Request:
    arguments: dict[str, str] = dict(http.query)
    body = b""
    if http.content_type == "multipart/form-data":
        for name, value in (await http.post()).items():
            if not isinstance(value, str):
                raise InvalidRequest(48, "NOT_IMPLEMENTED", "External tables are not supported")
            arguments[name] = value
    else:
        body = await http.read()
        encoding = http.headers.get("Content-Encoding", "").lower()
        if encoding:
            body = await asyncio.to_thread(decoded, body, encoding)
    return parse_request(arguments, body, read_only=http.method == "GET", database="default")


def _summary(answer: Answer) -> str:
    counts = {
        "read_rows": answer.read_rows,
        "read_bytes": answer.read_bytes,
        "written_rows": answer.written_rows,
        "written_bytes": answer.written_bytes,
        "elapsed_ns": int(answer.elapsed_s * 1e9),
    }
    return json.dumps({name: str(count) for name, count in counts.items()})


def build_application(engine: ClickHouse) -> web.Application:
    """The HTTP application of one engine."""
    interface = _Interface(engine)
    application = web.Application(client_max_size=_MAX_BODY_BYTES)
    for path in ("/", "/query"):
        application.router.add_get(path, interface.query)
        application.router.add_post(path, interface.query)
    application.router.add_get("/ping", interface.ping)
    application.on_cleanup.append(interface.close)
    return application
