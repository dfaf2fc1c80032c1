"""Completes frames bottom-up with generated code; leaves by `Surprise` at the first oddity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLOutputType, get_nullable_type, is_list_type, is_non_null_type

from gateway.executor import codegen
from gateway.executor.frames import Frame, Lookup, Resolved
from gateway.executor.leaves import Surprise, completer
from gateway.executor.plan import How, PlannedField


def complete(frame: Frame) -> list[Any]:
    """A struct for each source of a frame.

    Raises:
        Surprise: a value is not what generated code is for.
    """
    selection = frame.selection
    if not frame.rows:
        return []
    if selection.build is None:
        # Not while planning: of an abstract type few of the possible ones ever come.
        codegen.generate(selection)
    lookups = [
        _lookup(field, resolved) if resolved.lookup is None else resolved.lookup
        for field, resolved in zip(selection.fetches, frame.fields, strict=True)
    ]
    assert selection.build is not None
    rows = _of_width(frame)
    if _as_expected(selection.expected, rows):
        try:
            return selection.build(rows, *lookups)
        except Surprise:
            if not selection.rows:
                raise
    if selection.build_guarded is None:
        codegen.generate_guarded(selection)
        assert selection.build_guarded is not None
    return selection.build_guarded(rows, *lookups)


def _of_width(frame: Frame) -> Sequence[Any]:
    """The rows without columns that only an ordering chosen by the caller needed."""
    layout = frame.selection.layout
    width = len(layout.columns)
    if not layout.extensible or not width or len(frame.rows[0]) == width:
        return frame.rows
    return [row[:width] for row in frame.rows]


def _as_expected(expected: tuple[tuple[int, type], ...], rows: Sequence[Any]) -> bool:
    """A column of a store has one type, so its first value tells about all of them."""
    for place, type_ in expected:
        for row in rows:
            value = row[place]
            if value is not None:
                if type(value) is not type_:
                    return False
                break
    return True


def _lookup(field: PlannedField, resolved: Resolved) -> Any:
    entries = resolved.entries
    if field.output is None:
        return _leaves(field, entries)
    if field.output.abstract or field.output.depth > 1:
        built = {name: complete(frame) for name, frame in resolved.frames.items()}
        return _mapped(entries, lambda entry: _deep(field.type, entry, built, resolved))
    (frame,) = resolved.frames.values()
    made = complete(frame)
    if resolved.dense:
        keyed = isinstance(entries, dict)
        resolved.lookup = Lookup(zip(entries, made, strict=True)) if keyed else made
        return resolved.lookup
    if field.output.depth == 0:
        return _mapped(entries, made.__getitem__)
    many: Any = get_nullable_type(field.type)
    required = is_non_null_type(many.of_type)

    def items(entry: Any) -> list[Any]:
        if type(entry) is range:
            return made[entry.start : entry.stop]
        if required and None in entry:
            raise Surprise
        return [None if item is None else made[item] for item in entry]

    return _mapped(entries, items)


def _leaves(field: PlannedField, entries: Any) -> Any:
    if field.how is How.CURSOR:
        return entries
    return _mapped(entries, completer(get_nullable_type(field.type)))


def _mapped(entries: Any, make: Any) -> Any:
    if isinstance(entries, dict):
        return Lookup(
            (key, None if entry is None else make(entry)) for key, entry in entries.items()
        )
    return [None if entry is None else make(entry) for entry in entries]


def _deep(type_: GraphQLOutputType, entry: Any, built: dict[str, list[Any]], at: Resolved) -> Any:
    """A value inside lists of lists, or of an abstract type."""
    if is_non_null_type(type_):
        if entry is None:
            raise Surprise
        type_ = type_.of_type
    if entry is None:
        return None
    if is_list_type(type_):
        return [_deep(type_.of_type, item, built, at) for item in entry]
    if isinstance(entry, tuple):
        name, index = entry
        return built[name][index]
    (objects,) = built.values()
    return objects[entry]
