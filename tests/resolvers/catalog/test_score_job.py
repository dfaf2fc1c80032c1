"""The jobs that score and value wallets, over the real stores, read back through the graph."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.catalog import score_job
from resolvers.catalog.score_job import ScoreReport, score_wallets
from resolvers.catalog.wallet import Wallet
from resolvers.catalog.wallet_score import WINDOW, Movement
from resolvers.catalog.wallet_value import value_wallets
from resolvers.ids import encode_id
from resolvers.reflection import entity_of
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.queries import Statement
from tests.resolvers.catalog.test_scores import CASH, COIN, NOW, OTHER, buy, exactly, sell
from tests.resolvers.graph import ask

COLUMNS = (
    "ts", "chain_id", "wallet_id", "tx_hash", "log_index", "transaction_type", "token_in_id",
    "amount_in", "amount_in_usd", "token_out_id", "amount_out", "amount_out_usd",
)  # fmt: skip
CHAIN = 945_002
WALLETS = [uuid4() for _ in range(4)]
Row = tuple[Any, ...]


def trade(wallet: UUID, number: int, movement: Movement) -> Row:
    usd = movement.worth_usd
    return (
        movement.at, CHAIN, wallet, f"0x{wallet.hex}{number}", number, "swap", movement.got,
        movement.got_amount, usd, movement.given, movement.given_amount, usd,
    )  # fmt: skip


@asynccontextmanager
async def opened(options: StoreOptions, wallets: Sequence[UUID]) -> AsyncIterator[Any]:
    """Stores as a worker and as the gateway, and the traders that wallets are."""
    gateway = await open_stores(options)
    worker = await open_stores(replace(options, role="worker"))
    async with gateway, worker:
        yield gateway, worker, await _known(worker, wallets)


async def _known(worker: Stores, wallets: Sequence[UUID]) -> dict[UUID, UUID]:
    await worker.postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )
    await worker.postgres.copy_rows(
        "catalog.assets",
        ("id", "symbol", "name", "is_stablecoin"),
        [
            (CASH, "CASH", "Cash", True),
            (COIN, "COIN", "Coin", False),
            (OTHER, "OTHER", "Other", False),
        ],
    )
    await worker.postgres.copy_rows(
        "catalog.wallets",
        ("id", "chain_id", "address"),
        [(key, CHAIN, f"0x{key.hex}") for key in wallets],
    )
    traders = {key: uuid4() for key in wallets}
    await worker.postgres.copy_rows(
        "trading.traders", ("id", "wallet_id"), [(each, key) for key, each in traders.items()]
    )
    return traders


async def arrive(worker: Stores, *rows: Row) -> None:
    await worker.clickhouse.insert("wallet_transactions", COLUMNS, rows)


async def priced(worker: Stores, **usd: int) -> None:
    known = {"coin": COIN, "other": OTHER}
    rows = [(NOW, known[name], Decimal(price), "test") for name, price in usd.items()]
    await worker.clickhouse.insert("market_data", ("ts", "asset_id", "price", "source"), rows)


async def shown(stores: Stores, wallet: UUID) -> Any:
    answer = await ask(
        stores,
        "query ($id: ID!) { wallet: node(id: $id) { ... on Wallet { smartMoneyScore totalPnlUsd"
        " unrealizedPnlUsd winRate totalTrades avgTradeSizeUsd tradeVolumeUsd transactionCount"
        " openLots { nodes { amount costUsd asset { symbol } } } } } }",
        id=encode_id(entity_of(Wallet), wallet),
    )
    assert answer.errors == [], answer.errors
    return {**answer.data["wallet"], "openLots": answer.data["wallet"]["openLots"]["nodes"]}


async def state(worker: Stores) -> list[list[tuple[Any, ...]]]:
    """Everything that scoring writes, but for when it did."""
    looks = (
        "SELECT id, smart_money_score, total_pnl_usd, unrealized_pnl_usd, win_rate, total_trades,"
        " avg_trade_size_usd, trade_volume_usd, transaction_count, first_seen_at, last_activity_at"
        " FROM catalog.wallets ORDER BY id",
        "SELECT wallet_id, row_count, arrivals, fades_at FROM catalog.wallet_scorings ORDER BY 1",
        "SELECT wallet_id, asset_id, amount, cost_usd FROM catalog.wallet_lots ORDER BY 1, 2",
        "SELECT wallet_id, total_pnl_usd, win_rate, total_trades FROM trading.traders ORDER BY 1",
    )
    found = [await worker.postgres.fetch(Statement("look", text)) for text in looks]
    return [[tuple(row) for row in rows] for rows in found]


async def test_a_wallet_by_hand(fresh_options: StoreOptions) -> None:
    async with opened(fresh_options, WALLETS) as (gateway, worker, _traders):
        first, second, third, idle = WALLETS
        await arrive(
            worker,
            trade(first, 1, buy(9, 2, 100)), trade(first, 2, sell(7, 1, 400)),
            trade(second, 1, buy(9, 1, 100)), trade(second, 2, sell(7, 1, 450)),
            trade(third, 1, buy(9, 1, 900)), trade(third, 2, sell(7, 1, 100)),
        )  # fmt: skip
        await priced(worker, coin=80)
        assert await score_wallets(worker, NOW, batch=2) == ScoreReport(3, 6)
        # 0.4 + 0.3 * 350 / 10,000 + 0.3 / 1,000; one coin that cost 50 is left, at 80.
        assert await shown(gateway, first) == {
            "smartMoneyScore": "0.4108",
            "totalPnlUsd": "350.00000000",
            "unrealizedPnlUsd": "30.00000000",
            "winRate": "1.0000",
            "totalTrades": "2",
            "avgTradeSizeUsd": "250.00000000",
            "tradeVolumeUsd": "500.00000000",
            "transactionCount": "2",
            "openLots": [
                {
                    "amount": "1.000000000000000000",
                    "costUsd": "50.00000000",
                    "asset": {"symbol": "COIN"},
                }
            ],
        }
        lost = await shown(gateway, third)
        names = ("smartMoneyScore", "totalPnlUsd", "unrealizedPnlUsd", "openLots")
        assert [lost[name] for name in names] == ["0.0000", "-800.00000000", "0.00000000", []]
        never = await shown(gateway, idle)
        assert [never[name] for name in names] == [None, None, None, []]
        # A late sale counts; told twice, it counts once.
        late = trade(first, 3, sell(8, 1, 60))
        await arrive(worker, late)
        await arrive(worker, late)
        assert (await score_wallets(worker, NOW)).wallets == 1
        again = await shown(gateway, first)
        assert [again["totalPnlUsd"], again["totalTrades"]] == ["360.00000000", "3"]


async def test_prices_move_what_was_not_taken_yet(fresh_options: StoreOptions) -> None:
    async with opened(fresh_options, WALLETS[:2]) as (gateway, worker, traders):
        first, second = WALLETS[:2]
        await arrive(
            worker,
            *(trade(first, 1, buy(9, 2, 100)), trade(first, 2, sell(7, 1, 400))),
            *(trade(second, 1, buy(9, 1, 100)), trade(second, 2, buy(8, 1, 60, OTHER))),
        )
        await score_wallets(worker, NOW)
        assert (await shown(gateway, first))["unrealizedPnlUsd"] is None
        await priced(worker, coin=80)
        assert await value_wallets(worker, NOW, batch=1) == 2
        # The second holds something without a price: its sum is unknown.
        gains = [(await shown(gateway, key))["unrealizedPnlUsd"] for key in (first, second)]
        assert gains == ["30.00000000", None]
        await priced(worker, other=50)
        await value_wallets(worker, NOW)
        assert (await shown(gateway, second))["unrealizedPnlUsd"] == "-30.00000000"
        # Traders are recorded once a day: profit taken and not.
        look = Statement(
            "look",
            "SELECT trader_id, ts, pnl_usd, trades, volume_usd FROM trader_performance FINAL",
        )
        found = {row[0]: row[2:] for row in await worker.clickhouse.fetch(look)}
        assert found == {
            traders[first]: exactly(380, 2, 500),
            traders[second]: exactly(-30, 2, 160),
        }


async def test_only_what_is_new_is_scored_again(fresh_options: StoreOptions) -> None:
    async with opened(fresh_options, WALLETS[:3]) as (_, worker, _traders):
        first, second, third = WALLETS[:3]
        for wallet in (first, second, third):
            await arrive(worker, trade(wallet, 1, buy(9, 1, 100)))
        assert await score_wallets(worker, NOW) == ScoreReport(3, 3)
        assert await score_wallets(worker, NOW) == ScoreReport(0, 0, unchanged=3)
        await arrive(worker, trade(second, 2, sell(7, 1, 400)))
        assert await score_wallets(worker, NOW) == ScoreReport(1, 2, unchanged=2)
        # The same row once more is no news, but the same row with another amount is.
        await arrive(worker, trade(second, 2, sell(7, 1, 500)))
        assert (await score_wallets(worker, NOW)).wallets == 1
        before = await state(worker)
        assert before[0] != []
        assert (await score_wallets(worker, NOW, everything=True)).wallets == 3
        assert await state(worker) == before


async def test_what_did_nothing_is_scored_again_when_its_trades_fade(
    fresh_options: StoreOptions,
) -> None:
    async with opened(fresh_options, WALLETS[:2]) as (gateway, worker, _):
        first, second = WALLETS[:2]
        steps = [buy(9, 2, 100), sell(7, 1, 400), sell(5, 1, 20)]
        await arrive(worker, *(trade(first, n, each) for n, each in enumerate(steps)))
        await score_wallets(worker, NOW)
        scores = [(await shown(gateway, first))["smartMoneyScore"]]
        # Another wallet trades on, and its newest trade is the time of all scores.
        for number, passed in enumerate((-7, -5)):
            days = passed + WINDOW.days
            later = NOW + timedelta(days=days)
            await arrive(worker, trade(second, number, buy(-days, 1, 10)))
            assert (await score_wallets(worker, later)).wallets == 2
            scores.append((await shown(gateway, first))["smartMoneyScore"])
        # 0.4 / 2 + 0.3 * 320 / 2 / 10,000 + 0.3 * 2 / 1,000; then the loss of 30; then nothing.
        assert scores == ["0.2054", "0.0000", "0.0000"]
        assert (await shown(gateway, first))["totalPnlUsd"] == "320.00000000"
        before = await state(worker)
        await score_wallets(worker, later, everything=True)
        assert await state(worker) == before


async def test_many_runs_give_what_one_over_everything_gives(
    fresh_options: StoreOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_job, "PAGE", 7)  # histories do not fit a page
    chance = random.Random(11)
    wallets = [uuid4() for _ in range(12)]
    rows: list[Row] = []
    for wallet in wallets:
        for number in range(chance.randrange(1, 25)):
            make, days = chance.choice((buy, sell)), chance.uniform(0, 140)
            coin, usd = chance.choice((COIN, OTHER)), chance.choice((None, *range(1, 900, 37)))
            rows.append(trade(wallet, number, make(days, chance.randrange(1, 9), usd, coin)))
    chance.shuffle(rows)
    async with opened(fresh_options, wallets) as (_, worker, _traders):
        await priced(worker, coin=80, other=3)
        for start in range(0, len(rows), 40):
            await arrive(worker, *rows[start : start + 40])
            await score_wallets(worker, NOW, batch=5)
        await value_wallets(worker, NOW)
        before = await state(worker)
        assert (await score_wallets(worker, NOW, everything=True)).wallets == 12
        assert await state(worker) == before
