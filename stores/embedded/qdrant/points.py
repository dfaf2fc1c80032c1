"""Changes of points: each takes the body of its REST operation and changes the shard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import qdrant_edge as edge

from stores.embedded.qdrant.errors import BadFormat
from stores.embedded.qdrant.filters import to_filter
from stores.embedded.qdrant.shapes import Json, Object

_MODES: Final = {
    "upsert": edge.UpdateMode.Upsert,
    "insert_only": edge.UpdateMode.InsertOnly,
    "update_only": edge.UpdateMode.UpdateOnly,
}


def to_vector(spec: Json) -> Any:
    """A vector of any kind: dense, many, sparse, or by name."""
    if isinstance(spec, dict):
        if set(spec) == {"indices", "values"}:
            return edge.SparseVector(spec["indices"], spec["values"])
        return {name: to_vector(vector) for name, vector in spec.items()}
    if not isinstance(spec, list):
        raise BadFormat(f"not a vector: {spec!r}")
    return spec


def upsert(shard: edge.EdgeShard, body: Object) -> None:
    """Insert or replace points, given one by one or in columns."""
    if "batch" in body:
        columns = body["batch"]
        payloads = columns.get("payloads") or [None] * len(columns["ids"])
        vectors = _vectors_by_point(columns["vectors"], len(columns["ids"]))
        rows = list(zip(columns["ids"], vectors, payloads, strict=True))
    else:
        rows = [
            (point["id"], point.get("vector", {}), point.get("payload")) for point in body["points"]
        ]
    points = [edge.Point(id, to_vector(vector), payload or {}) for id, vector, payload in rows]
    mode = body.get("update_mode")
    shard.update(
        edge.UpdateOperation.upsert_points(
            points, to_filter(body.get("update_filter")), _MODES[mode] if mode else None
        )
    )


def _vectors_by_point(vectors: Json, count: int) -> list[Json]:
    if isinstance(vectors, dict):
        return [{name: column[row] for name, column in vectors.items()} for row in range(count)]
    return list(vectors)


def delete(shard: edge.EdgeShard, body: Object) -> None:
    """Delete points by id or by filter."""
    if body.get("points") is not None:
        shard.update(edge.UpdateOperation.delete_points(body["points"]))
    else:
        shard.update(edge.UpdateOperation.delete_points_by_filter(_required_filter(body)))


def set_payload(shard: edge.EdgeShard, body: Object) -> None:
    """Merge fields into payloads."""
    payload, key = body["payload"], body.get("key")
    if body.get("points") is not None:
        shard.update(edge.UpdateOperation.set_payload(body["points"], payload, key))
    else:
        condition = _required_filter(body)
        shard.update(edge.UpdateOperation.set_payload_by_filter(condition, payload, key))


def overwrite_payload(shard: edge.EdgeShard, body: Object) -> None:
    """Replace payloads."""
    payload, key = body["payload"], body.get("key")
    if body.get("points") is not None:
        shard.update(edge.UpdateOperation.overwrite_payload(body["points"], payload, key))
    else:
        condition = _required_filter(body)
        shard.update(edge.UpdateOperation.overwrite_payload_by_filter(condition, payload, key))


def delete_payload(shard: edge.EdgeShard, body: Object) -> None:
    """Remove fields from payloads."""
    if body.get("points") is not None:
        shard.update(edge.UpdateOperation.delete_payload(body["points"], body["keys"]))
    else:
        condition = _required_filter(body)
        shard.update(edge.UpdateOperation.delete_payload_by_filter(condition, body["keys"]))


def clear_payload(shard: edge.EdgeShard, body: Object) -> None:
    """Remove every field from payloads."""
    if body.get("points") is not None:
        shard.update(edge.UpdateOperation.clear_payload(body["points"]))
    else:
        shard.update(edge.UpdateOperation.clear_payload_by_filter(_required_filter(body)))


def update_vectors(shard: edge.EdgeShard, body: Object) -> None:
    """Replace the named vectors of points, keeping payloads."""
    changed = [
        edge.PointVectors(point["id"], to_vector(point["vector"])) for point in body["points"]
    ]
    shard.update(edge.UpdateOperation.update_vectors(changed, to_filter(body.get("update_filter"))))


def delete_vectors(shard: edge.EdgeShard, body: Object) -> None:
    """Remove named vectors from points."""
    names = body["vector"]
    if body.get("points") is not None:
        shard.update(edge.UpdateOperation.delete_vectors(body["points"], names))
    else:
        condition = _required_filter(body)
        shard.update(edge.UpdateOperation.delete_vectors_by_filter(condition, names))


# Operations of POST /points/batch; `delete_vectors` and the rest carry their own body.
BATCHED: Final[dict[str, Callable[[edge.EdgeShard, Object], None]]] = {
    "upsert": upsert,
    "delete": delete,
    "set_payload": set_payload,
    "overwrite_payload": overwrite_payload,
    "delete_payload": delete_payload,
    "clear_payload": clear_payload,
    "update_vectors": update_vectors,
    "delete_vectors": delete_vectors,
}


def batch(shard: edge.EdgeShard, body: Object) -> None:
    """Run several changes in their order."""
    for operation in body["operations"]:
        for name, argument in operation.items():
            if name not in BATCHED:
                raise BadFormat(f"unknown operation {name!r}")
            BATCHED[name](shard, argument if isinstance(argument, dict) else {"points": argument})


def _required_filter(body: Object) -> edge.Filter:
    condition = to_filter(body.get("filter"))
    if condition is None and body.get("filter") != {}:
        raise BadFormat("neither points nor filter given")
    return condition or edge.Filter()
