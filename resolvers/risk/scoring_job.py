"""Scores protocols: the body of a job, run over stores opened as worker.

A score is written when it moved, or when the newest one is a week old. What an agent said within
the week stands. Each is an assessment with its inputs, from which the newest scores follow, and a
point of the series.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from resolvers.context import named_queries
from resolvers.risk.enums import RiskDimension
from resolvers.risk.protocol_score import Facts, Incident, Score, protocol_scores

if TYPE_CHECKING:
    from stores.lifecycle import Stores

BATCH: Final = 500
VERSION: Final = "protocol-1"
_MOVED: Final = 0.01
_OLD: Final = timedelta(days=7)
_FIRST: Final = UUID(int=0)
_RATIO: Final = Decimal("0.0001")
_SERIES: Final = (
    *("ts", "target_type", "target_id", "dimension", "score", "confidence", "source"),
)
_SAID: Final = {
    RiskDimension.OVERALL: "The dangers that are known, weighted.",
    RiskDimension.PROTOCOL: "How it is on its chains, by the value locked there.",
    RiskDimension.SMART_CONTRACT: "Published audits.",
    RiskDimension.SECURITY: "Incidents it suffered, by loss and age.",
    RiskDimension.LIQUIDITY: "Value locked in it.",
}
_Newest = Mapping[tuple[UUID, str], "tuple[float, datetime, str]"]


async def score_protocols(
    stores: Stores,
    now: datetime,
    *,
    batch: int = BATCH,
    done: Callable[[int], None] = lambda _: None,
) -> int:
    """Score every active protocol; how many scores were written.

    Args:
        stores: opened as worker.
        now: aware; time of the scores.
        batch: protocols in one step.
        done: told how many scores a step wrote.

    Raises:
        StoreError: steps before the failing one stay written.
    """
    queries = named_queries("postgres")
    weights = {
        RiskDimension(row[0]): float(row[1])
        for row in await stores.postgres.fetch(queries["risk_scoring.weights"])
    }
    read, after, total = queries["risk_scoring.facts"], _FIRST, 0
    while True:
        rows: list[Any] = await stores.postgres.fetch(
            read, *read.arguments(after=after, count=batch)
        )
        if not rows:
            return total
        newest = await _newest(stores, [row["id"] for row in rows])
        due = [
            (row["id"], danger, score)
            for row in rows
            for danger, score in protocol_scores(_facts(row), weights, now.date()).items()
            if _is_due(newest.get((row["id"], str(danger.value))), score, now)
        ]
        await _write(stores, due, now)
        done(len(due))
        after, total = rows[-1]["id"], total + len(due)


def _facts(row: Any) -> Facts:
    return Facts(
        health=[(status, tvl) for status, tvl in row["health"]],
        audits=row["audits"],
        incidents=[Incident(date.fromisoformat(on), loss) for on, loss in row["incidents"]],
        tvl_usd=row["tvl_usd"],
    )


def _is_due(newest: tuple[float, datetime, str] | None, score: Score, now: datetime) -> bool:
    if newest is None:
        return True
    value, assessed_at, version = newest
    if now - assessed_at >= _OLD:
        return True
    return version == VERSION and abs(value - score.value) >= _MOVED


async def _newest(stores: Stores, keys: Sequence[UUID]) -> _Newest:
    query = named_queries("postgres")["risk_scoring.newest"]
    rows: list[Any] = await stores.postgres.fetch(query, list(keys))
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows}


async def _write(
    stores: Stores, due: Sequence[tuple[UUID, RiskDimension, Score]], now: datetime
) -> None:
    """The series first: a point too much is harmless, an assessment without its point is not."""
    points = [
        ("protocol", protocol, danger.value, score.value, score.confidence, VERSION)
        for protocol, danger, score in due
    ]
    hour = now.replace(minute=0, second=0, microsecond=0)
    await stores.clickhouse.insert("risk_scores", _SERIES, [(hour, *point) for point in points])
    records = [
        {
            "protocol_id": str(protocol),
            "dimension": danger.value,
            "score": _ratio(score.value),
            "confidence": None if score.confidence is None else _ratio(score.confidence),
            "reasons": list(score.reasons),
            "inputs": dict(score.inputs),
            "description": _SAID[danger],
            "version": VERSION,
        }
        for protocol, danger, score in due
    ]
    if records:
        write = named_queries("postgres")["risk_scoring.write"]
        await stores.postgres.execute(write, *write.arguments(rows=records, now=now))


def _ratio(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(_RATIO)
