"""The application: the parts of the edge together; its lifespan opens and closes the stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.auth.addresses import Proxies
from gateway.config import Settings
from gateway.contexts import StoreContexts
from gateway.cost.figures import Cost
from gateway.cost.limit import CostLimit
from gateway.documents import Documents, Entry
from gateway.drain import Drain
from gateway.embedding import open_embedder
from gateway.execution import Contexts, Execution, Mode
from gateway.files import Files
from gateway.health import Health
from gateway.http import GraphQLOverHTTP
from gateway.limits import Limits
from gateway.origins import Origins
from gateway.pages import console_directory, console_routes
from gateway.schema import GatewaySchema, build_schema
from gateway.sse import EventStreams
from gateway.webhooks import BILLING, BillingWebhook
from gateway.ws import GraphQLOverWebsocket, SocketLimits
from resolvers.downloads import DownloadLinks
from stores.lifecycle import StoreHealth, Stores, open_stores
from stores.urls import StoreUrls

GRAPH: Final = "/graphql"
# A route that takes them all says itself what it does not take.
_ANY_METHOD: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Application(Starlette):
    """Starlette, with the graph in front of its middleware and router when it needs neither.

    Attributes:
        direct: answers HTTP at `GRAPH`; None leaves it to the router.
    """

    direct: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or connection, or run the lifespan."""
        if scope["type"] == "http" and scope["path"] == GRAPH and self.direct is not None:
            await self.direct(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(
    settings: Settings,
    *,
    urls: StoreUrls | None = None,
    schema: GatewaySchema | None = None,
    contexts: Contexts | None = None,
    alongside: Callable[[Stores], Coroutine[None, None, None]] | None = None,
) -> Application:
    """Build the ASGI application; nothing is connected before its lifespan starts.

    Args:
        settings: the configuration.
        urls: addresses of embedded engines, for the stores the configuration gives no URL.
        schema: another graph than ours.
        contexts: another source of resolver contexts; no stores are opened then.
        alongside: runs while the application serves, and is cancelled when it stops.
    """
    drain = Drain()
    opened: dict[str, Stores] = {}
    downloads = settings.downloads()
    ours = StoreContexts(
        demo_user=settings.demo_user,
        explain=settings.explain,
        embedder=open_embedder(settings.embedder),
        web_tokens=settings.web_tokens(),
        credentials_kept_s=settings.credentials_kept_s,
        accounts=settings.accounts(),
        downloads=downloads,
    )
    execution = _execution(
        settings, schema or build_schema(), contexts or ours, None if contexts else ours.count
    )

    async def ask() -> Mapping[str, StoreHealth]:
        return await opened["stores"].health() if opened else {}

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if contexts is not None:
            yield
            await execution.finish()
            return
        options = settings.store_options(settings.store_urls(urls))
        async with await open_stores(options) as stores:
            opened["stores"] = stores
            ours.attach(stores)
            async with _running(ours.listen()), _running(alongside(stores) if alongside else None):
                yield
            await execution.finish()

    over_http = _over_http(settings, execution, drain)
    routes: list[BaseRoute] = [
        Route(GRAPH, over_http),
        WebSocketRoute(GRAPH, _over_websocket(settings, execution, drain)),
        *_health_routes(Health(drain, ask)),
        *_file_routes(settings, downloads, ours if contexts is None else None),
        *_webhook_routes(settings, lambda: opened.get("stores")),
        *(console_routes(console_directory()) if settings.console else []),
    ]
    middleware = _middleware(settings)
    app = Application(routes=routes, middleware=middleware, lifespan=lifespan)
    app.direct = None if middleware else over_http
    app.state.drain = drain
    app.state.execution = execution
    return app


def _file_routes(
    settings: Settings, downloads: DownloadLinks, admission: StoreContexts | None
) -> list[BaseRoute]:
    """Where links to files lead."""
    proxies = Proxies.parse(settings.trusted_proxies)
    return Files(downloads, settings.objects(), admission, proxies).routes()


def _webhook_routes(settings: Settings, stores: Callable[[], Stores | None]) -> list[BaseRoute]:
    """Where the payment provider sends to; without its secret it says what is missing."""
    secret = settings.billing_secret
    webhook = BillingWebhook(secret.get_secret_value() if secret else None, stores)
    return [Route(BILLING, webhook.take, methods=_ANY_METHOD)]


@asynccontextmanager
async def _running(work: Coroutine[None, None, None] | None) -> AsyncIterator[None]:
    """Run something beside the block and end it with the block."""
    task = asyncio.create_task(work) if work is not None else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _execution(
    settings: Settings,
    schema: GatewaySchema,
    contexts: Contexts,
    count: Callable[[object, Entry, Cost], None] | None,
) -> Execution:
    limits = Limits(
        chars=settings.max_document_chars,
        tokens=settings.max_tokens,
        depth=settings.max_depth,
        aliases=settings.max_aliases,
        directives=settings.max_directives,
        root_fields=settings.max_root_fields,
    )
    documents = Documents(
        schema.graphql_schema,
        limits,
        most_bytes=settings.document_cache_bytes,
        introspection=settings.introspection,
        suggestions=settings.suggestions,
    )
    return Execution(
        schema,
        documents,
        contexts,
        settings.request_deadline_s,
        mode=Mode(settings.executor),
        callers_choose=settings.explain,
        cost_limit=CostLimit(
            Cost(settings.max_cost, settings.max_cost_rows), settings.cost_limit == "enforce"
        ),
        count=count,
    )


def _over_http(settings: Settings, execution: Execution, drain: Drain) -> GraphQLOverHTTP:
    events = EventStreams(
        drain, keep_alive_s=settings.keep_alive_s, send_timeout_s=settings.send_timeout_s
    )
    return GraphQLOverHTTP(
        execution,
        drain,
        max_body_bytes=settings.max_body_bytes,
        events=events,
        proxies=Proxies.parse(settings.trusted_proxies),
    )


def _over_websocket(settings: Settings, execution: Execution, drain: Drain) -> GraphQLOverWebsocket:
    limits = SocketLimits(
        settings.max_subscriptions, settings.connection_init_timeout_s, settings.send_timeout_s
    )
    return GraphQLOverWebsocket(
        execution,
        drain,
        Origins(settings.allowed_origins),
        limits,
        Proxies.parse(settings.trusted_proxies),
    )


def _health_routes(health: Health) -> list[BaseRoute]:
    return [Route("/livez", health.livez), Route("/readyz", health.readyz)]


def _middleware(settings: Settings) -> list[Middleware]:
    if not settings.allowed_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            max_age=600,
        )
    ]
