"""A tax report from taxable events to its PDF file, at 1, 10 and 100 times 1,000 of them."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from bench.measure import Figure
from gateway.config import Settings
from gateway.worker.job import JobContext
from gateway.worker.jobs import JOBS
from stores.lifecycle import Stores
from stores.queries import Statement

_SIZES = (1_000, 10_000, 100_000)
_BAR_S = 60.0  # for the largest
_BATCH = 2_000
_COINS = 40
_CHAIN = 990_054
_START = datetime(2024, 1, 1, tzinfo=UTC)
_YEAR_S = 366 * 86_400
_COLUMNS = (
    *("id", "user_id", "chain_id", "tx_hash", "occurred_at", "transaction_type"),
    *("asset_in_symbol", "asset_in_amount", "asset_in_value_usd"),
    *("asset_out_symbol", "asset_out_amount", "asset_out_value_usd", "fee_value_usd"),
)
_REPORT = Statement(
    "report",
    "INSERT INTO portfolio.tax_reports (user_id, report_type, tax_year, country_code, start_date,"
    " end_date, report_format) VALUES ($1, 'annual', 2024, 'US', '2024-01-01', '2024-12-31', 'pdf')"
    " RETURNING id",
    kind="exec",
)
_MADE = Statement(
    "made",
    "SELECT status::text, total_transactions, file_size_bytes FROM portfolio.tax_reports"
    " WHERE id = $1",
)


async def measure(stores: Stores) -> AsyncIterator[Figure]:
    """Make a report of a year with so many taxable events, all of it: books, sums, pages."""
    chain = (_CHAIN, f"eip155:{_CHAIN}", "bench-tax", "Tax bench", True)
    await stores.postgres.copy_rows(
        "catalog.chains", ("id", "caip2", "slug", "name", "is_evm"), [chain]
    )
    with tempfile.TemporaryDirectory(prefix="bench-tax-") as place:
        settings = Settings(data_dir=Path(place))
        for number, size in enumerate(_SIZES, 1):
            async for figure in _one(stores, settings, UUID(int=number), size):
                yield figure


async def _one(stores: Stores, settings: Settings, user: UUID, size: int) -> AsyncIterator[Figure]:
    await stores.postgres.copy_rows("account.users", ("id",), [(user,)])
    for batch in _batches(user, size):
        await stores.postgres.copy_rows("portfolio.tax_transactions", _COLUMNS, batch)
    bar, megabytes = _BAR_S if size == _SIZES[-1] else None, 0.0
    for name in ("made", "made again, books settled"):
        row = await stores.postgres.fetch_one(_REPORT, user)
        assert row is not None
        run = JobContext(stores, time.monotonic() + 600, {"report_id": str(row["id"])}, settings)
        before, worked = time.perf_counter(), time.process_time()
        await JOBS["make_tax_reports"].function(run)
        seconds, cpu = time.perf_counter() - before, time.process_time() - worked
        made = await stores.postgres.fetch_one(_MADE, row["id"])
        assert made is not None
        megabytes = made["file_size_bytes"] / 1e6
        assert (made["status"], made["total_transactions"]) == ("completed", size)
        yield Figure(f"tax report of {size:,} transactions {name}", seconds, "s", bar)
        yield Figure("  CPU of the worker", cpu, "s")
        await stores.postgres.execute(
            Statement("gone", "DELETE FROM portfolio.tax_reports WHERE id = $1", kind="exec"),
            row["id"],
        )
    yield Figure(f"  PDF of {size:,} transactions", megabytes, "MB")


def _batches(user: UUID, size: int) -> Iterator[list[tuple[object, ...]]]:
    """Purchases, sales of about as much, and now and then a reward, spread over the year."""
    chance = random.Random(size)  # noqa: S311
    rows: list[tuple[object, ...]] = []
    for number in range(size):
        key = UUID(int=(user.int << 64) + number)
        at = _START + timedelta(seconds=_YEAR_S * number / size)
        coin = f"C{chance.randrange(_COINS)}"
        amount = Decimal(chance.randint(1, 10**9)) / 10**6
        value = (amount * Decimal(str(round(chance.uniform(1, 50), 4)))).quantize(Decimal("1E-8"))
        kind = chance.choices(("buy", "sell", "staking_reward"), (50, 45, 5))[0]
        bought = (coin, amount, value, "USD", value, value)
        sides = {
            "buy": bought,
            "sell": (*bought[3:], *bought[:3]),
            "staking_reward": (*bought[:3], None, None, None),
        }[kind]
        rows.append((key, user, _CHAIN, f"0x{key.hex}", at, kind, *sides, Decimal("1.5")))
        if len(rows) == _BATCH or number == size - 1:
            yield rows
            rows = []
