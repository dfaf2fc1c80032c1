"""`/files/<token>`: what a signed link leads to, handed out as a file to save."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from gateway.auth.addresses import NO_PROXIES, Proxies
from gateway.auth.admission import Standing
from gateway.auth.refusals import UNDECIDED, Denied, Undecided
from gateway.execution import Caller
from gateway.headers import Headers
from resolvers.downloads import PATH, Download, DownloadLinks, LinkExpired, LinkRefused
from stores.errors import StoreError
from stores.objects.store import ObjectDamaged, ObjectMissing, Objects

_LOG: Final = logging.getLogger(__name__)
_UNKNOWN: Final = "There is no such file."
_EXPIRED: Final = "This link has expired. Ask for the file again to get a new one."
_AWAY: Final = "The file cannot be read just now. Try again."
_DAMAGED: Final = "The file is damaged. Ask for it to be made anew."
_KINDS: Final = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
    "zip": "application/zip",
}
# Nothing of a file is kept by anybody on the way, run, or shown as something it is not.
_SAFE: Final = {
    "cache-control": "private, no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex",
}


class Admits(Protocol):
    """Knows who a caller is."""

    async def admit(self, caller: Caller) -> Standing:
        """Who is behind a caller's credentials."""
        ...


class Files:
    """Hands out what links lead to.

    Answers 404 for a link that is none of ours, of another user, or of a file that is gone, 410 for
    one that has expired, and 503 while the file cannot be read.
    """

    def __init__(
        self,
        links: DownloadLinks,
        objects: Objects,
        admission: Admits | None = None,
        proxies: Proxies = NO_PROXIES,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Build it.

        Args:
            links: reads them.
            objects: where files are.
            admission: knows who asks; None when nobody can sign in.
            proxies: whose word is taken for where a request comes from.
            clock: the current time in UTC.
        """
        self._links = links
        self._objects = objects
        self._admission = admission
        self._proxies = proxies
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        """Where links lead."""
        return [Route(f"{PATH}{{token}}", self.send, methods=["GET"])]

    async def send(self, request: Request) -> Response:
        """Hand out one file."""
        try:
            download = self._links.read(request.path_params["token"], self._clock())
        except LinkRefused:
            return _said(404, _UNKNOWN)
        except LinkExpired:
            return _said(410, _EXPIRED)
        refusal = await self._refusal(request, download)
        if refusal is not None:
            return refusal
        try:
            return await self._file(download, with_body=request.method != "HEAD")
        except ObjectMissing:
            return _said(404, "The file is no longer there.")
        except ObjectDamaged as error:
            _LOG.error("%s", error)
            return _said(500, _DAMAGED)
        except StoreError as error:
            _LOG.error("%s", error)
            return _said(503, _AWAY)

    async def _refusal(self, request: Request, download: Download) -> Response | None:
        """What somebody gets who shows credentials and is not the owner; None for all others."""
        if self._admission is None:
            return None
        peer = request.client.host if request.client else None
        headers = Headers(request.scope["headers"])
        try:
            standing = await self._admission.admit(Caller(headers, {}, peer, self._proxies))
        except Denied as denied:
            return _said(401, str(denied))
        except Undecided:
            return _said(503, UNDECIDED)
        is_owner = standing.viewer.user_id == download.owner
        return None if standing.credential is None or is_owner else _said(404, _UNKNOWN)

    async def _file(self, download: Download, *, with_body: bool) -> Response:
        info = await self._objects.info(download.key)
        if info is None:
            return _said(404, "The file is no longer there.")
        headers = {
            **_SAFE,
            "content-length": str(info.size),
            "content-disposition": f'attachment; filename="{download.file_name}"',
        }
        kind = _KINDS.get(download.file_name.rpartition(".")[2], "application/octet-stream")
        if not with_body:
            return Response(headers=headers, media_type=kind)
        pieces = self._objects.get(download.key)
        # The first piece is read before the status is sent: a small damaged file gets no 200.
        first = await anext(pieces, b"")
        return StreamingResponse(_rest(first, pieces), headers=headers, media_type=kind)


async def _rest(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """All pieces. One that fails ends the connection, so that nobody has a whole file of it."""
    yield first
    async for piece in pieces:
        yield piece


def _said(status: int, message: str) -> Response:
    return PlainTextResponse(message, status, headers=_SAFE)
