"""A server that plays S3: one bucket in memory, and every signature (version 4) is checked."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import quote
from xml.sax.saxutils import escape

from aiohttp import web

ACCESS_KEY, SECRET_KEY = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
BUCKET, REGION = "files", "eu-test-1"
PAGE = 3  # objects in one page of a list


@dataclass
class BucketServer:
    """What the bucket holds, and what was asked of it.

    Attributes:
        failures: how many of the next requests get a 503.
        deny: every request gets a 403.
    """

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    failures: int = 0
    deny: bool = False

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        key = request.path.removeprefix(f"/{BUCKET}").lstrip("/")
        self.asked.append(f"{request.method} {key}")
        if self.failures:
            self.failures -= 1
            return web.Response(status=503)
        if self.deny or not _signed(request, body):
            return _xml("<Error><Code>SignatureDoesNotMatch</Code></Error>", 403)
        match request.method:
            case "GET" if not key:
                return self._list(request)
            case "GET" | "HEAD":
                return self._get(key)
            case "PUT" if "uploadId" in request.query:
                part = int(request.query["partNumber"])
                self.uploads[request.query["uploadId"]][part] = body
                return web.Response(headers={"ETag": _etag(body)})
            case "PUT":
                self.objects[key] = body
                return web.Response(headers={"ETag": _etag(body)})
            case "POST" if "uploads" in request.query:
                self.uploads["u1"] = {}
                return _xml(
                    f"<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{key}</Key>"
                    "<UploadId>u1</UploadId></InitiateMultipartUploadResult>"
                )
            case "POST":
                parts = self.uploads.pop(request.query["uploadId"])
                self.objects[key] = b"".join(parts[number] for number in sorted(parts))
                return _xml(
                    f"<CompleteMultipartUploadResult><Location>x</Location><Bucket>{BUCKET}"
                    f"</Bucket><Key>{key}</Key><ETag>{_etag(self.objects[key])}</ETag>"
                    "</CompleteMultipartUploadResult>"
                )
        self.objects.pop(key, None)
        return web.Response(status=204)

    def _get(self, key: str) -> web.Response:
        if key not in self.objects:
            return _xml("<Error><Code>NoSuchKey</Code></Error>", 404)
        body = self.objects[key]
        dated = {"Last-Modified": "Tue, 03 Mar 2026 10:00:00 GMT", "ETag": _etag(body)}
        return web.Response(body=body, headers={**dated, "Content-Length": str(len(body))})

    def _list(self, request: web.Request) -> web.Response:
        prefix, after = request.query.get("prefix", ""), request.query.get("continuation-token", "")
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        page = keys[:PAGE]
        more = f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" if keys[PAGE:] else ""
        items = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects[key])}</Size>"
            f"<LastModified>2026-03-03T10:00:00.000Z</LastModified><ETag>x</ETag></Contents>"
            for key in page
        )
        return _xml(
            f"<ListBucketResult><Name>{BUCKET}</Name><KeyCount>{len(page)}</KeyCount>"
            f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>{more}{items}</ListBucketResult>"
        )


@asynccontextmanager
async def bucket_server() -> AsyncIterator[BucketServer]:
    """A server at a free port of this machine."""
    server = BucketServer()
    app = web.Application(client_max_size=1 << 26)
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


def _signed(request: web.Request, body: bytes) -> bool:
    """Whether the request is signed with our key pair, over its method, path, query and body."""
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?"
        r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})",
        request.headers.get("Authorization", ""),
    )
    if found is None:
        return False
    access_key, day, region, names, signature = found.groups()
    stated = request.headers.get("x-amz-content-sha256", "")
    if stated != "UNSIGNED-PAYLOAD" and stated != hashlib.sha256(body).hexdigest():
        return False
    query = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in request.query.items())
    canonical = "\n".join(
        [
            request.method,
            request.raw_path.partition("?")[0],
            "&".join(f"{name}={value}" for name, value in query),
            *(f"{name}:{request.headers[name].strip()}" for name in names.split(";")),
            "",
            names,
            stated,
        ]
    )
    scope = f"{day}/{region}/s3/aws4_request"
    stamp = request.headers["x-amz-date"]
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (day, REGION, "s3", "aws4_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return access_key == ACCESS_KEY and region == REGION and key.hex() == signature


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


def _xml(text: str, status: int = 200) -> web.Response:
    return web.Response(text=f'<?xml version="1.0"?>{text}', status=status, content_type="text/xml")
