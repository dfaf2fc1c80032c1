"""Objects from resolvers and functions: sorted into the frames of their types."""

from __future__ import annotations

import asyncio
import functools
import inspect
import operator
from collections.abc import Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, GraphQLObjectType, get_nullable_type, is_list_type
from graphql.execution.executor import invalid_return_type_error
from graphql.pyutils import Path, is_iterable

from gateway.executor.classify import origin_of
from gateway.executor.frames import Frame, Resolved
from gateway.executor.plan import How, Output, PlannedField, Selection
from resolvers import cursors as cursor_texts

if TYPE_CHECKING:
    from gateway.executor.run import Run


def cursors(run: Run, frame: Frame, field: PlannedField) -> Resolved:
    """The cursor of each row of a page."""
    page = frame.page
    assert page is not None
    source, order, places = page.entity.table.source, page.arguments.order, page.places
    return Resolved(
        [cursor_texts.encode(source, order, [row[place] for place in places]) for row in frame.rows]
    )


def same(run: Run, frame: Frame, field: PlannedField) -> Resolved | Coroutine[Any, Any, Resolved]:
    """The rows of a frame themselves, seen as another type: nodes of edges."""
    return run.below(frame, field, range(len(frame.rows)), frame.rows, dense=True)


def children(
    run: Run, frame: Frame, field: PlannedField
) -> Resolved | Coroutine[Any, Any, Resolved]:
    """Objects held in the rows of a frame."""
    place = field.places[0]
    values = [row[place] for row in frame.rows]
    assert field.output is not None
    if field.output.rows:
        return _row_lists(run, frame, field, values)
    if may_wait(values, field.output.depth):
        return _children_later(run, frame, field, values)
    return sorted_in(run, frame, field, values)


async def _children_later(
    run: Run, frame: Frame, field: PlannedField, values: list[Any]
) -> Resolved:
    values = await settled(values)
    return await finished(sorted_in(run, frame, field, values))


async def finished(started: Resolved | Coroutine[Any, Any, Resolved]) -> Resolved:
    """The result of something that may have to wait."""
    return started if isinstance(started, Resolved) else await started


def _row_lists(
    run: Run, frame: Frame, field: PlannedField, values: list[Any]
) -> Resolved | Coroutine[Any, Any, Resolved]:
    rows: list[Any] = []
    entries: list[range] = []
    for value in values:
        start = len(rows)
        rows.extend(value)
        entries.append(range(start, len(rows)))
    return run.below(frame, field, entries, rows)


def sorted_in(
    run: Run, frame: Frame, field: PlannedField, values: Sequence[Any] | dict[Any, Any]
) -> Resolved | Coroutine[Any, Any, Resolved]:
    """Values of a field that leads to objects, which wait for nothing, as frames."""
    assert field.output is not None
    sorter = _Sorter(run, frame, field, field.output)
    entries: Any
    if isinstance(values, dict):
        entries = {key: sorter.entry(value) for key, value in values.items()}
    else:
        entries = [sorter.entry(value) for value in values]
    resolved = Resolved(entries)
    waiting = False
    for name, sources in sorter.sources.items():
        child = object_frame(run, field.output.selections[name], sources)
        child.above = (frame, field, resolved)
        resolved.frames[name] = child
        waiting = waiting or _has_odd_values(child)
    if waiting:
        return _settle_rows(run, resolved)
    return run.completed(resolved)


