"""Declared reads on live engines, against the same thing done by hand in Python."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.scalars import format_decimal
from stores.relational import conditions as c
from stores.relational.keyset import Sort, after, backwards
from stores.relational.read import (
    Key,
    Read,
    Source,
    Store,
    cached_shapes,
    chunks,
    statement,
    text_kinds,
)
from tests.stores.relational.conftest import COLUMNS, FACTS, SOURCES, TEXTS, Fact, Fetch

KINDS: dict[str, c.Kind] = {
    "id": "uuid",
    "parent": "int",
    "name": "text",
    "size": "int",
    "amount": "decimal",
    "at": "timestamp",
    "flag": "bool",
}
NULLABLE = ("size", "amount", "flag")
both_stores = pytest.mark.parametrize("store", ["postgres", "clickhouse"])
engine_settings = settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def orderings(draw: st.DrawFn) -> tuple[Sort, ...]:
    """Any total ordering of the facts."""
    columns = draw(st.lists(st.sampled_from(["parent", "name", *NULLABLE, "at"]), unique=True))
    sorts = [
        Sort(
            column,
            KINDS[column],
            draw(st.booleans()),
            draw(st.sampled_from(["first", "last"])) if column in NULLABLE else None,
        )
        for column in columns
    ]
    return (*sorts, Sort("id", "uuid", draw(st.booleans())))


def compare(store: Store, order: Sequence[Sort], left: Fact, right: Fact) -> int:
    """Which of two facts an ordering puts first."""
    for sort in order:
        a, b = getattr(left, sort.column), getattr(right, sort.column)
        if a == b:
            continue
        if a is None or b is None:
            return (-1 if a is None else 1) * (1 if sort.nulls == "first" else -1)
        if sort.kind == "text":
            a, b = a.encode(), b.encode()
        if sort.kind == "uuid" and store == "clickhouse":
            a, b = a.int % 2**64, b.int % 2**64  # the server compares the second half first
        return (-1 if a < b else 1) * (-1 if sort.descending else 1)
    return 0


def ordered(store: Store, order: Sequence[Sort], facts: Sequence[Fact] = FACTS) -> list[Fact]:
    """The facts in an ordering."""

    def by(left: Fact, right: Fact) -> int:
        return compare(store, order, left, right)

    return sorted(facts, key=functools.cmp_to_key(by))


def values(order: Sequence[Sort], fact: Fact) -> tuple[object, ...]:
    """What a cursor of the fact holds."""
    return tuple(getattr(fact, sort.column) for sort in order)


@both_stores
@engine_settings
@given(order=orderings(), place=st.integers(0, len(FACTS) - 1), limit=st.integers(0, 95))
async def test_a_page_after_any_row_is_what_follows_it(
    fetch: Fetch, store: Store, order: tuple[Sort, ...], place: int, limit: int
) -> None:
    facts = ordered(store, order)
    position = after(order, values(order, facts[place]))
    read = Read(SOURCES[store], ("id",), position, order, limit)
    found = [row[0] for row in await fetch(read)]
    assert found == [fact.id for fact in facts[place + 1 :][:limit]]


@both_stores
@engine_settings
@given(order=orderings(), places=st.tuples(st.integers(0, 89), st.integers(0, 89)))
async def test_a_page_before_any_row_is_what_precedes_it(
    fetch: Fetch, store: Store, order: tuple[Sort, ...], places: tuple[int, int]
) -> None:
    facts = ordered(store, order)
    first, last = sorted(places)
    between = c.both(
        after(order, values(order, facts[first])),
        after(backwards(order), values(order, facts[last])),
    )
    read = Read(SOURCES[store], ("id",), between, backwards(order), 7)
    found = [row[0] for row in await fetch(read)]
    assert found == [fact.id for fact in reversed(facts[first + 1 : last])][:7]


@both_stores
@engine_settings
@given(
    order=orderings(),
    keys=st.lists(st.integers(0, 8), min_size=1, unique=True),
    limit=st.one_of(st.none(), st.integers(0, 20)),
)
async def test_the_first_rows_of_each_key_in_one_statement(
    fetch: Fetch, store: Store, order: tuple[Sort, ...], keys: list[int], limit: int | None
) -> None:
    where = c.Compare("name", "text", "ne", "a")
    key = Key("parent", "int")
    read = Read(SOURCES[store], ("id",), where, order, limit, key, tuple(keys))
    found = await fetch(read)
    for wanted in range(9):
        facts = [fact for fact in FACTS if fact.parent == wanted and fact.name != "a"]
        expected = [fact.id for fact in ordered(store, order, facts)][:limit]
        expected = expected if wanted in keys else []
        assert [row[1] for row in found if row[0] == wanted] == expected


@both_stores
@engine_settings
@given(
    keys=st.one_of(st.none(), st.lists(st.integers(0, 8), min_size=1, unique=True)),
    limit=st.one_of(st.none(), st.integers(1, 100)),
)
async def test_counts_never_go_beyond_their_limit(
    fetch: Fetch, store: Store, keys: list[int] | None, limit: int | None
) -> None:
    where = c.IsNull("size")
    key = None if keys is None else Key("parent", "int")
    read = Read(SOURCES[store], (), where, (), limit, key, tuple(keys or ()), counts=True)
    found = await fetch(read)
    if keys is None:
        everything = sum(fact.size is None for fact in FACTS)
        assert found == [(min(everything, limit or everything),)]
        return
    numbers: dict[Any, Any] = dict(found)
    for wanted in keys:
        number = sum(fact.size is None and fact.parent == wanted for fact in FACTS)
        assert numbers.get(wanted, 0) == min(number, limit or number)


VALUES: dict[str, Sequence[Any]] = {
    "id": [fact.id for fact in FACTS[:5]] + [UUID(int=10**30)],
    "parent": [0, 3, -1, 2**62],
    "name": [*TEXTS, "x' OR 1=1 --", "\n\t\r\\'", "`", "%_", "\u2028"],
    "size": [0, 1, 2, 70_000],
    "amount": [Decimal("0.125"), Decimal(0), Decimal("-0.375"), Decimal("1e30"), Decimal("1e-18")],
    "at": [FACTS[3].at, FACTS[5].at + timedelta(microseconds=1), FACTS[0].at.replace(year=1)],
    "flag": [True, False],
}
OPERATORS: dict[c.Operator, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


def leaves() -> st.SearchStrategy[c.Condition]:
    """Any comparison of a column with a value, some of them hostile."""

    def of(column: str) -> st.SearchStrategy[c.Condition]:
        kind, value = KINDS[column], st.sampled_from(VALUES[column])
        names: list[c.Operator] = ["eq", "ne"] if kind in ("uuid", "bool") else list(OPERATORS)
        several = st.lists(value, max_size=4).map(tuple)
        one_of = functools.partial(c.one_of, column, kind)
        return st.one_of(
            st.builds(c.Compare, st.just(column), st.just(kind), st.sampled_from(names), value),
            st.builds(one_of, several, negated=st.booleans()),
            st.builds(c.IsNull, st.just(column), st.booleans()),
        )

    return st.sampled_from(list(KINDS)).flatmap(of)


conditions = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.builds(c.Not, inner),
        st.builds(c.All, st.lists(inner, max_size=3).map(tuple)),
        st.builds(c.Any, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


def holds(condition: c.Condition, fact: Fact) -> bool | None:
    """SQL's three-valued truth of a condition; None is unknown."""
    match condition:
        case c.Compare(column, _, operator, value):
            held = getattr(fact, column)
            return None if held is None else _compared(operator, held, value)
        case c.OneOf(column, _, listed, negated):
            held = getattr(fact, column)
            if held is None and listed:
                return None
            return (held in listed) is not negated
        case c.IsNull(column, negated):
            return (getattr(fact, column) is None) is not negated
        case c.Not(of):
            inner = holds(of, fact)
            return None if inner is None else not inner
        case c.All(of):
            found = [holds(part, fact) for part in of]
            return False if False in found else None if None in found else True
        case c.Any(of):
            found = [holds(part, fact) for part in of]
            return True if True in found else None if None in found else False
        case _:
            raise AssertionError(condition)


