"""Prices of assets and of gas: the live one, else the newest recorded, and those before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from resolvers.alerts.conditions import Observation
from resolvers.alerts.enums import AlertType
from resolvers.alerts.index import Topic
from resolvers.alerts.sources.asking import Sighting, Then, Wanted, ask, look_back, thens
from resolvers.catalog.gas import gas_now
from resolvers.catalog.price import Quote, quotes
from resolvers.context import RequestContext, Viewer
from stores.errors import StoreError
from stores.lifecycle import Stores

# An older price says nothing about the present.
FRESH: Final = timedelta(hours=2)

_QUERIES: Final = {
    AlertType.PRICE_CHANGE: "alerts.prices_then",
    AlertType.GAS_PRICE: "alerts.gas_then",
}


async def see_prices(stores: Stores, wanted: Wanted, now: datetime) -> dict[Topic, Sighting]:
    """Prices of assets, US dollars; a price is that of the asset, whatever the chain."""
    context = RequestContext(Viewer(), stores)
    keys = list({_asset(topic) for topic in wanted})
    found = await quotes(context, keys)
    newest = {
        key: (quote.usd, quote.at, quote.source)
        for key, quote in found.items()
        if isinstance(quote, Quote)
    }
    return await _beside_the_past(stores, wanted, now, newest)


async def see_gas(stores: Stores, wanted: Wanted, now: datetime) -> dict[Topic, Sighting]:
    """Prices of gas on chains at normal speed, gwei."""
    context = RequestContext(Viewer(), stores)
    found = await gas_now(context, list({int(topic.target) for topic in wanted}))
    newest = {
        key: (price.gwei, price.at, price.source)
        for key, price in found.items()
        if not isinstance(price, StoreError)
    }
    return await _beside_the_past(stores, wanted, now, newest)


async def prices_before(
    stores: Stores, kind: AlertType, questions: Iterable[Then]
) -> dict[tuple[Topic, int], dict[str, Decimal]]:
    """Prices of earlier moments by source, for each thing and timeframe that has any.

    Sources are kept apart: from one to the other there would be a change where none was.

    Raises:
        StoreError: ClickHouse does not answer.
    """
    found: dict[tuple[Topic, int], dict[str, Decimal]] = defaultdict(dict)
    for then, (source, price) in await ask(stores, _QUERIES[kind], questions):
        found[then.topic, then.timeframe][source] = price
    return found


async def _beside_the_past(
    stores: Stores,
    wanted: Wanted,
    now: datetime,
    newest: dict[Any, tuple[Decimal, datetime, str]],
) -> dict[Topic, Sighting]:
    fresh = {
        topic: newest[topic.target]
        for topic in wanted
        if topic.target in newest and newest[topic.target][1] > now - FRESH
    }
    questions = [
        then for topic, (_, at, _) in fresh.items() for then in thens(topic, wanted[topic], at)
    ]
    kind = next(iter(wanted)).alert_type
    before = await prices_before(stores, kind, questions) if questions else {}
    sightings = {}
    for topic, (price, at, source) in fresh.items():
        seen = Observation(price)
        sightings[topic] = Sighting(
            min(at, now),
            {
                minutes: look_back(seen, before.get((topic, minutes), {}).get(source))
                for minutes in wanted[topic]
            },
        )
    return sightings


def _asset(topic: Topic) -> UUID:
    assert isinstance(topic.target, UUID)
    return topic.target
