"""What is traded and moved within windows of time: volume, whales and smart money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from resolvers.alerts.conditions import WHALE_USD, Observation, usual
from resolvers.alerts.enums import AlertTargetType
from resolvers.alerts.index import Topic
from resolvers.alerts.sources.asking import Sighting, Wanted, parts
from stores.lifecycle import Stores
from stores.queries import load_queries

# The present window and earlier ones, of which the usual volume is made.
WINDOWS: Final = 8

_NOBODY: Final = UUID(int=0)
# Windows of about one length are read together: a short one is not paid like a long one.
_LENGTHS: Final = (60, 360, 1_440, 10_080, 43_200)
_BY: Final = {
    AlertTargetType.ASSET: "asset",
    AlertTargetType.WALLET: "wallet",
    AlertTargetType.CHAIN: "chain",
}
_TRADED: Final = {
    AlertTargetType.ASSET: "alerts.traded_assets",
    AlertTargetType.PROTOCOL: "alerts.traded_protocols",
}

_Window = tuple[Topic, int]
_Ages = Mapping[int, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Traded:
    """What was traded in one window: US dollars, and how many trades nobody priced."""

    usd: Decimal
    unpriced: int


_NOTHING: Final = Traded(Decimal(0), 0)


async def see_volumes(stores: Stores, wanted: Wanted, now: datetime) -> dict[Topic, Sighting]:
    """Volume of assets and exchanges, US dollars, beside what is usual.

    Raises:
        StoreError: ClickHouse does not answer.
    """
    found: dict[_Window, dict[int, Traded]] = defaultdict(dict)
    for kind, windows in _windows(wanted):
        rows = _ask(stores, _TRADED[kind], windows, now, WINDOWS)
        async for window, (age, usd, unpriced) in rows:
            found[window][age] = Traded(usd or Decimal(0), unpriced)
    return _sightings(
        wanted, now, lambda window: volume(found[window]) if window in found else None
    )


async def see_whales(stores: Stores, wanted: Wanted, now: datetime) -> dict[Topic, Sighting]:
    """How many transfers were worth `WHALE_USD` or more; at least, where some have no price.

    Raises:
        StoreError: ClickHouse does not answer.
    """
    found: dict[_Window, dict[int, tuple[Any, ...]]] = defaultdict(dict)
    for kind, windows in _windows(wanted):
        more = {"by": _BY[kind], "least_usd": WHALE_USD}
        async for window, (age, *counts) in _ask(
            stores, "alerts.transfers", windows, now, 2, **more
        ):
            found[window][age] = tuple(counts)
    return _sightings(wanted, now, lambda window: _counted(found.get(window, {})))


async def see_smart_money(stores: Stores, wanted: Wanted, now: datetime) -> dict[Topic, Sighting]:
    """How many of the wallets that trade best traded an asset; how often such a wallet traded.

    Raises:
        StoreError: Postgres or ClickHouse does not answer.
    """
    query = load_queries("postgres")["alert_sources.smart_wallets"]
    smart = [str(row["id"]) for row in await stores.postgres.fetch(query)]
    found: dict[_Window, dict[int, tuple[Any, ...]]] = defaultdict(dict)
    for kind, windows in _windows(wanted):
        more = {"by": _BY[kind], "smart": smart}
        async for window, (age, number) in _ask(
            stores, "alerts.smart_trades", windows, now, 2, **more
        ):
            found[window][age] = (number, 0)
    return _sightings(wanted, now, lambda window: _counted(found.get(window, {})))


def volume(ages: Mapping[int, Traded]) -> Observation:
    """The volume of the present window beside the usual one.

    Args:
        ages: what was traded, by age of the window, 0 the present one; not empty. Windows before
            the first known trade are unknown, others that are missing saw none. A window with
            trades that nobody priced is unknown too, and the present one at least what is known.
    """
    present = ages.get(0, _NOTHING)
    earlier = (ages.get(age, _NOTHING) for age in range(1, max(ages) + 1))
    baseline = usual([None if window.unpriced else window.usd for window in earlier])
    return Observation(present.usd, baseline, is_least=present.unpriced > 0)


def _counted(ages: _Ages) -> Observation:
    """A number of the present window beside that of the one before; the second is of unknowns."""
    number, unknown = ages.get(0, (0, 0))
    return Observation(Decimal(number), Decimal(ages.get(1, (0, 0))[0]), is_least=unknown > 0)


async def _ask(
    stores: Stores, name: str, windows: Sequence[_Window], now: datetime, back: int, **more: object
) -> AsyncIterator[tuple[_Window, Sequence[Any]]]:
    """Rows of a query by window, without their place; `back` windows are looked at."""
    query = load_queries("clickhouse")[name]
    for part in parts(windows):
        longest = max(minutes for _, minutes in part)
        values = {
            "places": list(range(len(part))),
            "keys": [str(_key(topic)) for topic, _ in part],
            "chains": [_chain(topic) for topic, _ in part],
            "spans": [minutes * 60 for _, minutes in part],
            "windows": back,
            "since": now - timedelta(minutes=longest * back),
            "now": now,
            **more,
        }
        rows: Sequence[Any] = await stores.clickhouse.fetch(query, values)
        for row in rows:
            yield part[row[0]], row[1:]


def _windows(wanted: Wanted) -> Iterator[tuple[AlertTargetType, list[_Window]]]:
    """Windows by kind of thing, and by about how long they are."""
    groups: dict[tuple[AlertTargetType, int], list[_Window]] = defaultdict(list)
    for topic, timeframes in wanted.items():
        for minutes in timeframes:
            length = next((each for each in _LENGTHS if minutes <= each), _LENGTHS[-1])
            groups[topic.target_type, length].append((topic, minutes))
    for (kind, _), windows in groups.items():
        yield kind, windows


def _sightings(
    wanted: Wanted, now: datetime, see: Callable[[_Window], Observation | None]
) -> dict[Topic, Sighting]:
    found = {}
    for topic, timeframes in wanted.items():
        seen = {minutes: see((topic, minutes)) for minutes in timeframes}
        known = {minutes: each for minutes, each in seen.items() if each is not None}
        if known:
            found[topic] = Sighting(now, known)
    return found


def _key(topic: Topic) -> UUID:
    return topic.target if isinstance(topic.target, UUID) else _NOBODY


def _chain(topic: Topic) -> int:
    """The chain to look at; 0 for all."""
    return topic.target if isinstance(topic.target, int) else topic.chain_id or 0
