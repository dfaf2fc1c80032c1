"""Declared reads whose text is made once and whose values are bound call by call.

A compiled operation sends the same read for every request: its shape is known when the operation
is planned, and only keys, the values of conditions and the limit differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from stores.queries import Statement
from stores.relational import clickhouse, postgres
from stores.relational.conditions import Condition, shape_of, values_of
from stores.relational.read import CHUNK, Read, Store, statement

Bound = tuple[Statement, tuple[object, ...]]


class PreparedRead:
    """A read without the values of a call; it may be kept as long as its operation is.

    Attributes:
        statement: of calls with the condition's shape and a limit, or none, as prepared.
    """

    __slots__ = ("_constants", "_dialect", "_read", "_shape", "statement")

    def __init__(self, read: Read) -> None:
        """Prepare a read.

        Args:
            read: its keys are ignored. Its condition holds the declaration's own values, never a
                caller's; calls that pass this very object save the work of looking into it. Its
                limit says whether calls have one.
        """
        self._dialect = postgres if read.source.store == "postgres" else clickhouse
        self._read = replace(read, keys=())
        self._shape = shape_of(read.where)
        self._constants = self._values(read.where)
        self.statement = statement(read)[0]

    @property
    def store(self) -> Store:
        """Which store it is for."""
        return self._read.source.store

    def bind(
        self,
        keys: Sequence[object] = (),
        *,
        where: Condition | None = None,
        limit: int | None = None,
    ) -> Bound:
        """The statement of one call and the values of its parameters, in order.

        A call of another shape than the prepared one is right all the same, only slower.

        Args:
            keys: of a keyed read: distinct, not None, at least one.
            where: the whole condition.
            limit: rows at most; for each key when keyed.
        """
        read = self._read
        if (limit is None) is not (read.limit is None):
            return self._unprepared(keys, where, limit)
        if where is read.where:
            values = self._constants
        elif shape_of(where) == self._shape:
            values = self._values(where)
        else:
            return self._unprepared(keys, where, limit)
        if read.key is not None:
            listed = keys if type(keys) is tuple else tuple(keys)
            values = (self._dialect.value(read.key.kind, True, listed), *values)
        return self.statement, values if limit is None else (*values, limit)

    def bind_all(
        self,
        keys: Sequence[object] = (),
        *,
        where: Condition | None = None,
        limit: int | None = None,
    ) -> Iterator[Bound]:
        """The calls for any number of keys, which go in portions a server takes gladly."""
        for start in range(0, len(keys) or 1, CHUNK):
            yield self.bind(keys[start : start + CHUNK], where=where, limit=limit)

    def _values(self, where: Condition | None) -> tuple[object, ...]:
        return tuple(self._dialect.value(*item) for item in values_of(where))

    def _unprepared(
        self, keys: Sequence[object], where: Condition | None, limit: int | None
    ) -> Bound:
        return statement(replace(self._read, keys=tuple(keys), where=where, limit=limit))
