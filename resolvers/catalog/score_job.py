"""Scores wallets that did something: the body of a job, run over stores opened as worker.

A wallet is scored from all of its history, one range of the table's key, so that late and
corrected rows count as if they had been there from the start. It is scored again when its history
is no longer the one it was scored from, and when a trade behind its score leaves the window. So the
figures after a run are those that scoring everything would give. The exception is an asset that
becomes a stablecoin or is one no longer: that takes a run over everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from resolvers.catalog.wallet_score import Movement, Scoring, WalletScore
from resolvers.catalog.wallet_value import Prices, newest_prices
from resolvers.context import named_queries

if TYPE_CHECKING:
    from stores.lifecycle import Stores

BATCH: Final = 500
PAGE: Final = 20_000
# An insert under way may show rows with an earlier time than those already seen.
_OVERLAP: Final = timedelta(minutes=10)
_FIRST: Final = UUID(int=0)
_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
_CENTS: Final = Decimal("0.00000001")
_UNITS: Final = Decimal("0.000000000000000001")
# Absurd prices of one wallet must not keep the others from being written.
_MOST_USD: Final = Decimal(10) ** 30
_RATIO: Final = Decimal("0.0001")


@dataclass(slots=True)
class ScoreReport:
    """What a run did.

    Attributes:
        wallets: scored.
        trades: that those made.
        unchanged: looked at, and left as they were.
    """

    wallets: int = 0
    trades: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """How much a wallet did; the first two tell whether anything of it is new."""

    row_count: int
    arrivals: int
    transactions: int
    first_seen_at: datetime
    last_activity_at: datetime


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far a run looks: arrivals up to one moment, scores as of the newest trade."""

    arrived_before: datetime
    newest_trade: datetime


async def score_wallets(
    stores: Stores, now: datetime, *, batch: int = BATCH, everything: bool = False
) -> ScoreReport:
    """Score every wallet whose figures are no longer right.

    The 90 days of the score end with the newest trade of all wallets, at most now: recorded data
    has scores as of its own time. Running it again gives the same rows; what a killed run left out
    is taken up by the next.

    Args:
        stores: opened as worker.
        now: aware.
        batch: wallets in one step.
        everything: score all wallets, whether anything is new or not.

    Raises:
        StoreError: batches before the failing one stay scored.
    """
    report = ScoreReport()
    since, mark = await _marks(stores, now)
    if everything:
        since = _EVER
    as_of = mark.newest_trade
    after = _FIRST
    while keys := await _touched(stores, since, after, batch):
        await score_batch(stores, keys, as_of, now, report, everything=everything)
        after = keys[-1]
    fading, after = named_queries("postgres")["scores.fading"], _FIRST
    while rows := await stores.postgres.fetch(
        fading, *fading.arguments(as_of=as_of, after=after, count=batch)
    ):
        keys = [row[0] for row in rows]
        await score_batch(stores, keys, as_of, now, report)
        after = keys[-1]
    advance = named_queries("postgres")["scores.advance"]
    values = {"arrived_before": mark.arrived_before, "newest_trade": as_of}
    await stores.postgres.execute(advance, *advance.arguments(**values))
    return report


async def score_batch(
    stores: Stores,
    keys: Sequence[UUID],
    as_of: datetime,
    now: datetime,
    report: ScoreReport,
    *,
    everything: bool = False,
) -> None:
    """Score those of some wallets that need it, write what they did and add them to the report."""
    found = await _histories(stores, keys)
    stale = list(found) if everything else await _stale(stores, found, as_of)
    report.unchanged += len(keys) - len(stale)
    if not stale:
        return
    with localcontext(prec=60):
        scores = await _scores(stores, stale, as_of)
        held = {asset for score in scores.values() for asset in score.open_lots}
        prices = await newest_prices(stores, list(held), now)
        await _write(stores, {key: (found[key], scores[key]) for key in stale}, prices, now)
    report.wallets += len(scores)
    report.trades += sum(score.trades for score in scores.values())


async def _marks(stores: Stores, now: datetime) -> tuple[datetime, _Mark]:
    """Since when to look, and how far this run will have looked."""
    found = await stores.postgres.fetch_one(named_queries("postgres")["scores.watermark"])
    before = _EVER if found is None else found["arrived_before"]
    newest = _EVER if found is None or found["newest_trade"] is None else found["newest_trade"]
    since = before - _OVERLAP
    rows: list[Any] = await stores.clickhouse.fetch(
        named_queries("clickhouse")["scores.arrived"], {"since": since}
    )
    arrival, trade = rows[0]
    return since, _Mark(max(before, arrival), max(newest, min(trade, now)))


async def _touched(stores: Stores, since: datetime, after: UUID, count: int) -> list[UUID]:
    values = {"since": since, "after": str(after), "count": count}
    rows: list[Any] = await stores.clickhouse.fetch(
        named_queries("clickhouse")["scores.touched"], values
    )
    return [row[0] for row in rows]


