"""One fetch a field and level: the values of one field for all sources of a frame."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from strawberry.schema.schema_converter import get_arguments

from gateway.executor import codegen
from gateway.executor.frames import Frame, PagePlace, Resolved
from gateway.executor.objects import finished, may_wait, settled, sorted_in
from gateway.executor.plan import How, Layout, PlannedField
from resolvers import cursors
from resolvers.connection import PageInfo
from resolvers.paging import PageArguments, page_arguments
from resolvers.permissions import require
from resolvers.plan import Batch, Computed, Many, One, Page, Root
from resolvers.reads import Rows, allow, count_of, read_rows
from resolvers.resolve import frozen, missing_of, root_key
from stores.relational.conditions import both
from stores.relational.keyset import backwards

if TYPE_CHECKING:
    from gateway.executor.run import Fetch, Run

_NOTHING: Final = range(0)
_FIRST: Final = itemgetter(0)


async def one(run: Run, frame: Frame, field: PlannedField) -> Resolved:
    """A row for each key, shared by all parents that hold the key."""
    declared, target, layout = field.declaration, field.target, field.row
    assert isinstance(declared, One)
    assert target is not None
    assert layout is not None
    try:
        allow(run.context, target, declared.access)
    except Exception as error:  # noqa: BLE001 - the field's error for every parent
        return _failed(run, frame, error)
    keys = _keys(frame, field)
    rows: Sequence[Any] = []
    if keys:
        asked = Rows(target, tuple(layout.columns[1:]), layout.columns[0])
        try:
            rows = await _read(run, field, asked, keys)
        except Exception as error:  # noqa: BLE001 - the field's error where there is a key
            return _failed_for(run, keys, error, None)
    found = {row[0]: row for row in rows}
    if field.shared:
        found = {key: found[key] for key in map(_form_of(layout, target), keys) if key in found}
    rows = list(found.values())
    back = _back(frame, field, layout)
    names = found if back is None else map(back, found)
    entries = dict(zip(names, range(len(rows)), strict=True))
    return await finished(run.below(frame, field, entries, rows, dense=True))


async def many(run: Run, frame: Frame, field: PlannedField) -> Resolved:
    """Rows for each key."""
    declared, target, layout = field.declaration, field.target, field.row
    assert isinstance(declared, Many)
    assert target is not None
    assert layout is not None
    try:
        allow(run.context, target, declared.access)
    except Exception as error:  # noqa: BLE001 - the field's error for every parent
        return _failed(run, frame, error)
    keys = _keys(frame, field)
    rows: Sequence[Any] = []
    if keys:
        asked = Rows(
            target,
            tuple(layout.columns[1:]),
            declared.remote,
            declared.where,
            target.sorts(declared.order),
            declared.limit,
        )
        try:
            rows = await _read(run, field, asked, keys)
        except Exception as error:  # noqa: BLE001 - the field's error where there is a key
            return _failed_for(run, keys, error, _NOTHING)
    groups = _grouped(frame, field, rows)
    entries: dict[Any, range] = dict.fromkeys([*keys, None], _NOTHING)
    ordered: list[Any] = []
    for key in keys:
        group = groups.get(key)
        if group:
            start = len(ordered)
            ordered += group
            entries[key] = range(start, len(ordered))
    return await finished(run.below(frame, field, entries, ordered))


async def root(run: Run, frame: Frame, field: PlannedField) -> Resolved:
    """The row an argument names, or none."""
    declared, target, layout = field.declaration, field.target, field.row
    assert isinstance(declared, Root)
    assert target is not None
    assert layout is not None
    try:
        allow(run.context, target, declared.access)
        column, key = root_key(declared, target, _arguments(run, field))
        asked = Rows(target, tuple(layout.columns[1:]), column)
        rows = await _read(run, field, asked, [key])
    except Exception as error:  # noqa: BLE001 - the field's error
        return _failed(run, frame, error)
    # A UUID in front is text when the selection shows it as well.
    rows = [row for row in rows if str(row[0]) == str(key)][-1:]
    entries = [0 if rows else None]
    return await finished(run.below(frame, field, entries, rows))


async def page(run: Run, frame: Frame, field: PlannedField) -> Resolved:
    """A page for each key, or the one of a root field."""
    declared, target = field.declaration, field.target
    assert isinstance(declared, Page)
    assert target is not None
    try:
        allow(run.context, target, declared.access)
        arguments = _page_arguments(run, field, declared)
    except Exception as error:  # noqa: BLE001 - the field's error for every parent
        return _failed(run, frame, error)
    keyed = declared.remote is not None
    keys = _keys(frame, field) if keyed else [None]
    reading = _PageReading(run, field, declared, arguments)
    try:
        groups, counts = await reading.all_of(frame, keys)
    except Exception as error:  # noqa: BLE001 - the field's error where there is a key
        if keyed:
            return await _empty_beside(run, frame, field, keys, error, reading)
        return _failed(run, frame, error)
    rows = [reading.row(groups.get(key, []), counts, key) for key in keys]
    entries: Any = [0]
    if keyed:
        entries = {key: index for index, key in enumerate(keys)}
        if _has_null(frame, field):
            entries[None] = len(rows)
            rows.append(reading.row([], {} if counts is not None else None, None))
    return await finished(
        run.below(frame, field, entries, rows, page=reading.place, dense=not keyed)
    )


async def _empty_beside(
    run: Run,
    frame: Frame,
    field: PlannedField,
    keys: list[Any],
    error: Exception,
    reading: _PageReading,
) -> Resolved:
    """Pages that failed; a parent without key has an empty one all the same."""
    run.surprised = True
    entries: dict[Any, Any] = dict.fromkeys(keys, error)
    entries[None] = 0
    rows = [reading.row([], {}, None)]
    return await finished(run.below(frame, field, entries, rows, page=reading.place))


class _PageReading:
    """Reads the rows and counts of pages, as far as they are selected."""

    def __init__(
        self, run: Run, field: PlannedField, declared: Page, arguments: PageArguments
    ) -> None:
        assert field.target is not None
        assert field.row is not None
        self._run = run
        self._field = field
        self._declared = declared
        self._arguments = arguments
        self._target = field.target
        self._layout = field.row
        self._wish = _wish(field)
        self._extra: list[str] = []
        places = [self._place(sort.column) for sort in arguments.order] if self._cursors else []
        self.place = PagePlace(field.target, arguments, tuple(places))

    @property
    def _cursors(self) -> bool:
        return "cursor" in self._wish or "pageInfo" in self._wish

    def _place(self, column: str) -> int:
        held = [*self._layout.columns, *self._extra]
        if column not in held:
            self._extra.append(column)
            held.append(column)
        return held.index(column)

    async def all_of(
        self, frame: Frame, keys: list[Any]
    ) -> tuple[dict[Any, list[Any]], dict[Any, Any] | None]:
        """Rows by key, and counts by key or the error that stands for them; None when unasked."""
        if not keys:
            return {}, {} if "totalCount" in self._wish else None
        if "totalCount" not in self._wish:
            return await self._rows(frame, keys), None
        if self._wish == {"totalCount"}:
            return {}, await self._counts(frame, keys)
        groups, counts = await asyncio.gather(
            self._rows(frame, keys), self._counts(frame, keys), return_exceptions=True
        )
        if isinstance(groups, BaseException):
            raise groups
        if isinstance(counts, BaseException):
            raise counts
        return groups, counts

    async def _rows(self, frame: Frame, keys: list[Any]) -> dict[Any, list[Any]]:
        if not self._wish & {"nodes", "edges", "pageInfo"}:
            return {}
        arguments, declared = self._arguments, self._declared
        order = backwards(arguments.order) if arguments.backward else arguments.order
        held = self._layout.columns[1:] if declared.remote is not None else self._layout.columns
        asked = Rows(
            self._target,
            (*held, *self._extra),
            declared.remote,
            both(arguments.where, arguments.between),
            order,
            # One more row tells whether the list goes on.
            arguments.limit + 1,
        )
        rows = await _read(self._run, self._field, asked, keys if declared.remote else None)
        if declared.remote is None:
            return {None: list(rows)}
        return _grouped(frame, self._field, rows)

    async def _counts(self, frame: Frame, keys: list[Any]) -> dict[Any, Any]:
        declared = self._declared
        asked = Rows(self._target, (), declared.remote, self._arguments.where)
        try:
            rows = await _read(
                self._run, self._field, asked, keys if declared.remote else None, counting=True
            )
        except Exception as error:  # noqa: BLE001 - only the counts fail
            self._run.surprised = True
            return dict.fromkeys(keys, error)
        if declared.remote is None:
            return {None: count_of(rows[0][0])}
        back = _back(frame, self._field, self._layout) or (lambda key: key)
        return {back(row[0]): count_of(row[1]) for row in rows}

    def row(self, found: list[Any], counts: dict[Any, Any] | None, key: Any) -> tuple[Any, ...]:
        """A connection: its rows, where they lie, how many there are."""
        arguments = self._arguments
        more = len(found) > arguments.limit
        rows = found[: arguments.limit]
        if arguments.backward:
            rows.reverse()
        info = self._page_info(rows, more) if "pageInfo" in self._wish else None
        count = None
        if counts is not None:
            count = counts.get(key)
            count = count_of(0) if count is None else count
        return (rows, info, count)

    def _page_info(self, rows: list[Any], more: bool) -> PageInfo:
        arguments = self._arguments
        return PageInfo(
            has_next_page=arguments.before is not None if arguments.backward else more,
            has_previous_page=more if arguments.backward else arguments.after is not None,
            start_cursor=self._cursor(rows[0]) if rows else None,
            end_cursor=self._cursor(rows[-1]) if rows else None,
        )

    def _cursor(self, row: Any) -> str:
        values = [row[place] for place in self.place.places]
        return cursors.encode(self._target.table.source, self._arguments.order, values)


async def batch(run: Run, frame: Frame, field: PlannedField) -> Resolved:
    """What the declared function finds for all keys of the level."""
    declared, entity = field.declaration, frame.selection.entity
    assert isinstance(declared, Batch)
    assert entity is not None
    try:
        require(run.context.viewer, declared.access or entity.table.access)
        given = _arguments(run, field)
    except Exception as error:  # noqa: BLE001 - the field's error for every parent
        return _failed(run, frame, error)
    keys = _keys(frame, field)
    found: Mapping[Any, Any] = {}
    if keys:
        try:
            if field.shared:
                identity = ("batch", declared, frozen(given))
                found = await run.shared(
                    identity, keys, lambda every: declared.function(run.context, every, **given)
                )
            else:
                found = await declared.function(run.context, keys, **given)
        except Exception as error:  # noqa: BLE001 - the field's error where there is a key
            return await _with_missing(run, frame, field, dict.fromkeys(keys, error))
    return await _with_missing(
        run,
        frame,
        field,
        {key: found[key] if key in found else missing_of(declared) for key in keys},
    )


async def _with_missing(
    run: Run, frame: Frame, field: PlannedField, values: dict[Any, Any]
) -> Resolved:
    assert isinstance(field.declaration, Batch)
    values[None] = missing_of(field.declaration)
    return await _of_values(run, frame, field, values)


async def direct(run: Run, frame: Frame, field: PlannedField) -> Resolved:
    """A function of each object."""
    assert field.strawberry is not None
    resolver = field.strawberry.base_resolver
    assert resolver is not None
    declared = field.declaration
    if isinstance(declared, Computed) and declared.access is not None:
        try:
            require(run.context.viewer, declared.access)
        except Exception as error:  # noqa: BLE001 - the field's error for every parent
            return _failed(run, frame, error)
    values = []
    for source in _instances(frame):
        try:
            values.append(resolver(source))
        except Exception as error:  # noqa: BLE001 - this object's error
            values.append(error)
    return await _of_values(run, frame, field, values)


async def wrapped(run: Run, frame: Frame, field: PlannedField) -> Resolved:
    """Strawberry's own resolver of the field, with all its wrappers."""
    executor = run.executor()
    resolve = field.definition.resolve or executor.field_resolver
    values = []
    for source, path in zip(_instances(frame), _paths(frame), strict=True):
        try:
            info = executor.build_resolve_info(
                field.definition,
                field.nodes,
                field.parent_type,
                Path(path, field.key, field.parent_type.name),
            )
            values.append(resolve(source, info, **_raw_arguments(run, field)))
        except Exception as error:  # noqa: BLE001 - this object's error
            values.append(error)
    return await _of_values(run, frame, field, values)


