"""Collection and payload index definitions between JSON and the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import qdrant_edge as edge

from stores.embedded.qdrant.errors import BadFormat
from stores.embedded.qdrant.shapes import Json, Object

_DISTANCES: Final = {
    "Cosine": edge.Distance.Cosine,
    "Euclid": edge.Distance.Euclid,
    "Dot": edge.Distance.Dot,
    "Manhattan": edge.Distance.Manhattan,
}
_INDEXES: Final[dict[str, tuple[Any, Callable[..., Any]]]] = {
    "keyword": (edge.PayloadSchemaType.Keyword, edge.KeywordIndexParams),
    "integer": (edge.PayloadSchemaType.Integer, edge.IntegerIndexParams),
    "float": (edge.PayloadSchemaType.Float, edge.FloatIndexParams),
    "geo": (edge.PayloadSchemaType.Geo, edge.GeoIndexParams),
    "text": (edge.PayloadSchemaType.Text, edge.TextIndexParams),
    "bool": (edge.PayloadSchemaType.Bool, edge.BoolIndexParams),
    "datetime": (edge.PayloadSchemaType.Datetime, edge.DatetimeIndexParams),
    "uuid": (edge.PayloadSchemaType.Uuid, edge.UuidIndexParams),
}
_TOKENIZERS: Final = {
    "prefix": edge.TokenizerType.Prefix,
    "whitespace": edge.TokenizerType.Whitespace,
    "word": edge.TokenizerType.Word,
    "multilingual": edge.TokenizerType.Multilingual,
}
_HNSW: Final = {
    "m": 16,
    "ef_construct": 100,
    "full_scan_threshold": 10_000,
    "max_indexing_threads": 0,
    "on_disk": False,
}
_OPTIMIZER: Final = {
    "deleted_threshold": 0.2,
    "vacuum_min_vector_number": 1000,
    "default_segment_number": 0,
    "indexing_threshold": 10_000,
    "flush_interval_sec": 5,
}
_WAL: Final = {"wal_capacity_mb": 32, "wal_segments_ahead": 0}


def edge_config(spec: Object) -> edge.EdgeConfig:
    """Engine configuration of a create-collection body; only what it says about vectors counts."""
    vectors, sparse = spec.get("vectors"), spec.get("sparse_vectors")
    return edge.EdgeConfig(
        vectors=_vectors(vectors) if vectors else None,
        sparse_vectors={name: edge.EdgeSparseVectorParams() for name in sparse} if sparse else None,
    )


def _vectors(spec: Object) -> Any:
    if "size" in spec:
        return _vector(spec)
    return {name: _vector(params) for name, params in spec.items()}


def _vector(spec: Json) -> edge.EdgeVectorParams:
    distance = _DISTANCES.get(str(spec.get("distance"))) if isinstance(spec, dict) else None
    if distance is None:
        raise BadFormat(f"not vector parameters: {spec!r}")
    multi = (
        edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim)
        if spec.get("multivector_config")
        else None
    )
    return edge.EdgeVectorParams(spec["size"], distance, multivector_config=multi)


def collection_info(spec: Object, info: edge.ShardInfo) -> Object:
    """The answer to GET /collections/{name}."""
    params = {
        "vectors": spec.get("vectors") or {},
        "sparse_vectors": spec.get("sparse_vectors"),
        "shard_number": 1,
        "replication_factor": 1,
        "write_consistency_factor": 1,
        "on_disk_payload": True,
    }
    return {
        "status": "green",
        "optimizer_status": "ok",
        "indexed_vectors_count": info.indexed_vectors_count,
        "points_count": info.points_count,
        "segments_count": info.segments_count,
        "config": {
            "params": params,
            "hnsw_config": {**_HNSW, **_given(spec, "hnsw_config")},
            "optimizer_config": {**_OPTIMIZER, **_given(spec, "optimizers_config")},
            "wal_config": {**_WAL, **_given(spec, "wal_config")},
            "quantization_config": spec.get("quantization_config"),
            "metadata": spec.get("metadata"),
        },
        "payload_schema": {
            field: {"data_type": _index_name(index.data_type), "points": index.points}
            for field, index in info.payload_schema.items()
        },
    }


def _given(spec: Object, name: str) -> Object:
    return {key: value for key, value in (spec.get(name) or {}).items() if value is not None}


def _index_name(kind: Any) -> str:
    return next(name for name, (known, _) in _INDEXES.items() if known == kind)


def index_schema(spec: Json) -> Any:
    """A payload index: its type's name, or an object with `type` and options."""
    options = {} if isinstance(spec, str) else {k: v for k, v in spec.items() if v is not None}
    name = spec if isinstance(spec, str) else options.pop("type", None)
    if name not in _INDEXES:
        raise BadFormat(f"unknown payload index type {name!r}")
    kind, params = _INDEXES[name]
    if not options:
        return kind
    if "tokenizer" in options:
        options["tokenizer"] = _TOKENIZERS[options["tokenizer"]]
    return params(**options)
