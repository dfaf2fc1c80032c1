"""Scores wallets that did something: the body of a job, run over stores opened as worker.

A wallet with something new is scored again from all of its history, one range of the table's key,
so that late and corrected rows count as if they had been there from the start. A wallet that did
nothing is scored again once a day, while there are trades that can leave the window of the score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal, localcontext
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from resolvers.catalog.wallet_score import Movement, WalletScore, score_wallet
from resolvers.context import named_queries
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from stores.lifecycle import Stores

BATCH: Final = 200
RANKED: Final = 100
# An insert under way may show rows with an earlier time than those already seen.
_OVERLAP: Final = timedelta(minutes=10)
_FADES_AFTER: Final = timedelta(days=1)
_PRICE_AGE: Final = timedelta(days=1)
_FIRST: Final = UUID(int=0)
_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
_CENTS: Final = Decimal("0.00000001")
# Absurd prices of one wallet must not keep the others from being written.
_MOST_USD: Final = Decimal(10) ** 30
_RATIO: Final = Decimal("0.0001")
_PERFORMANCE: Final = (
    "ts", "trader_id", "pnl_usd", "win_rate", "trades", "volume_usd", "ingested_at",
)  # fmt: skip


@dataclass(slots=True)
class ScoreReport:
    """What a run did: wallets scored, and the trades that they made."""

    wallets: int = 0
    trades: int = 0


async def score_wallets(stores: Stores, now: datetime, *, batch: int = BATCH) -> ScoreReport:
    """Score every wallet that something arrived of since the last run, then publish the board.

    Running it again gives the same rows; what a killed run left out is taken up by the next.

    Args:
        stores: opened as worker.
        now: aware; the score looks at the 90 days before it.
        batch: wallets in one step.

    Raises:
        StoreError: batches before the failing one stay scored.
    """
    report = ScoreReport()
    query = named_queries("postgres")["scores.watermark"]
    found = await stores.postgres.fetch_one(query)
    since = _EVER if found is None else found[0] - _OVERLAP
    after = _FIRST
    while keys := await _touched(stores, since, after, batch):
        await score_batch(stores, now, keys, report)
        after = keys[-1]
    fading, after = named_queries("postgres")["scores.fading"], _FIRST
    while rows := await stores.postgres.fetch(
        fading, *fading.arguments(before=now - _FADES_AFTER, after=after, count=batch)
    ):
        keys = [row[0] for row in rows]
        await score_batch(stores, now, keys, report)
        after = keys[-1]
    await stores.postgres.execute(named_queries("postgres")["scores.advance"], now)
    await publish_traders(stores)
    return report


async def score_batch(
    stores: Stores, now: datetime, keys: Sequence[UUID], report: ScoreReport
) -> None:
    """Score some wallets, write what they did and add them to the report."""
    values = {"keys": [str(key) for key in keys]}
    rows: list[Any] = await stores.clickhouse.fetch(
        named_queries("clickhouse")["scores.movements"], values
    )
    assets = {asset for row in rows for asset in (row[3], row[5]) if asset is not None}
    query = named_queries("postgres")["scores.money"]
    money = frozenset(row[0] for row in await stores.postgres.fetch(query, list(assets)))
    found: dict[UUID, WalletScore] = {key: score_wallet((), money, now) for key in keys}
    with localcontext(prec=60):
        for key, group in groupby(rows, key=lambda row: row[0]):
            found[key] = score_wallet(
                (Movement(at, bool(trade), *rest) for _, at, trade, *rest in group), money, now
            )
        write = named_queries("postgres")["scores.write"]
        written = [_row(key, score) for key, score in found.items()]
        await stores.postgres.execute(write, *write.arguments(rows=written, now=now))
        await _record_traders(stores, now, found)
    report.wallets += len(found)
    report.trades += sum(score.trades for score in found.values())


async def publish_traders(stores: Stores) -> None:
    """Write the board of traders anew: who is on it and their profit, in one step.

    Traders whose profit is unknown are left out. Equal profits are told apart by id, both here at
    the cut and where the board is read.
    """
    query = named_queries("postgres")["scores.top_traders"]
    rows = await stores.postgres.fetch(query, RANKED)
    board = redis_keys.key("leaderboard", board="traders")
    pipeline = stores.redis.commands.pipeline(transaction=True)
    pipeline.delete(board)
    if rows:
        pipeline.zadd(board, {str(row[0]): float(row[1]) for row in rows})
        pipeline.expire(board, redis_keys.ttl_s("leaderboard", board="traders"))
    await pipeline.execute()


async def _touched(stores: Stores, since: datetime, after: UUID, count: int) -> list[UUID]:
    values = {"since": since, "after": str(after), "count": count}
    rows: list[Any] = await stores.clickhouse.fetch(
        named_queries("clickhouse")["scores.touched"], values
    )
    return [row[0] for row in rows]


async def _record_traders(stores: Stores, now: datetime, found: dict[UUID, WalletScore]) -> None:
    """A row of the day for each trader: profit realised and not, unknown without all prices."""
    query = named_queries("postgres")["scores.traders"]
    traders: list[Any] = await stores.postgres.fetch(query, list(found))
    if not traders:
        return
    held = {asset for wallet, _ in traders for asset in found[wallet].open_lots}
    values = {"keys": [str(asset) for asset in held]}
    newest = named_queries("clickhouse")["prices.newest"]
    quotes: list[Any] = await stores.clickhouse.fetch(newest, values)
    prices = {asset: price for asset, at, _, price, *_ in quotes if now - at <= _PRICE_AGE}
    moment = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    rows = []
    for wallet, trader in traders:
        score = found[wallet]
        unrealized = score.unrealized_usd(prices)
        total = None
        if unrealized is not None and (score.trades or score.realized_usd is not None):
            total = _usd(unrealized + (score.realized_usd or Decimal(0)))
        wins = None if score.win_rate is None else float(score.win_rate)
        volume = _usd(score.volume_usd)
        rows.append((moment, trader, total, wins, score.trades, volume, now))
    await stores.clickhouse.insert("trader_performance", _PERFORMANCE, rows)


def _row(key: UUID, score: WalletScore) -> dict[str, Any]:
    return {
        "id": str(key),
        "score": score.score.quantize(_RATIO),
        "pnl": _usd(score.realized_usd),
        "win_rate": None if score.win_rate is None else score.win_rate.quantize(_RATIO),
        "trades": score.trades,
        "average": _usd(score.average_usd),
    }


def _usd(value: Decimal | None) -> Decimal | None:
    """Eight digits, as the columns keep; None where no column could hold it."""
    return None if value is None or abs(value) >= _MOST_USD else value.quantize(_CENTS)
