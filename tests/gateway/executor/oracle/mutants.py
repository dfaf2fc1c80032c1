"""Deliberate bugs for the compiled executor: a test of the test.

Each is planted while the tests run, by replacing what one module of the executor uses; the plain
path, which has the same helpers from their own modules, goes on without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

import pytest
from graphql import GraphQLFloat, GraphQLInt, get_nullable_type, located_error

from gateway.executor import (
    arguments,
    codegen,
    complete,
    engine,
    exact,
    frames,
    functions,
    keys,
    leaves,
    objects,
    pages,
    planner,
    reading,
    relations,
    run,
)
from gateway.executor.leaves import Leaf
from gateway.executor.plan import How
from resolvers import cursors
from resolvers.reads import count_of

Plant = Callable[[pytest.MonkeyPatch], None]


def nulls_stay_where_they_are(patch: pytest.MonkeyPatch) -> None:
    """A null that may not be does not bubble up."""

    def failed(self: Any, raw: Exception, type_: Any, field: Any, path: Any) -> None:
        self._errors.add(located_error(raw, field.nodes, path.as_list()), path)

    patch.setattr(exact._Exact, "_failed", failed)


def nulls_bubble_too_far(patch: pytest.MonkeyPatch) -> None:
    """An error nulls the parent although its own field may be null."""

    def failed(self: Any, raw: Exception, type_: Any, field: Any, path: Any) -> None:
        raise located_error(raw, field.nodes, path.as_list())

    patch.setattr(exact._Exact, "_failed", failed)


def errors_lose_the_end_of_their_path(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        exact, "located_error", lambda raw, nodes, path: located_error(raw, nodes, path[:-1])
    )


def errors_know_one_place_of_merged_fields(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        exact, "located_error", lambda raw, nodes, path: located_error(raw, nodes[:1], path)
    )


def columns_are_swapped(patch: pytest.MonkeyPatch) -> None:
    """The first two columns of every row stand in each other's place."""
    source = codegen._source

    def swapped(*given: Any) -> str:
        text = source(*given)
        return text.replace("for (a0, a1,", "for (a1, a0,")

    patch.setattr(codegen, "_source", swapped)


def aliases_are_in_another_order(patch: pytest.MonkeyPatch) -> None:
    struct = codegen.struct
    patch.setattr(codegen, "struct", lambda keys: struct(keys[::-1]))


def merged_duplicates_are_lost(patch: pytest.MonkeyPatch) -> None:
    """Of a field that is asked for twice only the first selections count."""
    collect = planner._Planner._collect
    patch.setattr(
        planner._Planner,
        "_collect",
        lambda self, type_, details: collect(self, type_, details[:1]),
    )


