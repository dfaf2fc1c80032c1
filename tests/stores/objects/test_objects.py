"""What every store of objects does, on a disk and in a bucket."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stores.objects.opening import open_objects
from stores.objects.store import ObjectDamaged, ObjectMissing, Objects
from tests.stores.objects.bucket_server import (
    ACCESS_KEY,
    BUCKET,
    REGION,
    SECRET_KEY,
    BucketServer,
    bucket_server,
)

TEXT = b"date,gain\n2025-01-02,100.00\n"
DIGEST = hashlib.sha256(TEXT).hexdigest()


@pytest.fixture
async def bucket() -> AsyncIterator[BucketServer]:
    async with bucket_server() as server:
        yield server


@pytest.fixture(params=["disk", "bucket"])
def objects(request: pytest.FixtureRequest, tmp_path: Path, bucket: BucketServer) -> Objects:
    return open_objects(
        f"file://{tmp_path}/kept" if request.param == "disk" else _url(bucket),
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
    )


def _url(server: BucketServer) -> str:
    return f"s3://{BUCKET}/kept?endpoint={server.url}&region={REGION}"


async def test_bytes_are_found_under_their_checksum(objects: Objects) -> None:
    stored = await objects.put(TEXT, prefix="reports/u1")
    again = await objects.put(TEXT, prefix="reports/u1")
    assert stored == again
    assert (stored.key, stored.sha256, stored.size) == (f"reports/u1/{DIGEST}", DIGEST, len(TEXT))
    assert await objects.get_bytes(stored.key) == TEXT
    found = await objects.info(stored.key)
    assert found is not None
    assert (found.key, found.size) == (stored.key, len(TEXT))
    assert found.modified_at.tzinfo is not None


async def test_a_stream_and_a_file_are_put_like_bytes(objects: Objects, tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield TEXT[:5]
        yield TEXT[5:]

    file = tmp_path / "some.csv"
    file.write_bytes(TEXT)
    assert (await objects.put(pieces())).key == DIGEST
    assert (await objects.put(file)).key == DIGEST


async def test_more_than_one_part_comes_back_whole_and_in_pieces(objects: Objects) -> None:
    content = bytes(range(256)) * 40_000  # 10 MB
    stored = await objects.put(content)
    pieces = [piece async for piece in objects.get(stored.key)]
    assert b"".join(pieces) == content
    assert len(pieces) > 1


async def test_a_name_is_overwritten_and_checked_when_its_checksum_is_given(
    objects: Objects,
) -> None:
    first = await objects.put_named("archive/2024-01.parquet", b"old")
    second = await objects.put_named("archive/2024-01.parquet", TEXT)
    assert first.key == second.key == "archive/2024-01.parquet"
    assert await objects.get_bytes(first.key, sha256=second.sha256) == TEXT
    with pytest.raises(ObjectDamaged):
        await objects.get_bytes(first.key, sha256=first.sha256)


async def test_empty_content_is_an_object(objects: Objects) -> None:
    stored = await objects.put(b"")
    assert stored.size == 0
    assert await objects.get_bytes(stored.key) == b""
    assert await objects.exists(stored.key)


async def test_lists_are_in_order_and_by_whole_segments(objects: Objects) -> None:
    names = [f"a/{number}/x" for number in range(5)] + ["a/1.csv", "ab/x", "b"]
    for name in names:
        await objects.put_named(name, name.encode())
    assert [each.key async for each in objects.list("a")] == sorted(names)[:6]
    assert [each.key async for each in objects.list()] == sorted(names)
    assert [(each.key, each.size) async for each in objects.list("ab")] == [("ab/x", 4)]
    assert [each async for each in objects.list("nothing")] == []


async def test_what_is_deleted_is_gone_and_may_be_deleted_again(objects: Objects) -> None:
    await objects.put_named("u1/a", b"1")
    await objects.put_named("u2/a", b"2")
    for _ in range(2):
        await objects.delete("u1/a")
    assert not await objects.exists("u1/a")
    assert [each.key async for each in objects.list()] == ["u2/a"]
    with pytest.raises(ObjectMissing):
        await objects.get_bytes("u1/a")


@pytest.mark.parametrize(
    "key", ["", "/a", "a//b", "../a", "a/..", ".unfinished/x", "a b", "ä", "a/", "x" * 513]
)
async def test_keys_that_lead_elsewhere_are_refused(objects: Objects, key: str) -> None:
    for call in (objects.info, objects.delete, objects.get_bytes):
        with pytest.raises(ValueError, match="cannot be the key"):
            await call(key)
    with pytest.raises(ValueError, match="cannot be the key"):
        await objects.put_named(key, b"")


async def test_a_name_may_not_look_like_a_checksum(objects: Objects) -> None:
    with pytest.raises(ValueError, match="content-addressed"):
        await objects.put_named(f"a/{DIGEST}", b"something else")
