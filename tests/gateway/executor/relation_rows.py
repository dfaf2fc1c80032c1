"""Rows that the sample is short of: a hundred parents of every type, with keys that lead on.

Copies of rows of the sample, with ids of their own, spread over what they point at.
"""

from __future__ import annotations

from typing import Final

from stores.postgres.client import Postgres
from stores.queries import Statement

COPIES: Final = 110
_ID: Final = "('f0000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid"


async def write_rows(worker: Postgres) -> None:
    """Write them; `worker` must have the role of loaders."""
    async with worker.transaction() as work:
        for text in _STATEMENTS:
            await work.execute(Statement("relation rows", text, kind="exec"))


def _copies(relation: str, **changed: str) -> str:
    """Copies of the relation's first row that differ in some columns, `n` counting them."""
    pairs = ", ".join(f"'{column}', {value}" for column, value in changed.items())
    return f"""
    INSERT INTO {relation}
    SELECT (jsonb_populate_record(model, jsonb_build_object({pairs}))).*
    FROM (SELECT each AS model FROM {relation} AS each ORDER BY each LIMIT 1) AS one,
        generate_series(1, {COPIES}) AS n
    """


def _one_of(relation: str) -> str:
    """Another row's id for each `n`, as far as there are others."""
    return f"""(
        SELECT id FROM {relation} ORDER BY id
        OFFSET n % (SELECT count(*) FROM {relation}) LIMIT 1
    )"""


def _spread(relation: str, column: str, target: str) -> str:
    """Points a column of every row at the rows of another relation in turn."""
    return f"""
    WITH rows AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM {relation}),
        targets AS (
            SELECT id, row_number() OVER (ORDER BY id) - 1 AS n, count(*) OVER () AS total
            FROM {target}
        )
    UPDATE {relation} AS changed SET {column} = targets.id
    FROM rows JOIN targets ON targets.n = rows.n % targets.total
    WHERE changed.id = rows.id
    """


_PROTOCOL: Final = _one_of("catalog.protocols")
_ASSET: Final = _one_of("catalog.assets")
_CHAIN: Final = _one_of("catalog.chains")
_WALLET: Final = _one_of("catalog.wallets")
_AGENT: Final = _one_of("agents.agents")

_STATEMENTS: Final = (
    _copies(
        "catalog.protocols",
        id=_ID,
        slug="'copy-' || n",
        name="'Copy ' || n",
        parent_id=_PROTOCOL,
        token_asset_id=_ASSET,
    ),
    _copies("catalog.protocol_latest", protocol_id=_ID, chain_id=_CHAIN),
    _copies("catalog.bridges", id=_ID, slug="'copy-' || n", protocol_id=_PROTOCOL),
    _spread("catalog.chains", "parent_chain_id", "catalog.chains"),
    _spread("catalog.contracts", "protocol_id", "catalog.protocols"),
    _spread("catalog.wallet_transactions", "protocol_id", "catalog.protocols"),
    _spread("catalog.incidents", "protocol_id", "catalog.protocols"),
    _spread("catalog.incidents", "chain_id", "catalog.chains"),
    """
    INSERT INTO catalog.chain_heads
    SELECT (jsonb_populate_record(head, jsonb_build_object('chain_id', chain.id))).*
    FROM catalog.chains AS chain, catalog.chain_heads AS head
    WHERE chain.id <> head.chain_id
    """,
    _copies("agents.agents", id=_ID, slug="'copy-' || n"),
    _copies("agents.agent_stats", agent_id=_ID),
    _copies("research.mentions", id=_ID, platform_id="'copy-' || n"),
    _copies("portfolio.portfolios", id=_ID, name="'Copy ' || n", is_default="false"),
    _copies("portfolio.summaries", portfolio_id=_ID),
    _copies(
        "portfolio.positions",
        id=_ID,
        portfolio_id=_ID,
        asset_id=_ASSET,
        chain_id=_CHAIN,
        protocol_id=_PROTOCOL,
        wallet_id=_WALLET,
    ),
    _copies("portfolio.strategies", id=_ID, portfolio_id=_ID, agent_id=_AGENT),
    _copies("portfolio.portfolio_wallets", portfolio_id=_ID, wallet_id=_WALLET),
    _copies(
        "portfolio.transactions",
        id=_ID,
        portfolio_id=_ID,
        from_asset_id=_ASSET,
        to_asset_id=_ASSET,
        chain_id=_CHAIN,
        protocol_id=_PROTOCOL,
        wallet_id=_WALLET,
        strategy_id=_ID,
        agent_id=_AGENT,
    ),
)