async def _of_values(
    run: Run, frame: Frame, field: PlannedField, values: list[Any] | dict[Any, Any]
) -> Resolved:
    """Values of a field, awaited where need be, as entries."""
    plain = list(values.values()) if isinstance(values, dict) else values
    if may_wait(plain, field.output.depth if field.output else 1):
        plain = await settled(plain)
        values = dict(zip(values, plain, strict=True)) if isinstance(values, dict) else plain
    if any(isinstance(value, Exception) for value in plain):
        run.surprised = True
    if field.output is None:
        return Resolved(values)
    return await finished(sorted_in(run, frame, field, values))


def _keys(frame: Frame, field: PlannedField) -> list[Any]:
    """Distinct keys of the parents, in their order; none that holds a null."""
    if len(field.places) == 1:
        place = field.places[0]
        keys = dict.fromkeys([row[place] for row in frame.rows])
        keys.pop(None, None)
        return list(keys)
    tuples = dict.fromkeys(tuple(row[place] for place in field.places) for row in frame.rows)
    return [key for key in tuples if None not in key]


def _has_null(frame: Frame, field: PlannedField) -> bool:
    place = field.places[0]
    return any(row[place] is None for row in frame.rows)


def _back(frame: Frame, field: PlannedField, layout: Layout) -> Any:
    """Turns a key of the rows read into the form the parents hold it in; None when it is."""
    assert field.target is not None
    theirs = codegen.is_text(layout, layout.columns[0])
    parent = frame.selection
    ours = parent.rows and codegen.is_text(parent.layout, parent.layout.columns[field.places[0]])
    if theirs == ours or field.target.kind(layout.columns[0]) != "uuid":
        return None
    return UUID if theirs else str


