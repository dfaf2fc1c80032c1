"""The bar: Starlette, asyncpg and orjson, written by hand for exactly these four questions.

No GraphQL: the operation's name picks a function. One statement a level, ids asked for once,
dictionaries for rows, and decimals as the text Postgres writes, since they are shown as text.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.contest.servers.listen import POOL_SIZE, database_url, serve

Pool = Any
Rows = list[Any]

_PROTOCOL_BY_SLUG = """
SELECT slug, name, category, website_url AS "websiteUrl", audit_count AS "auditCount",
       is_active AS "isActive", tvl_usd AS "tvlUsd", updated_at AS "updatedAt"
FROM contest.protocols WHERE slug = $1
"""
_TOP_PROTOCOLS = """
SELECT slug, name, category, website_url AS "websiteUrl", audit_count AS "auditCount",
       is_active AS "isActive", tvl_usd AS "tvlUsd", volume_24h_usd AS "volume24hUsd",
       listed_on AS "listedOn", updated_at AS "updatedAt"
FROM contest.protocols ORDER BY tvl_usd DESC NULLS LAST, id LIMIT $1
"""
_TOP_WALLETS = """
SELECT id, address, score, label FROM contest.wallets
ORDER BY score DESC NULLS LAST, id LIMIT $1
"""
_WALLET_BY_ADDRESS = "SELECT id, address, score, label FROM contest.wallets WHERE address = $1"
_LATEST_TRANSACTIONS = """
SELECT latest.* FROM unnest($1::uuid[]) AS wallet (id) CROSS JOIN LATERAL (
    SELECT wallet_id, tx_hash, kind, occurred_at, amount_in, amount_out, amount_usd, gas_used,
           block_number, protocol_id, token_in_id, token_out_id
    FROM contest.wallet_transactions
    WHERE wallet_id = wallet.id ORDER BY occurred_at DESC, id DESC LIMIT $2
) AS latest
"""
_PROTOCOLS = "SELECT id, name, slug FROM contest.protocols WHERE id = ANY($1)"
_TOKENS = "SELECT id, symbol, name FROM contest.tokens WHERE id = ANY($1)"
_PER_WALLET = 20


async def _protocol(pool: Pool, variables: dict[str, Any]) -> dict[str, Any]:
    row = await pool.fetchrow(_PROTOCOL_BY_SLUG, variables["slug"])
    return {"protocol": dict(row) if row else None}


async def _protocols(pool: Pool, variables: dict[str, Any]) -> dict[str, Any]:
    rows = await pool.fetch(_TOP_PROTOCOLS, variables["first"])
    return {"protocols": {"nodes": [dict(row) for row in rows]}}


async def _wallets(pool: Pool, variables: dict[str, Any]) -> dict[str, Any]:
    rows = await pool.fetch(_TOP_WALLETS, variables["first"])
    return {"wallets": {"nodes": await _with_transactions(pool, rows)}}


async def _wallet(pool: Pool, variables: dict[str, Any]) -> dict[str, Any]:
    rows = await pool.fetch(_WALLET_BY_ADDRESS, variables["address"])
    found = await _with_transactions(pool, rows)
    return {"wallet": found[0] if found else None}


async def _with_transactions(pool: Pool, wallets: Rows) -> list[dict[str, Any]]:
    rows = await pool.fetch(_LATEST_TRANSACTIONS, [row["id"] for row in wallets], _PER_WALLET)
    protocols, tokens = await asyncio.gather(
        _by_id(pool, _PROTOCOLS, (row["protocol_id"] for row in rows), ("name", "slug")),
        _by_id(
            pool,
            _TOKENS,
            (id_ for row in rows for id_ in (row["token_in_id"], row["token_out_id"])),
            ("symbol", "name"),
        ),
    )
    nodes: dict[Any, list[dict[str, Any]]] = {row["id"]: [] for row in wallets}
    for row in rows:
        nodes[row["wallet_id"]].append(
            {
                "txHash": row["tx_hash"],
                "kind": row["kind"],
                "occurredAt": row["occurred_at"],
                "amountIn": row["amount_in"],
                "amountOut": row["amount_out"],
                "amountUsd": row["amount_usd"],
                "gasUsed": row["gas_used"],
                "blockNumber": str(row["block_number"]),
                "protocol": protocols.get(row["protocol_id"]),
                "tokenIn": tokens.get(row["token_in_id"]),
                "tokenOut": tokens.get(row["token_out_id"]),
            }
        )
    return [
        {
            "address": row["address"],
            "score": row["score"],
            "label": row["label"],
            "transactions": {"nodes": nodes[row["id"]]},
        }
        for row in wallets
    ]


async def _by_id(
    pool: Pool, statement: str, ids: Iterable[Any], names: tuple[str, str]
) -> dict[Any, dict[str, Any]]:
    """Rows by id, each asked for once."""
    wanted = set(ids)
    wanted.discard(None)
    if not wanted:
        return {}
    first, second = names
    rows = await pool.fetch(statement, list(wanted))
    return {row["id"]: {first: row[first], second: row[second]} for row in rows}


_ANSWERS: dict[str, Callable[[Pool, dict[str, Any]], Awaitable[dict[str, Any]]]] = {
    "Q1": _protocol,
    "Q2": _protocols,
    "Q3": _wallets,
    "Q4": _wallet,
}


async def _graphql(request: Request) -> Response:
    body = orjson.loads(await request.body())
    answer = _ANSWERS[body["operationName"]]
    data = await answer(request.app.state.pool, body["variables"])
    return Response(
        orjson.dumps({"data": data}, option=orjson.OPT_UTC_Z), media_type="application/json"
    )


async def _decimals_as_text(connection: Any) -> None:
    await connection.set_type_codec(
        "numeric", schema="pg_catalog", encoder=str, decoder=str, format="text"
    )


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with asyncpg.create_pool(
        database_url(), min_size=POOL_SIZE, max_size=POOL_SIZE, init=_decimals_as_text
    ) as pool:
        app.state.pool = pool
        yield


if __name__ == "__main__":
    serve(Starlette(routes=[Route("/graphql", _graphql, methods=["POST"])], lifespan=_lifespan))
