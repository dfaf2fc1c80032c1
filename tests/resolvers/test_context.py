"""Calls of stores through a request: counted, traced, explained."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from resolvers.context import RequestContext, Viewer
from stores.errors import StoreRejected
from stores.lifecycle import Stores
from stores.queries import Statement
from stores.relational.prepared import PreparedRead
from stores.relational.read import Key, Read, Source
from tests.resolvers import shop

NUMBERS = Statement("test.numbers", "SELECT generate_series(1, $1::int)")
SYSTEM = Statement("test.system", "SELECT number FROM numbers({n:UInt64})")
WRITES = Statement("test.writes", "SELECT 1", kind="exec")


def context(stores: Stores, **options: Any) -> RequestContext:
    """A request of nobody."""
    return RequestContext(Viewer(), stores, **options)


async def test_calls_are_counted_whether_traced_or_not(shop_stores: Stores) -> None:
    each: tuple[dict[str, Any], ...] = ({}, {"trace": []})
    for options in each:
        request = context(shop_stores, **options)
        assert len(await request.postgres(NUMBERS, 3)) == 3
        assert len(await request.clickhouse(SYSTEM, {"n": 2})) == 2
        assert request.calls == {
            ("postgres", "test.numbers"): 1,
            ("clickhouse", "test.system"): 1,
        }


async def test_a_trace_holds_no_values_and_explains_nothing_unasked(shop_stores: Stores) -> None:
    request = context(shop_stores, trace=[])
    await request.postgres(NUMBERS, 3, keys=2)
    assert request.trace is not None
    (step,) = request.trace
    assert (step.store, step.name, step.keys, step.rows) == ("postgres", "test.numbers", 2, 3)
    assert (step.text, step.error, step.detail) == (NUMBERS.text, None, None)


async def test_analysis_adds_the_plans_of_both_stores(shop_stores: Stores) -> None:
    request = context(shop_stores, trace=[], analyze=True)
    await request.postgres(NUMBERS, 3)
    await request.clickhouse(SYSTEM, {"n": 2})
    assert request.trace is not None
    first, second = request.trace
    assert isinstance(first.detail, dict)
    assert first.detail["Plan"]["Actual Rows"] == 3
    assert isinstance(second.detail, list)
    assert any("ReadFrom" in line for line in second.detail)
    assert request.calls.total() == 2


async def test_analysis_leaves_alone_what_may_write_and_what_failed(shop_stores: Stores) -> None:
    request = context(shop_stores, trace=[], analyze=True)
    await request.postgres(WRITES)
    with pytest.raises(StoreRejected):
        await request.postgres(NUMBERS, "many")
    assert request.trace is not None
    assert [step.detail for step in request.trace] == [None, None]
    assert [step.error for step in request.trace] == [None, "StoreRejected"]


async def test_a_store_that_cannot_explain_does_not_fail_the_request(shop_stores: Stores) -> None:
    request = context(shop_stores, trace=[], analyze=True)
    described = Statement("test.exists", "EXISTS TABLE system.one")
    assert list(map(tuple, await request.clickhouse(described, {}))) == [(1,)]
    assert request.trace is not None
    assert str(request.trace[0].detail).startswith("not explained: ")


async def test_a_prepared_read_gives_the_rows_of_the_read(shop_stores: Stores) -> None:
    source, key = Source("postgres", f"{shop.SCHEMA}.assets"), Key("id", "uuid")
    everything = await context(shop_stores).read(Read(source, ("id",)))
    ids = (*(row[0] for row in everything), *map(uuid.UUID, map("{:032}".format, range(15_000))))
    read = Read(source, ("symbol",), None, (), None, key, ids)
    request = context(shop_stores, trace=[])
    rows = await request.read_prepared(PreparedRead(read), ids)
    assert {row[0] for row in rows} == {row[0] for row in everything}
    assert rows == await request.read(read)
    assert request.trace is not None
    assert [step.keys for step in request.trace] == [10_000, len(ids) - 10_000] * 2
