"""How sources are asked: what is wanted, what was seen, and the values of earlier moments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from resolvers.alerts.conditions import Observation
from resolvers.alerts.index import NOW, Topic
from stores.lifecycle import Stores
from stores.queries import load_queries

# Questions of one statement.
MOST: Final = 1_000

_SHARE: Final = 12
_LEAST: Final = timedelta(minutes=2)
_LONGEST: Final = timedelta(days=3)
_FINE_MINUTES: Final = 1_440


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen of one thing.

    Attributes:
        at: when the newest of it held (UTC).
        seen: by timeframe in minutes; `NOW` for what does not look back.
    """

    at: datetime
    seen: Mapping[int, Observation]


Wanted = Mapping[Topic, frozenset[int]]
"""What to look at, with the timeframes in minutes that are asked for; `NOW` among them."""

Source = Callable[[Stores, Wanted, datetime], Awaitable[dict[Topic, Sighting]]]
"""Reads what is wanted at a moment; things of which nothing is known are left out.

It may raise StoreError, and then nothing of it was seen.
"""


@dataclass(frozen=True, slots=True)
class Then:
    """A question about the past.

    Attributes:
        topic: for what it is asked.
        timeframe: minutes back.
        key: of the thing, as the store knows it.
        at: the moment (UTC).
    """

    topic: Topic
    timeframe: int
    key: UUID | int
    at: datetime

    @property
    def tolerance(self) -> timedelta:
        """How much older the value may be: a twelfth of the way back, from minutes to days."""
        return min(max(timedelta(minutes=self.timeframe) / _SHARE, _LEAST), _LONGEST)


def thens(topic: Topic, timeframes: Iterable[int], at: datetime) -> list[Then]:
    """The questions about a thing whose newest value held at a moment."""
    return [
        Then(topic, minutes, topic.target, at - timedelta(minutes=minutes))
        for minutes in timeframes
        if minutes != NOW
    ]


async def ask(
    stores: Stores, name: str, questions: Iterable[Then], **more: object
) -> list[tuple[Then, Sequence[Any]]]:
    """Answers of a query of ClickHouse whose first column is the place of the question.

    Args:
        stores: opened as the role `worker`.
        name: the query; see `sql/queries/clickhouse/alerts.sql` for its parameters.
        questions: any number; those that look back equally far are asked together.
        more: further parameters.

    Raises:
        StoreError: ClickHouse does not answer.
    """
    query = load_queries("clickhouse")[name]
    found: list[tuple[Then, Sequence[Any]]] = []
    for part in parts(sorted(questions, key=lambda each: each.timeframe)):
        rows: Sequence[Any] = await stores.clickhouse.fetch(query, {**_parameters(part), **more})
        found += ((part[row[0]], row[1:]) for row in rows)
    return found


def parts(questions: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """So many at a time as one statement takes."""
    for start in range(0, len(questions), MOST):
        yield questions[start : start + MOST]


def look_back(seen: Observation, baseline: Decimal | None) -> Observation:
    """The same beside what it was."""
    return Observation(seen.value, baseline, seen.is_least)


def _parameters(questions: Sequence[Then]) -> dict[str, object]:
    fine = [each for each in questions if each.timeframe <= _FINE_MINUTES]
    until = max(each.at for each in questions)
    return {
        "places": list(range(len(questions))),
        "keys": [str(k) if isinstance(k, UUID) else k for k in (each.key for each in questions)],
        "thens": [each.at for each in questions],
        "tolerances": [int(each.tolerance.total_seconds()) for each in questions],
        # Roll-ups are found by the start of their bucket.
        "since": _first(questions) - timedelta(hours=1),
        "fine_from": _first(fine) - timedelta(minutes=1) if fine else until,
        "until": until,
    }


def _first(questions: Sequence[Then]) -> datetime:
    return min(each.at - each.tolerance for each in questions)