def floats_may_be_no_numbers(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(_changeable(leaves._BUILT_IN), GraphQLFloat, _unguarded(float))
    patch.setitem(_changeable(leaves._USUAL), GraphQLFloat, ("type({a}) is float", "{a}"))


def integers_may_be_of_any_size(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(_changeable(leaves._BUILT_IN), GraphQLInt, _unguarded(int))
    patch.setitem(_changeable(leaves._USUAL), GraphQLInt, ("type({a}) is int", "{a}"))


def missing_rows_are_some_other_row(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(frames.Lookup, "__missing__", lambda self, key: next(iter(self.values()), None))


def parents_without_a_key_get_the_error(patch: pytest.MonkeyPatch) -> None:
    """Nothing was asked for them, so the store's failure is not theirs."""
    patch.setattr(
        relations,
        "failed_for",
        lambda run, held, error, otherwise: frames.failed_for(run, held, error, error),
    )


def pages_have_a_row_too_many(patch: pytest.MonkeyPatch) -> None:
    _change_page(patch, lambda arguments: replace(arguments, limit=arguments.limit + 1))


def pages_never_end(patch: pytest.MonkeyPatch) -> None:
    """A full page is taken for one with more behind it."""
    info = pages._PageReading._page_info
    patch.setattr(
        pages._PageReading,
        "_page_info",
        lambda self, rows, more: info(self, rows, len(rows) >= self._arguments.limit),
    )


def cursors_are_those_of_the_row_before(patch: pytest.MonkeyPatch) -> None:
    class Late:
        """Writes cursors, each where the next one belongs."""

        held = ""

        def encode(self, *given: Any) -> str:
            late, self.held = self.held, cursors.encode(*given)
            return late or self.held

    patch.setattr(objects, "cursor_texts", Late())


def counts_are_those_of_the_page(patch: pytest.MonkeyPatch) -> None:
    row = pages._PageReading.row

    def counted(self: Any, found: list[Any], counts: Any, key: Any) -> Any:
        rows, info, count = row(self, found, counts, key)
        return rows, info, count and count_of(len(rows))

    patch.setattr(pages._PageReading, "row", counted)


def counts_forget_the_filter(patch: pytest.MonkeyPatch) -> None:
    counts = pages._PageReading._counts

    async def unfiltered(self: Any, *given: Any) -> Any:
        held = self._arguments
        self._arguments = replace(held, where=None)
        try:
            return await counts(self, *given)
        finally:
            self._arguments = held

    patch.setattr(pages._PageReading, "_counts", unfiltered)


def cursors_given_are_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pages, "both", lambda where, between: where)


def last_pages_are_first_pages(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pages, "backwards", lambda order: order)


def a_second_alias_gets_the_arguments_of_the_first(patch: pytest.MonkeyPatch) -> None:
    # The runs are kept, so that none gets the identity of another.
    held: dict[Any, Any] = {}

    def first(run: Any, field: Any) -> Any:
        key = (id(run), field.parent_type.name, field.name)
        if key not in held:
            held[key] = (run, arguments.raw_arguments(run, field))
        return held[key][1]

    patch.setattr(functions, "raw_arguments", first)


def plans_do_not_depend_on_skip(patch: pytest.MonkeyPatch) -> None:
    """The plan made for some values of `@skip` and `@include` is used for all others."""
    patch.setattr(engine, "flags", lambda executor: ())


def shared_lists_are_changed(patch: pytest.MonkeyPatch) -> None:
    """Completing a list changes it, and others hold the same one."""

    def changing(type_: Any) -> Any:
        make = leaves.completer(type_)

        def changed(value: Any) -> Any:
            made = make(value)
            if type(value) is list and value:
                value.append(value[0])
            return made

        return changed

    patch.setattr(complete, "completer", changing)


def abstract_types_are_always_the_first(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        objects._Sorter, "_type_name", lambda self, value: next(iter(self._output.selections))
    )


def batch_functions_answer_anybody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(functions, "let_batch", lambda *asked: None)


def pages_answer_anybody(patch: pytest.MonkeyPatch) -> None:
    for module in (arguments, pages):
        patch.setattr(module, "allow", lambda context, entity, *asked: None)


def enums_show_their_values(patch: pytest.MonkeyPatch) -> None:
    class Values(leaves._Names):
        def __init__(self, type_: Any) -> None:
            super().__init__(type_)
            self.update({value: value.upper() for value in self})

    patch.setattr(leaves, "_Names", Values)


def lists_of_rows_are_reversed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        relations,
        "grouped",
        lambda *given: {key: group[::-1] for key, group in keys.grouped(*given).items()},
    )


def lists_lose_their_duplicates(patch: pytest.MonkeyPatch) -> None:
    """An object that stands in a list twice is shown once."""
    items = objects._Sorter._items

    def once(self: Any, value: Any, depth: int) -> Any:
        if type(value) is list:
            value = list({id(item): item for item in value}.values())
        return items(self, value, depth)

    patch.setattr(objects._Sorter, "_items", once)


def global_ids_are_of_another_type(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(codegen, "global_id", lambda entity: lambda key: f"{entity.name} {key}")


def lists_may_hold_nulls(patch: pytest.MonkeyPatch) -> None:
    """Null is let through where a list may hold none."""
    patch.setattr(complete, "is_non_null_type", lambda type_: False)
    unwrapped = complete._deep

    def lax(type_: Any, entry: Any, *more: Any) -> Any:
        return unwrapped(get_nullable_type(type_), entry, *more)

    patch.setattr(complete, "_deep", lax)


def mutations_run_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(run.Run, "_in_turn", run.Run.resolve)


def keys_that_a_function_leaves_out_are_null(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(functions, "missing_of", lambda declared: None)


def decimals_are_written_by_python(patch: pytest.MonkeyPatch) -> None:
    """With an exponent, which the stores never write."""
    condition, _ = leaves._USUAL_OURS["Decimal"]
    patch.setitem(_changeable(leaves._USUAL_OURS), "Decimal", (condition, "str({a})"))
    assert str(Decimal(1).scaleb(-9)) == "1E-9"


def generators_are_read_twice(patch: pytest.MonkeyPatch) -> None:
    """What can be read once is empty when completion begins again."""
    patch.setattr(functions, "read_out", lambda values: values)


def joined_rows_are_found_by_another_column(patch: pytest.MonkeyPatch) -> None:
    """What a joined field shows is of a row that its key does not lead to."""
    other = {"nasty.makers": "boss_id", "nasty.items": "spare_id"}
    joins = reading.joins_of
    patch.setattr(
        reading,
        "joins_of",
        lambda layout: tuple(replace(each, key=other[each.relation]) for each in joins(layout)),
    )


def joined_rows_are_always_there(patch: pytest.MonkeyPatch) -> None:
    """A key that is null, or leads nowhere, gives an object of nulls."""
    joined = codegen._joined

    def present(*given: Any) -> str:
        text = joined(*given)
        return text.rpartition(" if ")[0] + ")" if text.endswith(" else None)") else text

    patch.setattr(codegen, "_joined", present)


def joined_rows_that_are_away_have_errors(patch: pytest.MonkeyPatch) -> None:
    """The exact completer takes nulls beside a row for a row of nulls."""
    raw = exact._raw

    def present(frame: Any, field: Any, index: int) -> Any:
        return field.how is How.JOINED or raw(frame, field, index)

    patch.setattr(exact, "_raw", present)


@dataclass(frozen=True, slots=True)
class Pointed:
    """What to ask to see a rare bug soon: certain rows and faults, and these fields more often."""

    rows: str = "clean"
    faults: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


_LISTS: Final = ("makers", "nodes")
POINTED: Final[Mapping[Plant, Pointed]] = {
    floats_may_be_no_numbers: Pointed("numbers", fields=(*_LISTS, "score", "weight")),
    integers_may_be_of_any_size: Pointed("ranges", fields=(*_LISTS, "rank", "place", "quantity")),
    missing_rows_are_some_other_row: Pointed("dangling", fields=(*_LISTS, "best", "friend")),
    parents_without_a_key_get_the_error: Pointed(
        "no_clickhouse", fields=("items", "nodes", "lastSale", "spare")
    ),
    pages_never_end: Pointed(fields=("makers", "items", "pageInfo", "hasNextPage", "nodes")),
    counts_forget_the_filter: Pointed(fields=("makers", "items", "sales", "totalCount", "nodes")),
    cursors_are_those_of_the_row_before: Pointed(fields=("makers", "items", "edges", "cursor")),
    shared_lists_are_changed: Pointed(fields=(*_LISTS, "labels")),
    decimals_are_written_by_python: Pointed(fields=("box", "boxes", "leaves", "amount")),
    enums_show_their_values: Pointed(fields=(*_LISTS, "kind", "secondKind")),
    lists_of_rows_are_reversed: Pointed(fields=(*_LISTS, "topItems", "peers", "oddItems")),
    keys_that_a_function_leaves_out_are_null: Pointed(
        faults=("missing",), fields=(*_LISTS, "labels")
    ),
    joined_rows_are_found_by_another_column: Pointed(fields=(*_LISTS, "parent", "best", "boss")),
    joined_rows_are_always_there: Pointed("dangling", fields=(*_LISTS, "parent", "best", "maker")),
    joined_rows_that_are_away_have_errors: Pointed(
        "dangling", fields=(*_LISTS, "items", "boss", "parent", "owner", "best")
    ),
    generators_are_read_twice: Pointed(
        faults=("type",), fields=("box", "boxes", "walked", "generated", "many", "strictGrid")
    ),
}


def _change_page(patch: pytest.MonkeyPatch, change: Callable[[Any], Any]) -> None:
    """Change the arguments of pages after their rows were read."""
    row = pages._PageReading.row

    def changed(self: Any, found: list[Any], counts: Any, key: Any) -> Any:
        given = self._arguments
        self._arguments = change(given)
        try:
            return row(self, found, counts, key)
        finally:
            self._arguments = given

    patch.setattr(pages._PageReading, "row", changed)


def _unguarded(type_: type) -> Leaf:
    return Leaf("{a}", None, None, type_, True)


def _changeable(held: Mapping[Any, Any]) -> dict[Any, Any]:
    assert isinstance(held, dict)
    return held


def _all(plants: Iterable[Any]) -> tuple[Plant, ...]:
    return tuple(
        each
        for each in plants
        if getattr(each, "__module__", "") == __name__
        and not getattr(each, "__name__", "_").startswith("_")
        and not isinstance(each, type)
        and callable(each)
    )


MUTANTS: Final = _all(list(globals().values()))