def _form_of(layout: Layout, target: Any) -> Any:
    """Turns a key of a parent into the form of the rows read."""
    if target.kind(layout.columns[0]) != "uuid":
        return lambda key: key
    return str if codegen.is_text(layout, layout.columns[0]) else _uuid


def _uuid(key: Any) -> UUID:
    return key if isinstance(key, UUID) else UUID(str(key))


def _grouped(frame: Frame, field: PlannedField, rows: Sequence[Any]) -> dict[Any, list[Any]]:
    """Rows by key in the parents' form; each key's rows keep their order."""
    assert field.row is not None
    groups: dict[Any, list[Any]] = {}
    for key, group in groupby(rows, _FIRST):
        if key in groups:
            groups[key].extend(group)
        else:
            groups[key] = list(group)
    back = _back(frame, field, field.row)
    return groups if back is None else {back(key): group for key, group in groups.items()}


async def _read(
    run: Run, field: PlannedField, asked: Rows, keys: list[Any] | None, counting: bool = False
) -> Sequence[Any]:
    texts = _texts(field, asked)
    if counting:
        texts = tuple(name for name in texts if name == asked.remote)
    if keys is None or not field.shared:
        return await read_rows(run.context, asked, keys, counting=counting, texts=texts)
    identity = (asked, texts, counting)
    return await run.shared(  # type: ignore[no-any-return]
        identity,
        keys,
        lambda every: read_rows(run.context, asked, every, counting=counting, texts=texts),
    )


