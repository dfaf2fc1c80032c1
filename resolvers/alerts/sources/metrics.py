"""What is measured about protocols, and its changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from resolvers.alerts.conditions import EXACT, Observation
from resolvers.alerts.index import NOW, Topic
from resolvers.alerts.sources.asking import Sighting, Wanted, ask, parts, thens
from stores.lifecycle import Stores
from stores.queries import load_queries

# Sources measure once a day at least.
FRESH: Final = timedelta(days=2)
# Chains measured so much before the newest one still count as of the same moment.
_TOGETHER: Final = timedelta(hours=1)
# Stands for all chains together in a series.
_ALL: Final = 0

ByChain = Mapping[int, Decimal]


async def see_locked(stores: Stores, wanted: Wanted, now: datetime) -> dict[Topic, Sighting]:
    """Value locked in protocols, US dollars, on all chains together or one."""
    return await see_metric(stores, "tvl", wanted, now)


async def see_metric(
    stores: Stores, metric: str, wanted: Wanted, now: datetime
) -> dict[Topic, Sighting]:
    """A metric of protocols and what it was.

    Raises:
        StoreError: ClickHouse does not answer.
    """
    newest = await _newest(stores, metric, wanted, now)
    questions = [
        then
        for topic, values in newest.items()
        for then in thens(topic, wanted[topic], max(at for _, at in values.values()))
    ]
    before: dict[tuple[Topic, int], dict[int, Decimal]] = defaultdict(dict)
    if questions:
        answers = await ask(stores, "alerts.metrics_then", questions, metric=metric)
        for then, (chain, value) in answers:
            before[then.topic, then.timeframe][chain] = value
    sightings = {}
    for topic, values in newest.items():
        at = max(at for _, at in values.values())
        now_by_chain = {chain: value for chain, (value, _) in values.items()}
        seen = {
            minutes: Observation(total(now_by_chain))
            if minutes == NOW
            else compared(now_by_chain, before.get((topic, minutes), {}))
            for minutes in wanted[topic]
        }
        sightings[topic] = Sighting(min(at, now), seen)
    return sightings


def total(by_chain: ByChain) -> Decimal | None:
    """What a source gives for all chains together, else the sum of those it measured."""
    if _ALL in by_chain:
        return by_chain[_ALL]
    if not by_chain:
        return None
    found = Decimal(0)
    for value in by_chain.values():
        found = EXACT.add(found, value)
    return found


def compared(now: ByChain, then: ByChain) -> Observation:
    """The metric beside what it was, over chains that have both: a chain that was added is no rise.

    The value of a change is that of those chains.
    """
    both = now.keys() & then.keys()
    value = total({chain: now[chain] for chain in both})
    return Observation(value, total({chain: then[chain] for chain in both}))


async def _newest(
    stores: Stores, metric: str, wanted: Wanted, now: datetime
) -> dict[Topic, dict[int, tuple[Decimal, datetime]]]:
    """Fresh values of each protocol by chain, with when they held; of one chain where it is one."""
    query = load_queries("clickhouse")["alerts.metrics_now"]
    known: dict[object, dict[int, tuple[Decimal, datetime]]] = defaultdict(dict)
    for part in parts(list({str(topic.target) for topic in wanted})):
        rows: Any = await stores.clickhouse.fetch(query, {"keys": part, "metric": metric})
        for protocol, chain, at, value in rows:
            if at > now - FRESH:
                known[protocol][chain] = (value, at)
    newest = {}
    for topic in wanted:
        values = known.get(topic.target, {})
        if topic.chain_id is not None:
            values = {chain: each for chain, each in values.items() if chain == topic.chain_id}
        if values:
            last = max(at for _, at in values.values())
            newest[topic] = {c: each for c, each in values.items() if each[1] > last - _TOGETHER}
    return newest
