"""Completes frames by the letter of the specification: paths, errors, nulls that bubble.

It walks what was already fetched, so no resolver and no statement runs twice. Types of errors,
messages and positions are those of graphql-core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLError,
    GraphQLOutputType,
    Undefined,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    located_error,
)
from graphql.execution.executor import CollectedErrors, Executor
from graphql.pyutils import Path, is_iterable

from gateway.executor import codegen
from gateway.executor.frames import Frame, Resolved
from gateway.executor.leaves import native
from gateway.executor.plan import How, PlannedField, Selection

if TYPE_CHECKING:
    from collections.abc import Sequence


def complete(root: Frame) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """The data of an operation and its errors."""
    return _Exact().data(root)


def nulls_all(root: Frame, field: PlannedField, resolved: Resolved) -> bool:
    """Whether what was fetched for a root field leaves nothing of the answer."""
    try:
        _Exact().field(root, 0, field, resolved, None)
    except GraphQLError:
        return True
    return False


class _Exact:
    """One completion."""

    def __init__(self) -> None:
        self._errors = CollectedErrors()
        self._beside: dict[tuple[int, int], Frame] = {}

    def data(self, root: Frame) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
        data: dict[str, Any] | None = None
        try:
            data = self._object(root, 0, None)
        except GraphQLError as error:
            self._errors.add(error, None)
        return data, self._errors.errors

    def _object(
        self, frame: Frame, index: int, path: Path | None, asked: Selection | None = None
    ) -> dict[str, Any]:
        """An object; `asked` when the frame is of another field's equal selection."""
        selection = asked or frame.selection
        resolved = dict(zip(map(id, selection.fetches), frame.fields, strict=True))
        return {
            field.key: self.field(frame, index, field, resolved.get(id(field)), path)
            for field in selection.fields
        }

    def field(
        self, frame: Frame, index: int, field: PlannedField, at: Resolved | None, path: Path | None
    ) -> Any:
        """The value of a field for one source, `at` being what was fetched for it."""
        here = Path(path, field.key, frame.selection.object_type.name)
        try:
            if field.how is How.JOINED:
                entry = None if _raw(frame, field, index) in (None, False) else index
                return self._value(field.type, field, entry, self._joined(frame, field), here)
            if at is None:
                return self._value(field.type, field, _raw(frame, field, index), {}, here)
            entry = _entry(field, at.number_entries(), frame.rows[index], index)
            return self._value(field.type, field, entry, at.frames, here)
        except Exception as error:  # noqa: BLE001 - whatever a value raises is the field's error
            self._failed(error, field.type, field, here)
            return None

    def _joined(self, frame: Frame, field: PlannedField) -> dict[str, Frame]:
        """The rows of a frame, seen as those that were read beside."""
        assert field.output is not None
        selection = field.output.only
        key = (id(frame), id(field))
        if key not in self._beside:
            self._beside[key] = Frame(selection, frame.rows, frame.rows)
        return {selection.object_type.name: self._beside[key]}

    def _failed(
        self, raw: Exception, type_: GraphQLOutputType, field: PlannedField, path: Path
    ) -> None:
        error = located_error(raw, field.nodes, path.as_list())
        if is_non_null_type(type_):
            raise error
        self._errors.add(error, path)

    def _value(
        self,
        type_: GraphQLOutputType,
        field: PlannedField,
        entry: Any,
        frames: dict[str, Frame],
        path: Path,
    ) -> Any:
        if isinstance(entry, Exception):
            raise entry
        if is_non_null_type(type_):
            value = self._value(type_.of_type, field, entry, frames, path)
            if value is None:
                raise TypeError(
                    f"Cannot return null for non-nullable field {field.parent_type}.{field.name}."
                )
            return value
        if entry is None or entry is Undefined:
            return None
        if is_list_type(type_):
            return self._list(type_.of_type, field, entry, frames, path)
        if is_leaf_type(type_):
            return Executor.complete_leaf_value(type_, entry)
        if isinstance(entry, tuple):
            name, index = entry
            return self._object(frames[name], index, path)
        (frame,) = frames.values()
        return self._object(frame, entry, path, field.asked)

    def _list(
        self,
        type_: GraphQLOutputType,
        field: PlannedField,
        entries: Sequence[Any],
        frames: dict[str, Frame],
        path: Path,
    ) -> list[Any]:
        if not is_iterable(entries):
            raise GraphQLError(
                "Expected Iterable, but did not find one for field"
                f" '{field.parent_type}.{field.name}'."
            )
        made = []
        for index, entry in enumerate(entries):
            here = Path(path, index, None)
            try:
                value = self._value(type_, field, entry, frames, here)
            except Exception as error:  # noqa: BLE001 - it is the item's error
                self._failed(error, type_, field, here)
                value = None
            made.append(value)
        return made


def _entry(field: PlannedField, entries: Any, row: Any, index: int) -> Any:
    if not field.keyed:
        return entries[index]
    key = tuple(row[place] for place in field.places)
    if any(part is None for part in key):
        return entries.get(None)
    return entries.get(key if len(key) > 1 else key[0])


def _raw(frame: Frame, field: PlannedField, index: int) -> Any:
    """The value as the plain path would have it."""
    selection = frame.selection
    if field.how is How.TYPENAME:
        return selection.object_type.name
    place = field.places[0]
    value = frame.rows[index][place]
    if isinstance(value, Exception):
        raise value
    if field.how is How.GLOBAL_ID:
        assert selection.entity is not None
        return codegen.global_id(selection.entity)(value)
    if selection.rows and value is not None:
        layout = selection.layout
        if codegen.is_text(layout, layout.columns[place]):
            assert layout.entity is not None
            return native(layout.kind(layout.columns[place]), value)
    return value
