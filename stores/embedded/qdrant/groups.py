"""Search results by the value of a payload field."""

from __future__ import annotations

import qdrant_edge as edge

from stores.embedded.qdrant import queries
from stores.embedded.qdrant.shapes import Json, Object

_CANDIDATES_PER_GROUP = 20


def run(shard: edge.EdgeShard, body: Object) -> Object:
    """The best groups, each with its best points; found among a bounded number of best points."""
    limit, size, field = body.get("limit") or 10, body.get("group_size") or 3, body["group_by"]
    wanted = {**body, "limit": limit * size * _CANDIDATES_PER_GROUP, "with_payload": True}
    groups: dict[Json, list[Object]] = {}
    for point in queries.run(shard, wanted):
        value = _field(point["payload"], field)
        for key in value if isinstance(value, list) else [value]:
            if isinstance(key, str | int):
                groups.setdefault(key, []).append(point)
    best = list(groups.items())[:limit]
    return {"groups": [{"id": key, "hits": points[:size]} for key, points in best]}


def _field(payload: Json, path: str) -> Json:
    for name in path.split("."):
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload
