"""A hundred parents of every type of trading, for `test_relations`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson

from gateway.load.identity import DEMO_USER_ID
from stores.lifecycle import Stores
from stores.queries import Statement
from stores.redis import keys as redis_keys

_COPIES: Final = 110
_AT: Final = datetime(2024, 1, 5, tzinfo=UTC)
_ID: Final = "('f0000000-0000-4000-9000-' || lpad(n::text, 12, '0'))::uuid"
# Another row of a table for each `n`, as far as there are others.
_OF: Final = "(SELECT {column} FROM {table} ORDER BY id OFFSET n % {count} LIMIT 1)"


def _of(table: str, column: str = "id") -> str:
    return _OF.format(column=column, table=table, count=f"(SELECT count(*) FROM {table})")


_ASSET: Final = _of("catalog.assets")
_CHAIN: Final = _of("catalog.chains")
_STATEMENTS: Final = (
    f"""
    INSERT INTO trading.traders (id, wallet_id, total_pnl_usd)
    SELECT {_ID}, w.id, n
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM catalog.wallets) AS w
    WHERE n <= {_COPIES}
    """,
    f"""
    INSERT INTO trading.trader_follows (id, user_id, trader_id)
    SELECT {_ID}, $1::uuid, {_ID} FROM generate_series(1, {_COPIES}) AS n
    """,
    f"""
    INSERT INTO trading.copy_trades (
        id, user_id, trader_id, chain_id, source_tx_hash, asset_in_id, asset_out_id
    )
    SELECT {_ID}, $1::uuid, {_ID}, {_CHAIN}, 'copy' || n, {_ASSET}, {_ASSET}
    FROM generate_series(1, {_COPIES}) AS n
    """,
    f"""
    INSERT INTO trading.bridge_transactions (
        id, user_id, bridge_id, source_chain_id, destination_chain_id, asset_id, amount
    )
    SELECT {_ID}, $1::uuid, {_of("catalog.bridges")}, {_CHAIN}, {_CHAIN}, {_ASSET}, n
    FROM generate_series(1, {_COPIES}) AS n
    """,
    f"""
    INSERT INTO trading.trade_routes (
        id, user_id, chain_id, token_in_address, token_out_address, token_in_id, token_out_id,
        amount_in, amount_out, route_path
    )
    SELECT {_ID}, $1::uuid, {_CHAIN}, 'in', 'out', {_ASSET}, {_ASSET}, n, n,
        jsonb_build_array(jsonb_build_object(
            'pool_id', {_of("catalog.yield_pools")}, 'protocol_id', {_of("catalog.protocols")},
            'token_in_id', {_ASSET}, 'token_out_id', {_ASSET}, 'amount_in', '1', 'amount_out', '1',
            'fee_bps', 30, 'price_impact_pct', '0', 'share_pct', '100', 'is_estimate', false))
    FROM generate_series(1, {_COPIES}) AS n
    """,
)


async def write_trading_rows(worker: Stores) -> None:
    """Write them to the three stores that have some; `worker` must have the role of loaders."""
    async with worker.postgres.transaction() as work:
        for number, text in enumerate(_STATEMENTS):
            values = [DEMO_USER_ID] if number else []
            statement = Statement("trading rows", text, ("user_id",)[: len(values)], kind="exec")
            await work.execute(statement, *values)
    refresh = "REFRESH MATERIALIZED VIEW trading.top_traders_leaderboard"
    await worker.postgres.execute(Statement("refresh", refresh, kind="exec"))
    assets = [row[0] for row in await _fetch(worker, "SELECT id FROM catalog.assets ORDER BY id")]
    chains = [row[0] for row in await _fetch(worker, "SELECT id FROM catalog.chains ORDER BY id")]
    ids = [row[0] for row in await _fetch(worker, "SELECT id FROM trading.traders ORDER BY id")]
    await worker.clickhouse.insert(
        "mev_opportunities",
        (
            *("detected_at", "id", "opportunity_type", "chain_id", "token_id", "protocol_ids"),
            *("estimated_profit_usd", "executed_by"),
        ),
        [
            (
                *(_AT + timedelta(seconds=n), key, "sandwich", chains[n % len(chains)]),
                *(assets[n % len(assets)], [], Decimal(n), "0xnobody"),
            )
            for n, key in enumerate(ids)
        ],
    )
    wallets = [row[0] for row in await _fetch(worker, "SELECT wallet_id FROM trading.traders")]
    protocols = [row[0] for row in await _fetch(worker, "SELECT id FROM catalog.protocols")]
    await worker.clickhouse.insert(
        "lending_events",
        (
            *("ts", "chain_id", "protocol_id", "protocol_name", "action", "reserve_address"),
            *("reserve_asset_id", "wallet_id", "debt_asset_id", "tx_hash", "log_index", "id"),
        ),
        [
            (
                *(_AT, chains[n % len(chains)], protocols[n % len(protocols)], "rows", "rows"),
                *("reserve", assets[n % len(assets)], wallet, assets[n % len(assets)], "rows", n),
                # Before those of the sample, of which there are many, and few with a debt.
                UUID(int=n + 1),
            )
            for n, wallet in enumerate(wallets)
        ],
    )
    await worker.clickhouse.insert(
        "gas_predictions",
        (
            *("ts", "chain_id", "prediction_for", "model_version", "predicted_low"),
            *("predicted_medium", "predicted_high", "predicted_instant"),
        ),
        [(_AT, chain, _AT, "rows", *[Decimal(1)] * 4) for chain in chains],
    )
    await _write_live(worker, ids, assets, chains)


async def _write_live(worker: Stores, ids: list[Any], assets: list[Any], chains: list[Any]) -> None:
    ranking = redis_keys.key("arbitrage_ranking")
    pipeline = worker.redis.commands.pipeline(transaction=False)
    for n, key in enumerate(ids):
        fields: Any = {
            "opportunity_type": "arbitrage",
            "chain_id": str(chains[n % len(chains)]),
            "token_id": str(assets[n % len(assets)]),
            "net_profit_usd": str(n),
        }
        name = redis_keys.key("arbitrage_opportunity", opportunity_id=key)
        pipeline.hset(name, mapping=fields)
        pipeline.zadd(ranking, {str(key): n})
    route = orjson.dumps({"source_price_usd": "1", "target_price_usd": "2"})
    for asset in assets:
        routes: Any = {f"{chains[0]}:{chains[1]}:copy-1": route}
        pipeline.hset(redis_keys.key("arbitrage_routes", asset_id=asset), mapping=routes)
    await pipeline.execute()


async def _fetch(worker: Stores, text: str) -> list[Any]:
    found: list[Any] = await worker.postgres.fetch(Statement("keys", text))
    return found
