"""A worker killed in the middle of a request: told all the same, and recognisably twice."""

from __future__ import annotations

import asyncio
import base64

from aiohttp import web

from gateway.alerts.posting import Poster
from gateway.alerts.webhook import Webhook
from stores.lifecycle import StoreOptions, Stores
from tests.gateway.alerts.conftest import Provider
from tests.gateway.alerts.planned import KEYS, deliverer, plan
from tests.gateway.test_cli import started, store_variables


async def test_an_alert_outlives_the_worker_that_was_telling_it(
    own_options: StoreOptions, own_stores: Stores, provider: Provider, poster: Poster
) -> None:
    (version, key), *_ = KEYS.keys.items()
    variables = {
        **store_variables(own_options),
        "GATEWAY_SECRET_KEYS": f"{version}:{base64.b64encode(key).decode()}",
        "GATEWAY_WEBHOOK_NETWORKS": "127.0.0.1",
    }
    planned = await plan(own_stores, f"{provider.url}/hook")
    killed = asyncio.Event()

    async def silent(_: web.Request) -> web.Response:
        await killed.wait()
        return web.Response()

    provider.answers.append(silent)
    async with started("worker", **variables) as worker:
        await provider.until(1)
        worker.kill()
        await worker.wait()
    killed.set()
    row = await planned.row()
    assert (row["status"], row["attempt_count"]) == ("pending", 1)
    await planned.becomes_due()  # its lease ran out
    # Another worker goes on, under the same id.
    assert await deliverer(own_stores, Webhook(poster)).deliver_due() == 1
    first, second = provider.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == str(planned.delivery)
    assert first.body == second.body
    assert (await planned.row())["status"] == "sent"
    assert await planned.attempts() == [(1, None, None), (2, "sent", None)]
