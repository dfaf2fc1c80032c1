"""From a tick to the webhook, and sweeps over rules that are far from firing."""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import orjson
from aiohttp import web

from bench.measure import Figure, percentile
from gateway.config import Settings
from gateway.load.live import Price, publish_prices
from gateway.worker.service import ServiceContext
from gateway.worker.services.deliver_alerts import deliver_alerts
from gateway.worker.services.watch_alerts import watch_alerts
from resolvers.account.secrets import parse_secret_keys
from resolvers.alerts.destination import PURPOSE
from resolvers.alerts.destination_mutations import owner_of
from resolvers.alerts.enums import AlertType
from resolvers.alerts.sweep import sweep
from stores.lifecycle import Stores

_TICKS = 300
_PAUSE_S = 0.05
_WARM = 20
_SWEPT = (2_000, 20_000, 200_000)
_COPIED = 20_000
_ASSETS = 100
_SECRET = "whsec_AAAAAAAAAAAAAAAAAAAAAAAA"  # noqa: S105 - of nobody
_RULE = (
    *("id", "user_id", "name", "alert_type", "target_type", "asset_id", "condition_operator"),
    *("threshold_value", "notification_channels"),
)


@dataclass
class _Receiver:
    """Takes webhooks and notes when each asset's came."""

    url: str = ""
    came: dict[str, float] = field(default_factory=dict)
    all_came: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        rule = orjson.loads(await request.read())["data"]["rule_id"]
        self.came.setdefault(rule, time.perf_counter())
        if len(self.came) == _TICKS:
            self.all_came.set()
        return web.Response()


async def measure(stores: Stores) -> AsyncIterator[Figure]:
    """Ticks first, while there are few rules in the database; then sweeps over ever more."""
    async for figure in _told(stores):
        yield figure
    async for figure in _swept(stores):
        yield figure


async def _told(stores: Stores) -> AsyncIterator[Figure]:
    """Each tick makes one rule fire, of a user of its own with one webhook."""
    key = f"1:{base64.b64encode(os.urandom(32)).decode()}"
    settings = Settings(secret_keys=key, webhook_networks=("127.0.0.1",))
    async with _receiving() as receiver:
        rules = await _wishes(stores, settings, receiver.url)
        stop = asyncio.Event()
        context = ServiceContext(stores, settings, "bench")
        work = [
            asyncio.ensure_future(each(context, stop)) for each in (watch_alerts, deliver_alerts)
        ]
        await asyncio.sleep(2)
        sent: dict[str, float] = {}
        busy = time.process_time()
        for asset, rule in rules.items():
            sent[str(rule)] = time.perf_counter()
            await publish_prices(
                stores.redis, [Price(asset, datetime.now(UTC), Decimal(101), "bench")]
            )
            await asyncio.sleep(_PAUSE_S)
        await asyncio.wait_for(receiver.all_came.wait(), 60)
        busy = time.process_time() - busy
        stop.set()
        await asyncio.gather(*work)
    taken = [(receiver.came[rule] - at) * 1000 for rule, at in sent.items()][_WARM:]
    yield Figure("tick to webhook, median", percentile(taken, 0.5), "ms")
    yield Figure("tick to webhook, p95", percentile(taken, 0.95), "ms", 500.0)
    yield Figure("CPU of ticks that became webhooks", busy / len(sent) * 1000, "ms a tick")


async def _swept(stores: Stores) -> AsyncIterator[Figure]:
    """Rules about a hundred assets that are far from their thresholds."""
    (user,) = await _users(stores, 1)
    assets = await _assets(stores, _ASSETS)
    now = datetime.now(UTC)
    await publish_prices(
        stores.redis, [Price(asset, now, Decimal(100), "bench") for asset in assets]
    )
    made = 0
    for count in _SWEPT:
        rows = [
            (
                *(uuid4(), user, "Far", "price_change", "asset", assets[number % _ASSETS]),
                *("gt", Decimal(1_000 + number), ["webhook"]),
            )
            for number in range(made, count)
        ]
        for start in range(0, len(rows), _COPIED):
            part = rows[start : start + _COPIED]
            await stores.postgres.copy_rows("alerts.rules", _RULE, part)
        made = count
        before, busy = time.perf_counter(), time.process_time()
        async for step in sweep(stores, AlertType.PRICE_CHANGE, datetime.now(UTC)):
            if step.fired:
                raise RuntimeError("a rule fired that was far from it")
        yield Figure(f"sweep over {count:,} rules", time.perf_counter() - before, "s")
        yield Figure(f"sweep over {count:,} rules", time.process_time() - busy, "CPU s")


async def _wishes(stores: Stores, settings: Settings, url: str) -> dict[UUID, UUID]:
    """Rules by asset, each of a user who has a webhook."""
    assert settings.secret_keys is not None
    keys = parse_secret_keys(settings.secret_keys.get_secret_value())
    users, assets = await _users(stores, _TICKS), await _assets(stores, _TICKS)
    rules = {asset: uuid4() for asset in assets}
    destinations = []
    for user in users:
        key = uuid4()
        secret = orjson.dumps({"to": url, "signing_secret": _SECRET})
        sealed = keys.seal(secret, purpose=PURPOSE, owner=owner_of(key, user))
        destinations.append((key, user, "webhook", "x", "…", sealed.ciphertext, sealed.key_version))
    await stores.postgres.copy_rows(
        "alerts.destinations",
        ("id", "user_id", "channel", "label", "masked", "ciphertext", "key_version"),
        destinations,
    )
    rows = [
        (rule, user, "Up", "price_change", "asset", asset, "gt", Decimal(100), ["webhook"])
        for user, (asset, rule) in zip(users, rules.items(), strict=True)
    ]
    await stores.postgres.copy_rows("alerts.rules", _RULE, rows)
    return rules


async def _users(stores: Stores, count: int) -> list[UUID]:
    made = [uuid4() for _ in range(count)]
    await stores.postgres.copy_rows("account.users", ("id",), [(user,) for user in made])
    return made


async def _assets(stores: Stores, count: int) -> list[UUID]:
    made = [uuid4() for _ in range(count)]
    rows = [(asset, "BNCH", "Bench") for asset in made]
    await stores.postgres.copy_rows("catalog.assets", ("id", "symbol", "name"), rows)
    return made


@asynccontextmanager
async def _receiving() -> AsyncIterator[_Receiver]:
    receiver = _Receiver()
    app = web.Application()
    app.router.add_post("/", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        receiver.url = f"http://{host}:{port}/"
        yield receiver
    finally:
        await runner.cleanup()
