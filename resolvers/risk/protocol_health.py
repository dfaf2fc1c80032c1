"""How a protocol is on a chain, by its figures and incidents: the rules and the body of a job."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from resolvers.context import named_queries
from resolvers.risk.enums import ProtocolHealthStatus

if TYPE_CHECKING:
    from stores.lifecycle import Stores

BATCH: Final = 1_000
#: Loss of the value locked within a day, percent, from which a protocol is in trouble.
DEGRADED_PCT: Final = Decimal(-20)
UNHEALTHY_PCT: Final = Decimal(-50)
#: Loss within a week from which its indicator warns, percent.
WEEK_PCT: Final = Decimal(-40)
#: Figures that are so much older than the newest of all say nothing of how it is.
STALE_AFTER: Final = timedelta(days=2)
_FIRST: Final = UUID(int=0)
_SERIES: Final = (
    *("ts", "protocol_id", "chain_id", "status", "tvl_usd", "tvl_change_24h", "uptime"),
    *("incident_id", "indicators"),
)


def status_of(
    change_24h_pct: Decimal | None, *, behind: timedelta, has_incident: bool
) -> ProtocolHealthStatus:
    """How a protocol is.

    An incident of the last seven days makes it unhealthy whatever its figures say.

    Args:
        change_24h_pct: change of the value locked within a day, percent; None when unknown.
        behind: how long before the newest figure of all its own was measured.
        has_incident: whether it suffered one lately.
    """
    if has_incident:
        return ProtocolHealthStatus.UNHEALTHY
    if change_24h_pct is None or behind > STALE_AFTER:
        return ProtocolHealthStatus.UNKNOWN
    if change_24h_pct <= UNHEALTHY_PCT:
        return ProtocolHealthStatus.UNHEALTHY
    if change_24h_pct <= DEGRADED_PCT:
        return ProtocolHealthStatus.DEGRADED
    return ProtocolHealthStatus.HEALTHY


async def check_protocols(
    stores: Stores, *, batch: int = BATCH, done: Callable[[int], None] = lambda _: None
) -> int:
    """Say how each protocol is on each chain; what changed goes into the series. How many changed.

    Figures are compared with the newest of all, so recorded data is judged as of when it ends. A
    later check of somebody else stands.

    Args:
        stores: opened as worker.
        batch: protocols and chains in one step.
        done: told how many a step changed.
    """
    queries = named_queries("postgres")
    read, write = queries["protocol_figures.to_check"], queries["protocol_figures.write_health"]
    protocol, chain, total = _FIRST, 0, 0
    while True:
        values = read.arguments(protocol_id=protocol, chain_id=chain, count=batch)
        rows: list[Any] = await stores.postgres.fetch(read, *values)
        if not rows:
            return total
        records = [_record(row) for row in rows]
        changed: list[Any] = await stores.postgres.fetch(write, *write.arguments(rows=records))
        await _remember(stores, changed)
        done(len(changed))
        total += len(changed)
        protocol, chain = rows[-1]["protocol_id"], rows[-1]["chain_id"]


async def note_indicators(stores: Stores) -> int:
    """Write how the value locked in protocols changed, and which changes warn; how many are new.

    They are those of the last summary of protocols.
    """
    write = named_queries("postgres")["protocol_figures.write_indicators"]
    values = write.arguments(day_pct=DEGRADED_PCT, week_pct=WEEK_PCT)
    return await stores.postgres.execute(write, *values)


def _record(row: Any) -> dict[str, object]:
    status = status_of(
        row["tvl_change_24h_pct"],
        behind=row["behind"],
        has_incident=row["incident_id"] is not None,
    )
    known = ("tvl_usd", "tvl_change_24h_pct", "tvl_change_7d_pct")
    return {
        "protocol_id": str(row["protocol_id"]),
        "chain_id": row["chain_id"],
        "status": status.value,
        "tvl_usd": row["tvl_usd"],
        "tvl_change_24h_pct": row["tvl_change_24h_pct"],
        "incident_id": None if row["incident_id"] is None else str(row["incident_id"]),
        "indicators": {name: float(row[name]) for name in known if row[name] is not None},
        "observed_at": row["observed_at"],
    }


async def _remember(stores: Stores, changed: list[Any]) -> None:
    rows = [
        tuple(_numbers(row[name]) if name == "indicators" else row[name] for name in _SERIES)
        for row in changed
    ]
    await stores.clickhouse.insert("protocol_health_history", _SERIES, rows)


def _numbers(indicators: dict[str, Any]) -> dict[str, float]:
    """The indicators that are numbers, as the series takes them."""
    return {
        name: float(value)
        for name, value in indicators.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
