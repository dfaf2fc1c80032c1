"""Objects in a bucket of Amazon S3 or of a service that speaks its protocol."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from obstore import exceptions
from obstore.store import S3Store

from stores.errors import StoreError, StoreRejected, StoreUnavailable
from stores.objects.keys import check_key
from stores.objects.store import (
    PIECE_BYTES,
    Content,
    ObjectInfo,
    ObjectMissing,
    Objects,
    Stored,
    spool,
)

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ClientConfig, RetryConfig, S3Config

DEFAULT_REGION: Final = "us-east-1"
_PART_BYTES: Final = 8_388_608
_PARTS_AT_ONCE: Final = 4
_REFUSED: Final = (
    exceptions.PermissionDeniedError,
    exceptions.UnauthenticatedError,
    exceptions.InvalidPathError,
    exceptions.NotSupportedError,
)


@dataclass(frozen=True, slots=True)
class BucketOptions:
    """A bucket and how to speak to it.

    Attributes:
        bucket: its name.
        prefix: put before every key; '' for none.
        endpoint: URL of the service; None means Amazon's own.
        region: where the bucket is.
        access_key: name of the key pair; None takes what the machine's role gives.
        secret_key: its secret half.
        request_timeout_s: longest silence of the service in one request.
        retry_s: how long a request is tried again.
    """

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str = DEFAULT_REGION
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    request_timeout_s: float = 10.0
    retry_s: float = 20.0


class BucketObjects(Objects):
    """A bucket. What is put goes to a local file first, because its key follows from its bytes."""

    def __init__(self, options: BucketOptions) -> None:
        self._options = options
        self._store = S3Store(
            options.bucket,
            prefix=options.prefix or None,
            config=_config(options),
            client_options=_client(options),
            retry_config=_retries(options),
        )

    async def info(self, key: str) -> ObjectInfo | None:
        """Size and time of an object; None when there is none."""
        check_key(key)
        try:
            return _info(await self._store.head_async(key))
        except FileNotFoundError:
            return None
        except exceptions.BaseError as error:
            raise _said("info", error) from error

    async def delete(self, key: str) -> None:
        """Remove an object; no harm when there is none."""
        check_key(key)
        try:
            with suppress(FileNotFoundError):
                await self._store.delete_async(key)
        except exceptions.BaseError as error:
            raise _said("delete", error) from error

    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        """Objects below a prefix of whole segments, in the order of their keys."""
        if prefix:
            check_key(prefix)
        try:
            async for page in self._store.list_async(prefix or None):
                for found in page:
                    yield _info(found)
        except exceptions.BaseError as error:
            raise _said("list", error) from error

    def location(self, key: str) -> str:
        """The URL of an object by path, as ClickHouse's `s3()` takes it."""
        check_key(key)
        options = self._options
        endpoint = options.endpoint or f"https://s3.{options.region}.amazonaws.com"
        whole = f"{options.prefix}/{key}" if options.prefix else key
        return f"{endpoint.rstrip('/')}/{options.bucket}/{whole}"

    async def _write(self, content: Content, key_of: Callable[[str], str]) -> Stored:
        with tempfile.NamedTemporaryFile() as file:
            sha256, size = await spool(content, file)
            await asyncio.to_thread(file.flush)
            key = key_of(sha256)
            try:
                await self._store.put_async(
                    key,
                    Path(file.name),
                    chunk_size=_PART_BYTES,
                    max_concurrency=_PARTS_AT_ONCE,
                )
            except exceptions.BaseError as error:
                raise _said("put", error) from error
        return Stored(key, sha256, size)

    async def _read(self, key: str) -> AsyncIterator[bytes]:
        try:
            found = await self._store.get_async(key)
            async for piece in found.stream(min_chunk_size=PIECE_BYTES):
                yield bytes(piece)
        except FileNotFoundError as error:
            raise ObjectMissing("objects", "get", f"there is no {key}") from error
        except exceptions.BaseError as error:
            raise _said("get", error) from error


def _config(options: BucketOptions) -> S3Config:
    config: S3Config = {
        "region": options.region,
        "virtual_hosted_style_request": options.endpoint is None,
        "disable_bulk_delete": True,  # not every service of the protocol has it
    }
    if options.endpoint is not None:
        config["endpoint"] = options.endpoint
    if options.access_key is not None and options.secret_key is not None:
        config["access_key_id"] = options.access_key
        config["secret_access_key"] = options.secret_key
    return config


def _client(options: BucketOptions) -> ClientConfig:
    plain = options.endpoint is not None and options.endpoint.startswith("http://")
    return {
        "allow_http": plain,
        "connect_timeout": "3s",
        "read_timeout": timedelta(seconds=options.request_timeout_s),
        "timeout": "10 minutes",  # of a whole part or file, however slow the line
    }


def _retries(options: BucketOptions) -> RetryConfig:
    return {"max_retries": 4, "retry_timeout": timedelta(seconds=options.retry_s)}


def _info(found: ObjectMeta) -> ObjectInfo:
    return ObjectInfo(found["path"], found["size"], found["last_modified"])


def _said(operation: str, error: Exception) -> StoreError:
    """What went wrong; the library's text names the URL, never a secret."""
    kind = StoreRejected if isinstance(error, _REFUSED) else StoreUnavailable
    return kind("objects", operation, str(error).partition("\n")[0])
