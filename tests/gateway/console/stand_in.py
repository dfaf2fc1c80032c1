"""A small graph behind the gateway's own edge: its answers and its plan are known beforehand."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import strawberry
from starlette.applications import Starlette

from gateway.app import create_app
from gateway.config import Settings
from gateway.execution import Caller
from gateway.schema import make_schema

PLAN = [
    {
        "step": "1",
        "store": "postgres",
        "name": "protocol.by_slug",
        "statement": "select id, name from catalog.protocols where slug = any($1)",
        "keys": 1,
        "rows": 1,
        "ms": 0.42,
    },
    {
        "step": "1.1",
        "store": "clickhouse",
        "name": "protocol.tvl_history",
        "statement": "SELECT ts, tvl FROM protocol_metrics_daily WHERE protocol_id IN {ids}",
        "keys": 1,
        "rows": 365,
        "ms": 4.9,
    },
    {
        "step": "1.2",
        "store": "redis",
        "name": "price_current",
        "statement": "HMGET price:current:{asset_id} price ts",
        "keys": 2,
        "rows": 2,
        "ms": 0.11,
    },
    {
        "step": "1.3",
        "store": "qdrant",
        "name": "protocol_analysis.similar",
        "statement": None,
        "keys": 1,
        "rows": 0,
        "ms": 2.3,
        "error": "StoreTimeout",
    },
]


@strawberry.type(description="A DeFi protocol: one product, on any number of chains.")
class Protocol:
    name: str
    tvl_usd: str
    history: list[float]


async def find_protocol(slug: str) -> Protocol:
    return Protocol(name=slug, tvl_usd="11250000000.25", history=[float(n) for n in range(40)])


@strawberry.type(description="Everything that can be read.")
class Query:
    protocol: Protocol = strawberry.field(
        resolver=find_protocol, description="One protocol by its slug."
    )


@strawberry.type(description="Everything that can be followed.")
class Subscription:
    @strawberry.subscription
    async def asset_prices(self) -> AsyncIterator[str]:
        for price in range(1000):
            yield f"{3000 + price}.50"
            await asyncio.sleep(0.2)  # the pace of the feed, not a wait for anything


@dataclass(frozen=True, slots=True)
class PlannedContext:
    """What the small graph knows of a request: whether its plan was asked for."""

    explain: bool


class PlannedContexts:
    """Adds the plan to an answer that was asked for with ``X-Explain: plan``."""

    async def admit(self, caller: Caller) -> object:
        return None

    def open(self, identity: object, caller: Caller, deadline: float) -> PlannedContext:
        return PlannedContext(explain=caller.headers.get("x-explain") == "plan")

    def extensions(self, context: object) -> dict[str, Any]:
        assert isinstance(context, PlannedContext)
        return {"plan": PLAN} if context.explain else {}


def small_app() -> Starlette:
    """The gateway's application with the small graph in place of the stores."""
    schema = make_schema(Query, subscription=Subscription)
    return create_app(Settings(), schema=schema, contexts=PlannedContexts())
