"""Vector search against Qdrant."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar
from uuid import UUID

from stores.qdrant import driver
from stores.qdrant.filters import Filter

if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterator,
        Awaitable,
        Callable,
        Iterable,
        Iterator,
        Mapping,
        Sequence,
    )

    Vector = Sequence[float]

_T = TypeVar("_T")
_CHUNK: Final = 256
# Searches a request: each request has the whole time limit, which is short so that a store that
# hangs is noticed soon.
_SEARCHES: Final = 32


@dataclass(frozen=True, slots=True)
class Hit:
    """A point found by a search.

    Attributes:
        id: the Postgres id it belongs to.
        score: similarity; for cosine -1..1, more is nearer.
        payload: what was stored with it.
    """

    id: str
    score: float
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    """A point as stored.

    Attributes:
        id: UUID in text form.
        vector: None where it was not asked for.
        payload: JSON values by field.
    """

    id: str
    vector: Sequence[float] | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class QdrantOptions:
    """Limits of one client; times in seconds.

    Attributes:
        command_timeout_s: longest read when the caller gives no deadline or a later one.
        write_timeout_s: longest write of one chunk of points.
        pool_size: connections at most.
    """

    command_timeout_s: float = 1.0
    write_timeout_s: float = 10.0
    pool_size: int = 20


class Qdrant:
    """Collections behind their aliases, all under one prefix; healed when the server returns."""

    __slots__ = ("_client", "_options", "_prefix")

    def __init__(self, url: str, options: QdrantOptions | None = None, *, prefix: str = "") -> None:
        self._options = options or QdrantOptions()
        self._prefix = prefix
        self._client = driver.open_client(
            url, timeout_s=self._options.write_timeout_s, pool_size=self._options.pool_size
        )

    def name(self, alias: str) -> str:
        """What an alias or collection is called on the server."""
        return f"{self._prefix}{alias}"

    async def search(
        self,
        alias: str,
        vectors: Sequence[Vector],
        *,
        limit: int,
        filter: Filter | None = None,
        min_score: float | None = None,
        deadline: float | None = None,
    ) -> list[list[Hit]]:
        """Nearest points of each vector, nearest first; 32 vectors a request.

        Args:
            alias: collection alias, without prefix.
            vectors: one search each; answers come in the same order.
            limit: hits a search, at most.
            filter: what the hits are limited to.
            min_score: leave out hits below.
            deadline: `time.monotonic()` value after which the answer is of no use.

        Raises:
            StoreError: in one of its kinds.
        """
        if not vectors:
            return []
        return await self._search(
            f"search {alias}",
            alias,
            [(vector, filter) for vector in vectors],
            limit,
            min_score,
            deadline,
        )

    async def similar_to(
        self,
        alias: str,
        ids: Sequence[str | UUID],
        *,
        limit: int,
        filter: Filter | None = None,
        min_score: float | None = None,
        deadline: float | None = None,
    ) -> list[list[Hit]]:
        """Points nearest to points, themselves left out; nothing for a point that is not there."""
        points = await self.by_ids(alias, ids, with_vectors=True, deadline=deadline)
        vectors = {point.id: point.vector for point in points if point.vector is not None}
        base = filter or Filter()
        searches = [(vectors[key], base.without((key,))) for key in map(str, ids) if key in vectors]
        if not searches:
            return [[] for _ in ids]
        found = iter(
            await self._search(f"similar {alias}", alias, searches, limit, min_score, deadline)
        )
        return [next(found) if str(key) in vectors else [] for key in ids]

    async def by_ids(
        self,
        alias: str,
        ids: Sequence[str | UUID],
        *,
        with_vectors: bool = False,
        deadline: float | None = None,
    ) -> list[Point]:
        """The points that are there, in no particular order."""
        if not ids:
            return []

        async def call() -> list[Any]:
            return await self._client.retrieve(
                self.name(alias), list(dict.fromkeys(map(str, ids))), with_vectors=with_vectors
            )

        limit_s = self._options.command_timeout_s
        records = await self._run(f"by_ids {alias}", call, limit_s, deadline, again=True)
        return [Point(str(each.id), each.vector, each.payload or {}) for each in records]

    async def points(
        self,
        alias: str,
        *,
        filter: Filter | None = None,
        with_vectors: bool = True,
        page: int = 256,
        deadline: float | None = None,
    ) -> AsyncIterator[Point]:
        """Every point of a collection, or each that passes a filter, in the order of the ids.

        Points written meanwhile may or may not be among them.

        Args:
            alias: collection alias, without prefix.
            filter: which points; None for all of them.
            with_vectors: whether their vectors come along.
            page: points asked for at once.
            deadline: `time.monotonic()` value after which the next page is of no use.
        """
        condition = driver.to_filter(filter)
        following: Any = None
        while True:

            async def call(start: Any = following) -> Any:
                return await self._client.scroll(
                    self.name(alias),
                    scroll_filter=condition,
                    limit=page,
                    offset=start,
                    with_payload=True,
                    with_vectors=with_vectors,
                )

            limit_s = self._options.write_timeout_s
            name = f"points {alias}"
            records, following = await self._run(name, call, limit_s, deadline, again=True)
            for each in records:
                yield Point(str(each.id), each.vector, each.payload or {})
            if following is None:
                return

    async def upsert(
        self, alias: str, points: Iterable[Point], *, deadline: float | None = None
    ) -> int:
        """Store points, replacing those with the same id; how many. Safe to repeat."""
        count = 0
        for chunk in _chunks(points, _CHUNK):
            structs = [
                driver.models.PointStruct(
                    id=p.id, vector=list(p.vector or ()), payload=dict(p.payload)
                )
                for p in chunk
            ]

            async def call(structs: list[Any] = structs) -> object:
                return await self._client.upsert(self.name(alias), structs, wait=True)

            limit_s = self._options.write_timeout_s
            await self._run(f"upsert {alias}", call, limit_s, deadline, again=True)
            count += len(structs)
        return count

    async def delete(
        self, alias: str, ids: Sequence[str | UUID], *, deadline: float | None = None
    ) -> None:
        """Remove points; those that are not there are no error."""
        selector = driver.models.PointIdsList(points=[str(key) for key in ids])

        async def call() -> object:
            return await self._client.delete(self.name(alias), selector, wait=True)

        limit_s = self._options.write_timeout_s
        await self._run(f"delete {alias}", call, limit_s, deadline, again=True)

    async def delete_matching(
        self, alias: str, filter: Filter, *, deadline: float | None = None
    ) -> None:
        """Remove all points that pass a filter.

        Raises:
            ValueError: the filter has no conditions, so that all points would pass.
        """
        condition = driver.to_filter(filter)
        if condition is None or filter == Filter():
            raise ValueError("a filter without conditions would remove every point")
        selector = driver.models.FilterSelector(filter=condition)

        async def call() -> object:
            return await self._client.delete(self.name(alias), selector, wait=True)

        limit_s = self._options.write_timeout_s
        await self._run(f"delete {alias}", call, limit_s, deadline, again=True)

    async def count(
        self, alias: str, *, filter: Filter | None = None, deadline: float | None = None
    ) -> int:
        """Number of points, or of those that pass a filter."""
        condition = driver.to_filter(filter)

        async def call() -> int:
            return (await self._client.count(self.name(alias), condition, exact=True)).count

        limit_s = self._options.command_timeout_s
        return await self._run(f"count {alias}", call, limit_s, deadline, again=True)

    async def version(self, *, deadline: float | None = None) -> str:
        """The server's version, such as `1.17.0`."""

        async def call() -> str:
            return (await self._client.info()).version

        return await self._run(
            "version", call, self._options.command_timeout_s, deadline, again=True
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def _search(
        self,
        operation: str,
        alias: str,
        searches: Sequence[tuple[Vector, Filter | None]],
        limit: int,
        min_score: float | None,
        deadline: float | None,
    ) -> list[list[Hit]]:
        answers: list[Any] = []
        for batch in _chunks(searches, _SEARCHES):

            async def call(batch: list[tuple[Vector, Filter | None]] = batch) -> list[Any]:
                requests = [
                    driver.models.QueryRequest(
                        query=list(vector),
                        filter=driver.to_filter(limited_to),
                        limit=limit,
                        with_payload=True,
                        score_threshold=min_score,
                    )
                    for vector, limited_to in batch
                ]
                return await self._client.query_batch_points(self.name(alias), requests)

            limit_s = self._options.command_timeout_s
            answers += await self._run(operation, call, limit_s, deadline, again=True)
        return [
            [Hit(str(point.id), point.score, point.payload or {}) for point in answer.points]
            for answer in answers
        ]

    async def _run(
        self,
        name: str,
        call: Callable[[], Awaitable[_T]],
        limit_s: float,
        deadline: float | None,
        again: bool,
    ) -> _T:
        try:
            return await _bounded(call, limit_s, deadline)
        except driver.DRIVER_ERRORS as error:
            if not (again and driver.is_lost(error)):
                raise driver.translate(name, error) from error
        try:
            return await _bounded(call, limit_s, deadline)
        except driver.DRIVER_ERRORS as error:
            raise driver.translate(name, error) from error


async def _bounded(call: Callable[[], Awaitable[_T]], limit_s: float, deadline: float | None) -> _T:
    seconds = limit_s if deadline is None else min(limit_s, deadline - time.monotonic())
    if seconds <= 0:
        raise TimeoutError
    async with asyncio.timeout(seconds):
        return await call()


def _chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