def _compared(operator: c.Operator, held: Any, value: Any) -> bool:
    if isinstance(held, str):
        held, value = held.encode(), value.encode()
    return OPERATORS[operator](held, value)


@both_stores
@settings(engine_settings, max_examples=150)
@given(condition=conditions)
async def test_conditions_choose_what_they_say(
    fetch: Fetch, store: Store, condition: c.Condition
) -> None:
    found = {row[0] for row in await fetch(Read(SOURCES[store], ("id",), condition))}
    assert found == {fact.id for fact in FACTS if holds(condition, fact) is True}


@both_stores
@pytest.mark.parametrize(
    ("operator", "pattern", "expected"),
    [
        ("like", "%s%", {"it's", "back\\slash", "{p1:String}"} - {"{p1:String}"}),
        ("like", "_", {"a", "b", "B", "é", "😀"}),
        ("ilike", "b", {"b", "B"}),
        ("like", '"%"', {'"quoted"'}),
        ("like", "100\\%", {"100%"}),
    ],
)
async def test_patterns_match_text(
    fetch: Fetch, store: Store, operator: c.Operator, pattern: str, expected: set[str]
) -> None:
    where = c.Compare("name", "text", operator, pattern)
    found = {row[0] for row in await fetch(Read(SOURCES[store], ("name",), where))}
    assert found == expected


