"""People with something in every store, and a search of all stores for their marks."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest
from pydantic import SecretStr

from gateway.app import create_app
from gateway.config import Settings
from gateway.worker.job import JobContext
from gateway.worker.jobs import JOBS
from gateway.worker.running import worker_stores
from resolvers.lifecycle.holdings import holdings
from stores.lifecycle import StoreOptions, Stores
from stores.objects.store import Objects
from stores.qdrant.client import Point
from stores.queries import Statement
from stores.redis.keys import key
from tests.gateway.estates import Estate, found_estate

SCHEMAS: Final = (
    *("account", "agents", "alerts", "catalog", "ops", "portfolio", "privacy", "research"),
    *("risk", "trading"),
)
_RELATIONS: Final = """
SELECT c.oid::regclass::text FROM pg_class c
WHERE c.relnamespace::regnamespace::text = ANY ($1) AND c.relkind IN ('r', 'p', 'm')
    AND NOT c.relispartition
ORDER BY 1
"""


@dataclass
class Person:
    """Somebody with an estate.

    Attributes:
        estate: rows of Postgres and two series.
        keys: of Redis.
        point: of Qdrant.
        file: key of the object storage.
    """

    estate: Estate
    keys: list[str]
    point: str
    file: str

    @property
    def id(self) -> UUID:
        return self.estate.owner


@dataclass
class Town:
    """All stores of one test, and what runs jobs over them."""

    stores: Stores
    objects: Objects
    settings: Settings
    sql: asyncpg.Connection
    options: StoreOptions

    async def job(self, name: str) -> tuple[int, Mapping[str, Any]]:
        """Run a job; what it dealt with and its figures."""
        context = JobContext(self.stores, time.monotonic() + 60, settings=self.settings)
        await JOBS[name].function(context)
        return context.item_count, context.details

    async def settle(self) -> Person:
        """Somebody new, with something in every table, series, collection and key family."""
        estate = await found_estate(self.sql, self.stores)
        user, rows = estate.owner, estate.rows
        mail = f"{estate.marker}@example.org"
        await self.sql.execute("UPDATE account.users SET email = $2 WHERE id = $1", user, mail)
        await self.sql.execute(
            "INSERT INTO account.sign_ups (email, password_hash) VALUES ($1, 'x')", mail.upper()
        )
        estate.marks.add(mail.upper())
        await self._log(estate)
        person = Person(estate, await self._keys(estate), await self._point(estate), "")
        portfolio = rows["portfolio.portfolios"]["id"]
        await self._series(estate, portfolio)
        stored = await self.objects.put(estate.marker.encode(), prefix=f"data-exports/{user}")
        person.file = stored.key
        session = rows["account.sessions"]["token_hash"].hex()
        estate.marks |= {session, str(portfolio), stored.key}
        return person

    async def _series(self, estate: Estate, portfolio: UUID) -> None:
        """A row in each declared series that the estate has none in."""
        ids = {"user": estate.owner, "portfolio": portfolio}
        now = datetime.now(UTC)
        for place in holdings().clickhouse:
            if place.name not in estate.series:
                values = {"ts": now, "portfolio_id": portfolio, place.column: ids[place.kind]}
                if place.column == "target_id":
                    del values["portfolio_id"]
                await self.stores.clickhouse.insert(
                    place.name, tuple(values), [tuple(values.values())]
                )

    async def _log(self, estate: Estate) -> None:
        """What operators and jobs wrote about them."""
        user = estate.owner
        await self.sql.execute(
            "INSERT INTO ops.audit_log (actor_role, action, resource_type, resource_id, changes)"
            " VALUES ('admin', 'ban', 'account.users', $1, $2)",
            *(str(user), json.dumps({"banned_reason": {"after": estate.marker}})),
        )
        await self.sql.execute(
            "INSERT INTO ops.audit_log (actor_user_id, actor_role, action, resource_type,"
            " resource_id, changes, ip_address, user_agent)"
            " VALUES ($1, 'user', 'update', 'account.users', $2, $3, '192.0.2.7', $4)",
            *(user, str(user), json.dumps({"name": {"after": estate.marker}}), estate.marker),
        )
        await self.sql.execute(
            "INSERT INTO ops.outbox (aggregate, aggregate_id, event, payload)"
            " VALUES ('alerts.rules', $1, 'updated', $2)",
            *(str(estate.rows["alerts.rules"]["id"]), json.dumps({"user_id": str(user)})),
        )
        await self.sql.execute(
            "INSERT INTO ops.job_queue (job, arguments, max_attempts) VALUES ('x', $1, 1)",
            json.dumps({"user_id": str(user)}),
        )
        await self.sql.execute(
            "INSERT INTO ops.job_runs (job, status, finished_at, details)"
            " VALUES ('x', 'succeeded', now(), $1)",
            json.dumps({"user": str(user)}),
        )

    async def _keys(self, estate: Estate) -> list[str]:
        redis, rows, user = self.stores.redis.commands, estate.rows, estate.owner
        portfolio = rows["portfolio.portfolios"]["id"]
        digest = rows["account.sessions"]["token_hash"].hex()
        texts = [
            key("idempotency", user_id=user, key_sha256=secrets.token_hex(32)),
            key("rate_limit", subject=user, resource="graphql", window_s=3600),
            key("rate_limit", subject=rows["account.api_keys"]["id"], resource="g", window_s=60),
            key("portfolio_view", portfolio_id=portfolio, view="risk"),
        ]
        for name in texts:
            await redis.set(name, estate.marker, ex=600)
        hashes = [
            key("session", token_sha256=digest),
            key("alert_cooldown", rule_id=rows["alerts.rules"]["id"]),
            key("risk_liquidation_state", portfolio_id=portfolio),
            key("risk_correlation", portfolio_id=portfolio),
        ]
        for name in hashes:
            await redis.hset(name, mapping={"user_id": str(user)})
        members = key("user_sessions", user_id=user)
        await redis.sadd(members, digest)
        await redis.zadd(key("risk_liquidation"), {str(portfolio): 0.4})
        await redis.xadd(key("alerts_out"), {"user_id": str(user), "payload": estate.marker})
        return [*texts, *hashes, members]

    async def _point(self, estate: Estate) -> str:
        strategy = str(estate.rows["portfolio.strategies"]["id"])
        payload = {"strategy_id": strategy, "subject_type": "strategy", "features": estate.marker}
        point = Point(str(uuid4()), [0.1] * 512, payload)
        await self.stores.qdrant.upsert("trading_patterns", [point])
        return point.id

    async def found(self, marks: set[str]) -> dict[str, set[str]]:
        """Where in any of the stores any of the marks is, and which."""
        places = {
            **await self._in_postgres(marks),
            **await self._in_clickhouse(marks),
            "redis": await self._in_redis(marks),
            "qdrant": await self._in_qdrant(marks),
            "objects": _hits(str([each.key async for each in self.objects.list()]), marks),
        }
        return {place: hits for place, hits in places.items() if hits}

    async def _in_postgres(self, marks: set[str]) -> dict[str, set[str]]:
        places = {}
        for (relation,) in await self.sql.fetch(_RELATIONS, SCHEMAS):
            rows = await self.sql.fetch(f"SELECT to_jsonb(t)::text FROM {relation} AS t")
            places[relation] = _hits(str(rows), marks)
        return places

    async def _in_clickhouse(self, marks: set[str]) -> dict[str, set[str]]:
        ask = self.stores.clickhouse.fetch
        tables = Statement(
            "t",
            "SELECT name FROM system.tables WHERE database = currentDatabase()"
            " AND engine LIKE '%MergeTree'",
        )
        places = {}
        for (table,) in await ask(tables):
            rows = await ask(Statement("r", f"SELECT toString(tuple(*)) FROM {table}"))
            places[str(table)] = _hits(str(rows), marks)
        return places

    async def _in_redis(self, marks: set[str]) -> set[str]:
        commands = self.stores.redis.commands
        said = []
        async for name in commands.scan_iter():
            kind = await commands.type(name)
            said.append(name)
            match kind:
                case "string":
                    said.append(await commands.get(name))
                case "hash":
                    said.append(str(await commands.hgetall(name)))
                case "set":
                    said.append(str(await commands.smembers(name)))
                case "zset":
                    said.append(str(await commands.zrange(name, 0, -1)))
                case "stream":
                    said.append(str(await commands.xrange(name)))
        return _hits(str(said), marks)

    async def _in_qdrant(self, marks: set[str]) -> set[str]:
        points = [point async for point in self.stores.qdrant.points("trading_patterns")]
        return _hits(str([(point.id, point.payload) for point in points]), marks)


def _hits(text: str, marks: set[str]) -> set[str]:
    return {mark for mark in marks if mark in text}


@asynccontextmanager
async def client_of(town: Town) -> AsyncIterator[httpx2.AsyncClient]:
    """The whole application over the town's stores."""
    keys = SecretStr(f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}")
    settings = town.settings.model_copy(update={"secret_keys": keys, "console": False})
    app = create_app(settings, urls=town.options.urls)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url="http://test", timeout=30
        ) as client,
    ):
        yield client


@pytest.fixture
async def town(fresh_options: StoreOptions, tmp_path: Path) -> AsyncIterator[Town]:
    """Stores for one test, with an operator's connection that sees everything."""
    settings = Settings(data_dir=tmp_path, erasure_wait_days=0)
    worker = replace(fresh_options, role="worker")
    connection = await asyncpg.connect(fresh_options.urls.postgres_worker)
    try:
        async with worker_stores(worker) as stores:
            yield Town(stores, settings.objects(), settings, connection, fresh_options)
    finally:
        await connection.close()
