"""Keeps figures, reputation and last known health of agents: bodies of jobs, run as worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from resolvers.agents.health import heartbeat_in
from resolvers.agents.track_record import TrackRecord, reputation, track_record
from resolvers.context import named_queries
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from stores.lifecycle import Stores

BATCH: Final = 500
_FIRST: Final = UUID(int=0)
_YEAR: Final = timedelta(days=365)
_MONTH: Final = timedelta(days=30)
# Clocks of agents may be a little fast.
_AHEAD: Final = timedelta(minutes=1)
_DIGITS: Final = Decimal("0.000001")
_RATIO: Final = Decimal("0.0001")


async def update_agent_figures(
    stores: Stores,
    now: datetime,
    *,
    batch: int = BATCH,
    done: Callable[[int], None] = lambda _: None,
) -> int:
    """Compute the running figures and the reputation of every agent; how many agents.

    Args:
        stores: opened as worker.
        now: aware; series are read up to it, yields of a year and times of a month.
        batch: agents in one step.
        done: told how many agents a step dealt with.

    Raises:
        StoreError: steps before the failing one stay written.
    """
    queries = named_queries("postgres")
    await stores.postgres.execute(queries["agent_figures.count_executions"])
    read, after, total = queries["agent_figures.work"], _FIRST, 0
    while True:
        rows: list[Any] = await stores.postgres.fetch(
            read, *read.arguments(after=after, count=batch)
        )
        if not rows:
            return total
        keys = [row["id"] for row in rows]
        yields = await _measured(stores, "agents.days_of_yield", keys, now - _YEAR, now)
        times = await _measured(stores, "agents.response_times", keys, now - _MONTH, now)
        records = [
            _figures(row, track_record(yields.get(row["id"], ())), times.get(row["id"]))
            for row in rows
        ]
        write = queries["agent_figures.write"]
        await stores.postgres.execute(write, *write.arguments(rows=records))
        await _write_reputations(stores, rows)
        done(len(rows))
        after, total = keys[-1], total + len(rows)


async def record_heartbeats(stores: Stores, now: datetime) -> int:
    """Write down how agents said they are; how many were heard.

    Redis forgets a heartbeat within a minute. What is written here is what was last known; whoever
    reads it later is told that it is unknown by now.

    Args:
        stores: opened as worker.
        now: aware; what is said to come from a later time is passed over.
    """
    queries = named_queries("postgres")
    keys = [row[0] for row in await stores.postgres.fetch(queries["agent_figures.ids"])]
    pipeline = stores.redis.commands.pipeline(transaction=False)
    for key in keys:
        pipeline.hgetall(redis_keys.key("agent_health", agent_id=key))
    hashes: list[Mapping[str, Any]] = await pipeline.execute() if keys else []
    heard = [
        {"agent_id": str(key), "status": beat.status, "at": beat.at}
        for key, beat in zip(keys, map(heartbeat_in, hashes), strict=True)
        if beat is not None and beat.at <= now + _AHEAD
    ]
    if heard:
        write = queries["agent_figures.write_health"]
        await stores.postgres.execute(write, *write.arguments(rows=heard))
    return len(heard)


async def _measured(
    stores: Stores, name: str, keys: Sequence[UUID], start: datetime, end: datetime
) -> dict[UUID, Any]:
    values = {"keys": [str(key) for key in keys], "start": start, "end": end}
    rows: list[Any] = await stores.clickhouse.fetch(named_queries("clickhouse")[name], values)
    return {row[0]: row[1] for row in rows}


async def _write_reputations(stores: Stores, rows: Sequence[Any]) -> None:
    found = [
        (
            row["id"],
            reputation(row["successful_executions"], row["failed_executions"], row["audit_score"]),
        )
        for row in rows
    ]
    records = [
        {"agent_id": str(agent), "reputation": _exact(score, _RATIO)}
        for agent, score in found
        if score is not None
    ]
    if records:
        write = named_queries("postgres")["agent_figures.write_reputation"]
        await stores.postgres.execute(write, *write.arguments(rows=records))


def _figures(row: Any, record: TrackRecord, mean_ms: float | None) -> dict[str, object]:
    return {
        "agent_id": str(row["id"]),
        "total_executions": row["total_executions"],
        "successful_executions": row["successful_executions"],
        "failed_executions": row["failed_executions"],
        "avg_execution_time_ms": mean_ms,
        "last_execution_at": row["last_execution_at"],
        "avg_yield": _exact(record.avg_yield_pct, _DIGITS),
        "total_profit": row["total_profit"],
        "max_drawdown": _exact(record.max_drawdown, _RATIO),
        "sharpe_ratio": _exact(record.sharpe_ratio, _DIGITS),
        "active_users": row["active_users"],
    }


def _exact(value: float | None, step: Decimal) -> Decimal | None:
    return None if value is None else Decimal(repr(value)).quantize(step)
