"""A small graph behind the console's pages, until the gateway's own application is there."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from strawberry.asgi import GraphQL
from strawberry.extensions import SchemaExtension

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
        "rows": 5,
        "ms": 2.3,
    },
]


@strawberry.type
class Protocol:
    """A DeFi protocol: one product, on any number of chains."""

    name: str
    tvl_usd: str
    history: list[float]


@strawberry.type
class Query:
    """Everything that can be read."""

    @strawberry.field(description="One protocol by its slug.")
    async def protocol(self, slug: str) -> Protocol:
        return Protocol(name=slug, tvl_usd="11250000000.25", history=[float(n) for n in range(40)])


@strawberry.type
class Subscription:
    """Everything that can be followed."""

    @strawberry.subscription(description="Prices as they arrive.")
    async def asset_prices(self) -> AsyncIterator[str]:
        for price in range(1000):
            yield f"{3000 + price}.50"
            await asyncio.sleep(0.2)


class Explain(SchemaExtension):
    """Add the plan to an answer that was asked for with ``X-Explain: plan``."""

    def get_results(self) -> dict[str, object]:
        request: Request = self.execution_context.context["request"]
        return {"plan": PLAN} if request.headers.get("x-explain") == "plan" else {}


class WithPolicy:
    """Send the console's content policy with every page and file."""

    def __init__(self, app: StaticFiles, policy: Path) -> None:
        self._app = app
        directives = json.loads(policy.read_text())
        text = "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())
        self._header = (b"content-security-policy", text.encode())

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        async def send_with_policy(message) -> None:  # type: ignore[no-untyped-def]
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], self._header]
            await send(message)

        await self._app(scope, receive, send_with_policy)


def create_app(console: Path) -> Starlette:
    schema = strawberry.Schema(Query, subscription=Subscription, extensions=[Explain])
    graphql: GraphQL[None, None] = GraphQL(
        schema, graphql_ide=None, subscription_protocols=["graphql-transport-ws"]
    )
    pages = WithPolicy(StaticFiles(directory=console / "dist", html=True), console / "csp.json")
    return Starlette(
        routes=[
            Route("/graphql", graphql, methods=["GET", "POST"]),
            WebSocketRoute("/graphql", graphql),
            Mount("/", pages),
        ]
    )
