"""Vectors in Qdrant against the rows they are made of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from uuid import UUID

from gateway.consistency.comparison import Comparison, fingerprint, merge, portions
from gateway.load.vectors import Vectors
from stores.qdrant.client import Qdrant

_PAGE: Final = 500
# The value locked moves with every look at a protocol and is no part of what a protocol is.
_MOVING: Final = frozenset({"tvl"})


class PointsMirror:
    """Every row that has a vector has its point, and the point says what the row says."""

    def __init__(self, table: str, alias: str, vectors: Vectors, qdrant: Qdrant) -> None:
        self._table = table
        self._alias = alias
        self._vectors = vectors
        self._qdrant = qdrant

    async def compare(self) -> Comparison:
        """Both sides are read in the order of their ids."""
        result = Comparison(self._table, "qdrant", self._alias)
        await merge(result, self._rows(), self._points())
        await self._forgive_wordless(result)
        return result

    async def repair(self, found: Comparison) -> None:
        """Points are made again, or dropped where there is no row."""
        for ids in portions([*found.missing, *found.extra, *found.different], _PAGE):
            await self._vectors.embed(self._alias, [UUID(each) for each in ids])

    async def _rows(self) -> AsyncIterator[tuple[str, int]]:
        async for page in self._vectors.described(self._alias):
            for each in page:
                yield str(each.id), _print(each.payload)

    async def _points(self) -> AsyncIterator[tuple[str, int]]:
        async for point in self._qdrant.points(self._alias, with_vectors=False, page=_PAGE):
            yield point.id, _print(point.payload)

    async def _forgive_wordless(self, result: Comparison) -> None:
        """A row whose text says nothing has no vector, and so is not missing."""
        for ids in portions(result.missing, _PAGE):
            async for page in self._vectors.described(self._alias, [UUID(each) for each in ids]):
                vectors = await self._vectors.vectors(self._alias, [each.text for each in page])
                for each, vector in zip(page, vectors, strict=True):
                    if not any(vector):
                        result.missing.remove(str(each.id))
                        result.expected.add(-_print(each.payload), -1)


def _print(payload: Mapping[str, Any]) -> int:
    return fingerprint({name: payload[name] for name in payload if name not in _MOVING})
