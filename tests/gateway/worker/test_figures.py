"""Jobs that compute figures: killed in the middle, and what boards they publish."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from gateway.worker.job import JobContext
from gateway.worker.jobs import JOBS
from gateway.worker.queue import Queue
from resolvers.catalog.score_job import BATCH as WALLETS_AT_ONCE
from resolvers.portfolio.valuation_job import BATCH as PORTFOLIOS_AT_ONCE
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.queries import Statement
from stores.redis import keys as redis_keys
from tests.gateway.test_cli import started, store_variables
from tests.gateway.worker.conftest import rows, until
from tests.resolvers.graph import ask

CHAIN = 962_004
USER, CASH, COIN = (UUID(int=0x9624_0000 + number) for number in range(3))
# Both stores keep these in the same order: they differ in the half that ClickHouse looks at first.
WALLETS = [UUID(int=0x9624_1000 + number) for number in range(WALLETS_AT_ONCE + 5)]
PORTFOLIOS = [UUID(int=0x9624_2000 + number) for number in range(PORTFOLIOS_AT_ONCE + 5)]
AT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)


async def perform(stores: Stores, name: str, **arguments: object) -> JobContext:
    context = JobContext(stores, time.monotonic() + 60, arguments)
    await JOBS[name].function(context)
    return context


async def fill(stores: Stores) -> None:
    """Wallets that bought and sold, portfolios that hold one coin each, and its price."""
    postgres, clickhouse = stores.postgres, stores.clickhouse
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )
    await postgres.copy_rows(
        "catalog.assets",
        ("id", "symbol", "name", "is_stablecoin"),
        [(CASH, "CASH", "Cash", True), (COIN, "COIN", "Coin", False)],
    )
    await postgres.copy_rows(
        "catalog.wallets",
        ("id", "chain_id", "address"),
        [(key, CHAIN, f"0x{key.hex}") for key in WALLETS],
    )
    await postgres.copy_rows("account.users", ("id",), [(USER,)])
    await postgres.copy_rows(
        "portfolio.portfolios",
        ("id", "user_id", "name"),
        [(key, USER, "One") for key in PORTFOLIOS],
    )
    await postgres.copy_rows(
        "portfolio.positions",
        ("portfolio_id", "asset_id", "quantity"),
        [(key, COIN, number + 1) for number, key in enumerate(PORTFOLIOS)],
    )
    await clickhouse.insert(
        "market_data",
        ("ts", "asset_id", "price", "source"),
        [(AT, COIN, Decimal(80), "test")],
    )
    await clickhouse.insert(
        "wallet_transactions",
        ("ts", "chain_id", "wallet_id", "tx_hash", "log_index", "transaction_type", "token_in_id",
         "amount_in", "token_out_id", "amount_out", "amount_out_usd"),
        [each for number, key in enumerate(WALLETS) for each in _trades(key, 1 + number % 7)],
    )  # fmt: skip


def _trades(wallet: UUID, profit: int) -> list[tuple[Any, ...]]:
    """Two coins for a hundred, and one of them for fifty and the profit."""
    ten = Decimal(10)
    name = f"0x{wallet.hex}"
    return [
        (AT, CHAIN, wallet, name, 1, "swap", COIN, Decimal(2), CASH, 10 * ten, 10 * ten),
        (AT, CHAIN, wallet, name, 2, "swap", CASH, 5 * ten + profit, COIN, Decimal(1),
         5 * ten + profit),
    ]  # fmt: skip


async def state(stores: Stores) -> list[Sequence[Any]]:
    """What both jobs write, but for when they did."""
    found = [
        await rows(stores, text)
        for text in (
            "SELECT id, smart_money_score, total_pnl_usd, unrealized_pnl_usd, total_trades"
            " FROM catalog.wallets ORDER BY id",
            "SELECT wallet_id, asset_id, amount, cost_usd FROM catalog.wallet_lots ORDER BY 1",
            "SELECT portfolio_id, total_value_usd, diversification_score"
            " FROM portfolio.summaries ORDER BY 1",
            "SELECT portfolio_id, price_usd, value_usd, allocation FROM portfolio.positions"
            " ORDER BY 1",
        )
    ]
    look = "SELECT portfolio_id, snapshot_date, total_value_usd FROM portfolio_snapshots FINAL"
    snapshots = await stores.clickhouse.fetch(Statement("look", f"{look} ORDER BY 1, 2"))
    return [*([tuple(row) for row in each] for each in found), snapshots]


async def test_killed_in_the_middle_and_run_again_they_leave_what_one_run_leaves(
    fresh_options: StoreOptions, own_stores: Stores
) -> None:
    await fill(own_stores)
    queue = Queue(own_stores.postgres, lease_s=2)
    for name in ("score_wallets", "value_portfolios"):
        await queue.add(JOBS[name])
    held = "SELECT FROM {} WHERE {} = $1 FOR UPDATE"
    async with own_stores.postgres.transaction(name="hold") as holding:
        # The second batch of each waits here.
        for table, column, key in (
            ("catalog.wallets", "id", WALLETS[-1]),
            ("portfolio.positions", "portfolio_id", PORTFOLIOS[-1]),
        ):
            text = held.format(table, column)
            await holding.fetch(Statement("hold", text, kind="exec"), key)
        async with started("worker --lease 2", **store_variables(fresh_options)) as worker:
            for table, done in (
                ("catalog.wallet_scorings", WALLETS_AT_ONCE),
                ("portfolio.summaries", PORTFOLIOS_AT_ONCE),
            ):
                await until(own_stores, f"SELECT count(*) = {done} FROM {table}")
            worker.kill()
            await worker.wait()

    await perform(own_stores, "score_wallets")
    await perform(own_stores, "value_portfolios")
    after = await state(own_stores)
    wallets, lots, _, positions, snapshots = after
    assert [row[2] for row in wallets] == [1 + number % 7 for number in range(len(WALLETS))]
    assert {row[3] for row in wallets} == {Decimal(30)}
    assert len(lots) == len(WALLETS)
    assert [row[2] for row in positions] == [80 * (n + 1) for n in range(len(PORTFOLIOS))]
    assert len(snapshots) == len(PORTFOLIOS)
    again = await perform(own_stores, "score_wallets", everything=True)
    assert again.item_count == len(WALLETS)
    await perform(own_stores, "value_portfolios")
    assert await state(own_stores) == after


BOARDS = """{ walletLeaderboard(first: 3) { rank score wallet { id address } }
  traderLeaderboard(first: 4) { rank score trader { displayName } } }"""


async def test_boards_are_the_views_whether_live_or_not(
    fresh_options: StoreOptions, own_stores: Stores
) -> None:
    await fill(own_stores)
    for scored, score in ((WALLETS[:3], "0.7"), (WALLETS[3:5], "0.9"), (WALLETS[5:], "0.4")):
        text = "UPDATE catalog.wallets SET smart_money_score = $1 WHERE id = ANY ($2)"
        await rows(own_stores, text, Decimal(score), scored)
    names = {"best": Decimal("12.5"), "one": Decimal(7), "other": Decimal(7), "unknown": None}
    await own_stores.postgres.copy_rows(
        "trading.traders",
        ("id", "wallet_id", "display_name", "total_pnl_usd"),
        [
            (UUID(int=10 - number), WALLETS[number], name, profit)
            for number, (name, profit) in enumerate(names.items())
        ],
    )
    assert (await perform(own_stores, "refresh_views")).details == {"smart_money": 5}
    assert (await perform(own_stores, "refresh_hourly_views")).details == {"traders": 4}
    async with await open_stores(fresh_options) as gateway:
        live = await ask(gateway, BOARDS)
        assert live.errors == []
        # Of equal ones the smaller id is first; an unknown profit is last.
        assert [each["score"] for each in live.data["walletLeaderboard"]] == ["0.9", "0.9", "0.7"]
        addresses = [each["wallet"]["address"] for each in live.data["walletLeaderboard"]]
        assert addresses == [f"0x{WALLETS[place].hex}" for place in (3, 4, 0)]
        traders = [
            (each["rank"], each["trader"]["displayName"], each["score"])
            for each in live.data["traderLeaderboard"]
        ]
        assert traders == [
            (1, "best", "12.5"), (2, "other", "7.0"), (3, "one", "7.0"), (4, "unknown", None),
        ]  # fmt: skip
        boards = [redis_keys.key("leaderboard", board=name) for name in ("smart_money", "traders")]
        assert [await gateway.redis.commands.ttl(key) for key in boards] != [-1, -1]
        # Expired, the boards are the views' own; who has left has no place on either.
        gone = "UPDATE catalog.wallets SET is_active = false WHERE id = $1"
        await rows(own_stores, gone, WALLETS[3])
        without_one = (await ask(gateway, BOARDS)).data
        await gateway.redis.commands.delete(*boards)
        viewed = (await ask(gateway, BOARDS)).data
    for found in (without_one, viewed):
        addresses = [each["wallet"]["address"] for each in found["walletLeaderboard"]]
        assert addresses == [f"0x{WALLETS[place].hex}" for place in (4, 0, 1)]
        assert [each["trader"]["displayName"] for each in found["traderLeaderboard"]] == [
            name for _, name, _ in traders
        ]
    assert [Decimal(each["score"]) for each in viewed["walletLeaderboard"]] == [
        Decimal(score) for score in ("0.9", "0.7", "0.7")
    ]
