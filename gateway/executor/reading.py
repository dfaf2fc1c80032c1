"""Declared reads of a plan: their statements are made once, their values come with each request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from gateway.executor import codegen
from resolvers.plan import COUNT_LIMIT, Many, Page
from resolvers.reads import Rows, owned
from stores.relational.conditions import Condition, OwnedBy, both
from stores.relational.prepared import PreparedRead
from stores.relational.read import Key, Read

if TYPE_CHECKING:
    from gateway.executor.plan import PlannedField
    from gateway.executor.run import Run

# Readings a field keeps; orderings and columns vary with arguments, values never make another one.
_MOST_KEPT: Final = 8


class Reading:
    """One read of a field: what of it does not change from request to request."""

    __slots__ = ("_entity", "_owned", "_prepared")

    def __init__(self, field: PlannedField, rows: Rows, *, counting: bool) -> None:
        table = rows.entity.table
        owner = table.owner
        self._entity = rows.entity
        self._owned = owner is not None
        texts = _texts(field, rows, counting=counting)
        instants = tuple(name for name in texts if codegen.is_instant(rows.entity, name))
        # The viewer is a value of the call; here the condition only has its shape.
        shape = None if owner is None else OwnedBy(owner.column, owner.through, None)
        self._prepared = PreparedRead(
            Read(
                source=table.source,
                columns=() if counting else rows.columns,
                where=both(rows.where, shape),
                order=() if counting else rows.order,
                limit=COUNT_LIMIT + 1 if counting else rows.limit,
                key=None
                if rows.remote is None
                else Key(rows.remote, rows.entity.kind(rows.remote)),
                counts=counting,
                texts=tuple(name for name in texts if name not in instants),
                instants=instants,
            )
        )

    async def rows(
        self, run: Run, keys: Sequence[Any], where: Condition | None, limit: int | None
    ) -> Sequence[Any]:
        """Rows of some keys, of the whole relation without any; the viewer's own where owned."""
        if self._owned:
            where = both(where, owned(run.context, self._entity))
        found: Sequence[Any] = await run.context.read_prepared(
            self._prepared, keys, where=where, limit=limit, as_viewer=self._owned
        )
        return found


async def read(
    run: Run,
    field: PlannedField,
    rows: Rows,
    keys: list[Any] | None,
    *,
    counting: bool = False,
) -> Sequence[Any]:
    """Rows of a declared read, sent together with equal reads of this turn of the loop."""
    reading = _kept(field, rows, counting=counting)
    limit = COUNT_LIMIT + 1 if counting else rows.limit
    if keys is None or not field.shared:
        return await reading.rows(run, keys or (), rows.where, limit)
    shared: Sequence[Any] = await run.shared(
        (rows, counting, _texts(field, rows, counting=counting)),
        keys,
        lambda every: reading.rows(run, every, rows.where, limit),
    )
    return shared


def _kept(field: PlannedField, rows: Rows, *, counting: bool) -> Reading:
    """The reading of a field, made when it is first needed in this form."""
    kept: dict[Any, Reading] = field.cache.setdefault("readings", {})
    form = (rows.columns, rows.remote, rows.order, rows.limit is None, counting)
    reading = kept.get(form)
    if reading is None:
        reading = Reading(field, rows, counting=counting)
        # A plan must not keep values of somebody's variables.
        if len(kept) < _MOST_KEPT and (field.static or rows.where is _declared(field)):
            kept[form] = reading
    return reading


def _declared(field: PlannedField) -> Condition | None:
    declared = field.declaration
    return declared.where if isinstance(declared, Many | Page) else None


def _texts(field: PlannedField, rows: Rows, *, counting: bool) -> tuple[str, ...]:
    """Columns to be read as text, the key among them or not."""
    layout = field.row
    assert layout is not None
    if counting:
        key = rows.remote
        return (key,) if key is not None and codegen.is_text(layout, key) else ()
    names = dict.fromkeys((*layout.columns, *rows.columns))
    return tuple(name for name in names if codegen.is_text(layout, name))
