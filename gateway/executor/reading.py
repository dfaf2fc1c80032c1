"""Declared reads of a plan: their statements are made once, their values come with each request."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Any

from gateway.executor import codegen
from resolvers.plan import COUNT_LIMIT
from resolvers.reads import Rows, owned
from stores.relational.conditions import OwnedBy, both
from stores.relational.prepared import PreparedRead
from stores.relational.read import Join, Key, Read

if TYPE_CHECKING:
    from gateway.executor.plan import Layout, PlannedField
    from gateway.executor.run import Run


class Reading:
    """One read of a field, its statement made.

    Attributes:
        asked: which rows; keys come with each call.
    """

    __slots__ = ("_by_uuid", "_counting", "_owned", "_prepared", "_shared", "_texts", "asked")

    def __init__(self, field: PlannedField, asked: Rows, *, counting: bool = False) -> None:
        """Make the statement; `asked` must hold no values of a caller if this is kept."""
        table = asked.entity.table
        owner = table.owner
        self.asked = asked
        self._counting = counting
        self._shared = field.shared
        self._owned = owner is not None
        self._by_uuid = asked.remote is not None and asked.entity.kind(asked.remote) == "uuid"
        self._texts = _texts(field, asked, counting=counting)
        layout = field.row
        assert layout is not None
        instants = tuple(name for name in self._texts if codegen.is_instant(layout, name))
        # The viewer is a value of the call; here the condition only has its shape.
        shape = None if owner is None else OwnedBy(owner.column, owner.through, None)
        self._prepared = PreparedRead(
            Read(
                source=table.source,
                columns=() if counting else asked.columns,
                where=both(asked.where, shape),
                order=() if counting else asked.order,
                limit=COUNT_LIMIT + 1 if counting else asked.limit,
                key=None
                if asked.remote is None
                else Key(asked.remote, asked.entity.kind(asked.remote)),
                counts=counting,
                texts=tuple(name for name in self._texts if name not in instants),
                instants=instants,
                presences=() if counting else tuple(sorted(layout.presences)),
                joins=() if counting else joins_of(layout),
            )
        )

    async def rows(self, run: Run, keys: Sequence[Any], asked: Rows | None = None) -> Sequence[Any]:
        """Rows of some keys, of the whole relation without any; the viewer's own where owned.

        Equal reads of this turn of the loop are sent together.

        Args:
            run: the execution.
            keys: distinct, none null.
            asked: the same rows with the values of this call, when there are such values.
        """
        asked = asked or self.asked
        if not keys or not self._shared:
            return await self._rows(run, keys, asked)
        if self._by_uuid:
            # Some parents hold it as text, others as an object; asked for twice it comes twice.
            keys = list(map(str, keys))
        shared: Sequence[Any] = await run.shared(
            (asked, self._counting, self._texts), keys, lambda every: self._rows(run, every, asked)
        )
        return shared

    def _rows(self, run: Run, keys: Sequence[Any], asked: Rows) -> Awaitable[Sequence[Any]]:
        where = asked.where
        if self._owned:
            where = both(where, owned(run.context, asked.entity))
        found: Awaitable[Sequence[Any]] = run.context.read_prepared(
            self._prepared,
            keys,
            where=where,
            limit=COUNT_LIMIT + 1 if self._counting else asked.limit,
            as_viewer=self._owned,
        )
        return found


def joins_of(layout: Layout) -> tuple[Join, ...]:
    """The relations that are read beside."""
    return tuple(
        Join(local, target.table.relation, target.table.key)
        for local, target in layout.joins.items()
    )


def _texts(field: PlannedField, rows: Rows, *, counting: bool) -> tuple[str, ...]:
    """Columns to be read as text, the key among them or not."""
    layout = field.row
    assert layout is not None
    if counting:
        key = rows.remote
        return (key,) if key is not None and codegen.is_text(layout, key) else ()
    names = dict.fromkeys((*layout.columns, *rows.columns))
    return tuple(name for name in names if codegen.is_text(layout, name))
