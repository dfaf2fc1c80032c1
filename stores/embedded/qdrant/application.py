"""The REST interface over the catalogue."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import qdrant_edge as edge
from aiohttp import web

from stores.embedded.qdrant import groups, points, queries
from stores.embedded.qdrant.catalogue import Catalogue, Collection
from stores.embedded.qdrant.config import collection_info, index_schema
from stores.embedded.qdrant.errors import BadFormat, NotFound, RestError
from stores.embedded.qdrant.shapes import Json, Object

_MAX_BODY_BYTES = 32 * 1024**2  # what a Qdrant server takes by default
_VERSION = "1.20.1"  # of the engine inside qdrant-edge 0.9
_Change = Callable[[edge.EdgeShard, Object], None]
_Read = Callable[[edge.EdgeShard, Object], Any]
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _json(
    result: Json, *, status: int = 200, error: str | None = None, began: float
) -> web.Response:
    body = {
        "result": result,
        "status": {"error": error} if error else "ok",
        "time": time.perf_counter() - began,
    }
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


@web.middleware
async def _answers(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Turn results into JSON answers and errors into JSON errors with the right status."""
    began = time.perf_counter()
    try:
        result = await handler(request)
        return result if isinstance(result, web.StreamResponse) else _json(result, began=began)
    except RestError as error:
        return _json(None, status=error.status, error=str(error), began=began)
    except web.HTTPException as error:
        return _json(None, status=error.status, error=error.reason, began=began)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"Format error in JSON body: {error}"
        return _json(None, status=400, error=message, began=began)
    except Exception as error:  # noqa: BLE001 (the engine raises plain Exception for bad input)
        return _json(None, status=400, error=f"Wrong input: {error}", began=began)


async def _body(request: web.Request) -> Object:
    try:
        body = orjson.loads(await request.read())
    except orjson.JSONDecodeError as error:
        raise BadFormat(str(error)) from error
    if not isinstance(body, dict):
        raise BadFormat("not an object")
    return body


