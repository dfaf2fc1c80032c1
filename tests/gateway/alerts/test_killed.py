"""A worker killed in the middle of a request: told all the same, and recognisably twice."""

from __future__ import annotations

import asyncio
import base64

from aiohttp import web

from stores.lifecycle import StoreOptions, Stores
from tests.gateway.alerts.conftest import Provider
from tests.gateway.alerts.planned import KEYS, plan
from tests.gateway.test_cli import started, store_variables
from tests.gateway.worker.conftest import until


async def test_an_alert_outlives_the_worker_that_was_telling_it(
    own_options: StoreOptions, own_stores: Stores, provider: Provider
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
    async with started("worker", **variables) as worker:
        await provider.until(2)
        sent = "SELECT status = 'sent' FROM alerts.deliveries WHERE id = $1::uuid"
        await until(own_stores, sent, planned.delivery)
        worker.terminate()
        await asyncio.wait_for(worker.communicate(), 30)
        assert worker.returncode == 0
    first, second = provider.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == str(planned.delivery)
    assert first.body == second.body
    assert (await planned.row())["status"] == "sent"
    assert await planned.attempts() == [(1, None, None), (2, "sent", None)]
