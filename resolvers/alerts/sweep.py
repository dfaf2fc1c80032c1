"""Looks at everything that rules are about, whether or not anything said that it changed.

What is read is by subject, never by rule, and the database hands out only rules whose threshold was
come to: half a million rules that are far from firing cost a look at what they are about.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from resolvers.alerts.conditions import compared_of, holds
from resolvers.alerts.enums import AlertTargetType, AlertType, ThresholdType
from resolvers.alerts.firing import Fired, Reaction, fire, watched_rule
from resolvers.alerts.index import NOW, WINDOWED, Topic
from resolvers.alerts.rules import CHAINLESS
from resolvers.alerts.sources.asking import Sighting, Source
from resolvers.alerts.sources.listings import see_listings
from resolvers.alerts.sources.market import see_gas, see_prices
from resolvers.alerts.sources.metrics import see_locked
from resolvers.alerts.sources.movements import see_smart_money, see_volumes, see_whales
from resolvers.alerts.sources.portfolios import see_portfolios
from resolvers.alerts.sources.risk import see_findings, see_scores
from stores.lifecycle import Stores
from stores.queries import load_queries

SOURCES: Final[Mapping[AlertType, Source]] = {
    AlertType.PRICE_CHANGE: see_prices,
    AlertType.TVL_CHANGE: see_locked,
    AlertType.VOLUME_SPIKE: see_volumes,
    AlertType.GAS_PRICE: see_gas,
    AlertType.PORTFOLIO_VALUE: see_portfolios,
    AlertType.SECURITY_RISK: see_findings,
    AlertType.RISK_SCORE: see_scores,
    AlertType.WHALE_MOVEMENT: see_whales,
    AlertType.SMART_MONEY: see_smart_money,
    AlertType.NEW_LISTING: see_listings,
}
# Subjects of one step.
BATCH: Final = 1_000

_MINUTE_S: Final = 60
_LOOKS: Final = 60
_NOBODY: Final = UUID(int=0)
_BEFORE_ALL: Final = (_NOBODY, -(2**63))

_Subject = tuple[UUID, int]


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did.

    Attributes:
        subjects: things with chains that were looked at.
        fired: rules that fired.
    """

    subjects: int
    fired: Sequence[Fired]


async def sweep(
    stores: Stores, kind: AlertType, now: datetime, *, batch: int = BATCH
) -> AsyncIterator[Step]:
    """Let the rules of a type fire that what is known now makes fire, step by step.

    Args:
        stores: opened as the role `worker`.
        kind: the type.
        now: the present (UTC).
        batch: subjects of one step.

    Raises:
        StoreError: a store does not answer; the next sweep looks again.
    """
    query = load_queries("postgres")["alert_engine.subjects"]
    after = _BEFORE_ALL
    while True:
        arguments = query.arguments(
            type=kind.value,
            is_windowed=kind in WINDOWED,
            at=now,
            after_subject=after[0],
            after_chain=after[1],
            most=batch,
        )
        rows = await stores.postgres.fetch(query, *arguments)
        if not rows:
            return
        yield Step(len(rows), await _step(stores, kind, rows, now))
        after = (rows[-1]["subject"], rows[-1]["chain"])


def is_due(minutes: int, now: datetime) -> bool:
    """Whether what looks back so far is looked at in this minute.

    A change over a day does not show within a minute: a timeframe is looked at sixty times while
    it passes, but every hour at least and every minute at most.
    """
    every = min(max(minutes // _LOOKS, 1), _LOOKS)
    return int(now.timestamp()) // _MINUTE_S % every == 0


async def _step(stores: Stores, kind: AlertType, rows: Sequence[Any], now: datetime) -> list[Fired]:
    topics: dict[_Subject, Topic] = {}
    wanted: dict[Topic, frozenset[int]] = {}
    for row in rows:
        timeframes = frozenset(m for m in row["timeframes"] if m == NOW or is_due(m, now))
        if timeframes:
            topic = _topic(kind, row)
            topics[row["subject"], row["chain"]] = topic
            wanted[topic] = wanted.get(topic, frozenset()) | timeframes
    if not wanted:
        return []
    sightings = await SOURCES[kind](stores, wanted, now)
    seen = {subject: sightings[topic] for subject, topic in topics.items() if topic in sightings}
    reactions = [
        Reaction(rule, observation, sighting.at)
        for row in await _near(stores, kind, seen, now)
        for rule, sighting in ((watched_rule(row), seen[_subject(row)]),)
        if (observation := sighting.seen.get(rule.timeframe)) is not None
        and holds(rule.condition, observation)
    ]
    return await fire(stores, None, reactions) if reactions else []


async def _near(
    stores: Stores, kind: AlertType, seen: Mapping[_Subject, Sighting], now: datetime
) -> Sequence[Any]:
    """Rules whose threshold has been come to, maybe not quite."""
    query = load_queries("postgres")["alert_engine.near"]
    compared = list(_compared(kind, seen))
    if not compared:
        return ()
    names = ("subjects", "chains", "threshold_types", "timeframes", "numbers", "scales")
    columns = zip(*compared, strict=True)
    asked = dict(zip(names, map(list, columns), strict=True))
    arguments = query.arguments(type=kind.value, at=now, **asked)
    rows: Sequence[Any] = await stores.postgres.fetch(query, *arguments)
    return rows


def _compared(kind: AlertType, seen: Mapping[_Subject, Sighting]) -> Iterator[tuple[Any, ...]]:
    """What is compared with thresholds, a row for each type of threshold and timeframe."""
    for (subject, chain), sighting in seen.items():
        for minutes, observation in sighting.seen.items():
            for type_ in ThresholdType:
                looks_back = type_ is ThresholdType.PERCENTAGE or kind in WINDOWED
                compared = compared_of(type_, observation)
                if compared is not None and looks_back == (minutes != NOW):
                    number, scale = compared.number, compared.scale
                    yield subject, chain, type_.value, minutes, number, scale


def _topic(kind: AlertType, row: Any) -> Topic:
    target = AlertTargetType(row["target_type"])
    if target is AlertTargetType.CHAIN:
        return Topic(kind, target, row["chain"])
    chain = None if kind in CHAINLESS else row["chain"] or None
    return Topic(kind, target, row["subject"], chain)


def _subject(row: Any) -> _Subject:
    """What a rule's row is about, as the sweep asks for it."""
    keys = ("protocol_id", "asset_id", "wallet_id", "portfolio_id")
    key = next((row[name] for name in keys if row[name] is not None), _NOBODY)
    return key, row["chain_id"] or 0
