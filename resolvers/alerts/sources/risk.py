"""How dangerous things are, and what was found against them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from resolvers.alerts.conditions import Observation
from resolvers.alerts.enums import AlertTargetType
from resolvers.alerts.index import NOW, Topic
from resolvers.alerts.sources.asking import Sighting, Wanted, ask, look_back, parts, thens
from stores.lifecycle import Stores
from stores.queries import load_queries

_FINDINGS: Final = {
    AlertTargetType.PROTOCOL: "alert_sources.findings_of_protocols",
    AlertTargetType.ASSET: "alert_sources.findings_of_assets",
    AlertTargetType.WALLET: "alert_sources.findings_of_wallets",
    AlertTargetType.PORTFOLIO: "alert_sources.findings_of_portfolios",
}


async def see_scores(stores: Stores, wanted: Wanted, now: datetime) -> dict[Topic, Sighting]:
    """Overall danger, 0 to 1, as long as the assessment holds.

    Raises:
        StoreError: Postgres or ClickHouse does not answer.
    """
    sightings = {}
    for kind, part in _by_kind(wanted).items():
        sightings.update(await _scores(stores, kind, {t: wanted[t] for t in part}, now))
    return sightings


async def see_findings(stores: Stores, wanted: Wanted, now: datetime) -> dict[Topic, Sighting]:
    """How many findings are open, and were.

    Raises:
        StoreError: Postgres does not answer.
    """
    sightings = {}
    for kind, topics in _by_kind(wanted).items():
        asked = [(topic, minutes) for topic in topics for minutes in sorted(wanted[topic] | {NOW})]
        counts = await _findings(stores, kind, asked, now)
        for topic in topics:
            count = counts.get((topic, NOW))
            if count is None:
                continue
            seen = {m: Observation(count, counts.get((topic, m))) for m in wanted[topic]}
            sightings[topic] = Sighting(now, seen)
    return sightings


async def _scores(
    stores: Stores, kind: AlertTargetType, wanted: Wanted, now: datetime
) -> dict[Topic, Sighting]:
    query = load_queries("postgres")["alert_sources.risk_scores"]
    topics: dict[object, list[Topic]] = defaultdict(list)
    for topic in wanted:
        topics[topic.target].append(topic)
    newest: dict[Topic, tuple[Observation, datetime]] = {}
    for part in parts(list(topics)):
        values = query.arguments(target_type=kind.value, target_ids=list(part), at=now)
        for row in await stores.postgres.fetch(query, *values):
            for topic in topics[row["target_id"]]:
                newest[topic] = (Observation(row["score"]), min(row["assessed_at"], now))
    questions = [then for t, (_, at) in newest.items() for then in thens(t, wanted[t], at)]
    before: Mapping[tuple[Topic, int], Decimal] = {}
    if questions:
        answers = await ask(stores, "alerts.risks_then", questions, target_type=kind.value)
        before = {(then.topic, then.timeframe): score for then, (_, score) in answers}
    return {
        topic: Sighting(at, {m: look_back(seen, before.get((topic, m))) for m in wanted[topic]})
        for topic, (seen, at) in newest.items()
    }


async def _findings(
    stores: Stores, kind: AlertTargetType, asked: Sequence[tuple[Topic, int]], now: datetime
) -> dict[tuple[Topic, int], Decimal]:
    query = load_queries("postgres")[_FINDINGS[kind]]
    counts = {}
    for part in parts(asked):
        values = query.arguments(
            places=list(range(len(part))),
            keys=[_key(topic) for topic, _ in part],
            chains=[topic.chain_id or 0 for topic, _ in part],
            ats=[now - timedelta(minutes=minutes) for _, minutes in part],
        )
        for row in await stores.postgres.fetch(query, *values):
            counts[part[row["place"]]] = Decimal(row["findings"])
    return counts


def _by_kind(wanted: Wanted) -> Mapping[AlertTargetType, list[Topic]]:
    found: dict[AlertTargetType, list[Topic]] = defaultdict(list)
    for topic in wanted:
        found[topic.target_type].append(topic)
    return found


def _key(topic: Topic) -> UUID:
    assert isinstance(topic.target, UUID)
    return topic.target
