"""A copy of somebody's data and their erasure, at 1, 10 and 100 times 1,000 rows of four kinds."""

from __future__ import annotations

import tempfile
import time
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from uuid import UUID

from bench.measure import Figure
from gateway.config import Settings
from gateway.worker.job import JobContext
from gateway.worker.jobs import JOBS
from stores.lifecycle import Stores
from stores.queries import Statement

_SIZES: Final = (1_000, 10_000, 100_000)
_CHAIN: Final = 990_062
_LIMIT_S: Final = 600
# A quarter of the rows each: kept under the pseudonym, deleted, taken out of the log, a series.
_ROWS: Final = (
    "INSERT INTO account.users (id) SELECT $1::uuid WHERE $2::integer > 0",
    "INSERT INTO portfolio.tax_transactions (id, user_id, chain_id, tx_hash, occurred_at,"
    " transaction_type) SELECT gen_random_uuid(), $1::uuid, 990062, md5(n::text), now(), 'swap'"
    " FROM generate_series(1, $2::integer / 4) AS n",
    "INSERT INTO account.usage_daily (user_id, day, event_type, count)"
    " SELECT $1::uuid, '2024-01-01'::date + n % 365, 'kind ' || n, 1"
    " FROM generate_series(1, $2::integer / 4) AS n",
    "INSERT INTO ops.audit_log (actor_user_id, actor_role, action, resource_type, changes)"
    " SELECT $1::uuid, 'user', 'update', 'alerts.rules', jsonb_build_object('name', n)"
    " FROM generate_series(1, $2::integer / 4) AS n",
    "INSERT INTO ops.export_requests (user_id) SELECT $1::uuid WHERE $2::integer > 0",
    "INSERT INTO ops.erasure_requests (user_id) SELECT $1::uuid WHERE $2::integer > 0",
)
_SERIES: Final = Statement(
    "series",
    "INSERT INTO usage_events (ts, event_id, user_id, event_type)"
    " SELECT now() - toIntervalSecond(number), generateUUIDv4(), {user:UUID}, 'query'"
    " FROM numbers({count:UInt32})",
    kind="exec",
)


async def measure(stores: Stores) -> AsyncIterator[Figure]:
    """Make the copy, then erase; memory is what Python holds more at the peak of the copy."""
    chain = (_CHAIN, f"eip155:{_CHAIN}", "bench-lifecycle", "Lifecycle bench", True)
    await stores.postgres.copy_rows(
        "catalog.chains", ("id", "caip2", "slug", "name", "is_evm"), [chain]
    )
    with tempfile.TemporaryDirectory(prefix="bench-lifecycle-") as place:
        settings = Settings(data_dir=Path(place), erasure_wait_days=0)
        for number, size in enumerate(_SIZES, 1):
            await _settle(stores, UUID(int=number), size)
            tracemalloc.start()
            seconds = await _job(stores, settings, "export_user_data")
            peak = tracemalloc.get_traced_memory()[1] / 1_000_000
            tracemalloc.stop()
            yield Figure(f"copy of {size:,} rows", size / seconds, "rows/s")
            yield Figure(f"copy of {size:,} rows, memory", peak, "MB", 30)
            seconds = await _job(stores, settings, "erase_users")
            yield Figure(f"erasure of {size:,} rows", size / seconds, "rows/s")


async def _settle(stores: Stores, user: UUID, size: int) -> None:
    for text in _ROWS:
        await stores.postgres.execute(Statement("settle", text, kind="exec"), user, size)
    await stores.clickhouse.execute(_SERIES, {"user": user, "count": size // 4})


async def _job(stores: Stores, settings: Settings, name: str) -> float:
    """Seconds a job takes."""
    began = time.perf_counter()
    run = JobContext(stores, time.monotonic() + _LIMIT_S, settings=settings)
    await JOBS[name].function(run)
    assert run.item_count, f"{name} had nothing to do"
    return time.perf_counter() - began
