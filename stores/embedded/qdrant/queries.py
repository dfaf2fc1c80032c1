"""Reads of points: search, scroll, count, facet, by id."""

from __future__ import annotations

from typing import Any

import numpy as np
import qdrant_edge as edge

from stores.embedded.qdrant.errors import BadFormat, BadInput, NotFound
from stores.embedded.qdrant.filters import excluding, to_filter
from stores.embedded.qdrant.points import to_vector
from stores.embedded.qdrant.shapes import Json, Object

_DEFAULT_LIMIT = 10
_MAX_PREFETCH_DEPTH = 8


def run(shard: edge.EdgeShard, body: Object) -> list[Object]:
    """Answer one query: points, best first, as JSON objects."""
    return [_scored(point) for point in shard.query(_request(shard, body))]


def run_points(shard: edge.EdgeShard, body: Object) -> Object:
    """Answer one query in the form of the query operation."""
    return {"points": run(shard, body)}


def search(shard: edge.EdgeShard, body: Object) -> list[Object]:
    """Answer the older search operation."""
    return run(shard, search_as_query(body))


def search_as_query(body: Object) -> Object:
    """A search, whose vector may be named, as the query that replaced it."""
    vector = body["vector"]
    if isinstance(vector, dict) and "name" in vector:
        return {**body, "query": vector["vector"], "using": vector["name"]}
    return {**body, "query": vector}


def run_batch(shard: edge.EdgeShard, bodies: list[Object]) -> list[list[Object]]:
    """Answer several queries in one pass over the points, in the order asked."""
    requests = [_request(shard, body) for body in bodies]
    answers = shard.query_batch(edge.QueryBatchRequest(requests))
    return [[_scored(point) for point in answer] for answer in answers]


def scroll(shard: edge.EdgeShard, body: Object) -> Object:
    """One page of points in the order of ids, or of a payload field."""
    order = body.get("order_by")
    points, following = shard.scroll(
        edge.ScrollRequest(
            offset=body.get("offset"),
            limit=body.get("limit") or _DEFAULT_LIMIT,
            filter=to_filter(body.get("filter")),
            with_payload=_payload_choice(body.get("with_payload", True)),
            with_vector=body.get("with_vector", False),
            order_by=_order(order) if order is not None else None,
        )
    )
    return {"points": [record(point) for point in points], "next_page_offset": following}


def count(shard: edge.EdgeShard, body: Object) -> Object:
    """How many points pass a filter."""
    request = edge.CountRequest(exact=body.get("exact", True), filter=to_filter(body.get("filter")))
    return {"count": shard.count(request)}


def facet(shard: edge.EdgeShard, body: Object) -> Object:
    """The most frequent values of an indexed payload field."""
    answer = shard.facet(
        edge.FacetRequest(
            body["key"],
            body.get("limit") or _DEFAULT_LIMIT,
            body.get("exact", False),
            to_filter(body.get("filter")),
        )
    )
    return {"hits": [{"value": hit.value, "count": hit.count} for hit in answer]}


def retrieve(shard: edge.EdgeShard, body: Object) -> list[Object]:
    """Points by id; unknown ids are left out."""
    choice = _payload_choice(body.get("with_payload", True))
    found = shard.retrieve(body["ids"], choice, body.get("with_vector", False))
    return [record(point) for point in found]


def record(point: edge.Record) -> Object:
    """A point without a score."""
    return {"id": point.id, "payload": point.payload, "vector": from_vector(point.vector)}


def _scored(point: edge.ScoredPoint) -> Object:
    return {
        "id": point.id,
        "version": point.version,
        "score": point.score,
        "payload": point.payload,
        "vector": from_vector(point.vector),
        "order_value": point.order_value,
    }


def from_vector(vector: Any) -> Json:
    """A vector as JSON."""
    if isinstance(vector, edge.SparseVector):
        return {"indices": vector.indices, "values": vector.values}
    if isinstance(vector, dict):
        return {name: from_vector(part) for name, part in vector.items()}
    return vector


def _request(shard: edge.EdgeShard, body: Object) -> edge.QueryRequest:
    query, start = _query(shard, body)
    condition = excluding(body.get("filter"), start) if start else body.get("filter")
    return edge.QueryRequest(
        limit=body.get("limit") or _DEFAULT_LIMIT,
        offset=body.get("offset"),
        query=query,
        prefetches=_prefetches(shard, body.get("prefetch"), 0),
        with_vector=body.get("with_vector", False),
        with_payload=_payload_choice(body.get("with_payload", False)),
        filter=to_filter(condition),
        score_threshold=body.get("score_threshold"),
        params=_params(body.get("params")),
    )


