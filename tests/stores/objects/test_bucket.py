"""Objects in a bucket: signed requests, tried again, refused plainly."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import pytest

from stores.errors import StoreRejected, StoreUnavailable
from stores.objects.bucket import BucketObjects, BucketOptions
from stores.objects.opening import objects_url_problem
from stores.objects.store import ObjectDamaged, Objects
from tests.stores.objects.bucket_server import (
    ACCESS_KEY,
    BUCKET,
    REGION,
    SECRET_KEY,
    BucketServer,
    bucket_server,
)


@pytest.fixture
async def bucket() -> AsyncIterator[BucketServer]:
    async with bucket_server() as server:
        yield server


def _objects(server: BucketServer, secret: str = SECRET_KEY, retry_s: float = 5) -> Objects:
    return BucketObjects(
        BucketOptions(
            BUCKET,
            "kept",
            server.url,
            REGION,
            ACCESS_KEY,
            secret,
            retry_s=retry_s,
        )
    )


async def test_keys_are_below_the_prefix_of_the_bucket(bucket: BucketServer) -> None:
    objects = _objects(bucket)
    stored = await objects.put(b"x", prefix="u")
    assert list(bucket.objects) == [f"kept/u/{hashlib.sha256(b'x').hexdigest()}"]
    assert objects.location(stored.key) == f"{bucket.url}/{BUCKET}/kept/{stored.key}"


async def test_a_busy_service_is_asked_again(bucket: BucketServer) -> None:
    bucket.failures = 2
    stored = await _objects(bucket).put(b"x")
    assert bucket.asked == [f"PUT kept/{stored.key}"] * 3


async def test_a_wrong_secret_is_refused_and_not_shown(bucket: BucketServer) -> None:
    objects = _objects(bucket, "not-the-secret")
    with pytest.raises(StoreRejected) as refused:
        await objects.put(b"x")
    assert "not-the-secret" not in str(refused.value)
    with pytest.raises(StoreRejected):
        await objects.get_bytes("u/a")
    assert bucket.objects == {}


async def test_a_service_that_is_away_is_unavailable() -> None:
    async with bucket_server() as server:
        objects = _objects(server, retry_s=0)
    with pytest.raises(StoreUnavailable):
        await objects.info("u/a")


async def test_damaged_bytes_are_found(bucket: BucketServer) -> None:
    objects = _objects(bucket)
    stored = await objects.put(b"right")
    bucket.objects[f"kept/{stored.key}"] = b"wrong"
    with pytest.raises(ObjectDamaged):
        await objects.get_bytes(stored.key)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("file:///var/objects", None),
        ("s3://bucket", None),
        ("s3://bucket/some/prefix?endpoint=https://s3.example.org&region=eu-1", None),
        ("file://host/path", "absolute"),
        ("file:path", "absolute"),
        ("ftp://bucket", "must start with"),
        ("s3:///prefix", "name a bucket"),
        ("s3://key:secret@bucket", "nothing else"),
        ("s3://bucket/../x", "prefix"),
        ("s3://bucket?acl=public", "no parameter acl"),
        ("s3://bucket?endpoint=bucket.example.org", "endpoint"),
    ],
)
def test_urls_are_checked_before_use(url: str, problem: str | None) -> None:
    found = objects_url_problem(url)
    assert found is None if problem is None else problem in (found or "")
