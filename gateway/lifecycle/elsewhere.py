"""A person in ClickHouse, Qdrant and the object storage, found by ids that Postgres knew."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from gateway.lifecycle.statements import query
from resolvers.lifecycle.holdings import Elsewhere, Holdings
from stores.clickhouse.client import ClickHouse
from stores.objects.store import Objects
from stores.qdrant.client import Qdrant
from stores.qdrant.filters import Filter, Match

_CHUNK: Final = 500
Subjects = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class SeriesOf:
    """What ClickHouse holds of a person.

    Attributes:
        clickhouse: the store.
        held: which tables there are.
        subjects: ids by kind.
        deadline: `time.monotonic()` value after which the run is cut off.
    """

    clickhouse: ClickHouse
    held: Holdings
    subjects: Subjects
    deadline: float

    async def count(self, place: Elsewhere) -> int:
        """Rows of a table."""
        counting, total = query("count_of", "clickhouse"), 0
        for params in self._params(place):
            rows = await self.clickhouse.fetch(counting, params, deadline=self.deadline)
            number = rows[0][0]
            assert isinstance(number, int)
            total += number
        return total

    async def delete(self, place: Elsewhere) -> None:
        """Delete them for good."""
        deletion = query("delete_of", "clickhouse")
        for params in self._params(place):
            await self.clickhouse.execute(deletion, params, deadline=self.deadline)

    async def lines(self, place: Elsewhere) -> AsyncIterator[bytes]:
        """Rows as JSON, one a line, in pieces that end anywhere."""
        reading = query("rows_of", "clickhouse")
        for params in self._params(place):
            async for piece in self.clickhouse.export(
                reading, params, format="JSONEachRow", deadline=self.deadline
            ):
                yield piece

    def _params(self, place: Elsewhere) -> Iterator[dict[str, object]]:
        for chunk in _chunks(self.subjects.get(place.kind, ())):
            ids = [UUID(each) for each in chunk]
            yield {"table": place.name, "column": place.column, "ids": ids}


@dataclass(frozen=True, slots=True)
class VectorsOf:
    """What Qdrant holds of a person; attributes as of `SeriesOf`."""

    qdrant: Qdrant
    held: Holdings
    subjects: Subjects
    deadline: float

    async def count(self, place: Elsewhere) -> int:
        """Points of a collection."""
        total = 0
        for theirs in self._filters(place):
            total += await self.qdrant.count(place.name, filter=theirs, deadline=self.deadline)
        return total

    async def delete(self, place: Elsewhere) -> None:
        """Delete them."""
        for theirs in self._filters(place):
            await self.qdrant.delete_matching(place.name, theirs, deadline=self.deadline)

    async def payloads(self, place: Elsewhere) -> AsyncIterator[Mapping[str, object]]:
        """Id and payload of each point; the vector only repeats the payload in numbers."""
        for theirs in self._filters(place):
            async for point in self.qdrant.points(
                place.name, filter=theirs, with_vectors=False, deadline=self.deadline
            ):
                yield {"id": point.id, **point.payload}

    def _filters(self, place: Elsewhere) -> Iterator[Filter]:
        for chunk in _chunks(self.subjects.get(place.kind, ())):
            yield Filter(must=(Match(place.column, tuple(chunk)),))


@dataclass(frozen=True, slots=True)
class FilesOf:
    """What the object storage holds of a person; attributes as of `SeriesOf`."""

    objects: Objects
    held: Holdings
    subjects: Subjects

    async def keys(self) -> list[str]:
        """Keys of their files, those in other folders that Postgres knew of among them."""
        found = set(self.subjects.get("object", ()))
        for folder in self.held.folders:
            for user_id in self.subjects["user"]:
                async for each in self.objects.list(folder.format(user_id=user_id)):
                    found.add(each.key)
        return sorted(found)

    async def delete(self, keys: Collection[str]) -> None:
        """Delete files; those that are gone are no error."""
        for key in keys:
            await self.objects.delete(key)


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
