"""What portfolios are worth, and were."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from resolvers.alerts.conditions import Observation
from resolvers.alerts.index import NOW, Topic
from resolvers.alerts.sources.asking import Sighting, Wanted, ask, look_back, parts, thens
from stores.lifecycle import Stores
from stores.queries import load_queries

# Portfolios are valued every few minutes while a worker is there.
FRESH: Final = timedelta(days=2)
_COLUMNS: Final = ("ts", "portfolio_id", "user_id", "value_usd")


async def see_portfolios(stores: Stores, wanted: Wanted, now: datetime) -> dict[Topic, Sighting]:
    """Net values, US dollars, and those of before.

    What a portfolio with a rule about a change is worth is kept, for rules to look back at: the
    snapshot of a day says nothing about the last hour.

    Raises:
        StoreError: Postgres or ClickHouse does not answer.
    """
    newest = {}
    kept = []
    query = load_queries("postgres")["alert_sources.portfolio_values"]
    topics = {topic.target: topic for topic in wanted}
    for part in parts(list(topics)):
        for row in await stores.postgres.fetch(query, part):
            topic, at = topics[row["portfolio_id"]], row["last_calculated_at"]
            if at > now - FRESH:
                newest[topic] = (Observation(row["total_value_usd"]), at)
            if wanted[topic] - {NOW}:
                kept.append((at, row["portfolio_id"], row["user_id"], row["total_value_usd"]))
    await stores.clickhouse.insert("portfolio_values", _COLUMNS, kept)
    questions = [
        then for topic, (_, at) in newest.items() for then in thens(topic, wanted[topic], at)
    ]
    before = {}
    if questions:
        answers = await ask(stores, "alerts.portfolios_then", questions)
        before = {(then.topic, then.timeframe): value for then, (_, value) in answers}
    return {
        topic: Sighting(
            min(at, now),
            {minutes: look_back(seen, before.get((topic, minutes))) for minutes in wanted[topic]},
        )
        for topic, (seen, at) in newest.items()
    }
