"""Pages: Relay connections over the rows of another table, all parents of a level at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from gateway.executor.arguments import page_arguments_of
from gateway.executor.frames import Frame, PagePlace, Resolved, failed
from gateway.executor.keys import as_held, grouped, has_null, keys_of
from gateway.executor.objects import finished
from gateway.executor.reading import read
from resolvers import cursors
from resolvers.connection import PageInfo
from resolvers.paging import PageArguments
from resolvers.plan import Page
from resolvers.reads import Rows, count_of
from stores.relational.conditions import both
from stores.relational.keyset import backwards

if TYPE_CHECKING:
    from gateway.executor.plan import PlannedField
    from gateway.executor.run import Run


async def page(run: Run, frame: Frame, field: PlannedField) -> Resolved:
    """A page for each key, or the one of a root field."""
    declared, target = field.declaration, field.target
    assert isinstance(declared, Page)
    assert target is not None
    try:
        arguments = page_arguments_of(run, field, declared)
    except Exception as error:  # noqa: BLE001 - the field's error for every parent
        return failed(run, error)
    keyed = declared.remote is not None
    keys = keys_of(frame, field) if keyed else [None]
    reading = _PageReading(run, field, declared, arguments)
    try:
        groups, counts = await reading.all_of(frame, keys)
    except Exception as error:  # noqa: BLE001 - the field's error where there is a key
        if keyed:
            return await _empty_beside(run, frame, field, keys, error, reading)
        return failed(run, error)
    rows = [reading.row(groups.get(key, []), counts, key) for key in keys]
    entries: Any = [0]
    if keyed:
        entries = {key: index for index, key in enumerate(keys)}
        if has_null(frame, field):
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
        rows = await read(self._run, self._field, asked, keys if declared.remote else None)
        if declared.remote is None:
            return {None: list(rows)}
        return grouped(frame, self._field, rows)

    async def _counts(self, frame: Frame, keys: list[Any]) -> dict[Any, Any]:
        declared = self._declared
        asked = Rows(self._target, (), declared.remote, self._arguments.where)
        try:
            rows = await read(
                self._run, self._field, asked, keys if declared.remote else None, counting=True
            )
        except Exception as error:  # noqa: BLE001 - only the counts fail
            self._run.surprised = True
            return dict.fromkeys(keys, error)
        if declared.remote is None:
            return {None: count_of(rows[0][0])}
        form = as_held(frame, self._field)
        return {form(row[0]) if form else row[0]: count_of(row[1]) for row in rows}

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
