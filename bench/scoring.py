"""Scoring wallets: rows a second as they grow, a run without news, and one wallet alone."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from bench.measure import Figure
from resolvers.catalog.score_job import score_wallets
from resolvers.catalog.wallet_score import Movement, score_wallet
from resolvers.catalog.wallet_value import value_wallets
from stores.lifecycle import Stores

_SCALES: Final = (1, 10, 100)
_WALLETS: Final = 100
_TRADES: Final = 20
_ALONE: Final = 100_000
_BLOCK: Final = 50_000
_CHAIN: Final = 962_950
_NOW: Final = datetime.now(UTC).replace(microsecond=0)
_CASH, _COIN = UUID(int=0x9629_5000), UUID(int=0x9629_5001)
_COLUMNS: Final = (
    "ts", "chain_id", "wallet_id", "tx_hash", "log_index", "transaction_type", "token_in_id",
    "amount_in", "token_out_id", "amount_out", "amount_out_usd",
)  # fmt: skip


async def measure(worker: Stores) -> AsyncIterator[Figure]:
    """First runs over 1, 10 and 100 times as many new wallets, then runs over what is there."""
    yield _alone()
    await _world(worker)
    rates: list[float] = []
    filled = 0
    for scale in _SCALES:
        count = _WALLETS * scale
        await _fill(worker, range(filled, filled + count))
        filled += count
        before = time.perf_counter()
        report = await score_wallets(worker, _NOW)
        rates.append(report.trades / (time.perf_counter() - before))
        _expect(report.wallets, count)
        yield Figure(f"wallets scored, {report.trades:,} rows of {count:,}", rates[-1], "rows/s")
    yield Figure("wallets scored, time for 100 times as much", 100 * rates[0] / rates[-1], "times")
    before = time.perf_counter()
    _expect((await score_wallets(worker, _NOW)).wallets, 0)
    yield Figure(f"nothing new of {filled:,} wallets", time.perf_counter() - before, "s")
    await _trade(worker, range(filled // 100))
    before = time.perf_counter()
    _expect((await score_wallets(worker, _NOW)).wallets, filled // 100)
    yield Figure("one wallet in a hundred with news", time.perf_counter() - before, "s")
    before = time.perf_counter()
    valued = await value_wallets(worker, _NOW)
    yield Figure(
        f"what {valued:,} wallets hold valued", valued / (time.perf_counter() - before), "wallets/s"
    )


def _alone() -> Figure:
    """One wallet with many trades, without stores."""
    movements = [_movement(place) for place in range(_ALONE)]
    before = time.process_time()
    score_wallet(movements, {_CASH}, _NOW)
    taken = time.process_time() - before
    return Figure(f"one wallet, {_ALONE:,} trades", _ALONE / taken, "rows/s of CPU")


def _movement(place: int) -> Movement:
    at, coins = _NOW - timedelta(minutes=_ALONE - place), Decimal(1 + place % 7)
    usd = Decimal(100 + place % 13)
    if place % 2:
        return Movement(at, True, _CASH, usd, _COIN, coins, usd)
    return Movement(at, True, _COIN, coins, _CASH, usd, usd)


async def _world(worker: Stores) -> None:
    await worker.postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(_CHAIN, f"eip155:{_CHAIN}", f"bench-{_CHAIN}", "Chain of the benchmark", True)],
    )
    await worker.postgres.copy_rows(
        "catalog.assets",
        ("id", "symbol", "name", "is_stablecoin"),
        [(_CASH, "CASH", "Cash", True), (_COIN, "COIN", "Coin", False)],
    )
    await worker.clickhouse.insert(
        "market_data", ("ts", "asset_id", "price", "source"), [(_NOW, _COIN, Decimal(80), "bench")]
    )


def _id(number: int) -> UUID:
    return UUID(int=(0x9629_5 << 64) + number)


async def _fill(worker: Stores, numbers: range) -> None:
    """Wallets with trades of two years."""
    await worker.postgres.copy_rows(
        "catalog.wallets",
        ("id", "chain_id", "address"),
        [(_id(number), _CHAIN, f"0x{_id(number).hex}") for number in numbers],
    )
    block: list[tuple[Any, ...]] = []
    for number in numbers:
        block += _trades(number)
        if len(block) >= _BLOCK:
            await worker.clickhouse.insert("wallet_transactions", _COLUMNS, block)
            block = []
    await worker.clickhouse.insert("wallet_transactions", _COLUMNS, block)


def _trades(number: int) -> Iterator[tuple[Any, ...]]:
    """A purchase and a sale in turn, a few weeks apart."""
    for place in range(_TRADES):
        at = _NOW - timedelta(days=7 * (_TRADES - place), minutes=number % 1_000)
        yield _row(number, place, at, sells=bool(place % 2))


def _row(number: int, place: int, at: datetime, *, sells: bool) -> tuple[Any, ...]:
    coins, cash = Decimal(1 + (number + place) % 3), Decimal(100 + (number * place) % 37)
    sides = (_CASH, cash, _COIN, coins) if sells else (_COIN, coins, _CASH, cash)
    return (at, _CHAIN, _id(number), f"0x{number:08x}{place:04x}", place, "swap", *sides, cash)


async def _trade(worker: Stores, numbers: range) -> None:
    """One more sale of some wallets, no later than what is there: of no other does a trade fade."""
    at = _NOW - timedelta(days=7)
    rows = [_row(number, _TRADES, at, sells=True) for number in numbers]
    await worker.clickhouse.insert("wallet_transactions", _COLUMNS, rows)


def _expect(found: int, wanted: int) -> None:
    if found != wanted:
        raise RuntimeError(f"{found} wallets were scored instead of {wanted}")
