"""What a gateway over a set of stores says: questions of the cookbook and values of every store."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg

from gateway.embedding import LexicalEmbedder
from gateway.encoding import encode
from gateway.schema import build_schema
from resolvers.context import RequestContext, Viewer
from stores.lifecycle import StoreOptions, open_stores
from stores.queries import Statement
from tests.gateway.backup.conftest import PATTERN
from tests.gateway.cookbook.recipes import read

SCHEMA = build_schema()
_OWNED = "{ portfolios(first: 5) { nodes { name createdAt } } }"
_SERIES = """
    SELECT 'hourly', chain_id, ts, source, open_gwei, avg_gwei, minutes FROM gas_prices_hourly
    UNION ALL
    SELECT 'daily', chain_id, ts, source, open_gwei, avg_gwei, minutes FROM gas_prices_daily
"""


def answers(options: StoreOptions) -> dict[str, Any]:
    """Everything that has to be the same after a backup was brought back, by what was asked."""
    return asyncio.run(_answers(options))


async def _answers(options: StoreOptions) -> dict[str, Any]:
    found: dict[str, Any] = {}
    async with (
        await open_stores(replace(options, role="gateway")) as stores,
        await open_stores(replace(options, role="worker")) as worker,
    ):
        async with asyncio.timeout(60):
            user = await _user(options)
            asked = [(recipe.title, recipe.query, Viewer()) for recipe in read()[::3]]
            for title, query, viewer in [*asked, ("owned", _OWNED, Viewer(user, "user"))]:
                result = await SCHEMA.execute(
                    query,
                    context_value=RequestContext(viewer, stores, embedder=LexicalEmbedder()),
                )
                found[title] = (encode(result.data), [str(error) for error in result.errors or ()])
        found["series"] = sorted(await worker.clickhouse.fetch(Statement("series", _SERIES)))
        found["keys"] = {
            key: await worker.redis.dump(key) for key in [k async for k in worker.redis.all_keys()]
        }
        found["points"] = await worker.qdrant.by_ids(
            "trading_patterns", [PATTERN], with_vectors=True
        )
        found["views"] = await worker.postgres.fetch(
            Statement("views", "SELECT * FROM catalog.protocol_summary ORDER BY 1")
        )
    return found


async def _user(options: StoreOptions) -> UUID:
    connection = await asyncpg.connect(options.urls.postgres_worker)
    try:
        found: UUID = await connection.fetchval("SELECT user_id FROM portfolio.portfolios LIMIT 1")
        return found
    finally:
        await connection.close()