class _Sorter:
    """Turns values into entries, and collects the objects by type."""

    def __init__(self, run: Run, frame: Frame, field: PlannedField, output: Output) -> None:
        self._run = run
        self._frame = frame
        self._field = field
        self._output = output
        self._classes = {
            name: origin_of(each.object_type) for name, each in output.selections.items()
        }
        self.sources: dict[str, list[Any]] = {name: [] for name in output.selections}
        self._name = "" if output.abstract else next(iter(output.selections))

    def entry(self, value: Any) -> Any:
        return self._entry(value, self._output.depth)

    def _entry(self, value: Any, depth: int) -> Any:
        if value is None:
            return None
        if isinstance(value, Exception):
            return self._odd(value)
        try:
            if depth:
                return self._items(value, depth)
            return self._object(value)
        except Exception as error:  # noqa: BLE001 - it is the value's error
            return self._odd(error)

    def _odd(self, error: Exception) -> Exception:
        self._run.surprised = True
        return error

    def _items(self, value: Any, depth: int) -> Any:
        if type(value) is not list:
            if not is_iterable(value):
                raise GraphQLError(
                    "Expected Iterable, but did not find one for field"
                    f" '{self._field.parent_type}.{self._field.name}'."
                )
            value = list(value)
        if depth == 1 and self._name and set(map(type, value)) <= {self._classes[self._name]}:
            sources = self.sources[self._name]
            start = len(sources)
            sources.extend(value)
            return range(start, len(sources))
        return [self._entry(item, depth - 1) for item in value]

    def _object(self, value: Any) -> Any:
        name = self._name or self._type_name(value)
        if type(value) is not self._classes[name]:
            self._check(self._output.selections[name].object_type, value)
        sources = self.sources[name]
        sources.append(value)
        index = len(sources) - 1
        return (name, index) if self._output.abstract else index

    def _check(self, type_: GraphQLObjectType, value: Any) -> None:
        if type_.is_type_of is None:
            return
        if not type_.is_type_of(value, self._info()):
            raise invalid_return_type_error(type_, value, self._field.details)

    def _type_name(self, value: Any) -> str:
        executor = self._run.executor()
        abstract: Any = get_nullable_type(self._field.type)
        while is_list_type(abstract):
            abstract = get_nullable_type(abstract.of_type)
        info = self._info()
        found = (abstract.resolve_type or executor.type_resolver)(value, info, abstract)
        if inspect.isawaitable(found):
            raise TypeError("types that are resolved asynchronously are not supported")
        return executor.ensure_valid_runtime_type(
            found, abstract, self._field.details, info, value
        ).name

    def _info(self) -> Any:
        field = self._field
        path = Path(None, field.key, field.parent_type.name)
        return self._run.executor().build_resolve_info(
            field.definition, field.nodes, field.parent_type, path
        )


def object_frame(run: Run, selection: Selection, sources: list[Any]) -> Frame:
    """A frame of objects, their attributes read."""
    columns = selection.layout.columns
    if not columns or not sources:
        return Frame(selection, sources, [()] * len(sources))
    entity = selection.entity
    names = [entity.slot(column) for column in columns] if entity else columns
    get = operator.attrgetter(*names)
    try:
        rows = [(get(each),) for each in sources] if len(names) == 1 else list(map(get, sources))
    except Exception:  # noqa: BLE001 - found out one by one which it was
        run.surprised = True
        rows = [tuple(_attribute(each, name) for name in names) for each in sources]
    return Frame(selection, sources, rows)


def _attribute(source: Any, name: str) -> Any:
    try:
        return getattr(source, name)
    except Exception as error:  # noqa: BLE001 - it stands for the value
        return error


def _has_odd_values(frame: Frame) -> bool:
    """Whether attributes hold what has to be awaited or can be read only once."""
    types: set[type] = set()
    for row in frame.rows:
        types.update(map(type, row))
    if any(map(_is_odd, types)):
        return True
    return list in types and any(
        may_wait([row[field.places[0]] for row in frame.rows], 1)
        for field in frame.selection.fields
        if field.how is How.VALUE and is_list_type(get_nullable_type(field.type))
    )


async def _settle_rows(run: Run, resolved: Resolved) -> Resolved:
    for frame in resolved.frames.values():
        values = await settled([list(row) for row in frame.rows])
        frame.rows = [tuple(map(_read_out, row)) for row in values]
    return await finished(run.completed(resolved))


def read_out(values: list[Any]) -> list[Any]:
    """The values, with a list for each that can be read only once: completion may begin again."""
    return list(map(_read_out, values)) if any(map(_is_odd, set(map(type, values)))) else values


def _read_out(value: Any) -> Any:
    if not hasattr(type(value), "__next__"):
        return value
    try:
        return list(value)
    except Exception as error:  # noqa: BLE001 - it stands for the value
        return error


@functools.lru_cache(maxsize=1024)
def _is_odd(type_: type) -> bool:
    return any(hasattr(type_, name) for name in ("__await__", "__aiter__", "__next__"))


def may_wait(values: Iterable[Any], depth: int) -> bool:
    """Whether something has to be awaited among values, or in lists of them so deep."""
    types: set[type] = set()
    for value in values:
        types.add(type(value))
        if depth and type(value) is list:
            if depth > 1:
                if may_wait(value, depth - 1):
                    return True
            else:
                types.update(map(type, value))
    return any(map(_is_awaited, types))


@functools.lru_cache(maxsize=1024)
def _is_awaited(type_: type) -> bool:
    return hasattr(type_, "__await__") or hasattr(type_, "__aiter__")


async def settled(values: list[Any]) -> list[Any]:
    """The values, with everything awaited, in lists too; exceptions stand for what failed."""
    return list(await asyncio.gather(*map(_settled_one, values)))


async def _settled_one(value: Any) -> Any:
    try:
        if inspect.isawaitable(value):
            value = await value
        if hasattr(type(value), "__aiter__"):
            value = [item async for item in value]
    except Exception as error:  # noqa: BLE001 - it stands for the value
        return error
    if type(value) in (list, tuple) and may_wait(value, 2):
        return await settled(list(value))
    return value
