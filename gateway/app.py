"""The application: the parts of the edge together; its lifespan opens and closes the stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from gateway.config import Settings
from gateway.contexts import StoreContexts
from gateway.documents import Documents
from gateway.drain import Drain
from gateway.embedding import open_embedder
from gateway.execution import Contexts, Execution
from gateway.health import Health
from gateway.http import GraphQLOverHTTP
from gateway.limits import Limits
from gateway.origins import Origins
from gateway.pages import console_directory, console_routes
from gateway.schema import GatewaySchema, build_schema
from gateway.sse import EventStreams
from gateway.ws import GraphQLOverWebsocket, SocketLimits
from stores.lifecycle import StoreHealth, Stores, open_stores
from stores.urls import StoreUrls


def create_app(
    settings: Settings,
    *,
    urls: StoreUrls | None = None,
    schema: GatewaySchema | None = None,
    contexts: Contexts | None = None,
    alongside: Callable[[Stores], Coroutine[None, None, None]] | None = None,
) -> Starlette:
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
    ours = StoreContexts(
        demo_user=settings.demo_user,
        explain=settings.explain,
        embedder=open_embedder(settings.embedder),
    )
    execution = _execution(settings, schema or build_schema(), contexts or ours)

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
            async with _running(alongside(stores) if alongside else None):
                yield
            await execution.finish()

    app = Starlette(
        routes=_routes(settings, execution, drain, Health(drain, ask)),
        middleware=_middleware(settings),
        lifespan=lifespan,
    )
    app.state.drain = drain
    app.state.execution = execution
    return app


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


def _execution(settings: Settings, schema: GatewaySchema, contexts: Contexts) -> Execution:
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
    return Execution(schema, documents, contexts, settings.request_deadline_s)


def _routes(
    settings: Settings, execution: Execution, drain: Drain, health: Health
) -> list[BaseRoute]:
    events = EventStreams(
        drain, keep_alive_s=settings.keep_alive_s, send_timeout_s=settings.send_timeout_s
    )
    over_http = GraphQLOverHTTP(
        execution, drain, max_body_bytes=settings.max_body_bytes, events=events
    )
    over_websocket = GraphQLOverWebsocket(
        execution,
        drain,
        Origins(settings.allowed_origins),
        SocketLimits(
            settings.max_subscriptions, settings.connection_init_timeout_s, settings.send_timeout_s
        ),
    )
    routes: list[BaseRoute] = [
        Route("/graphql", over_http),
        WebSocketRoute("/graphql", over_websocket),
        Route("/livez", health.livez),
        Route("/readyz", health.readyz),
    ]
    return routes + (console_routes(console_directory()) if settings.console else [])


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
