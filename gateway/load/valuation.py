"""What the demonstration portfolios were worth: their positions at real historical prices.

A day has a value when every position held has a price of that day or of the three days before;
days without such prices have none, nothing is made up. Stablecoins without a price count at par.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from gateway.load.identity import DEMO_USER_ID
from gateway.load.targets import SERIES
from gateway.load.writing import as_json, partition_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stores.lifecycle import Stores
    from stores.postgres.client import Row as Position
    from stores.queries import Statement

_CARRY: Final = timedelta(days=3)
_DAY: Final = timedelta(days=1)
_USD: Final = Decimal(1).scaleb(-8)
_ETHER: Final = frozenset({"ETH", "WETH", "STETH", "WSTETH"})


@dataclass(frozen=True, slots=True)
class _Day:
    """A portfolio at the end of a day; values in US dollars, of debts negative."""

    day: date
    prices: Mapping[UUID, Decimal]
    values: Mapping[UUID, Decimal]
    total: Decimal
    gain: Decimal | None
    previous: Decimal | None


class _Prices:
    """Daily closes of assets, carried over short gaps."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._days: dict[UUID, list[date]] = defaultdict(list)
        self._closes: dict[UUID, list[Decimal]] = defaultdict(list)
        for asset, day, price in rows:
            self._days[asset].append(day)
            self._closes[asset].append(price)

    def on(self, asset: UUID, day: date, *, stable: bool) -> Decimal | None:
        days = self._days.get(asset, [])
        place = bisect_right(days, day) - 1
        if place >= 0 and day - days[place] <= _CARRY:
            return self._closes[asset][place]
        return Decimal(1) if stable else None

    def days(self) -> list[date]:
        return sorted({day for days in self._days.values() for day in days})


class Valuation:
    """Values the demonstration portfolios day by day and as of the newest day."""

    def __init__(
        self, stores: Stores, queries: Mapping[str, Statement], series: Mapping[str, Statement]
    ) -> None:
        self._stores = stores
        self._queries = queries
        self._series = series

    async def run(self) -> int:
        """Value all demonstration portfolios; the number of days written."""
        rows = await self._stores.postgres.fetch(
            self._queries["load_demo.positions_to_value"], DEMO_USER_ID
        )
        portfolios: dict[UUID, list[Position]] = defaultdict(list)
        for row in rows:
            portfolios[row["portfolio_id"]].append(row)
        return sum([await self._value(held) for held in portfolios.values()])

    async def _value(self, positions: Sequence[Position]) -> int:
        prices = _Prices(
            await self._stores.clickhouse.fetch(
                self._series["load_series.day_prices"],
                {"asset_ids": sorted({position["asset_id"] for position in positions})},
            )
        )
        days = _value_days(positions, prices)
        if not days:
            return 0
        snapshots = [_snapshot(positions, day) for day in days]
        for block in partition_blocks(snapshots):
            await self._stores.clickhouse.insert(
                "portfolio_snapshots", SERIES["portfolio_snapshots"], block
            )
        await self._save_newest(positions, days)
        return len(days)

    async def _save_newest(self, positions: Sequence[Position], days: Sequence[_Day]) -> None:
        newest = days[-1]
        values = [
            _position_value(position, newest)
            for position in positions
            if position["id"] in newest.values
        ]
        summary = _summary(positions, days)
        async with self._stores.postgres.transaction(name="value portfolio") as transaction:
            await transaction.execute(self._queries["load_demo.value_positions"], as_json(values))
            await transaction.execute(
                self._queries["load_demo.upsert_summaries"], as_json([summary])
            )


def _value_days(positions: Sequence[Position], prices: _Prices) -> list[_Day]:
    days: list[_Day] = []
    for day in prices.days():
        held = [p for p in positions if p["first_acquired_at"].date() <= day]
        quoted = {p["id"]: prices.on(p["asset_id"], day, stable=p["is_stablecoin"]) for p in held}
        known = {identity: price for identity, price in quoted.items() if price is not None}
        if not held or len(known) < len(held):
            continue
        values = {p["id"]: (_signed(p) * known[p["id"]]).quantize(_USD) for p in held}
        days.append(_day(day, held, known, values, days[-1] if days else None))
    return days


def _day(
    day: date,
    held: Sequence[Position],
    prices: Mapping[UUID, Decimal],
    values: Mapping[UUID, Decimal],
    before: _Day | None,
) -> _Day:
    """A day with its gain: what prices did to the positions held since the day before."""
    total = sum(values.values(), Decimal(0))
    if before is None or day - before.day != _DAY:
        return _Day(day, prices, values, total, None, None)
    gain = sum(
        (
            _signed(p) * (prices[p["id"]] - before.prices[p["id"]])
            for p in held
            if p["id"] in before.prices
        ),
        Decimal(0),
    )
    return _Day(day, prices, values, total, gain.quantize(_USD), before.total)


