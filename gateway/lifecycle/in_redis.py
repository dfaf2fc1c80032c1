"""A person in Redis: keys whose names hold one of their ids, and members that are such ids."""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from stores.redis.client import Redis
from stores.redis.keys import KeyFamily, families

_SCAN: Final = 1_000
_CHUNK: Final = 500
_PARTS: Final = re.compile(r"[:|{}]")


@dataclass(frozen=True, slots=True)
class RedisOf:
    """What Redis holds of a person.

    Attributes:
        redis: the store.
        ids: of the person and of what is theirs, digests of sessions among them.
    """

    redis: Redis
    ids: Collection[str]

    async def names(self) -> AsyncIterator[str]:
        """Keys that are theirs: one walk over all names, in no order."""
        ids = frozenset(self.ids)
        async for name in self.redis.commands.scan_iter(count=_SCAN):
            if not ids.isdisjoint(_PARTS.split(name)):
                yield name

    async def delete(self, names: list[str]) -> None:
        """Delete keys."""
        for chunk in _chunks(names):
            await self.redis.commands.unlink(*chunk)

    async def leave_shared(self) -> int:
        """Take their ids out of rankings, sets, hashes and streams of everybody; how many."""
        total = 0
        for name, family in _shared():
            total += await self._leave(name, family)
        return total

    async def value(self, name: str) -> Any:
        """A value as JSON can hold it; None for a key that is gone by now."""
        commands = self.redis.commands
        match await commands.type(name):
            case "string":
                return await commands.get(name)
            case "hash":
                return await commands.hgetall(name)
            case "set":
                return sorted(await commands.smembers(name))
            case "zset":
                return await commands.zrange(name, 0, -1, withscores=True)
            case "list":
                return await commands.lrange(name, 0, -1)
        return None

    async def _leave(self, name: str, family: KeyFamily) -> int:
        commands, left = self.redis.commands, 0
        match family.structure:
            case "sorted_set":
                for chunk in _chunks(self.ids):
                    left += await commands.zrem(name, *chunk)
            case "set":
                for chunk in _chunks(self.ids):
                    left += await commands.srem(name, *chunk)
            case "hash":
                ids = frozenset(self.ids)
                fields = [
                    field
                    async for field in commands.hscan_iter(name, count=_SCAN, no_values=True)
                    if not ids.isdisjoint(_PARTS.split(field))
                ]
                for chunk in _chunks(fields):
                    left += await commands.hdel(name, *chunk)
            case "stream":
                left += await self._leave_stream(name)
        return left

    async def _leave_stream(self, name: str) -> int:
        commands: Any = self.redis.commands
        left, after = 0, "-"
        ids = frozenset(self.ids)
        while entries := await commands.xrange(name, min=after, count=_SCAN):
            theirs = [key for key, fields in entries if not ids.isdisjoint(fields.values())]
            if theirs:
                left += await commands.xdel(name, *theirs)
            after = f"({entries[-1][0]}"
        return left


def _shared() -> Iterator[tuple[str, KeyFamily]]:
    """Keys that hold something of everybody: their names need nothing that is not declared."""
    for family in families().values():
        if all(place in family.values for place in family.placeholders):
            for chosen in itertools.product(*(family.values[each] for each in family.placeholders)):
                yield family.key(**dict(zip(family.placeholders, chosen, strict=True))), family


def _chunks(items: Collection[str]) -> Iterator[list[str]]:
    listed = list(items)
    for start in range(0, len(listed), _CHUNK):
        yield listed[start : start + _CHUNK]
