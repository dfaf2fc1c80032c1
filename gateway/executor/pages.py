"""Pages: Relay connections over the rows of another table, all parents of a level at once."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Final

from gateway.executor.arguments import PageForm, page_arguments_of, page_form
from gateway.executor.frames import Frame, PagePlace, Resolved, failed
from gateway.executor.keys import as_held, grouped, has_null, keys_of
from gateway.executor.objects import finished
from gateway.executor.reading import Reading
from resolvers import cursors
from resolvers.connection import PageInfo
from resolvers.paging import PageArguments
from resolvers.plan import Page
from resolvers.reads import Rows, allow, count_of
from stores.relational.conditions import both
from stores.relational.keyset import backwards

if TYPE_CHECKING:
    from gateway.executor.plan import PlannedField
    from gateway.executor.run import Run

# Orderings and numbers of rows are many when callers choose them.
_MOST_KEPT: Final = 8


async def page(run: Run, frame: Frame, field: PlannedField) -> Resolved:
    """A page for each key, or the one of a root field."""
    declared = field.declaration
    assert isinstance(declared, Page)
    form = page_form(run, field)
    reading = None if form is None else _kept(field, form)
    try:
        if reading is not None:
            assert field.target is not None
            allow(run.context, field.target, declared.access, declared.tier)
        else:
            arguments = page_arguments_of(run, field, declared)
    except Exception as error:  # noqa: BLE001 - the field's error for every parent
        return failed(run, error)
    if reading is None:
        reading = _keep(field, form, _PageReading(field, declared, arguments))
    keyed = declared.remote is not None
    keys = keys_of(frame, field) if keyed else [None]
    try:
        groups, counts = await reading.all_of(run, frame, keys)
    except Exception as error:  # noqa: BLE001 - the field's error where there is a key
        if keyed:
            return await _empty_beside(run, frame, field, keys, error, reading)
        return failed(run, error)
    rows = [reading.row(groups.get(key, []), counts, key) for key in keys]
    entries: Any = [0] * len(frame.rows)
    if keyed:
        entries = {key: index for index, key in enumerate(keys)}
        if has_null(frame, field):
            entries[None] = len(rows)
            rows.append(reading.row([], {} if counts is not None else None, None))
    return await finished(run.below(frame, field, entries, rows, page=reading.place))


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


def _kept(field: PlannedField, form: PageForm) -> _PageReading | None:
    """The reads of a page with such arguments, if they were made before."""
    held: _PageReading | None = field.kept.pages.get(form)
    return held


def _keep(field: PlannedField, form: PageForm | None, made: _PageReading) -> _PageReading:
    """Keep the reads of a page with the plan, unless they depend on more than their form."""
    kept = field.kept.pages
    if form is not None:
        if len(kept) >= _MOST_KEPT:
            del kept[next(iter(kept))]
        kept[form] = made
    return made


class _PageReading:
    """Reads the rows and counts of pages, as far as they are selected."""

    def __init__(self, field: PlannedField, declared: Page, arguments: PageArguments) -> None:
        assert field.target is not None
        assert field.row is not None
        self._field = field
        self._keyed = declared.remote is not None
        self._arguments = arguments
        wish = _wish(field)
        self._counted = "totalCount" in wish
        self._read = bool(wish & {"nodes", "edges", "pageInfo"})
        self._page_info_wanted = "pageInfo" in wish
        columns = list(field.row.columns)
        places = []
        if "cursor" in wish or "pageInfo" in wish:
            places = [_place(columns, sort.column) for sort in arguments.order]
        self.place = PagePlace(field.target, arguments, tuple(places))
        self._columns = tuple(columns[1:] if self._keyed else columns)
        self._remote = declared.remote
        self._declared_where = declared.where
        self._asked = Rows(
            field.target,
            self._columns,
            declared.remote,
            both(arguments.where, arguments.between),
            backwards(arguments.order) if arguments.backward else arguments.order,
            # One more row tells whether the list goes on.
            arguments.limit + 1,
        )
        self._rows_reading: Reading | None = None
        self._counts_reading: Reading | None = None

    async def all_of(
        self, run: Run, frame: Frame, keys: list[Any]
    ) -> tuple[dict[Any, list[Any]], dict[Any, Any] | None]:
        """Rows by key, and counts by key or the error that stands for them; None when unasked."""
        if not keys:
            return {}, {} if self._counted else None
        if not self._counted:
            return await self._rows(run, frame, keys), None
        if not self._read:
            return {}, await self._counts(run, frame, keys)
        groups, counts = await asyncio.gather(
            self._rows(run, frame, keys), self._counts(run, frame, keys), return_exceptions=True
        )
        if isinstance(groups, BaseException):
            raise groups
        if isinstance(counts, BaseException):
            raise counts
        return groups, counts

    async def _rows(self, run: Run, frame: Frame, keys: list[Any]) -> dict[Any, list[Any]]:
        if not self._read:
            return {}
        asked = self._asked
        reading = self._rows_reading
        if reading is None:
            reading = self._rows_reading = self._reading((asked.columns, asked.order), asked)
        rows = await reading.rows(run, keys if self._keyed else (), asked)
        return grouped(frame, self._field, rows) if self._keyed else {None: list(rows)}

    def _reading(self, form: Hashable, asked: Rows, *, counting: bool = False) -> Reading:
        """A statement of the page; kept with the plan unless a condition holds variables."""
        if asked.where is not self._declared_where:
            return Reading(self._field, asked, counting=counting)
        kept = self._field.kept.readings
        held = kept.get(form)
        if held is None:
            held = Reading(self._field, asked, counting=counting)
            if len(kept) < _MOST_KEPT:
                kept[form] = held
        return held

    async def _counts(self, run: Run, frame: Frame, keys: list[Any]) -> dict[Any, Any]:
        reading = self._counts_reading
        if reading is None:
            asked = Rows(self.place.entity, (), self._remote, self._arguments.where)
            reading = self._counts_reading = self._reading("counts", asked, counting=True)
        try:
            rows = await reading.rows(run, keys if self._keyed else ())
        except Exception as error:  # noqa: BLE001 - only the counts fail
            run.surprised = True
            return dict.fromkeys(keys, error)
        if not self._keyed:
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
        info = self._page_info(rows, more) if self._page_info_wanted else None
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
        return cursors.encode(self.place.entity.table.source, self._arguments.order, values)


def _place(columns: list[str], column: str) -> int:
    """Index of a column, which is read as well when nothing else asked for it."""
    if column not in columns:
        columns.append(column)
    return columns.index(column)


def _wish(field: PlannedField) -> set[str]:
    """Which fields of a connection are selected, and `cursor` when edges ask for it."""
    held = field.kept.wish
    if held is None:
        assert field.output is not None
        held = set()
        for each in field.output.only.fields:
            held.add(each.name)
            if each.name == "edges":
                assert each.output is not None
                held |= {"cursor"} & {below.name for below in each.output.only.fields}
        held.discard("__typename")
        field.kept.wish = held
    return held