class _Interface:
    """Handlers over one catalogue, on the loop: the engine holds the interpreter anyway."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._operation = 0

    def _collection(self, request: web.Request) -> Collection:
        return self._catalogue.get(request.match_info["name"])

    def _done(self) -> Object:
        self._operation += 1
        return {"operation_id": self._operation, "status": "completed"}

    def reads(self, read: _Read) -> Callable[[web.Request], Awaitable[Json]]:
        async def handle(request: web.Request) -> Json:
            collection = self._collection(request)
            return read(collection.shard, await _body(request))

        return handle

    def changes(self, change: _Change) -> Callable[[web.Request], Awaitable[Json]]:
        async def handle(request: web.Request) -> Json:
            collection = self._collection(request)
            change(collection.shard, await _body(request))
            return self._done()

        return handle

    async def list_collections(self, _request: web.Request) -> Json:
        return {"collections": [{"name": name} for name in self._catalogue.collections]}

    async def get_collection(self, request: web.Request) -> Json:
        collection = self._collection(request)
        return collection_info(collection.spec, collection.shard.info())

    async def collection_exists(self, request: web.Request) -> Json:
        return {"exists": self._catalogue.exists(request.match_info["name"])}

    async def create_collection(self, request: web.Request) -> Json:
        self._catalogue.create(request.match_info["name"], await _body(request))
        return True

    async def update_collection(self, request: web.Request) -> Json:
        collection = self._collection(request)
        changed = {
            name: value for name, value in (await _body(request)).items() if name != "vectors"
        }
        collection.spec.update(changed)
        collection.save()
        return True

    async def delete_collection(self, request: web.Request) -> Json:
        return self._catalogue.delete(request.match_info["name"])

    async def change_aliases(self, request: web.Request) -> Json:
        self._catalogue.change_aliases((await _body(request))["actions"])
        return True

    async def list_aliases(self, request: web.Request) -> Json:
        wanted = request.match_info.get("name")
        if wanted is not None:
            self._catalogue.get(wanted)
        return {
            "aliases": [
                {"alias_name": alias, "collection_name": target}
                for alias, target in self._catalogue.aliases.items()
                if wanted in {None, target}
            ]
        }

    async def create_index(self, request: web.Request) -> Json:
        collection, body = self._collection(request), await _body(request)
        schema = index_schema(body["field_schema"])
        operation = edge.UpdateOperation.create_field_index(body["field_name"], schema)
        collection.shard.update(operation)
        return self._done()

    async def delete_index(self, request: web.Request) -> Json:
        field = request.match_info["field"]
        self._collection(request).shard.update(edge.UpdateOperation.delete_field_index(field))
        return self._done()

    async def get_point(self, request: web.Request) -> Json:
        text = request.match_info["id"]
        wanted: Object = {"ids": [int(text) if text.isdigit() else text], "with_vector": True}
        found = queries.retrieve(self._collection(request).shard, wanted)
        if not found:
            raise NotFound(f"Point with id {text} does not exists!")
        return found[0]

    async def query_batch(self, request: web.Request) -> Json:
        collection = self._collection(request)
        searches = (await _body(request))["searches"]
        return [{"points": found} for found in queries.run_batch(collection.shard, searches)]

    async def search_batch(self, request: web.Request) -> Json:
        collection = self._collection(request)
        searches = (await _body(request))["searches"]
        return queries.run_batch(collection.shard, [queries.search_as_query(s) for s in searches])

    async def changes_in_batch(self, request: web.Request) -> Json:
        collection, body = self._collection(request), await _body(request)
        points.batch(collection.shard, body)
        return [self._done() for _ in body["operations"]]

    async def telemetry(self, _request: web.Request) -> Json:
        return {
            "id": "embedded",
            "app": {"name": "qdrant", "version": _VERSION},
            "collections": {"number_of_collections": len(self._catalogue.collections)},
        }


async def _root(_request: web.Request) -> web.Response:
    return web.json_response({"title": "qdrant - vector search engine", "version": _VERSION})


async def _healthy(_request: web.Request) -> web.Response:
    return web.Response(text="all shards are ready")


def _routes(interface: _Interface) -> list[web.RouteDef]:
    one, all_points = "/collections/{name}", "/collections/{name}/points"
    return [
        web.get("/", _root),
        *(web.get(path, _healthy) for path in ("/healthz", "/livez", "/readyz")),
        web.get("/telemetry", interface.telemetry),
        web.get("/aliases", interface.list_aliases),
        web.get("/collections", interface.list_collections),
        web.post("/collections/aliases", interface.change_aliases),
        web.get(one, interface.get_collection),
        web.put(one, interface.create_collection),
        web.patch(one, interface.update_collection),
        web.delete(one, interface.delete_collection),
        web.get(f"{one}/exists", interface.collection_exists),
        web.get(f"{one}/aliases", interface.list_aliases),
        web.put(f"{one}/index", interface.create_index),
        web.delete(f"{one}/index/{{field}}", interface.delete_index),
        web.post(f"{one}/facet", interface.reads(queries.facet)),
        web.put(all_points, interface.changes(points.upsert)),
        web.post(all_points, interface.reads(queries.retrieve)),
        web.get(f"{all_points}/{{id}}", interface.get_point),
        web.post(f"{all_points}/batch", interface.changes_in_batch),
        web.post(f"{all_points}/delete", interface.changes(points.delete)),
        web.post(f"{all_points}/payload", interface.changes(points.set_payload)),
        web.put(f"{all_points}/payload", interface.changes(points.overwrite_payload)),
        web.post(f"{all_points}/payload/delete", interface.changes(points.delete_payload)),
        web.post(f"{all_points}/payload/clear", interface.changes(points.clear_payload)),
        web.put(f"{all_points}/vectors", interface.changes(points.update_vectors)),
        web.post(f"{all_points}/vectors/delete", interface.changes(points.delete_vectors)),
        web.post(f"{all_points}/query", interface.reads(queries.run_points)),
        web.post(f"{all_points}/query/batch", interface.query_batch),
        web.post(f"{all_points}/query/groups", interface.reads(groups.run)),
        web.post(f"{all_points}/search", interface.reads(queries.search)),
        web.post(f"{all_points}/search/batch", interface.search_batch),
        web.post(f"{all_points}/scroll", interface.reads(queries.scroll)),
        web.post(f"{all_points}/count", interface.reads(queries.count)),
    ]


def build_application(catalogue: Catalogue) -> web.Application:
    """The REST interface of one catalogue."""
    application = web.Application(middlewares=[_answers], client_max_size=_MAX_BODY_BYTES)
    application.add_routes(_routes(_Interface(catalogue)))
    return application
