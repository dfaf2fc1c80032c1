"""Which store answers, and how new its data is."""

from __future__ import annotations

import asyncio
import enum
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import strawberry

from resolvers.errors import ErrorCode, describe
from stores.errors import StoreError

if TYPE_CHECKING:
    from resolvers.context import RequestContext

# What a store may take. On a machine under load a first connection of milliseconds can last a
# second; a store that is away refuses connections at once, so only a silent one makes anybody wait
# this long.
_PATIENCE_S: Final = 3.0
# No more than this part of the time the request has left, so that the answer is still of use.
_PART_OF_DEADLINE: Final = 0.5


@strawberry.enum(description="One of the four databases behind the graph.")
class StoreName(enum.Enum):
    """One of the four databases behind the graph."""

    POSTGRES = strawberry.enum_value(
        "postgres", description="Catalogue, portfolios, agents, newest activity of wallets."
    )
    CLICKHOUSE = strawberry.enum_value(
        "clickhouse", description="Everything over time, and the whole activity of wallets."
    )
    REDIS = strawberry.enum_value("redis", description="Live prices, gas and health.")
    QDRANT = strawberry.enum_value("qdrant", description="What is alike.")


@strawberry.type(description="How new one series is.")
class SeriesFreshness:
    """How new one series is."""

    name: str = strawberry.field(description="What is measured, such as market_data_latest.")
    watermark: datetime = strawberry.field(description="Time of the newest measurement.")
    indexed_at: datetime | None = strawberry.field(description="When it reached the store.")
    lag_s: int = strawberry.field(description="Seconds from the newest measurement until now.")


@strawberry.type(description="Whether a store answers, and how new its data is.")
class StoreFreshness:
    """Whether a store answers, and how new its data is."""

    store: StoreName = strawberry.field(description="Which store.")
    is_up: bool = strawberry.field(
        description="Whether it answered the smallest question within three seconds, or within "
        "half of the time the request had left."
    )
    watermark: datetime | None = strawberry.field(
        description="Time of the newest measurement of any series; null when the store is away, "
        "too slow to tell, empty, or keeps no measurements (Redis, Qdrant)."
    )
    indexed_at: datetime | None = strawberry.field(
        description="When the newest data reached the store; null as above."
    )
    lag_s: int | None = strawberry.field(
        description="Seconds from `watermark` until now; null as above."
    )
    series: list[SeriesFreshness] = strawberry.field(
        description="The same series by series, newest first; empty as above."
    )
    error: str | None = strawberry.field(
        description="Error code its fields fail with now, such as STORE_UNAVAILABLE; when up, what "
        "kept it from telling its series, such as DEADLINE_EXCEEDED; null when nothing did."
    )


async def ask_stores(context: RequestContext) -> list[StoreFreshness]:
    """How every store is; all are asked at once, each once a request."""

    async def load(keys: list[None]) -> list[list[StoreFreshness]]:
        asked = await asyncio.gather(*(_ask(context, probe) for probe in _PROBES))
        return [list(asked) for _ in keys]

    found: list[StoreFreshness] = await context.loaders.get(("stores",), lambda: load).load(None)
    return found


Found = list[tuple[str, datetime | None, datetime | None]]


@dataclass(frozen=True, slots=True)
class _Probe:
    """A store, its smallest question, and how to ask for its series if it keeps any."""

    store: StoreName
    answer: Callable[[RequestContext, float], Awaitable[object]]
    series: Callable[[RequestContext], Awaitable[Any]] | None = None


_PROBES: Final = (
    _Probe(
        StoreName.POSTGRES,
        lambda context, until: context.stores.postgres.version(deadline=until),
        lambda context: context.postgres("status.freshness"),
    ),
    _Probe(
        StoreName.CLICKHOUSE,
        lambda context, until: context.stores.clickhouse.version(deadline=until),
        lambda context: context.clickhouse("status.freshness", {}),
    ),
    _Probe(StoreName.REDIS, lambda context, until: context.stores.redis.version()),
    _Probe(StoreName.QDRANT, lambda context, until: context.stores.qdrant.version(deadline=until)),
)


async def _ask(context: RequestContext, probe: _Probe) -> StoreFreshness:
    """Whether it answers is asked apart from its series: those may be slow while it is up."""
    found: Found = []
    is_up, error = False, None
    now = time.monotonic()
    until = now + _PATIENCE_S
    if context.deadline is not None:
        until = min(until, now + (context.deadline - now) * _PART_OF_DEADLINE)
    try:
        async with asyncio.timeout(until - now):
            await _answered(context, probe, until)
            is_up = True
            if probe.series is not None:
                found = await probe.series(context)
    except StoreError as failure:
        error = str(describe(failure)[1]["code"])
    except TimeoutError:
        error = ErrorCode.DEADLINE_EXCEEDED.value
    return _freshness(context, probe.store, is_up, error, found)


async def _answered(context: RequestContext, probe: _Probe, until: float) -> None:
    """Ask the smallest question, and once more when it failed.

    A busy machine misses the moment at which a connection stood; a store that is away fails again
    at once.
    """
    for last in (False, True):
        try:
            with context.step(probe.store.name.lower(), "version"):
                await probe.answer(context, until)
            return
        except StoreError as error:
            if last or not error.retryable:
                raise


def _freshness(
    context: RequestContext, store: StoreName, is_up: bool, error: str | None, found: Found
) -> StoreFreshness:
    series = [
        SeriesFreshness(
            name=name, watermark=newest, indexed_at=indexed_at, lag_s=lag(context, newest)
        )
        for name, newest, indexed_at in found
        if newest is not None
    ]
    # Newest first, those of one moment by name.
    series.sort(key=lambda each: each.name)
    series.sort(key=lambda each: each.watermark, reverse=True)
    watermark = series[0].watermark if series else None
    arrivals = [each.indexed_at for each in series if each.indexed_at is not None]
    return StoreFreshness(
        store=store,
        is_up=is_up,
        watermark=watermark,
        indexed_at=max(arrivals, default=None),
        lag_s=None if watermark is None else lag(context, watermark),
        series=series,
        error=error,
    )


def lag(context: RequestContext, moment: datetime) -> int:
    """Whole seconds since a moment; 0 for one ahead of this machine's clock."""
    return max(0, int((context.clock() - moment).total_seconds()))
