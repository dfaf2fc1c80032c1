"""Where objects are kept, read from one URL."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from stores.objects.bucket import DEFAULT_REGION, BucketObjects, BucketOptions
from stores.objects.disk import DiskObjects
from stores.objects.keys import check_key
from stores.objects.store import Objects

_PARAMETERS: Final = frozenset({"endpoint", "region"})


def objects_url_problem(url: str) -> str | None:
    """Say in one sentence why objects cannot be kept at `url`; None when they can."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return f"is not a URL: {error}"
    if parts.scheme == "file":
        if parts.netloc or not parts.path.startswith("/"):
            return "must be file:/// and an absolute path"
        return None
    if parts.scheme != "s3":
        return f"must start with file:/// or s3://, got {parts.scheme or 'no scheme'}"
    return _bucket_problem(url)


def open_objects(
    url: str, *, access_key: str | None = None, secret_key: str | None = None
) -> Objects:
    """The store at a URL; nothing is connected or created before it is first used.

    Args:
        url: `file:///folder` or `s3://bucket/prefix?endpoint=https://…&region=…`.
        access_key: name of the key pair of a bucket; None takes what the machine's role gives.
        secret_key: its secret half.

    Raises:
        ValueError: `url` is neither.
    """
    problem = objects_url_problem(url)
    if problem is not None:
        raise ValueError(f"the URL of the objects {problem}")
    parts = urlsplit(url)
    if parts.scheme == "file":
        return DiskObjects(Path(unquote(parts.path)))
    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return BucketObjects(
        BucketOptions(
            bucket=parts.netloc,
            prefix=parts.path.strip("/"),
            endpoint=given.get("endpoint"),
            region=given.get("region", DEFAULT_REGION),
            access_key=access_key,
            secret_key=secret_key,
        )
    )


def _bucket_problem(url: str) -> str | None:
    parts = urlsplit(url)
    if not parts.netloc or "@" in parts.netloc or ":" in parts.netloc:
        return "must name a bucket and nothing else after s3://"
    try:
        if parts.path.strip("/"):
            check_key(parts.path.strip("/"))
    except ValueError:
        return "has a prefix that cannot be that of a key"
    given = parse_qs(parts.query, keep_blank_values=True)
    unknown = sorted(set(given) - _PARAMETERS)
    if unknown:
        return f"knows no parameter {unknown[0]}: endpoint and region are all"
    endpoint = urlsplit(given.get("endpoint", ["https://s3.example.org"])[0])
    if endpoint.scheme not in ("http", "https") or not endpoint.hostname:
        return "has an endpoint that is no http or https URL"
    return None
