"""The repository's sample in stores of its own, with a few live values that never run out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from gateway.load import LoadOptions, load
from gateway.load.identity import asset_id, row_id
from stores.lifecycle import StoreOptions, open_stores
from stores.redis import keys
from stores.redis.client import Redis
from stores.urls import StoreUrls, with_path
from tests.fixtures.stores import isolated

_DATA: Final = Path(__file__).parents[3] / "data"
_REDIS_FRESH: Final = 2
_ETHEREUM: Final = 1
_UNI: Final = "0x1f9840a85d5af5bf1d1762f925bdaddc4201f984"


@asynccontextmanager
async def loaded(
    engines: StoreUrls, rejected: Path, *, redis_database: int
) -> AsyncIterator[StoreOptions]:
    """A set of databases that holds the sample, dropped afterwards.

    Args:
        engines: the raw servers.
        rejected: an empty directory, for rows that cannot be loaded.
        redis_database: one that nothing else uses; emptied before and after.
    """
    async with isolated(engines, _REDIS_FRESH) as options:
        urls = replace(options.urls, redis=with_path(engines.redis, str(redis_database)))
        options = replace(options, urls=urls)
        async with await open_stores(replace(options, role="worker")) as stores:
            await stores.redis.commands.flushdb()
            await load(_DATA, stores, LoadOptions(rejected_dir=rejected))
            # The newest of the loaded prices would be there for a minute, then no more.
            await stores.redis.commands.flushdb()
            yield options
            await stores.redis.commands.flushdb()


async def live_values(redis: Redis, now: datetime) -> None:
    """A price of ether ten seconds old, one of UNI that is too old, gas and a heartbeat.

    They stay, unlike what ingestion writes, so that answers do not depend on the time of day.
    """
    new, old = now - timedelta(seconds=10), now - timedelta(hours=1)
    ether = keys.key("price_current", asset_id=asset_id(_ETHEREUM, None))
    uni = keys.key("price_current", asset_id=asset_id(_ETHEREUM, _UNI))
    gas = keys.key("gas_price", chain_id=_ETHEREUM)
    agent = keys.key("agent_health", agent_id=row_id("agent", "sage"))
    hashes: dict[str, dict[Any, Any]] = {
        ether: {
            "price": "3120.5",
            "price_change_24h": "-1.25",
            "market_cap": "375000000000",
            "ts": _ms(new),
            "source": "test",
        },
        uni: {"price": "7.75", "ts": _ms(old), "source": "test"},
        gas: {"low": "8", "medium": "9.5", "high": "12", "ts": _ms(new), "source": "test"},
        agent: {"status": "healthy", "message": "At work.", "load": "0.25", "ts": _ms(new)},
    }
    for key, fields in hashes.items():
        await redis.commands.hset(key, mapping=fields)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
