"""Rows of other tables that the rows of a frame lead to."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final

from gateway.executor.arguments import arguments_of
from gateway.executor.frames import Frame, Resolved, failed, failed_for
from gateway.executor.keys import as_held, as_read, grouped, keys_of
from gateway.executor.objects import finished
from gateway.executor.reading import Reading
from gateway.executor.waiting import together
from resolvers.plan import Many, One, Root
from resolvers.reads import Rows, allow
from resolvers.resolve import root_key

if TYPE_CHECKING:
    from gateway.executor.plan import PlannedField
    from gateway.executor.run import Run

_NOTHING: Final = range(0)


async def ones(run: Run, frame: Frame, fields: Sequence[PlannedField]) -> list[Resolved]:
    """Rows that keys of some fields name, asked for in one read because it is the same for all.

    A row is shared by all parents that hold its key.
    """
    refused = [_forbidden(run, field) for field in fields]
    keys = [keys_of(frame, field) for field in fields]
    wanted: set[Any] = set()
    for field, held, refusal in zip(fields, keys, refused, strict=True):
        if refusal is None:
            form = as_read(frame, field)
            wanted.update(map(form, held) if form else held)
    rows: Sequence[Any] = []
    if wanted:
        try:
            rows = await _reading_of_one(fields[0]).rows(run, list(wanted))
        except Exception as error:  # noqa: BLE001 - the fields' error where there is a key
            return [
                refusal or failed_for(run, held, error, None)
                for held, refusal in zip(keys, refused, strict=True)
            ]
    below = _Below(run, frame, {row[0]: row for row in rows})
    started = [
        refusal or below.of(field, held)
        for field, held, refusal in zip(fields, keys, refused, strict=True)
    ]
    waiting = [each for each in started if not isinstance(each, Resolved)]
    results = iter(await together(waiting))
    return [each if isinstance(each, Resolved) else next(results) for each in started]


def _reading_of_one(field: PlannedField) -> Reading:
    if field.reading is None:
        layout, target = field.row, field.target
        assert layout is not None
        assert target is not None
        asked = Rows(target, tuple(layout.columns[1:]), layout.columns[0])
        field.reading = Reading(field, asked)
    return field.reading


class _Below:
    """Gives fields the rows that one read found for all of them."""

    def __init__(self, run: Run, frame: Frame, found: dict[Any, Any]) -> None:
        self._run = run
        self._frame = frame
        self._found = found
        self._made: dict[Any, Resolved] = {}

    def of(self, field: PlannedField, keys: list[Any]) -> Resolved | Coroutine[Any, Any, Resolved]:
        """The rows of one field; those of its own keys when more is fetched below them."""
        assert field.output is not None
        form = as_held(self._frame, field)
        if field.output.only.fetches:
            found = self._in_form(form)
            found = {key: found[key] for key in keys if key in found}
            return self._run.below(self._frame, field, found, list(found.values()), dense=True)
        # What asks for the same is completed once.
        same = (id(field.output), form)
        if same not in self._made:
            found = self._in_form(form)
            made = self._run.below(self._frame, field, found, list(found.values()), dense=True)
            assert isinstance(made, Resolved)
            self._made[same] = made
        return self._made[same]

    def _in_form(self, form: Callable[[Any], Any] | None) -> dict[Any, Any]:
        if form is None:
            return self._found
        return {form(key): row for key, row in self._found.items()}


def _forbidden(run: Run, field: PlannedField) -> Resolved | None:
    assert isinstance(field.declaration, One)
    assert field.target is not None
    try:
        allow(run.context, field.target, field.declaration.access, field.declaration.tier)
    except Exception as error:  # noqa: BLE001 - the field's error for every parent
        return failed(run, error)
    return None


async def many(run: Run, frame: Frame, field: PlannedField) -> Resolved:
    """Rows for each key."""
    declared, target, layout = field.declaration, field.target, field.row
    assert isinstance(declared, Many)
    assert target is not None
    assert layout is not None
    try:
        allow(run.context, target, declared.access, declared.tier)
    except Exception as error:  # noqa: BLE001 - the field's error for every parent
        return failed(run, error)
    keys = keys_of(frame, field)
    rows: Sequence[Any] = []
    if keys:
        try:
            rows = await _reading_of_many(field, declared).rows(run, keys)
        except Exception as error:  # noqa: BLE001 - the field's error where there is a key
            return failed_for(run, keys, error, _NOTHING)
    groups = grouped(frame, field, rows)
    entries: dict[Any, range] = dict.fromkeys([*keys, None], _NOTHING)
    ordered: list[Any] = []
    for key in keys:
        group = groups.get(key)
        if group:
            start = len(ordered)
            ordered += group
            entries[key] = range(start, len(ordered))
    return await finished(run.below(frame, field, entries, ordered))


def _reading_of_many(field: PlannedField, declared: Many) -> Reading:
    if field.reading is None:
        layout, target = field.row, field.target
        assert layout is not None
        assert target is not None
        asked = Rows(
            target,
            tuple(layout.columns[1:]),
            declared.remote,
            declared.where,
            target.sorts(declared.order),
            declared.limit,
        )
        field.reading = Reading(field, asked)
    return field.reading


async def root(run: Run, frame: Frame, field: PlannedField) -> Resolved:
    """The row an argument names, or none."""
    declared, target, layout = field.declaration, field.target, field.row
    assert isinstance(declared, Root)
    assert target is not None
    assert layout is not None
    try:
        given = arguments_of(run, field)
        allow(run.context, target, declared.access, declared.tier)
        column, key = root_key(declared, target, given)
        rows = await _reading_of_root(field, column).rows(run, [key])
    except Exception as error:  # noqa: BLE001 - the field's error
        return failed(run, error)
    # A UUID in front is text when the selection shows it as well.
    rows = [row for row in rows if str(row[0]) == str(key)][-1:]
    entries = [0 if rows else None] * len(frame.rows)
    return await finished(run.below(frame, field, entries, rows))


def _reading_of_root(field: PlannedField, column: str) -> Reading:
    """The read by one of the columns that arguments may name."""
    readings = field.kept.readings
    if column not in readings:
        layout, target = field.row, field.target
        assert layout is not None
        assert target is not None
        readings[column] = Reading(field, Rows(target, tuple(layout.columns[1:]), column))
    return readings[column]
