"""The only module that imports qdrant-client: its models and its errors."""

from __future__ import annotations

import ssl
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, assert_never
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import (
    ApiException,
    ResponseHandlingException,
    UnexpectedResponse,
)

from stores.errors import (
    StoreError,
    StoreFull,
    StoreRejected,
    StoreTimeout,
    StoreUnavailable,
)
from stores.qdrant.filters import HasId, IsEmpty, Match, Range

if TYPE_CHECKING:
    from stores.qdrant.filters import Condition, Filter

__all__ = ["DRIVER_ERRORS", "AsyncQdrantClient", "models", "open_client", "to_filter", "translate"]

DRIVER_ERRORS: Final = (
    ApiException,
    QdrantException,
    httpx.HTTPError,
    OSError,
    TimeoutError,
    ValueError,
    TypeError,
)
_MISCONFIGURED: Final = frozenset({401, 403})
_BUSY: Final = frozenset({429, 502, 503})


def open_client(url: str, *, timeout_s: float, pool_size: int) -> AsyncQdrantClient:
    """A client that connects when first used.

    Args:
        url: `http://host:port` or `https://:api-key@host:port`; of the latter the certificate is
            checked against those of the system, or of the file in `SSL_CERT_FILE`.
        timeout_s: one request; the caller's deadline may be shorter.
        pool_size: connections at most.
    """
    parts = urlsplit(url)
    secured: dict[str, Any] = {}
    if parts.scheme == "https":
        secured["verify"] = ssl.create_default_context()
    return AsyncQdrantClient(
        url=urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])),
        api_key=unquote(parts.password) if parts.password else None,
        timeout=max(1, round(timeout_s)),
        # Said in full, because the client keeps no connection to this machine alive otherwise.
        limits=httpx.Limits(max_connections=pool_size, max_keepalive_connections=pool_size),
        check_compatibility=False,
        trust_env=False,
        **secured,
    )


def translate(operation: str, error: BaseException) -> StoreError:
    """Name a driver error in our terms; raise the result `from` it."""
    if isinstance(error, UnexpectedResponse):
        return _from_status(operation, error)
    if isinstance(error, ResponseHandlingException):
        return translate(operation, error.source)
    if isinstance(error, httpx.ConnectTimeout):
        return StoreUnavailable("qdrant", operation, "no connection in time")
    if isinstance(error, (httpx.TimeoutException, TimeoutError)):
        return StoreTimeout("qdrant", operation, "no answer within the deadline")
    if isinstance(error, (httpx.HTTPError, OSError)):
        return StoreUnavailable("qdrant", operation, f"connection failed ({type(error).__name__})")
    if isinstance(error, ValueError) and "JSON" in type(error).__name__:
        return StoreUnavailable("qdrant", operation, "the answer does not come from Qdrant")
    return StoreRejected("qdrant", operation, f"{type(error).__name__}: {error}")


def _from_status(operation: str, error: UnexpectedResponse) -> StoreError:
    status = error.status_code or 0
    text = error.content.decode("utf-8", "replace")[:300]
    if status in _MISCONFIGURED:
        return StoreUnavailable("qdrant", operation, "the API key is refused", retryable=False)
    if status == 507 or "no space left" in text.lower():
        return StoreFull("qdrant", operation, text)
    if status in _BUSY:
        return StoreUnavailable("qdrant", operation, f"HTTP {status}")
    if status in (408, 504):
        return StoreTimeout("qdrant", operation, "the server gave up")
    if "json" not in error.headers.get("content-type", ""):
        return StoreUnavailable("qdrant", operation, "the answer does not come from Qdrant")
    return StoreRejected("qdrant", operation, f"HTTP {status}: {text}")


def is_lost(error: BaseException) -> bool:
    """Whether an established connection broke, so that a read may be sent again."""
    if isinstance(error, ResponseHandlingException):
        return is_lost(error.source)
    return isinstance(error, (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError))


def to_filter(value: Filter | None) -> models.Filter | None:
    """Our filter in the driver's terms."""
    if value is None:
        return None
    return models.Filter(
        must=[_condition(each) for each in value.must] or None,
        must_not=[_condition(each) for each in value.must_not] or None,
        should=[_condition(each) for each in value.should] or None,
    )


def _condition(condition: Condition) -> models.Condition:
    match condition:
        case Match(field, (one,)):
            return models.FieldCondition(key=field, match=models.MatchValue(value=one))
        case Match(field, values):
            return models.FieldCondition(key=field, match=models.MatchAny(any=list(values)))
        case Range(field):
            return models.FieldCondition(key=field, range=_range(condition))
        case HasId(ids):
            return models.HasIdCondition(has_id=list(ids))
        case IsEmpty(field):
            return models.IsEmptyCondition(is_empty=models.PayloadField(key=field))
        case _:
            assert_never(condition)


def _range(value: Range) -> Any:
    bounds = {"gt": value.gt, "gte": value.gte, "lt": value.lt, "lte": value.lte}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    if not given:
        raise ValueError(f"a range of {value.field!r} needs a bound")
    times = [isinstance(bound, datetime) for bound in given.values()]
    if all(times):
        return models.DatetimeRange(**given)
    if any(times):
        raise ValueError(f"a range of {value.field!r} mixes numbers and times")
    return models.Range(**given)