def _texts(field: PlannedField, asked: Rows) -> tuple[str, ...]:
    """Columns to be read as text."""
    layout = field.row
    assert layout is not None
    names = dict.fromkeys((*layout.columns, *asked.columns))
    return tuple(name for name in names if codegen.is_text(layout, name))


def _failed(run: Run, frame: Frame, error: Exception) -> Resolved:
    """A field that failed for every parent."""
    run.surprised = True
    return Resolved(_Always(error, len(frame.rows)))


class _Always(dict[Any, Any]):
    """The same entry for every key and every index."""

    def __init__(self, entry: Any, length: int) -> None:
        super().__init__()
        self._entry = entry

    def __missing__(self, key: Any) -> Any:
        return self._entry

    def get(self, key: Any, default: Any = None) -> Any:
        return self._entry


def _failed_for(run: Run, keys: list[Any], error: Exception, otherwise: Any) -> Resolved:
    """A field that failed for parents with a key."""
    run.surprised = True
    entries: dict[Any, Any] = dict.fromkeys(keys, error)
    entries[None] = otherwise
    return Resolved(entries)


def _raw_arguments(run: Run, field: PlannedField) -> dict[str, Any]:
    if not field.definition.args and not field.details[0].node.arguments:
        return {}
    return get_argument_values(field.definition, field.details[0].node, run.variables)


