"""A read prepared once says the same as one made for the call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.relational import conditions as c
from stores.relational.keyset import Sort
from stores.relational.prepared import PreparedRead
from stores.relational.read import CHUNK, Key, Read, Source, Store, chunks, statement
from tests.stores.relational.test_reads import both_stores, conditions

STATIC = c.All((c.Compare("kind", "enum", "eq", "swap"), c.IsNull("gone_at")))
ORDER = (Sort("at", "timestamp", True), Sort("id", "uuid", True))
KEYS = (UUID(int=1), UUID(int=2))


def page(store: Store, where: c.Condition | None, limit: int | None) -> Read:
    """A page of each key."""
    key = Key("wallet_id", "uuid")
    texts = ("id",) if store == "postgres" else ()
    return Read(Source(store, "things"), ("id", "at"), where, ORDER, limit, key, KEYS, texts=texts)


@both_stores
@given(prepared_for=conditions, where=conditions, limit=st.one_of(st.none(), st.integers(0, 50)))
def test_a_call_of_any_shape_is_what_it_would_be_unprepared(
    store: Store, prepared_for: c.Condition, where: c.Condition, limit: int | None
) -> None:
    prepared = PreparedRead(page(store, prepared_for, 10))
    bound = prepared.bind(KEYS, where=where, limit=limit)
    assert bound == statement(page(store, where, limit))


@both_stores
@pytest.mark.parametrize("where", [None, STATIC, replace(STATIC)])
@pytest.mark.parametrize("keys", [KEYS, list(KEYS)])
def test_calls_of_the_prepared_shape_share_its_statement(
    store: Store, where: c.Condition | None, keys: Sequence[object]
) -> None:
    prepared = PreparedRead(page(store, STATIC if where else None, 10))
    built, values = prepared.bind(keys, where=where, limit=7)
    assert built is prepared.statement
    assert values == statement(page(store, where, 7))[1]


def test_a_read_of_a_whole_table_needs_no_keys() -> None:
    read = Read(Source("postgres", "things"), ("id",), None, ORDER)
    (bound,) = PreparedRead(read).bind_all()
    assert bound == statement(read)


def test_many_keys_go_in_the_same_portions() -> None:
    keys = tuple(range(2 * CHUNK + 1))
    read = Read(Source("postgres", "things"), ("id",), key=Key("n", "int"), keys=keys)
    prepared = PreparedRead(read)
    assert list(prepared.bind_all(keys)) == [statement(part) for part in chunks(read)]


def test_what_is_kept_holds_no_keys() -> None:
    assert PreparedRead(page("postgres", STATIC, 10))._read.keys == ()
