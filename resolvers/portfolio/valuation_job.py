"""Values every active portfolio: the body of a job, run over stores opened as worker.

A run writes prices and worths of positions and the summary of each portfolio (Postgres), the
snapshot and the risk of the day (ClickHouse), and correlations and nearness to liquidation (Redis).
All rows of a day have the day's first instant as their time, so a later run of the day replaces
them: what stands for a day in the end is its last valuation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from resolvers.catalog.market_prices import MarketPrices, market_prices, market_time
from resolvers.context import named_queries
from resolvers.portfolio.market_risk import WINDOW, MarketRisk, daily_returns, market_risk
from resolvers.portfolio.track_record import PastDay, TrackRecord, base_of, track_record
from resolvers.portfolio.valuation import Position, Valuation, protocol_risk, valued
from resolvers.portfolio.valuation_rows import (
    RISK_COLUMNS,
    SNAPSHOT_COLUMNS,
    publish,
    risk_row,
    snapshot_row,
    summary_row,
)

if TYPE_CHECKING:
    from stores.lifecycle import Stores
    from stores.postgres.client import Transaction

BATCH: Final = 200
_FIRST: Final = UUID(int=0)


@dataclass(slots=True)
class ValuationReport:
    """What a run did.

    Attributes:
        portfolios: valued.
        positions: looked at.
        unpriced: symbols of the assets without a price, by id, with how many positions lack it.
    """

    portfolios: int = 0
    positions: int = 0
    unpriced: dict[UUID, tuple[str, int]] = field(default_factory=dict)

    def count(self, figures: Figures) -> None:
        """Add a portfolio."""
        self.portfolios += 1
        self.positions += figures.positions
        for each in figures.valuation.unpriced:
            _, before = self.unpriced.get(each.asset_id, ("", 0))
            self.unpriced[each.asset_id] = (each.symbol, before + 1)


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything about one portfolio that a run writes.

    Attributes:
        positions: how many it has.
        is_partial: the market priced something of it before and does not now, so that its worth
            cannot be compared with that of other days. What nobody ever priced is lacking on every
            day alike.
        paid_in, taken_out: so far, US dollars; None when unknown.
    """

    portfolio_id: UUID
    user_id: UUID
    positions: int
    is_partial: bool
    valuation: Valuation
    record: TrackRecord
    risk: MarketRisk
    protocol_risk: float | None
    paid_in: Decimal | None
    taken_out: Decimal | None


@dataclass(frozen=True, slots=True)
class _Flow:
    """What came from elsewhere and left for elsewhere, US dollars; None is unknown."""

    came: Decimal | None = None
    went: Decimal | None = None
    recent: Decimal | None = Decimal(0)


async def value_portfolios(
    stores: Stores, now: datetime, *, batch: int = BATCH, after: UUID = _FIRST
) -> ValuationReport:
    """Value every active portfolio whose id is greater than `after`, in batches.

    Running it again, at once or after a crash, gives the same rows. Where the newest price of all
    is older than a day, that moment takes the place of now.

    Args:
        stores: opened as worker.
        now: aware; its day (UTC) is the one that the snapshots stand for.
        batch: portfolios in one transaction.
        after: a place to go on from.

    Raises:
        StoreError: batches before the failing one stay valued.
    """
    report = ValuationReport()
    as_of = await market_time(stores, now)
    query = named_queries("postgres")["valuation.portfolios"]
    while owners := await stores.postgres.fetch(query, after, batch):
        keys = {row[0]: row[1] for row in owners}
        await value_batch(stores, as_of, keys, report, arrived_at=now)
        after = owners[-1][0]
    return report


