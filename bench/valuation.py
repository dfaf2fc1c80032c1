"""Valuing portfolios: positions a second as portfolios grow."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from bench.measure import Figure
from resolvers.portfolio.valuation_job import value_portfolios
from stores.lifecycle import Stores

_SCALES: Final = (1, 10, 100)
_PORTFOLIOS: Final = 50
_POSITIONS: Final = 8
_ASSETS: Final = 40
_DAYS: Final = 90
_CHAIN: Final = 962_960
_NOW: Final = datetime.now(UTC).replace(microsecond=0)


async def measure(worker: Stores) -> AsyncIterator[Figure]:
    """All portfolios, each with positions in several assets of ninety days, three times over."""
    await _world(worker)
    rates: list[float] = []
    filled = 0
    for scale in _SCALES:
        count = _PORTFOLIOS * scale
        await _fill(worker, range(filled, count))
        filled = count
        before = time.perf_counter()
        report = await value_portfolios(worker, _NOW)
        rates.append(report.positions / (time.perf_counter() - before))
        if report.positions != count * _POSITIONS or report.unpriced:
            raise RuntimeError(f"{report.positions} positions were valued, {report.unpriced}")
        yield Figure(
            f"portfolios valued, {report.positions:,} positions of {count:,}", rates[-1], "rows/s"
        )
    yield Figure(
        "portfolios valued, time for 100 times as much", 100 * rates[0] / rates[-1], "times"
    )


def _id(kind: int, number: int) -> UUID:
    return UUID(int=((0x9629_6 + kind) << 64) + number)


async def _world(worker: Stores) -> None:
    """A chain, a user, and assets with a close of each day."""
    await worker.postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(_CHAIN, f"eip155:{_CHAIN}", f"bench-{_CHAIN}", "Chain of the benchmark", True)],
    )
    await worker.postgres.copy_rows("account.users", ("id",), [(_id(0, 0),)])
    await worker.postgres.copy_rows(
        "catalog.assets",
        ("id", "symbol", "name"),
        [(_id(1, number), f"V{number}", "Valued") for number in range(_ASSETS)],
    )
    prices = [
        (
            _NOW - timedelta(days=day),
            _id(1, number),
            Decimal(100 + (number * 7 + day * day) % 53),
            "bench",
        )
        for number in range(_ASSETS)
        for day in range(_DAYS + 1)
    ]
    await worker.clickhouse.insert("market_data", ("ts", "asset_id", "price", "source"), prices)


async def _fill(worker: Stores, numbers: range) -> None:
    await worker.postgres.copy_rows(
        "portfolio.portfolios",
        ("id", "user_id", "name"),
        [(_id(2, number), _id(0, 0), "Valued") for number in numbers],
    )
    await worker.postgres.copy_rows(
        "portfolio.positions",
        ("portfolio_id", "asset_id", "quantity", "chain_id", "cost_basis_usd"),
        [
            (_id(2, number), _id(1, (number + 5 * place) % _ASSETS), 1 + place, _CHAIN, Decimal(90))
            for number in numbers
            for place in range(_POSITIONS)
        ],
    )
