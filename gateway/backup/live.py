"""What is true now (Redis) and what is alike (Qdrant), item by item."""

from __future__ import annotations

import time
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable
from importlib import resources
from typing import Any, Final

from gateway.backup.manifest import ItemsCopy
from gateway.backup.packing import lines, packed, unpacked, values
from gateway.backup.shelf import Shelf
from stores.migrate.qdrant import parse_collections
from stores.qdrant.client import Point, Qdrant
from stores.redis.client import Redis

_COLLECTION_S: Final = 3_600.0


class _Counted:
    """Values that pass, counted."""

    def __init__(self, values: AsyncIterator[Any]) -> None:
        self._values = values
        self.count = 0

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for value in self._values:
            self.count += 1
            yield value


async def copy_keys(
    redis: Redis, shelf: Shelf, name: str, report: Callable[[str], None]
) -> ItemsCopy:
    """Copy every key of the database, as the server itself writes values."""
    counted = _Counted(_keys(redis))
    file = await shelf.add(f"{name}/redis/keys.jsonl.zst", packed(lines(counted)))
    report(f"redis: {counted.count:,} keys")
    return ItemsCopy("keys", counted.count, file)


async def _keys(redis: Redis) -> AsyncIterator[Any]:
    async for key in redis.all_keys():
        found = await redis.dump(key)
        if found is not None:
            payload, expires_at_ms = found
            yield {
                "key": key,
                "expires_at_ms": expires_at_ms,
                "value": b64encode(payload).decode(),
            }


async def restore_keys(
    redis: Redis, shelf: Shelf, copy: ItemsCopy, report: Callable[[str], None]
) -> None:
    """Put copied keys back, those that have expired meanwhile left out."""
    put = 0
    async for item in values(unpacked(shelf.read(copy.file))):
        put += await redis.put_dumped(item["key"], b64decode(item["value"]), item["expires_at_ms"])
    report(f"redis: {put:,} keys, {copy.count - put:,} have expired")


async def copy_points(
    qdrant: Qdrant, shelf: Shelf, name: str, report: Callable[[str], None]
) -> tuple[ItemsCopy, ...]:
    """Copy the points of every declared collection, behind its alias."""
    copies = []
    for alias in collections():
        counted = _Counted(_points(qdrant, alias))
        key = f"{name}/qdrant/{alias}.jsonl.zst"
        file = await shelf.add(key, packed(lines(counted)))
        copies.append(ItemsCopy(alias, counted.count, file))
    report(f"qdrant: {sum(copy.count for copy in copies):,} points of {len(copies)} collections")
    return tuple(copies)


async def _points(qdrant: Qdrant, alias: str) -> AsyncIterator[Any]:
    async for point in qdrant.points(alias, deadline=time.monotonic() + _COLLECTION_S):
        yield {"id": point.id, "vector": point.vector, "payload": point.payload}


async def restore_points(
    qdrant: Qdrant, shelf: Shelf, copies: tuple[ItemsCopy, ...], report: Callable[[str], None]
) -> None:
    """Put copied points into collections that are there; others are passed."""
    there = set(collections())
    for copy in copies:
        if copy.name not in there:
            report(f"qdrant: left out, as this version has no such collection: {copy.name}")
            continue
        block: list[Point] = []
        async for item in values(unpacked(shelf.read(copy.file))):
            block.append(Point(item["id"], item["vector"], item["payload"]))
            if len(block) == 1_000:
                await qdrant.upsert(copy.name, block)
                block = []
        await qdrant.upsert(copy.name, block)
    report(f"qdrant: {sum(c.count for c in copies if c.name in there):,} points")


async def point_count(qdrant: Qdrant) -> int:
    """Points in all declared collections."""
    return sum([await qdrant.count(alias) for alias in collections()])


async def remove_points(qdrant: Qdrant) -> None:
    """Remove the points of every declared collection."""
    for alias in collections():
        ids = [point.id async for point in qdrant.points(alias)]
        for start in range(0, len(ids), 1_000):
            await qdrant.delete(alias, ids[start : start + 1_000])


def collections() -> list[str]:
    """Aliases of the declared collections."""
    declared = resources.files("sql") / "qdrant" / "collections.toml"
    return [each.alias for each in parse_collections(declared.read_text(encoding="utf-8"))]