def _arguments(run: Run, field: PlannedField) -> dict[str, Any]:
    """Arguments of a declared field, as Strawberry gives them to resolvers."""
    if not field.definition.args:
        return {}
    if field.static and "arguments" in field.cache:
        return dict(field.cache["arguments"])
    assert field.strawberry is not None
    schema: Any = run.executor().schema
    converter = schema._strawberry_schema.schema_converter
    given = get_arguments(
        field=field.strawberry,
        source=None,
        info=None,  # type: ignore[arg-type]  # only resolvers of Strawberry's own take it
        kwargs=_raw_arguments(run, field),
        config=converter.config,
        scalar_registry=converter.scalar_registry,
    )[1]
    if field.static:
        field.cache["arguments"] = given
    return dict(given)


def _page_arguments(run: Run, field: PlannedField, declared: Page) -> PageArguments:
    held: PageArguments | None = field.cache.get("page") if field.static else None
    if held is None:
        assert field.target is not None
        held = page_arguments(declared, field.target, _arguments(run, field))
        if field.static:
            field.cache["page"] = held
    return held


def _wish(field: PlannedField) -> set[str]:
    """Which fields of a connection are selected, and `cursor` when edges ask for it."""
    held: set[str] | None = field.cache.get("wish")
    if held is None:
        assert field.output is not None
        held = set()
        for each in field.output.only.fields:
            held.add(each.name)
            if each.name == "edges":
                assert each.output is not None
                held |= {"cursor"} & {below.name for below in each.output.only.fields}
        held.discard("__typename")
        field.cache["wish"] = held
    return held


def _instances(frame: Frame) -> Sequence[Any]:
    """The objects resolvers get: themselves, or made of the rows they were read as."""
    selection = frame.selection
    if not selection.rows:
        return frame.sources
    entity = selection.entity
    assert entity is not None
    slots = tuple(map(entity.slot, selection.layout.columns))
    width = len(slots)
    return [entity.build(slots, row[:width]) for row in frame.rows]


def _paths(frame: Frame) -> list[Path | None]:
    """For each source the first place in the answer it is at."""
    if frame.above is None:
        return [None] * len(frame.sources)
    parents, field, entries = frame.above
    above = _paths(parents)
    found: dict[int, Path] = {}
    name = frame.selection.object_type.name

    def visit(entry: Any, path: Path) -> None:
        if isinstance(entry, tuple):
            if entry[0] == name:
                found.setdefault(entry[1], path)
        elif isinstance(entry, int):
            found.setdefault(entry, path)
        elif isinstance(entry, list | range):
            for index, item in enumerate(entry):
                visit(item, Path(path, index, None))

    for index, start in enumerate(above):
        here = Path(start, field.key, field.parent_type.name)
        if field.keyed:
            row = parents.rows[index]
            key = tuple(row[place] for place in field.places)
            visit(entries.get(key if len(key) > 1 else key[0]), here)
        else:
            visit(entries[index], here)
    return [found.get(index) for index in range(len(frame.sources))]


FETCHES: Final[Mapping[How, Fetch]] = {
    How.ONE: one,
    How.MANY: many,
    How.ROOT: root,
    How.PAGE: page,
    How.BATCH: batch,
    How.DIRECT: direct,
    How.WRAPPED: wrapped,
}
