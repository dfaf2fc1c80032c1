"""Plays recorded hours again as live prices, so that a demonstration has something to subscribe to.

Every price says `replay` as its source and goes to Redis and subscribers only: the history stays
what was really recorded.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from gateway.load import Price, publish_prices
from resolvers.catalog.market_prices import REPLAYED
from stores.errors import StoreError
from stores.lifecycle import Stores
from stores.queries import load_queries

SOURCE: Final = REPLAYED
_ASSETS: Final = 100
_HOURS_A_DAY: Final = 24
_LOG: Final = logging.getLogger(__name__)

Hour = Mapping[UUID, Decimal]


async def replay(stores: Stores, pause_s: float = 2.0) -> None:
    """Publish one recorded hour after the other, for ever; a store that is away is waited for.

    Args:
        stores: the opened stores.
        pause_s: time between two hours.
    """
    hours: Sequence[Hour] = ()
    for number in itertools.count():
        try:
            hours = hours or await _hours(stores)
            if hours:
                await publish_prices(stores.redis, list(_prices(hours, number % len(hours))))
        except StoreError as error:
            _LOG.info("replay waits: %s", error)
        await asyncio.sleep(pause_s)


async def _hours(stores: Stores) -> list[Hour]:
    query = load_queries("clickhouse")["replay.hourly_closes"]
    rows = await stores.clickhouse.fetch(query, {"assets": _ASSETS})
    grouped = itertools.groupby(rows, key=lambda row: row[1])
    return [{row[0]: row[2] for row in group} for _, group in grouped]  # type: ignore[misc]


def _prices(hours: Sequence[Hour], place: int) -> Iterator[Price]:
    now = datetime.now(UTC)
    for asset, price in hours[place].items():
        yield Price(
            asset_id=asset,
            at=now,
            price=price,
            source=SOURCE,
            change_1h=_change(hours, place, 1, asset),
            change_24h=_change(hours, place, _HOURS_A_DAY, asset),
        )


def _change(hours: Sequence[Hour], place: int, back: int, asset: UUID) -> float | None:
    """Change in percent over some hours; None where the earlier hour is not recorded."""
    before = hours[place - back].get(asset) if place >= back else None
    return float((hours[place][asset] - before) / before * 100) if before else None