@both_stores
async def test_every_column_comes_back_as_it_was(fetch: Fetch, store: Store) -> None:
    order = (Sort("id", "uuid"),)
    found = await fetch(Read(SOURCES[store], COLUMNS, None, order))
    assert found == [
        tuple(getattr(fact, column) for column in COLUMNS) for fact in ordered(store, order)
    ]


def shown(value: object) -> object:
    """A value as the graph writes it, where a store can write it as well."""
    if isinstance(value, Decimal):
        return format_decimal(value)
    return str(value) if isinstance(value, UUID) else value


@both_stores
@engine_settings
@given(
    order=orderings(),
    limit=st.one_of(st.none(), st.integers(0, 95)),
    by=st.sampled_from([None, "id", "parent"]),
    columns=st.lists(st.sampled_from(COLUMNS), unique=True),
    as_text=st.booleans(),
)
async def test_texts_change_neither_order_nor_choice(
    fetch: Fetch,
    store: Store,
    order: tuple[Sort, ...],
    limit: int | None,
    by: str | None,
    columns: list[str],
    as_text: bool,
) -> None:
    where = c.Compare("at", "timestamp", "gt", FACTS[0].at)
    key = None if by is None else Key(by, KINDS[by])
    keys = () if by is None else tuple({getattr(fact, by): None for fact in FACTS[:50]})
    plain = Read(SOURCES[store], tuple(columns), where, order, limit, key, keys)
    texts = tuple(column for column in columns if KINDS[column] in text_kinds(store))
    read = replace(plain, texts=texts)
    if by == "id" and as_text:
        read = replace(read, keys=tuple(map(str, keys)), texts=tuple({*texts, "id"}))
    named = (by, *columns) if by else tuple(columns)
    expected = [
        tuple(
            shown(value) if name in read.texts else value
            for name, value in zip(named or [""], row, strict=True)
        )
        for row in await fetch(plain)
    ]
    assert await fetch(read) == expected


@both_stores
@pytest.mark.parametrize("limit", [None, 3])
async def test_counts_by_a_key_that_is_text(fetch: Fetch, store: Store, limit: int | None) -> None:
    key, keys = Key("id", "uuid"), tuple(str(fact.id) for fact in FACTS[:5])
    read = Read(SOURCES[store], (), None, (), limit, key, keys, counts=True, texts=("id",))
    assert sorted(await fetch(read)) == sorted((one, 1) for one in keys)


@pytest.mark.parametrize("name", ['x"; DROP TABLE y; --', "a b", "", "a..b", "`", "1a"])
def test_an_identifier_that_is_no_name_is_refused(name: str) -> None:
    for store in ("postgres", "clickhouse"):
        with pytest.raises(ValueError, match="is not a column or table name"):
            statement(Read(Source(store, "t"), (name,)))
        with pytest.raises(ValueError, match="is not a column or table name"):
            statement(Read(Source(store, name or "."), ("a",)))