async def _histories(stores: Stores, keys: Sequence[UUID]) -> dict[UUID, History]:
    query = named_queries("clickhouse")["scores.histories"]
    rows: list[Any] = await stores.clickhouse.fetch(query, {"keys": [str(key) for key in keys]})
    return {key: History(*rest) for key, *rest in rows}


async def _stale(stores: Stores, found: Mapping[UUID, History], as_of: datetime) -> list[UUID]:
    """Wallets with another history than they were scored from, or with trades that have faded."""
    query = named_queries("postgres")["scores.scored"]
    known = {row[0]: row for row in await stores.postgres.fetch(query, list(found))}
    stale = []
    for key, history in found.items():
        row = known.get(key)
        same = row is not None and (row[1], int(row[2])) == (history.row_count, history.arrivals)
        fades_at = None if row is None else row[3]
        if not same or (fades_at is not None and fades_at <= as_of):
            stale.append(key)
    return stale


async def _scores(stores: Stores, keys: Sequence[UUID], as_of: datetime) -> dict[UUID, WalletScore]:
    """Scores of wallets, whose movements are read page by page."""
    money: set[UUID] = set()
    looked_up: set[UUID] = set()
    scorings = {key: Scoring(money, as_of) for key in keys}
    stables = named_queries("postgres")["scores.money"]
    query = named_queries("clickhouse")["scores.movements"]
    names = [str(key) for key in keys]
    place: dict[str, Any] = {
        "wallet_id": str(_FIRST), "ts": _EVER, "block": 0, "log_index": -1, "tx_hash": "",
    }  # fmt: skip
    page: list[Any] = []
    while not page or len(page) == PAGE:
        values = {"keys": names, "count": PAGE, **place}
        rows: list[Any] = await stores.clickhouse.fetch(query, values)
        if not rows:
            break
        page = rows
        new = {asset for row in rows for asset in (row[6], row[8]) if asset} - looked_up
        if new:
            looked_up |= new
            money.update(row[0] for row in await stores.postgres.fetch(stables, list(new)))
        for key, group in groupby(rows, key=lambda row: row[0]):
            add = scorings[key].add
            for _, at, _, _, _, is_trade, *rest in group:
                add(Movement(at, bool(is_trade), *rest))
        last = rows[-1]
        place = {"wallet_id": str(last[0]), **dict(zip(list(place)[1:], last[1:5], strict=True))}
    return {key: scoring.result() for key, scoring in scorings.items()}


async def _write(
    stores: Stores,
    figures: Mapping[UUID, tuple[History, WalletScore]],
    prices: Prices,
    now: datetime,
) -> None:
    """All figures of a batch in one transaction, what they were made from included."""
    queries = named_queries("postgres")
    keys = list(figures)
    lots = [lot for key, (_, score) in figures.items() for lot in _lots(key, score)]
    rows = [_row(key, *each) for key, each in figures.items()]
    async with stores.postgres.transaction(name="scores") as transaction:

        async def execute(name: str, **values: object) -> None:
            query = queries[f"scores.{name}"]
            await transaction.execute(query, *query.arguments(**values))

        await execute("write", rows=rows, now=now)
        await execute("forget_lots", wallet_ids=keys, rows=lots)
        await execute("keep_lots", rows=lots)
        await execute("revalue", wallet_ids=keys, prices=prices)
        await execute("note", rows=rows, now=now)


def _row(key: UUID, history: History, score: WalletScore) -> dict[str, Any]:
    return {
        "id": str(key),
        "score": score.score.quantize(_RATIO),
        "pnl": _usd(score.realized_usd),
        "win_rate": None if score.win_rate is None else score.win_rate.quantize(_RATIO),
        "trades": score.trades,
        "average": _usd(score.average_usd),
        "volume": _usd(score.volume_usd),
        "holds": any(_lots(key, score)),
        "transactions": history.transactions,
        "first_seen": history.first_seen_at,
        "last_activity": history.last_activity_at,
        "row_count": history.row_count,
        "arrivals": history.arrivals,
        "fades_at": score.fades_at,
    }


def _lots(key: UUID, score: WalletScore) -> list[dict[str, Any]]:
    """Open lots of a wallet that a column can hold; dust that rounds to nothing is none."""
    return [
        {"wallet_id": str(key), "asset_id": str(asset), "amount": left, "cost_usd": paid}
        for asset, (amount, cost) in score.open_lots.items()
        if (left := amount.quantize(_UNITS)) > 0 and (paid := _usd(cost)) is not None
    ]


def _usd(value: Decimal | None) -> Decimal | None:
    """Eight digits, as the columns keep; None where no column could hold it."""
    return None if value is None or abs(value) >= _MOST_USD else value.quantize(_CENTS)