async def value_batch(
    stores: Stores,
    now: datetime,
    owners: Mapping[UUID, UUID],
    report: ValuationReport,
    *,
    arrived_at: datetime | None = None,
) -> None:
    """Value some portfolios, given with their owners, and add them to the report.

    Args:
        stores: opened as worker.
        now: as of when; aware.
        owners: user of each portfolio.
        report: what is added to.
        arrived_at: when the rows of series are written; `now` when not given. Of two rows of a day
            the later stands, and they are kept for so long from then on.
    """
    now = now.astimezone(UTC).replace(microsecond=now.microsecond // 1000 * 1000)
    moment = datetime.combine(now.date(), time(), UTC)
    arrived_at = arrived_at or now
    figures = await _summarised(stores, now, owners)
    rows = (snapshot_row(each, moment, arrived_at) for each in figures)
    snapshots = [row for row in rows if row is not None]
    await stores.clickhouse.insert("portfolio_snapshots", SNAPSHOT_COLUMNS, snapshots)
    await stores.clickhouse.insert(
        "risk_metrics", RISK_COLUMNS, [risk_row(each, moment, arrived_at) for each in figures]
    )
    await publish(stores, figures, now)
    for each in figures:
        report.count(each)


async def _summarised(stores: Stores, now: datetime, owners: Mapping[UUID, UUID]) -> list[Figures]:
    """Figures of portfolios, after one transaction that wrote positions and summaries.

    The other stores are asked before it, so that no owner's row is locked while they answer.
    """
    keys = list(owners)
    query = named_queries("postgres")["valuation.assets"]
    assets = [row[0] for row in await stores.postgres.fetch(query, keys)]
    prices = await market_prices(stores, assets, now)
    history = await _history(stores, keys, now.date())
    returns = await _returns(stores, assets, now.date())
    with localcontext(prec=100):
        async with stores.postgres.transaction(name="valuation") as transaction:
            run = _Run(transaction, keys, now)
            await run.price(prices)
            positions = await run.positions()
            flows = await run.flows(history)
            scores = await run.protocol_scores(positions)
            figures = [
                _figures(
                    (key, owners[key]), positions[key], prices.missing,
                    history.get(key, []), now.date(), flows.get(key, _Flow()), returns, scores,
                )
                for key in keys
            ]  # fmt: skip
            await run.execute("summarise", rows=[summary_row(each) for each in figures], now=now)
    return figures


@dataclass(frozen=True, slots=True)
class _Run:
    """The statements of one batch."""

    transaction: Transaction
    keys: Sequence[UUID]
    now: datetime

    async def execute(self, name: str, **values: object) -> None:
        query = named_queries("postgres")[f"valuation.{name}"]
        await self.transaction.execute(query, *query.arguments(**values))

    async def fetch(self, name: str, **values: object) -> list[Any]:
        query = named_queries("postgres")[f"valuation.{name}"]
        return await self.transaction.fetch(query, *query.arguments(**values))

    async def price(self, prices: MarketPrices) -> None:
        usd = [{"asset_id": str(asset), "price_usd": price} for asset, price in prices.usd.items()]
        missing = list(prices.missing)
        await self.execute("price", portfolio_ids=self.keys, prices=usd, now=self.now)
        await self.execute("unprice", portfolio_ids=self.keys, asset_ids=missing, now=self.now)
        await self.execute("weigh", portfolio_ids=self.keys)

    async def positions(self) -> dict[UUID, list[Position]]:
        found: dict[UUID, list[Position]] = {key: [] for key in self.keys}
        for key, *values in await self.fetch("positions", portfolio_ids=self.keys):
            found[key].append(Position(*values))
        return found

    async def flows(self, history: Mapping[UUID, Sequence[PastDay]]) -> dict[UUID, _Flow]:
        bases = [base_of(history.get(key, ())) for key in self.keys]
        since = [self.now if base is None else base.valued_at for base in bases]
        rows = await self.fetch("flows", portfolio_ids=self.keys, since=since, now=self.now)
        return {key: _Flow(came, went, recent) for key, came, went, recent in rows}

    async def protocol_scores(
        self, positions: Mapping[UUID, Sequence[Position]]
    ) -> dict[UUID, Decimal]:
        used = {each.protocol_id for held in positions.values() for each in held} - {None}
        rows = await self.fetch("protocol_risks", protocol_ids=list(used), now=self.now)
        return dict(rows)


def _figures(
    names: tuple[UUID, UUID],
    positions: Sequence[Position],
    missing: frozenset[UUID],
    history: Sequence[PastDay],
    day: date,
    flow: _Flow,
    returns: Mapping[UUID, Mapping[date, float]],
    scores: dict[UUID, Decimal],
) -> Figures:
    found = valued(positions)
    is_partial = any(each.asset_id in missing for each in found.unpriced)
    complete = None if is_partial else found.value_usd
    risk = market_risk(found.by_asset, returns)
    if found.unpriced:  # that could be lost as well
        risk = MarketRisk(None, None, risk.correlations, risk.correlation)
    return Figures(
        portfolio_id=names[0],
        user_id=names[1],
        positions=len(positions),
        is_partial=is_partial,
        valuation=found,
        record=track_record(history, day, complete, flow.recent),
        risk=risk,
        protocol_risk=protocol_risk(positions, scores),
        paid_in=flow.came,
        taken_out=flow.went,
    )


async def _history(stores: Stores, keys: Sequence[UUID], day: date) -> dict[UUID, list[PastDay]]:
    query = named_queries("clickhouse")["valuation.snapshots"]
    values = {"keys": [str(key) for key in keys], "day": day}
    found: dict[UUID, list[PastDay]] = {}
    rows: list[Any] = await stores.clickhouse.fetch(query, values)
    for key, *past in rows:
        found.setdefault(key, []).append(PastDay(*past))
    return found


async def _returns(
    stores: Stores, assets: Sequence[UUID], day: date
) -> dict[UUID, dict[date, float]]:
    """Daily returns of assets over the window before a day that is not over."""
    end = datetime.combine(day, time(), UTC)
    values = {"keys": [str(asset) for asset in assets], "start": end - WINDOW, "end": end}
    closes: dict[UUID, dict[date, float]] = {}
    rows: list[Any] = await stores.clickhouse.fetch(
        named_queries("clickhouse")["valuation.closes"], values
    )
    for asset, on, price in rows:
        closes.setdefault(asset, {})[on] = price
    return {asset: daily_returns(each) for asset, each in closes.items()}