def test_equal_shapes_share_one_text_and_values_never_enter_it() -> None:
    def read(value: str, keys: tuple[int, ...], limit: int) -> Read:
        where = c.All((c.Compare("name", "text", "eq", value), c.OneOf("size", "int", (1, 2))))
        order = (Sort("id", "uuid"),)
        key = Key("parent", "int")
        return Read(Source("postgres", "shapes.t"), ("id",), where, order, limit, key, keys)

    first, first_values = statement(read("secret one", (1, 2), 5))
    before = cached_shapes()
    second, second_values = statement(read("secret two", (3,), 9))
    assert cached_shapes() == before
    assert second is first
    assert first_values == ([1, 2], "secret one", [1, 2], 5)
    assert second_values == ([3], "secret two", [1, 2], 9)
    assert "secret" not in first.text
    other, _ = statement(replace(read("x", (1,), 1), limit=None))
    assert other.text != first.text


def test_many_keys_go_in_portions() -> None:
    read = Read(Source("postgres", "t"), ("a",), key=Key("k", "int"), keys=tuple(range(25_000)))
    parts = chunks(read)
    assert [len(part.keys) for part in parts] == [10_000, 10_000, 5_000]
    assert sum((part.keys for part in parts), ()) == read.keys


def test_the_texts_of_columns_as_text() -> None:
    key, order = Key("wallet_id", "uuid"), (Sort("amount", "decimal", True), Sort("id", "uuid"))
    texts = ("wallet_id", "amount", "id")
    where = c.Compare("amount", "decimal", "gt", 1)
    single = Read(Source("postgres", "s.t"), ("amount", "b"), where, order, texts=texts)
    assert statement(single)[0].text == (
        'SELECT "amount"::text, "b" FROM "s"."t" WHERE "amount" > $1::numeric '
        'ORDER BY "s"."t"."amount" DESC, "s"."t"."id"'
    )
    keyed = replace(single, key=key, keys=(UUID(int=1),))
    keys = "string_to_array($1::text, ',')::uuid[]"
    assert statement(keyed)[0].text == (
        f'SELECT "wallet_id"::text, "amount"::text, "b" FROM "s"."t" '
        f'WHERE "wallet_id" = ANY({keys}) AND "amount" > $2::numeric '
        'ORDER BY "s"."t"."amount" DESC, "s"."t"."id"'
    )
    assert statement(replace(keyed, limit=3))[0].text == (
        f"SELECT wanted.key::text, found.* FROM unnest({keys}) AS wanted(key) "
        'CROSS JOIN LATERAL (SELECT "amount"::text, "b" FROM "s"."t" '
        'WHERE "wallet_id" = wanted.key AND "amount" > $2::numeric '
        'ORDER BY "s"."t"."amount" DESC, "s"."t"."id" LIMIT $3::bigint) AS found'
    )
    assert statement(replace(single, source=Source("clickhouse", "t"), texts=("id",)))[0].text == (
        "SELECT `amount`, `b` FROM `t` WHERE `amount` > {p1:Decimal(76, 18)} "
        "ORDER BY `amount` DESC, `id`"
    )


def test_the_texts_of_both_dialects() -> None:
    key, order = Key("wallet_id", "uuid"), (Sort("at", "timestamp", True), Sort("id", "uuid", True))
    where = c.All((c.OwnedBy("user_id", None, UUID(int=1)), c.OneOf("kind", "enum", ("a",))))
    read = Read(Source("postgres", "s.t"), ("a", "b"), where, order, 3, key, (UUID(int=1),))
    assert statement(read)[0].text == (
        "SELECT wanted.key, found.* "
        "FROM unnest(string_to_array($1::text, ',')::uuid[]) AS wanted(key) "
        'CROSS JOIN LATERAL (SELECT "a", "b" FROM "s"."t" WHERE "wallet_id" = wanted.key AND '
        '("user_id" = $2::uuid AND "kind" = ANY($3)) ORDER BY "at" DESC, "id" DESC '
        "LIMIT $4::bigint) AS found"
    )
    assert statement(replace(read, source=Source("clickhouse", "t", final=True)))[0].text == (
        "SELECT `wallet_id`, `a`, `b` FROM `t` FINAL WHERE `wallet_id` IN {p1:Array(UUID)} AND "
        "(`user_id` = {p2:UUID} AND `kind` IN {p3:Array(String)}) "
        "ORDER BY `wallet_id`, `at` DESC, `id` DESC LIMIT {p4:Int64} BY `wallet_id`"
    )
