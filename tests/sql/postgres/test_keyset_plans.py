"""Pages are read from an index in their own order, by key, without a sort."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from stores.urls import StoreUrls
from tests.sql.postgres.conftest import connect
from tests.sql.postgres.rows import Rows, acting_for

_FILL = """
INSERT INTO catalog.wallet_transactions (id, wallet_id, occurred_at, chain_id, tx_hash,
    transaction_type)
SELECT gen_random_uuid(), $1, now() - number * interval '1 hour', $2, '0x' || number, 'transfer'
FROM generate_series(1, 2000) AS number
"""
_PAGE = """
SELECT occurred_at, id FROM catalog.wallet_transactions
WHERE wallet_id = $1 AND (occurred_at, id) < ($2, $3)
ORDER BY occurred_at DESC, id DESC LIMIT 21
"""
_FIRST_OF_EACH = """
SELECT t.wallet_id, t.occurred_at, t.id FROM unnest($1::uuid[]) AS k (wallet_id)
CROSS JOIN LATERAL (
    SELECT wallet_id, occurred_at, id FROM catalog.wallet_transactions AS t
    WHERE t.wallet_id = k.wallet_id ORDER BY t.occurred_at DESC, t.id DESC LIMIT 5
) AS t
"""


async def plan(connection: asyncpg.Connection, statement: str, *arguments: Any) -> list[Any]:
    """All nodes of the plan of a statement."""
    text = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *arguments)
    return list(_nodes(json.loads(text)[0]["Plan"]))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def kinds(nodes: list[Any]) -> set[str]:
    return {node["Node Type"] for node in nodes}


async def wallet_with_history(rows: Rows) -> UUID:
    wallet = await rows.insert("catalog.wallets")
    await rows.connection.execute(_FILL, wallet["id"], wallet["chain_id"])
    return UUID(str(wallet["id"]))


async def test_a_page_of_a_wallet_reads_the_key_backwards(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    wallet = await wallet_with_history(rows)
    await wallet_with_history(rows)
    await rows.connection.execute("ANALYZE catalog.wallet_transactions")
    nodes = await plan(gateway, _PAGE, wallet, datetime.now(UTC), uuid4())
    assert not kinds(nodes) & {"Seq Scan", "Sort", "Incremental Sort", "Bitmap Heap Scan"}
    scans = [node for node in nodes if "Index Name" in node]
    assert scans
    for scan in scans:
        assert scan["Index Name"].endswith("_pkey"), scan["Index Name"]
        assert scan["Scan Direction"] == "Backward"
        assert "wallet_id" in scan["Index Cond"]


async def test_the_first_of_each_wallet_reads_the_key_backwards(
    rows: Rows, gateway: asyncpg.Connection
) -> None:
    wallets = [await wallet_with_history(rows) for _ in range(2)]
    await rows.connection.execute("ANALYZE catalog.wallet_transactions")
    nodes = await plan(gateway, _FIRST_OF_EACH, wallets)
    assert not kinds(nodes) & {"Seq Scan", "Sort", "Bitmap Heap Scan"}
    read = await gateway.fetch(_FIRST_OF_EACH, wallets)
    assert len(read) == 10


async def test_pages_cover_ties_without_gaps(rows: Rows, gateway: asyncpg.Connection) -> None:
    wallet = await rows.insert("catalog.wallets")
    moment = datetime.now(UTC)
    for number in range(50):  # all at one moment, so that only the id orders them
        await rows.insert(
            "catalog.wallet_transactions",
            wallet_id=wallet["id"],
            chain_id=wallet["chain_id"],
            occurred_at=moment,
            log_index=number,
        )
    seen: list[UUID] = []
    key = (datetime.now(UTC), UUID(int=2**128 - 1))
    while page := await gateway.fetch(_PAGE, wallet["id"], *key):
        seen += [row["id"] for row in page]
        key = (page[-1]["occurred_at"], page[-1]["id"])
    assert len(seen) == len(set(seen)) == 50


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("catalog.protocols ORDER BY name, id", "protocols_name_id_idx"),
        ("catalog.assets ORDER BY symbol, id", "assets_symbol_id_idx"),
        (
            "catalog.wallets ORDER BY smart_money_score DESC NULLS LAST, id",
            "wallets_smart_money_score_id_idx",
        ),
        (
            "catalog.wallets WHERE is_listed AND chain_id = 1"
            " ORDER BY transaction_count DESC, id DESC",
            "wallets_chain_id_transaction_count_id_idx",
        ),
        (
            "catalog.yield_pools ORDER BY apy_pct DESC NULLS LAST, id",
            "yield_pools_apy_pct_id_idx",
        ),
        ("catalog.incidents ORDER BY occurred_on DESC, id", "incidents_occurred_on_id_idx"),
        (
            "catalog.protocol_summary ORDER BY tvl_usd DESC NULLS LAST, id",
            "protocol_summary_tvl_usd_id_idx",
        ),
        (
            "research.mentions ORDER BY published_at DESC NULLS LAST, id",
            "mentions_published_at_id_idx",
        ),
        (
            "research.mentions WHERE project_id = '00000000-0000-4000-8000-000000000000'"
            " ORDER BY published_at DESC NULLS LAST, id DESC",
            "mentions_project_id_published_at_id_idx",
        ),
        (
            "research.onchain_analyses ORDER BY created_at DESC, id DESC",
            "onchain_analyses_created_at_id_idx",
        ),
        (
            "research.sentiment_analyses ORDER BY created_at DESC, id DESC",
            "sentiment_analyses_created_at_id_idx",
        ),
        (
            "research.tokenomics_analyses ORDER BY created_at DESC, id DESC",
            "tokenomics_analyses_created_at_id_idx",
        ),
        (
            "research.team_analyses ORDER BY created_at DESC, id DESC",
            "team_analyses_created_at_id_idx",
        ),
        (
            "privacy.stealth_announcements ORDER BY indexed_at, id",
            "stealth_announcements_indexed_at_id_idx",
        ),
        (
            "account.public_dashboards ORDER BY view_count DESC, id DESC",
            "dashboards_view_count_id_idx",
        ),
    ],
)
async def test_lists_are_read_in_index_order(
    statement: str, index: str, gateway: asyncpg.Connection
) -> None:
    async with gateway.transaction():
        await gateway.execute("SET LOCAL enable_seqscan = off")
        nodes = await plan(gateway, f"SELECT id FROM {statement} LIMIT 21")
    assert [node.get("Index Name") for node in nodes if "Index Name" in node] == [index]
    assert "Sort" not in kinds(nodes)


@pytest.mark.parametrize(
    ("table", "order", "index"),
    [
        ("portfolio.transactions", "occurred_at DESC, id DESC", "user_id_occurred_at_id_idx"),
        ("alerts.events", "triggered_at DESC, id DESC", "user_id_triggered_at_id_idx"),
        ("portfolio.portfolios", "created_at DESC, id", "portfolios_user_id_created_at_id_idx"),
        ("alerts.rules", "created_at DESC, id", "rules_user_id_created_at_id_idx"),
        ("agents.tasks", "id DESC", "tasks_user_id_id_idx"),
        ("agents.activations", "activated_at DESC, id DESC", "user_id_activated_at_id_idx"),
    ],
)
async def test_pages_of_an_owner_use_the_owners_index(
    table: str, order: str, index: str, fresh: StoreUrls
) -> None:
    async with connect(fresh.postgres_worker) as worker, connect(fresh.postgres) as gateway:
        rows = Rows(worker)
        alice = await rows.user()
        await rows.insert(table, owner=alice)
        async with acting_for(gateway, alice):
            await gateway.execute("SET LOCAL enable_seqscan = off")
            await gateway.execute("SET LOCAL enable_bitmapscan = off")
            nodes = await plan(
                gateway,
                f"SELECT id FROM {table} WHERE user_id = $1 ORDER BY {order} LIMIT 21",
                alice,
            )
        # Whose executor the viewer is, a policy asks once.
        scans = [
            node["Index Name"]
            for node in nodes
            if "Index Name" in node and node["Relation Name"] != "executors"
        ]
        assert scans
        assert all(name.endswith(index) for name in scans), scans
        assert "Sort" not in kinds(nodes)
