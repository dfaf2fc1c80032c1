"""A store that is away or slow costs the fields it feeds and nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import strawberry

from resolvers.context import RequestContext, Viewer
from resolvers.errors import describe
from stores.clickhouse.client import ClickHouse
from stores.errors import (
    StoreConflict,
    StoreFull,
    StoreRejected,
    StoreTimeout,
    StoreUnavailable,
)
from stores.lifecycle import Stores
from tests.resolvers.shop import SCHEMA


@pytest.fixture
async def without_clickhouse(shop_stores: Stores) -> AsyncIterator[Stores]:
    """Stores whose ClickHouse is at a port where nobody listens."""
    nobody = ClickHouse("http://127.0.0.1:9/default")
    yield replace(shop_stores, clickhouse=nobody)
    await nobody.close()


async def test_a_dead_store_nulls_its_own_fields_only(
    schema: strawberry.Schema, without_clickhouse: Stores
) -> None:
    context = RequestContext(Viewer(), without_clickhouse, trace=[])
    result = await schema.execute(
        """{ protocol(slug: "p-7") { name token { symbol }
               pools(first: 2) { totalCount { value }
                 nodes { name trades { nodes { amount } totalCount { value } } } } }
             trades { nodes { amount } } }""",
        context_value=context,
    )
    assert result.data == {
        "protocol": {
            "name": "Name 7",
            "token": {"symbol": "T7"},
            "pools": {
                "totalCount": {"value": 5},
                "nodes": [
                    {"name": "Pool 307", "trades": None},
                    {"name": "Pool 107", "trades": None},
                ],
            },
        },
        "trades": None,
    }
    errors = result.errors or []
    assert sorted(".".join(map(str, error.path or ())) for error in errors) == [
        "protocol.pools.nodes.0.trades",
        "protocol.pools.nodes.1.trades",
        "trades",
    ]
    for error in errors:
        assert isinstance(error.original_error, StoreUnavailable)
    failed = {step.error for step in context.trace or [] if step.store == "clickhouse"}
    assert failed == {"StoreUnavailable"}


async def test_a_count_that_fails_leaves_the_rows(
    schema: strawberry.Schema, shop_stores: Stores
) -> None:
    class Uncounted(RequestContext):
        """Counts never answer."""

        async def read(self, wanted: Any, *, as_viewer: bool = False) -> Any:
            if wanted.counts:
                raise StoreTimeout("postgres", wanted.name, "slow")
            return await RequestContext.read(self, wanted, as_viewer=as_viewer)

    result = await schema.execute(
        "{ protocols(first: 1) { totalCount { value } nodes { name } } }",
        context_value=Uncounted(Viewer(), shop_stores),
    )
    assert result.data == {"protocols": {"totalCount": None, "nodes": [{"name": "Name 0"}]}}
    assert [error.path for error in result.errors or []] == [["protocols", "totalCount"]]


async def test_a_deadline_that_passed_sends_nothing_on(
    schema: strawberry.Schema, shop_stores: Stores
) -> None:
    context = RequestContext(Viewer(), shop_stores, deadline=time.monotonic() - 1)
    result = await schema.execute("{ trades { nodes { amount } } }", context_value=context)
    assert result.data == {"trades": None}
    (error,) = result.errors or []
    assert isinstance(error.original_error, StoreTimeout)


async def test_siblings_are_read_at_the_same_time(
    schema: strawberry.Schema, shop_stores: Stores
) -> None:
    together = asyncio.Barrier(3)

    class Meeting(RequestContext):
        """Every read waits for the other two."""

        async def read(self, wanted: Any, *, as_viewer: bool = False) -> Any:
            await asyncio.wait_for(together.wait(), 5)
            return await RequestContext.read(self, wanted, as_viewer=as_viewer)

    result = await schema.execute(
        "{ a: protocols { nodes { name } } pools { nodes { name } } trades { nodes { amount } } }",
        context_value=Meeting(Viewer(), shop_stores),
    )
    assert result.errors is None


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (StoreUnavailable("redis", "get", "at redis://u:secret@h"), "STORE_UNAVAILABLE", True),
        (StoreTimeout("postgres", "q", "secret"), "DEADLINE_EXCEEDED", True),
        (StoreConflict("postgres", "q", "secret"), "CONFLICT", False),
        (StoreFull("clickhouse", "q", "secret"), "STORE_UNAVAILABLE", False),
    ],
)
def test_store_errors_are_described_without_internals(
    error: Any, code: str, retryable: bool
) -> None:
    message, extensions = describe(error)
    assert extensions == {"code": code, "store": error.store, "retryable": retryable}
    assert error.store in message
    assert "secret" not in message


def test_a_rejected_statement_is_an_internal_error() -> None:
    described = describe(StoreRejected("postgres", "q", f"relation {SCHEMA}.x does not exist"))
    assert described == ("Internal error.", {"code": "INTERNAL"})
