"""Keys that lead from the rows of a frame to the rows of another read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from gateway.executor import codegen

if TYPE_CHECKING:
    from gateway.executor.frames import Frame
    from gateway.executor.plan import PlannedField, Selection

_FIRST: Final = itemgetter(0)
_Form = Callable[[Any], Any]


def keys_of(frame: Frame, field: PlannedField) -> list[Any]:
    """Distinct keys of the parents; none that holds a null."""
    if len(field.places) == 1:
        keys = set(map(itemgetter(field.places[0]), frame.rows))
        keys.discard(None)
        return list(keys)
    tuples = dict.fromkeys(map(itemgetter(*field.places), frame.rows))
    return [key for key in tuples if None not in key]


def has_null(frame: Frame, field: PlannedField) -> bool:
    """Whether some parent has no key."""
    place = field.places[0]
    return any(row[place] is None for row in frame.rows)


def as_read(frame: Frame, field: PlannedField) -> _Form | None:
    """Turns a parent's key into the form of the rows read; None when it is in it already.

    A store writes UUIDs as text unless something needs the object, so the two sides may differ.
    """
    theirs, ours = _forms(frame, field)
    return None if theirs == ours else (str if theirs else UUID)


def as_held(frame: Frame, field: PlannedField) -> _Form | None:
    """Turns a key of the rows read into the form the parents hold; None when it is in it."""
    theirs, ours = _forms(frame, field)
    return None if theirs == ours else (UUID if theirs else str)


def _forms(frame: Frame, field: PlannedField) -> tuple[bool, bool]:
    """Whether the rows read and the parents hold the key as text."""
    if field.kept.forms is None:
        field.kept.forms = _compared(frame.selection, field)
    return field.kept.forms


def _compared(parent: Selection, field: PlannedField) -> tuple[bool, bool]:
    assert field.target is not None
    assert field.row is not None
    column = field.row.columns[0]
    if field.target.kind(column) != "uuid":
        return False, False
    held = parent.layout.columns[field.places[0]]
    ours = parent.rows and codegen.is_text(parent.layout, held)
    return codegen.is_text(field.row, column), ours


def grouped(frame: Frame, field: PlannedField, rows: Sequence[Any]) -> dict[Any, list[Any]]:
    """Rows by key in the parents' form; each key's rows keep their order."""
    groups: dict[Any, list[Any]] = {}
    for key, group in groupby(rows, _FIRST):
        if key in groups:
            groups[key].extend(group)
        else:
            groups[key] = list(group)
    form = as_held(frame, field)
    return groups if form is None else {form(key): group for key, group in groups.items()}
