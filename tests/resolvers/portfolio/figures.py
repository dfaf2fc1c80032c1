"""Portfolios with everything that figures are made of, small enough to be computed by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from resolvers.context import Viewer
from resolvers.ids import encode_id
from resolvers.portfolio.types import Portfolio
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
from stores.redis import keys as redis_keys
from tests.resolvers.conftest import Answer
from tests.resolvers.graph import ask

CHAIN = 920_051
ALICE, BOB = uuid4(), uuid4()
MINE, VOID, HIS = uuid4(), uuid4(), uuid4()
ETHER, DOLLAR, EURO, COIN = uuid4(), uuid4(), uuid4(), uuid4()
FIRST, SECOND = uuid4(), uuid4()
ADDRESS = f"0x{FIRST.hex:0>40}"
NOBODY = f"0x{SECOND.hex:0>40}"
DAY = datetime(2025, 3, 3, tzinfo=UTC)
OWNER, STRANGER = Viewer(ALICE, "user"), Viewer(BOB, "user")


def global_id(key: UUID) -> str:
    """The global id of a portfolio."""
    return encode_id(entity_of(Portfolio), key)


@asynccontextmanager
async def written(worker_stores: Stores, stores: Stores) -> AsyncIterator[None]:
    """Alice's portfolio with everything a figure is made of, an empty one, and Bob's."""
    postgres, clickhouse = worker_stores.postgres, worker_stores.clickhouse
    await postgres.copy_rows("account.users", ("id",), [(ALICE,), (BOB,)])
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )
    await postgres.copy_rows(
        "catalog.assets",
        ("id", "symbol", "name", "is_stablecoin"),
        [
            (ETHER, "TETH", "Ether", False),
            (DOLLAR, "TUSD", "Dollar", True),
            (EURO, "TEUR", "Euro", True),
            (COIN, "TCOIN", "Coin", False),
        ],
    )
    await postgres.copy_rows(
        "portfolio.portfolios",
        ("id", "user_id", "name", "target_allocation", "anonymity_level"),
        [
            (MINE, ALICE, "Mine", {"TETH": 0.5, "stablecoins": 0.4, "TBTC": 0.1}, "anonymous"),
            (VOID, ALICE, "Void", {}, "public"),
            (HIS, BOB, "His", {}, "public"),
        ],
    )
    await postgres.copy_rows(
        "portfolio.positions",
        ("portfolio_id", "asset_id", "position_type", "quantity", "value_usd", "cost_basis_usd"),
        [
            (MINE, ETHER, "spot", 1, Decimal(500), Decimal(400)),
            (MINE, ETHER, "staked", 1, Decimal(200), Decimal(250)),
            (MINE, DOLLAR, "spot", 1, Decimal(150), None),
            (MINE, EURO, "spot", 1, Decimal(100), Decimal(90)),
            (MINE, COIN, "spot", 1, Decimal(50), Decimal(10)),
            (MINE, COIN, "staked", 1, None, Decimal(10)),
            (HIS, ETHER, "spot", 1, Decimal(9), Decimal(1)),
        ],
    )
    await _ledger(worker_stores)
    names: tuple[str, ...] = ("ts", "snapshot_date", "portfolio_id", "user_id")
    names += ("total_value_usd", "total_assets", "total_chains", "total_protocols")
    names += ("daily_return", "sharpe_ratio", "allocation_by_chain")
    await clickhouse.insert(
        "portfolio_snapshots",
        names,
        [
            (DAY, DAY.date(), MINE, ALICE, Decimal(100), 2, 1, 1, None, None, {"eip155:1": 1.0}),
            _snapshot(1, 110, 0.1, 1.5),
            _snapshot(2, 88, -0.2, None),
            # Paid in 100: the return says more than the worth.
            _snapshot(3, 192, 0.05, 0.25),
            (DAY, DAY.date(), HIS, BOB, Decimal(7), 1, 1, 1, 0.5, 9.0, {}),
        ],
    )
    await clickhouse.insert(
        "risk_metrics",
        ("ts", "portfolio_id", "user_id", "var_95", "cvar_95", "correlation_score",
         "liquidation_distance", "protocol_risk_score"),
        [
            (DAY, MINE, ALICE, Decimal("10.5"), Decimal(20), 0.25, None, 0.1),
            (DAY + timedelta(days=1), MINE, ALICE, Decimal("12.5"), Decimal(22), -0.5, 0.4, 0.2),
            (DAY, HIS, BOB, Decimal(99), Decimal(99), 1.0, None, 1.0),
        ],
    )  # fmt: skip
    key = redis_keys.key("risk_correlation", portfolio_id=MINE)
    pair, weaker = f"{ETHER}:{DOLLAR}", f"{DOLLAR}:{EURO}"
    fields: Any = {weaker: "0.25", pair: "-0.75", "nonsense": "1", f"{ETHER}:{EURO}": "7"}
    await stores.redis.commands.hset(key, mapping=fields)
    await _wallets(worker_stores)
    yield
    await stores.redis.commands.delete(key)


def _snapshot(days: int, value: int, daily: float, sharpe: float | None) -> tuple[Any, ...]:
    at = DAY + timedelta(days=days)
    return (at, at.date(), MINE, ALICE, Decimal(value), 2, 1, 1, daily, sharpe, {})


async def _ledger(worker_stores: Stores) -> None:
    """Two sales out of two purchases, set against them by FIFO, and one by LIFO."""
    postgres = worker_stores.postgres
    entries = [uuid4() for _ in range(3)]
    await postgres.copy_rows(
        "portfolio.transactions",
        ("id", "portfolio_id", "user_id", "tx_type", "status", "occurred_at", "usd_value",
         "fee_usd", "privacy_level", "confidentiality_score"),
        [
            (entries[0], MINE, ALICE, "swap", "confirmed", DAY, Decimal(50), Decimal("1.5"),
             "public", None),
            (entries[1], MINE, ALICE, "privacy_deposit", "confirmed", DAY, Decimal(30),
             Decimal("0.5"), "anonymous", Decimal("0.8")),
            (entries[2], MINE, ALICE, "swap", "failed", DAY, Decimal(7), Decimal(9), "public",
             None),
        ],
    )  # fmt: skip
    sales = [uuid4(), uuid4()]
    await postgres.copy_rows(
        "portfolio.tax_transactions",
        ("id", "user_id", "chain_id", "tx_hash", "occurred_at", "transaction_type",
         "source_transaction_id", "cost_basis_method"),
        [
            (sales[0], ALICE, CHAIN, f"0x{sales[0].hex}", DAY, "sell", entries[0], "fifo"),
            (sales[1], ALICE, CHAIN, f"0x{sales[1].hex}", DAY, "sell", entries[1], "lifo"),
        ],
    )  # fmt: skip
    lots = [uuid4(), uuid4()]
    await postgres.copy_rows(
        "portfolio.tax_lots",
        ("id", "user_id", "asset_id", "asset_symbol", "chain_id", "acquired_at",
         "acquired_amount", "acquired_price_usd", "cost_basis_usd", "remaining_amount"),
        [
            (lots[0], ALICE, ETHER, "TETH", CHAIN, DAY - timedelta(days=400), 1, 10, 10, 0),
            (lots[1], ALICE, ETHER, "TETH", CHAIN, DAY - timedelta(days=100), 1, 30, 30, 0),
        ],
    )  # fmt: skip
    await postgres.copy_rows(
        "portfolio.tax_lot_disposals",
        ("user_id", "lot_id", "transaction_id", "amount", "price_usd", "proceeds_usd", "gain_usd",
         "disposed_at"),
        [
            (ALICE, lots[0], sales[0], 1, 25, 25, 15, DAY),
            (ALICE, lots[1], sales[0], 1, 25, 25, -5, DAY),
            (ALICE, lots[1], sales[1], 1, 40, 40, 10, DAY),
        ],
    )  # fmt: skip


async def _wallets(worker_stores: Stores) -> None:
    await worker_stores.postgres.copy_rows(
        "catalog.wallets",
        ("id", "chain_id", "address", "transaction_count", "total_trades", "total_pnl_usd",
         "first_seen_at", "last_activity_at"),
        [(FIRST, CHAIN, ADDRESS, 3, 2, Decimal("12.5"), DAY, DAY + timedelta(days=1))],
    )  # fmt: skip
    await worker_stores.clickhouse.insert(
        "wallet_transactions",
        ("ts", "chain_id", "wallet_id", "tx_hash", "transaction_type", "token_in_id", "amount_in",
         "amount_in_usd", "token_out_id", "amount_out", "amount_out_usd"),
        [
            (DAY, CHAIN, FIRST, "0x1", "swap", ETHER, Decimal(3), Decimal(30), DOLLAR,
             Decimal(30), Decimal(30)),
            (DAY, CHAIN, FIRST, "0x2", "transfer", None, None, None, ETHER, Decimal("0.5"),
             Decimal(6)),
            # Told twice, counts once.
            (DAY, CHAIN, FIRST, "0x2", "transfer", None, None, None, ETHER, Decimal("0.5"),
             Decimal(6)),
        ],
    )  # fmt: skip
    await worker_stores.clickhouse.insert(
        "market_data",
        ("ts", "asset_id", "price", "source"),
        [(DAY, ETHER, Decimal(100), "test")],
    )


async def figures_of(stores: Stores, shown: str, key: UUID = MINE, viewer: Viewer = OWNER) -> Any:
    """What a portfolio shows."""
    answer: Answer = await ask(
        stores,
        f"query ($id: ID!) {{ portfolio(id: $id) {{ {shown} }} }}",
        viewer=viewer,
        id=global_id(key),
    )
    assert answer.errors == [], answer.errors
    return answer.data["portfolio"]
