"""What the demonstration's subscribers hear."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from gateway.load import Price, record_prices
from gateway.replay import SOURCE, replay
from stores.lifecycle import StoreOptions, open_stores

ASSET = UUID(int=77)
START = datetime(2024, 5, 1, tzinfo=UTC)


async def test_recorded_hours_come_again_as_live_prices(fresh_options: StoreOptions) -> None:
    prices = [
        Price(ASSET, START + timedelta(hours=hour), Decimal(100 + hour), "exchange")
        for hour in range(3)
    ]
    async with await open_stores(fresh_options) as stores:
        await record_prices(stores, prices)
        heard = stores.redis.topics.subscribe("asset_prices")
        first = asyncio.ensure_future(anext(heard))
        await asyncio.sleep(0)  # let the subscription begin
        player = asyncio.create_task(replay(stores, pause_s=0.05))
        try:
            messages = [await first, *[await anext(heard) for _ in range(3)]]
        finally:
            player.cancel()
            await asyncio.gather(player, return_exceptions=True)

    assert {message["source"] for message in messages} == {SOURCE}
    assert {Decimal(str(message["price"])) for message in messages} <= {100, 101, 102}
    assert {message["asset_id"] for message in messages} == {str(ASSET)}
