"""What is new in the catalogue: pools of protocols, protocols on chains."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from resolvers.alerts.conditions import Observation
from resolvers.alerts.index import Topic
from resolvers.alerts.sources.asking import Sighting, Wanted, parts
from stores.lifecycle import Stores
from stores.queries import load_queries

_Window = tuple[Topic, int, int]


async def see_listings(stores: Stores, wanted: Wanted, now: datetime) -> dict[Topic, Sighting]:
    """How many were first seen within timeframes, beside those of the ones before.

    Raises:
        StoreError: Postgres does not answer.
    """
    asked: list[_Window] = [
        (topic, minutes, age)
        for topic, timeframes in wanted.items()
        for minutes in timeframes
        for age in (0, 1)
    ]
    on_chains = [window for window in asked if isinstance(window[0].target, int)]
    of_protocols = [window for window in asked if not isinstance(window[0].target, int)]
    counts = await _counts(stores, "alert_sources.new_pools", of_protocols, now)
    counts |= await _counts(stores, "alert_sources.new_protocols", on_chains, now)
    return {
        topic: Sighting(
            now,
            {
                minutes: Observation(counts[topic, minutes, 0], counts[topic, minutes, 1])
                for minutes in timeframes
            },
        )
        for topic, timeframes in wanted.items()
        if all((topic, minutes, 0) in counts for minutes in timeframes)
    }


async def _counts(
    stores: Stores, name: str, windows: Sequence[_Window], now: datetime
) -> dict[_Window, Decimal]:
    query = load_queries("postgres")[name]
    found = {}
    for part in parts(windows):
        values: dict[str, Any] = {
            "places": list(range(len(part))),
            "keys": [topic.target for topic, _, _ in part],
            "chains": [
                topic.target if isinstance(topic.target, int) else topic.chain_id or 0
                for topic, _, _ in part
            ],
            "starts": [now - timedelta(minutes=minutes * (age + 1)) for _, minutes, age in part],
            "ends": [now - timedelta(minutes=minutes * age) for _, minutes, age in part],
        }
        arguments = query.arguments(**{key: values[key] for key in query.params})
        for row in await stores.postgres.fetch(query, *arguments):
            found[part[row["place"]]] = Decimal(row["listings"])
    return found
