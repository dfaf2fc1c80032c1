"""Scores of wallets by hand, alone and over the real stores."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.catalog.score_job import ScoreReport, score_wallets
from resolvers.catalog.wallet import Wallet
from resolvers.catalog.wallet_score import Movement, score_wallet, smart_money_score
from resolvers.ids import encode_id
from resolvers.reflection import entity_of
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.queries import Statement
from tests.conftest import NOTE
from tests.resolvers.graph import ask

NOW = datetime(2025, 6, 1, tzinfo=UTC)
CASH, COIN, OTHER = uuid4(), uuid4(), uuid4()
MONEY = frozenset({CASH})


def exactly(*values: Any) -> Any:
    """Values to compare figures with."""
    return values


def at(days_ago: float) -> datetime:
    return NOW - timedelta(days=days_ago)


def buy(days_ago: float, amount: int, usd: int | None, coin: UUID = COIN) -> Movement:
    worth = None if usd is None else Decimal(usd)
    return Movement(at(days_ago), True, coin, Decimal(amount), CASH, worth, worth)


def sell(days_ago: float, amount: int, usd: int | None, coin: UUID = COIN) -> Movement:
    worth = None if usd is None else Decimal(usd)
    return Movement(at(days_ago), True, CASH, worth, coin, Decimal(amount), worth)


def test_profit_is_that_of_the_earliest_lots() -> None:
    # 2 cost 100 and 2 cost 300; 3 of them bring 600: 600 - 100 - 150, and 1 stays that cost 150.
    found = score_wallet([buy(9, 2, 100), buy(8, 2, 300), sell(7, 3, 600)], MONEY, NOW)
    assert exactly(found.realized_usd, found.win_rate, found.trades) == (350, 1, 3)
    assert exactly(found.average_usd, found.volume_usd) == (Decimal(1000) / 3, 1000)
    assert dict(found.open_lots) == {COIN: exactly(1, 150)}
    assert found.unrealized_usd({COIN: Decimal(180)}) == 30
    assert found.unrealized_usd({}) is None
    # 0.4 * 1 + 0.3 * 350 / 10,000 + 0.3 * 1 / 1,000.
    assert found.score == Decimal("0.4108")


def test_an_empty_wallet_has_nothing() -> None:
    for movements in ([], [buy(1, 1, 100)], [sell(1, 1, 100)]):
        found = score_wallet(movements, MONEY, NOW)
        assert exactly(found.score, found.realized_usd, found.win_rate) == (0, None, None)


def test_losses_lower_the_score_down_to_nothing() -> None:
    won = [Decimal(100)]
    assert smart_money_score(won) > smart_money_score([*won, Decimal(-100)])
    # 0.4 / 2 - 0.3 * 2,450 / 10,000 + 0.3 * 2 / 1,000.
    assert smart_money_score([*won, Decimal(-5000)]) == Decimal("0.1271")
    assert smart_money_score([Decimal(-20_000)]) == 0
    assert smart_money_score([Decimal(-400_000)]) == 0
    assert smart_money_score([Decimal(10**9)] * 2000) == 1


def test_only_the_last_ninety_days_are_scored_and_all_are_counted() -> None:
    found = score_wallet([buy(200, 2, 100), sell(91, 1, 90), sell(2, 1, 40)], MONEY, NOW)
    # The later sale lost 10: -0.3 * 10 / 10,000 + 0.3 / 1,000.
    assert found.score == 0
    assert exactly(found.realized_usd, found.win_rate) == (30, Decimal("0.5"))
    assert score_wallet([buy(200, 1, 1), sell(91, 1, 90)], MONEY, NOW).score == 0


def test_what_came_without_a_trade_has_no_profit() -> None:
    came = Movement(at(9), False, COIN, Decimal(3), None, None, Decimal(30))
    left = Movement(at(7), False, None, None, COIN, Decimal(1), Decimal(99))
    found = score_wallet([came, buy(8, 2, 100), left, sell(6, 3, 300)], MONEY, NOW)
    # Two of the three sold came from elsewhere: a third of 300 against half of 100.
    assert found.realized_usd == 50
    assert dict(found.open_lots) == {COIN: exactly(1, 50)}
    assert found.trades == 2


def test_a_trade_of_coin_for_coin_closes_one_and_opens_the_other() -> None:
    swap = Movement(at(5), True, OTHER, Decimal(4), COIN, Decimal(2), Decimal(160))
    found = score_wallet([buy(9, 2, 100), swap, sell(4, 1, 30, OTHER)], MONEY, NOW)
    assert exactly(found.realized_usd, found.win_rate) == (50, Decimal("0.5"))
    assert dict(found.open_lots) == {OTHER: exactly(3, 120)}


def test_an_unpriced_trade_closes_without_a_profit() -> None:
    found = score_wallet([buy(9, 2, 100), sell(5, 1, None), sell(4, 1, 70)], MONEY, NOW)
    assert exactly(found.realized_usd, found.trades, found.average_usd) == (20, 3, 85)


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(1, 50), st.integers(1, 10_000)),
        min_size=1,
        max_size=60,
    )
)
def test_nothing_is_won_or_lost_twice(steps: list[tuple[bool, int, int]]) -> None:
    movements, held, spent, earned = [], 0, 0, Decimal(0)
    for place, (bought, amount, usd) in enumerate(steps):
        if bought:
            movements.append(buy(80 - place, amount, usd))
            held, spent = held + amount, spent + usd
        elif amount <= held:
            movements.append(sell(80 - place, amount, usd))
            held, earned = held - amount, earned + usd
    found = score_wallet(movements, MONEY, NOW)
    left, cost = found.open_lots.get(COIN, (Decimal(0), Decimal(0)))
    assert left == held
    assert (found.realized_usd or 0) == pytest.approx(earned - (spent - cost))
    assert 0 <= found.score <= 1


COLUMNS = (
    "ts", "chain_id", "wallet_id", "tx_hash", "log_index", "transaction_type", "token_in_id",
    "amount_in", "amount_in_usd", "token_out_id", "amount_out", "amount_out_usd",
)  # fmt: skip
CHAIN = 945_002
WALLETS = [uuid4() for _ in range(4)]


def trade(wallet: UUID, number: int, movement: Movement) -> tuple[Any, ...]:
    usd = movement.worth_usd
    return (
        movement.at, CHAIN, wallet, f"0x{wallet.hex}{number}", number, "swap", movement.got,
        movement.got_amount, usd, movement.given, movement.given_amount, usd,
    )  # fmt: skip


async def _known(worker: Stores, count: int = 4) -> dict[UUID, UUID]:
    """Wallets that are traders, by wallet."""
    await worker.postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )
    await worker.postgres.copy_rows(
        "catalog.assets",
        ("id", "symbol", "name", "is_stablecoin"),
        [(CASH, "CASH", "Cash", True), (COIN, "COIN", "Coin", False)],
    )
    await worker.postgres.copy_rows(
        "catalog.wallets",
        ("id", "chain_id", "address"),
        [(key, CHAIN, f"0x{key.hex}") for key in WALLETS[:count]],
    )
    traders = {key: uuid4() for key in WALLETS[:count]}
    await worker.postgres.copy_rows(
        "trading.traders", ("id", "wallet_id"), [(each, key) for key, each in traders.items()]
    )
    return traders


async def _shown(stores: Stores, wallet: UUID) -> Any:
    answer = await ask(
        stores,
        "query ($id: ID!) { wallet: node(id: $id) { ... on Wallet { smartMoneyScore totalPnlUsd"
        " winRate totalTrades avgTradeSizeUsd } } }",
        id=encode_id(entity_of(Wallet), wallet),
    )
    assert answer.errors == [], answer.errors
    return answer.data["wallet"]


async def test_wallets_are_scored_once_and_again_when_they_trade(
    fresh_options: StoreOptions,
) -> None:
    gateway = await open_stores(fresh_options)
    worker = await open_stores(replace(fresh_options, role="worker"))
    async with gateway, worker:
        traders = await _known(worker)
        first, second, third, _ = WALLETS
        rows = [
            trade(first, 1, buy(9, 2, 100)), trade(first, 2, sell(7, 1, 400)),
            trade(second, 1, buy(9, 1, 100)), trade(second, 2, sell(7, 1, 450)),
            trade(third, 1, buy(9, 1, 900)), trade(third, 2, sell(7, 1, 100)),
        ]  # fmt: skip
        await worker.clickhouse.insert("wallet_transactions", COLUMNS, rows)
        await worker.clickhouse.insert(
            "market_data", ("ts", "asset_id", "price", "source"), [(NOW, COIN, Decimal(80), "test")]
        )
        assert await score_wallets(worker, NOW, batch=2) == ScoreReport(3, 6)
        # 0.4 + 0.3 * 350 / 10,000 + 0.3 / 1,000.
        assert await _shown(gateway, first) == {
            "smartMoneyScore": "0.4108",
            "totalPnlUsd": "350.00000000",
            "winRate": "1.0000",
            "totalTrades": "2",
            "avgTradeSizeUsd": "250.00000000",
        }
        assert (await _shown(gateway, third))["smartMoneyScore"] == "0.0000"
        assert (await _shown(gateway, WALLETS[3]))["smartMoneyScore"] is None
        board = "{ traderLeaderboard(first: 9) { rank score trader { wallet { id } } } }"
        ranked = (await ask(gateway, board)).data["traderLeaderboard"]
        # Two earned the same: the smaller id of the trader comes first, every time.
        tied = sorted((first, second), key=lambda wallet: traders[wallet])
        expected = [encode_id(entity_of(Wallet), wallet) for wallet in (*tied, third)]
        assert [each["trader"]["wallet"]["id"] for each in ranked] == expected
        assert [Decimal(each["score"]) for each in ranked] == [350, 350, -800]
        # The trader's record has the coin still held as well: 80 less its cost of 50.
        pnl = await _performance(worker)
        assert exactly(pnl[traders[first]], pnl[traders[second]]) == (380, 350)
        # A late sale counts; told twice, it counts once.
        late = trade(first, 3, sell(8, 1, 60))
        await worker.clickhouse.insert("wallet_transactions", COLUMNS, [late])
        await worker.clickhouse.insert("wallet_transactions", COLUMNS, [late])
        await score_wallets(worker, NOW)
        assert (await _shown(gateway, first))["totalPnlUsd"] == "360.00000000"


async def _performance(worker: Stores) -> dict[UUID, Decimal]:
    look = Statement("look", "SELECT trader_id, pnl_usd FROM trader_performance FINAL")
    rows: list[Any] = await worker.clickhouse.fetch(look)
    return dict(rows)


async def test_what_did_nothing_is_left_alone_until_its_trades_fade(
    fresh_options: StoreOptions,
) -> None:
    gateway = await open_stores(fresh_options)
    worker = await open_stores(replace(fresh_options, role="worker"))
    async with gateway, worker:
        await _known(worker, 1)
        steps = [buy(9, 1, 100), sell(7, 1, 400)]
        arrived = NOW - timedelta(hours=1)
        rows = [(*trade(WALLETS[0], n, each), arrived) for n, each in enumerate(steps)]
        await worker.clickhouse.insert("wallet_transactions", (*COLUMNS, "ingested_at"), rows)
        runs = [timedelta(), timedelta(hours=1), timedelta(days=2), timedelta(days=100)]
        runs.append(timedelta(days=102))
        scored = [(await score_wallets(worker, NOW + each)).wallets for each in runs]
        assert scored == [1, 0, 1, 1, 0]
        found = await _shown(gateway, WALLETS[0])
        assert [found["smartMoneyScore"], found["totalPnlUsd"]] == ["0.0000", "300.00000000"]


def test_a_hundred_thousand_trades(record_property: Callable[[str, object], None]) -> None:
    movements = [
        (buy if place % 2 else sell)(place / 10_000, 1 + place % 7, 100 + place % 13)
        for place in range(100_000, 0, -1)
    ]
    started = time.process_time()
    found = score_wallet(movements, MONEY, NOW)
    record_property(NOTE, f"100,000 trades scored in {time.process_time() - started:.2f} s of CPU")
    assert found.trades == 100_000