def _prefetches(shard: edge.EdgeShard, spec: Json, depth: int) -> list[edge.Prefetch] | None:
    if not spec:
        return None
    if depth > _MAX_PREFETCH_DEPTH:
        raise BadInput("prefetch is nested too deeply")
    found = []
    for body in spec if isinstance(spec, list) else [spec]:
        query, start = _query(shard, body)
        condition = excluding(body.get("filter"), start) if start else body.get("filter")
        found.append(
            edge.Prefetch(
                limit=body.get("limit") or _DEFAULT_LIMIT,
                query=query,
                prefetches=_prefetches(shard, body.get("prefetch"), depth + 1),
                params=_params(body.get("params")),
                filter=to_filter(condition),
                score_threshold=body.get("score_threshold"),
            )
        )
    return found


def _query(shard: edge.EdgeShard, body: Object) -> tuple[Any, list[Any]]:
    """The engine's query, and the ids of points it started from, which are no answers."""
    spec, using = body.get("query"), body.get("using")
    if spec is None:
        return None, []
    if not isinstance(spec, dict) or "nearest" in spec or set(spec) == {"indices", "values"}:
        target = spec["nearest"] if isinstance(spec, dict) and "nearest" in spec else spec
        vector, start = _vector_or_point(shard, target, using)
        diversity = spec.get("mmr") if isinstance(spec, dict) else None
        if diversity is not None:
            limit = diversity.get("candidates_limit") or 100
            spread = diversity.get("diversity")
            balance = 1.0 - (0.5 if spread is None else spread)
            return edge.Mmr(vector, balance, limit, using), start
        return edge.Query.Nearest(vector, using), start
    if "recommend" in spec:
        return _recommend(shard, spec["recommend"], using)
    if "order_by" in spec:
        return _order(spec["order_by"]), []
    if "sample" in spec:
        return edge.Sample.Random, []
    if "fusion" in spec:
        return _fusion(spec["fusion"]), []
    raise BadInput(f"this kind of query is not supported here: {', '.join(spec)}")


def _vector_or_point(shard: edge.EdgeShard, spec: Json, using: str | None) -> tuple[Any, list[Any]]:
    if isinstance(spec, int | str):
        return _vector_of(shard, spec, using), [spec]
    return to_vector(spec), []


def _vector_of(shard: edge.EdgeShard, point_id: Json, using: str | None) -> Any:
    found = shard.retrieve([point_id], False, True)
    if not found:
        raise NotFound(f"No point with id {point_id} found")
    vector: Any = found[0].vector
    if using and isinstance(vector, dict):
        vector = vector.get(using)
    if vector is None:
        raise BadInput(f"point {point_id} has no vector {using!r}")
    return vector


def _recommend(shard: edge.EdgeShard, spec: Object, using: str | None) -> tuple[Any, list[Any]]:
    """Examples to be near to and far from; the default strategy averages them into one vector."""
    liked = [_vector_or_point(shard, example, using) for example in spec.get("positive") or []]
    disliked = [_vector_or_point(shard, example, using) for example in spec.get("negative") or []]
    start = [point_id for _, ids in (*liked, *disliked) for point_id in ids]
    positives, negatives = [vector for vector, _ in liked], [vector for vector, _ in disliked]
    strategy = spec.get("strategy") or "average_vector"
    if strategy == "best_score":
        examples = edge.RecommendQuery(positives, negatives)
        return edge.Query.RecommendBestScore(examples, using), start
    if strategy == "sum_scores":
        examples = edge.RecommendQuery(positives, negatives)
        return edge.Query.RecommendSumScores(examples, using), start
    if not positives:
        raise BadInput("At least one positive vector ID required with this strategy")
    average = np.mean(positives, axis=0)
    if negatives:
        average = 2 * average - np.mean(negatives, axis=0)
    return edge.Query.Nearest(average.tolist(), using), start


def _fusion(name: Json) -> Any:
    if name == "rrf":
        return edge.Fusion.Rrf(2)
    if name == "dbsf":
        return edge.Fusion.Dbsf()
    raise BadFormat(f"unknown fusion {name!r}")


def _order(spec: Json) -> edge.OrderBy:
    if isinstance(spec, str):
        return edge.OrderBy(spec)
    directions = {"asc": edge.Direction.Asc, "desc": edge.Direction.Desc, None: None}
    return edge.OrderBy(spec["key"], directions[spec.get("direction")], spec.get("start_from"))


def _params(spec: Json) -> edge.SearchParams | None:
    if not spec:
        return None
    return edge.SearchParams(spec.get("hnsw_ef"), bool(spec.get("exact")))


def _payload_choice(spec: Json) -> Any:
    if isinstance(spec, dict):
        if "include" in spec:
            return edge.PayloadSelector.Include(spec["include"])
        if "exclude" in spec:
            return edge.PayloadSelector.Exclude(spec["exclude"])
        raise BadFormat(f"not a payload selector: {spec!r}")
    return spec
