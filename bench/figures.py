"""Jobs that compute figures and count usage: rows a second, and what becomes of it as rows grow."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid4

from graphql import OperationType

from bench.measure import Figure
from gateway.usage import UsageCounts
from resolvers.agents.figures_job import update_agent_figures
from resolvers.catalog.protocol_figures import update_protocol_figures
from resolvers.context import Viewer
from resolvers.predictions.forecast_job import PRICES, forecast_subject
from resolvers.privacy.pool_job import update_pools
from resolvers.risk.scoring_job import score_protocols
from resolvers.usage.counting import COLUMNS, UsageKind
from resolvers.usage.usage_job import flush_usage, roll_up_usage
from stores.lifecycle import Stores
from stores.redis import keys as redis_keys

_SCALES: Final = (1, 10, 100)
_CHAIN: Final = 962_900
_NOW: Final = datetime.now(UTC)
_HOUR: Final = _NOW.replace(minute=0, second=0, microsecond=0)
_HOURS: Final = 240
_DAYS: Final = 35
_NOTES: Final = 200_000
_PAGE: Final = 100_000


@dataclass(frozen=True, slots=True)
class _Job:
    """A job to measure.

    Attributes:
        name: what it does.
        unit: what a row is.
        base: things at 1×.
        rows: rows that the job reads for each thing.
        fill: adds the things numbered from one up to before another.
        run: the job.
    """

    name: str
    unit: str
    base: int
    rows: int
    fill: Callable[[Stores, int, int], Awaitable[None]]
    run: Callable[[Stores], Awaitable[object]]


async def measure(worker: Stores) -> AsyncIterator[Figure]:
    """Each job over 1, 10 and 100 times as much, and the cost of counting one request."""
    yield _counting(worker)
    await _world(worker)
    for job in _JOBS:
        rates: list[float] = []
        filled = 0
        for scale in _SCALES:
            count = job.base * scale
            await job.fill(worker, filled, count)
            filled = count
            before = time.perf_counter()
            await job.run(worker)
            rates.append(count * job.rows / (time.perf_counter() - before))
            yield Figure(f"{job.name}, {count * job.rows:,} {job.unit}", rates[-1], "rows/s")
        yield Figure(f"{job.name}, time for 100 times as much", 100 * rates[0] / rates[-1], "times")


def _counting(worker: Stores) -> Figure:
    counts = UsageCounts(worker.redis)
    viewers = [Viewer(uuid4(), "user", api_key_id=uuid4()) for _ in range(100)]
    before = time.perf_counter()
    for number in range(_NOTES):
        counts.note(viewers[number % 100], OperationType.QUERY, 10)
    return Figure("one request counted", (time.perf_counter() - before) / _NOTES * 1e6, "µs", 2.0)


def _id(kind: int, number: int) -> UUID:
    return UUID(int=(kind << 64) + number)


_PROTOCOL, _ASSET, _AGENT, _USER, _POOL, _LISTED = range(1, 7)


async def _world(stores: Stores) -> None:
    """What all rows refer to."""
    copy = stores.postgres.copy_rows
    await copy(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(_CHAIN, f"eip155:{_CHAIN}", "bench", "Bench", True)],
    )
    await copy("catalog.assets", ("id", "symbol", "name"), [(_id(_ASSET, 0), "ETH", "Ether")])
    await copy(
        "privacy.pools",
        ("id", "pool_type", "chain_id", "pool_name"),
        [(_id(_POOL, 0), "main", _CHAIN, "P")],
    )
    await stores.clickhouse.insert(
        "market_data",
        ("ts", "asset_id", "source", "price"),
        [(_NOW, _id(_ASSET, 0), "bench", Decimal(2_000))],
    )


async def _count_kinds(stores: Stores, first: int, end: int) -> None:
    pending = redis_keys.key("usage_pending")
    for start in range(0, end, 5_000):  # the flush takes all, so all are counted anew
        fields: dict[str | bytes, bytes | float | int | str] = {}
        for number in range(start, min(end, start + 5_000)):
            name = UsageKind(_id(_USER, number), None, "query", "graphql").name
            fields |= {f"requests|{name}": 3, f"cost|{name}": 30}
        await stores.redis.commands.hset(pending, mapping=fields)  # type: ignore[arg-type]


async def _use(stores: Stores, first: int, end: int) -> None:
    users = range(first, end)
    await stores.postgres.copy_rows("account.users", ("id",), [(_id(_USER, n),) for n in users])
    at = _NOW - timedelta(days=400)
    rows = [
        (at + timedelta(seconds=k), uuid4(), _id(_USER, n), None, "query", "graphql", 1, 10)
        for n in users
        for k in range(10)
    ]
    for start in range(0, len(rows), _PAGE):
        await stores.clickhouse.insert("usage_events", COLUMNS, rows[start : start + _PAGE])


async def _deposit(stores: Stores, first: int, end: int) -> None:
    columns = (
        *("pool_id", "chain_id", "asset_id", "denomination", "commitment_hash", "status"),
        *("deposit_confirmed_at", "processed_at", "mixing_efficiency"),
    )
    rows = [
        (
            *(_id(_POOL, 0), _CHAIN, _id(_ASSET, 0), Decimal(1), f"0x{number:x}"),
            *("withdrawn" if number % 2 else "mixed", _NOW - timedelta(days=number % 90 + 1)),
            *(_NOW - timedelta(hours=number % 24) if number % 2 else None, Decimal(1)),
        )
        for number in range(first, end)
    ]
    await stores.postgres.copy_rows("privacy.deposits", columns, rows)


async def _measure_protocols(stores: Stores, first: int, end: int) -> None:
    numbers = range(first, end)
    await stores.postgres.copy_rows(
        "catalog.protocols",
        ("id", "slug", "name", "category", "audit_count"),
        [(_id(_PROTOCOL, n), f"bench-{n}", f"Bench {n}", "Dexes", n % 4) for n in numbers],
    )
    columns = ("ts", "protocol_id", "chain_id", "metric_type", "value", "source")
    days = [_NOW - timedelta(days=day) for day in range(_DAYS)]
    rows = [
        (at, _id(_PROTOCOL, n), _CHAIN, "tvl", Decimal(1_000 + n), "bench")
        for n in numbers
        for at in days
    ]
    for start in range(0, len(rows), _PAGE):
        await stores.clickhouse.insert("protocol_metrics", columns, rows[start : start + _PAGE])


async def _price(stores: Stores, first: int, end: int) -> None:
    columns = ("ts", "asset_id", "source", "price")
    hours = [_HOUR - timedelta(hours=hour + 1) for hour in range(_HOURS)]
    rows = [
        (at, _id(_ASSET, n + 1), "bench", Decimal(100 + k % 24))
        for n in range(first, end)
        for k, at in enumerate(hours)
    ]
    for start in range(0, len(rows), _PAGE):
        await stores.clickhouse.insert("market_data", columns, rows[start : start + _PAGE])


async def _employ(stores: Stores, first: int, end: int) -> None:
    numbers = range(first, end)
    await stores.postgres.copy_rows(
        "agents.agents",
        ("id", "slug", "name", "description", "kind", "agent_type"),
        [(_id(_AGENT, n), f"bench-{n}", f"B {n}", "x", "marketplace", "data") for n in numbers],
    )
    columns = ("ts", "agent_id", "metric_name", "metric_value", "response_time_ms")
    rows = [
        (_NOW - timedelta(days=day), _id(_AGENT, n), "yield", float(day % 7), 120)
        for n in numbers
        for day in range(100)
    ]
    for start in range(0, len(rows), _PAGE):
        await stores.clickhouse.insert("agent_performance", columns, rows[start : start + _PAGE])


async def _list(stores: Stores, first: int, end: int) -> None:
    """Protocols that nobody scored yet, with what is locked in them."""
    numbers = range(first, end)
    await stores.postgres.copy_rows(
        "catalog.protocols",
        ("id", "slug", "name", "category", "audit_count"),
        [(_id(_LISTED, n), f"listed-{n}", f"L {n}", "Dexes", n % 4) for n in numbers],
    )
    await stores.postgres.copy_rows(
        "catalog.protocol_totals",
        ("protocol_id", "tvl_usd", "observed_at"),
        [(_id(_LISTED, n), Decimal(10) ** (n % 6 + 4), _NOW) for n in numbers],
    )


_JOBS: Final = (
    _Job("usage flushed", "kinds", 1_000, 1, _count_kinds, flush_usage),
    _Job(
        "usage rolled up",
        "events",
        100,
        10,
        _use,
        lambda stores: roll_up_usage(stores, _NOW - timedelta(days=1)),
    ),
    _Job(
        "pools measured", "deposits", 2_000, 1, _deposit, lambda stores: update_pools(stores, _NOW)
    ),
    _Job("protocols summed up", "values", 20, _DAYS, _measure_protocols, update_protocol_figures),
    _Job(
        "prices forecast",
        "hours",
        10,
        _HOURS,
        _price,
        lambda stores: forecast_subject(stores, PRICES, _NOW),
    ),
    _Job(
        "protocols scored", "protocols", 50, 1, _list, lambda stores: score_protocols(stores, _NOW)
    ),
    _Job(
        "agents measured",
        "days",
        10,
        100,
        _employ,
        lambda stores: update_agent_figures(stores, _NOW),
    ),
)
