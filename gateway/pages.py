"""What is served at `/`: the built console under its content policy, or how to build it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_PLAIN_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_UNBUILT: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>onchain-gateway</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1.5rem}
code{background:#8882;padding:.15em .4em;border-radius:4px}</style></head>
<body><h1>onchain-gateway</h1>
<p>The graph answers at <code>/graphql</code>.</p>
<p>The console is not built yet. With Node.js and npm installed, run <code>make console</code>
and load this page again.</p>
</body></html>
"""


def console_directory() -> Path:
    """Where the console's package and build lie."""
    return Path(str(resources.files("gateway"))) / "console"


def console_routes(directory: Path) -> list[BaseRoute]:
    """Routes for everything the other routes left; looked up again with each start."""
    built = directory / "dist"
    if (built / "index.html").is_file():
        policy = content_policy(json.loads((directory / "csp.json").read_text()))
        return [Mount("/", WithHeaders(StaticFiles(directory=built, html=True), policy))]
    return [Route("/", WithHeaders(_unbuilt_page(), _PLAIN_POLICY))]


def content_policy(directives: dict[str, Iterable[str]]) -> str:
    """The text of a content security policy."""
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


class WithHeaders:
    """Adds the content policy and its companions to every response.

    Built files have a hash in their name and may be kept for ever; the page itself may not.
    """

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app = app
        self._added = [*_HEADERS, (b"content-security-policy", policy.encode())]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hashed = "/assets/" in scope["path"]
        cache = b"public, max-age=31536000, immutable" if hashed else b"no-cache"

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [*self._added, (b"cache-control", cache)]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _unbuilt_page() -> ASGIApp:
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        response: Response = HTMLResponse(_UNBUILT)
        if request.method not in ("GET", "HEAD"):
            response = Response(status_code=405, headers={"allow": "GET, HEAD"})
        await response(scope, receive, send)

    return page
