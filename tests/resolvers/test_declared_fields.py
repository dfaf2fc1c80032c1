"""Queries over declared fields, on the real engines."""

from __future__ import annotations

from tests.resolvers import shop
from tests.resolvers.conftest import Ask

SCHEMA = shop.SCHEMA


async def test_one_query_reads_both_stores_by_declaration(ask: Ask) -> None:
    answer = await ask(
        """{ protocol(slug: "p-7") {
            __typename id slug url token { symbol contract supply }
            topPools { name tvlUsd poolType tags }
            pools(first: 2) { totalCount { value exact } nodes { name base { symbol }
              trades(first: 1) { totalCount { value } edges { node { amount tradedAt note } } } } }
            heat(scale: 2)
        } }"""
    )
    assert answer.errors == []
    assert answer.data == {}