def _signed(position: Position) -> Decimal:
    quantity: Decimal = position["quantity"]
    return -quantity if position["position_type"] == "borrowing" else quantity


def _snapshot(positions: Sequence[Position], day: _Day) -> tuple[object, ...]:
    held = [position for position in positions if position["id"] in day.values]
    return_pct = _return(day)
    return (
        _closing(day.day),
        day.day,
        held[0]["portfolio_id"],
        held[0]["user_id"],
        day.total,
        len({p["asset_id"] for p in held}),
        len({p["chain_id"] for p in held if p["chain_id"] is not None}),
        len({p["protocol_id"] for p in held if p["protocol_id"] is not None}),
        day.gain,
        None if return_pct is None else 100 * return_pct,
        _shares(held, day, "asset_type"),
        _shares(held, day, "chain_slug"),
        _shares(held, day, "protocol_slug"),
        _shares(held, day, "asset_id"),
    )


def _closing(day: date) -> datetime:
    """The last millisecond of a UTC day."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight + _DAY - timedelta(milliseconds=1)


def _shares(held: Sequence[Position], day: _Day, column: str) -> dict[str, float]:
    """Share of what is owned (debts left out), 0 to 1, by a column; rows without it left out."""
    owned = sum((value for value in day.values.values() if value > 0), Decimal(0))
    shares: dict[str, float] = defaultdict(float)
    for position in held:
        value = day.values[position["id"]]
        if value > 0 and position[column] is not None:
            shares[str(position[column])] += float(value / owned)
    return dict(sorted(shares.items()))


def _return(day: _Day) -> float | None:
    if day.gain is None or not day.previous:
        return None
    return float(day.gain / day.previous)


def _position_value(position: Position, day: _Day) -> dict[str, Any]:
    price, value = day.prices[position["id"]], day.values[position["id"]]
    cost = position["cost_basis_usd"]
    debt = position["position_type"] == "borrowing"
    gain = None if cost is None else (value + cost if debt else value - cost)
    owned = sum((each for each in day.values.values() if each > 0), Decimal(0))
    return {
        "id": position["id"],
        "price_usd": f"{price:f}",
        "value_usd": f"{value:f}",
        "unrealized_pnl_usd": None if gain is None else f"{gain:f}",
        "unrealized_pnl_pct": f"{100 * gain / cost:.6f}" if gain is not None and cost else None,
        "allocation": f"{value / owned:.8f}" if owned else None,
        "valued_at": _closing(day.day),
    }


def _summary(positions: Sequence[Position], days: Sequence[_Day]) -> dict[str, Any]:
    newest = days[-1]
    held = [position for position in positions if position["id"] in newest.values]
    ether = _total(newest, [p for p in held if p["symbol"].upper() in _ETHER])
    stable = _total(newest, [p for p in held if p["is_stablecoin"]])
    costs = [
        -p["cost_basis_usd"] if p["position_type"] == "borrowing" else p["cost_basis_usd"]
        for p in held
    ]
    deposited = sum(costs, Decimal(0)) if None not in costs else None
    returns = [change for change in map(_return, days) if change is not None]
    return {
        "portfolio_id": held[0]["portfolio_id"],
        "total_value_usd": f"{newest.total:f}",
        "total_deposited": None if deposited is None else f"{max(deposited, Decimal(0)):f}",
        "total_profit": None if deposited is None else f"{newest.total - deposited:f}",
        "eth_value": f"{ether:f}",
        "stablecoin_value": f"{stable:f}",
        "other_value": f"{newest.total - ether - stable:f}",
        "max_drawdown": _drawdown(returns),
        "sharpe_ratio": _sharpe(returns),
        "calculated_at": _closing(newest.day),
    }


def _total(day: _Day, held: Sequence[Position]) -> Decimal:
    return sum((day.values[position["id"]] for position in held), Decimal(0))


def _drawdown(returns: Sequence[float]) -> float | None:
    """Largest fall from a peak, 0 to 1, of one dollar put in on the first day."""
    if not returns:
        return None
    level = peak = 1.0
    worst = 0.0
    for change in returns:
        level *= 1 + change
        peak = max(peak, level)
        worst = max(worst, 1 - level / peak)
    return round(min(worst, 1.0), 4)


def _sharpe(returns: Sequence[float]) -> float | None:
    """Mean over standard deviation of daily returns, for a year of 365 days."""
    if len(returns) < 30:
        return None
    mean = math.fsum(returns) / len(returns)
    variance = math.fsum((change - mean) ** 2 for change in returns) / (len(returns) - 1)
    return round(mean / math.sqrt(variance) * math.sqrt(365), 6) if variance > 0 else None
