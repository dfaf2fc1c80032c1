"""Filters of the REST interface as the engine's own conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import qdrant_edge as edge

from stores.embedded.qdrant.errors import BadFormat
from stores.embedded.qdrant.shapes import Json, Object

_CLAUSES = frozenset({"must", "should", "must_not", "min_should"})
_MATCHES: Final[dict[str, Callable[[Any], Any]]] = {
    "value": edge.MatchValue,
    "text": edge.MatchText,
    "text_any": edge.MatchTextAny,
    "phrase": edge.MatchPhrase,
    "prefix": edge.MatchPrefix,
    "substring": edge.MatchSubstring,
    "any": edge.MatchAny,
    "except": edge.MatchExcept,
}
_BOUNDS = ("gt", "gte", "lt", "lte")


def to_filter(spec: Json) -> edge.Filter | None:
    """Convert a filter object; None for an absent or empty one."""
    if spec is None or spec == {}:
        return None
    if not isinstance(spec, dict) or not set(spec) <= _CLAUSES:
        raise BadFormat(f"not a filter: {spec!r}")
    at_least = spec.get("min_should")
    return edge.Filter(
        must=_conditions(spec.get("must")),
        should=_conditions(spec.get("should")),
        must_not=_conditions(spec.get("must_not")),
        min_should=edge.MinShould(_conditions(at_least["conditions"]) or [], at_least["min_count"])
        if at_least
        else None,
    )


def excluding(spec: Json, ids: list[Any]) -> Object:
    """The filter of a request that must not return the points it started from."""
    return {"must": [spec] if spec else [], "must_not": [{"has_id": ids}]}


def _conditions(spec: Json) -> list[Any] | None:
    if spec is None:
        return None
    items = spec if isinstance(spec, list) else [spec]
    return [_condition(item) for item in items]


def _condition(spec: Json) -> Any:
    if not isinstance(spec, dict):
        raise BadFormat(f"not a condition: {spec!r}")
    if _CLAUSES & set(spec):
        return to_filter(spec)
    if "has_id" in spec:
        return edge.HasIdCondition(set(spec["has_id"]))
    if "has_vector" in spec:
        return edge.HasVectorCondition(spec["has_vector"])
    if "nested" in spec:
        nested = spec["nested"]
        return edge.NestedCondition(nested["key"], to_filter(nested["filter"]) or edge.Filter())
    if isinstance(spec.get("is_empty"), dict):
        return edge.IsEmptyCondition(spec["is_empty"]["key"])
    if isinstance(spec.get("is_null"), dict):
        return edge.IsNullCondition(spec["is_null"]["key"])
    if "key" in spec:
        return _field_condition(spec)
    raise BadFormat(f"not a condition: {spec!r}")


def _field_condition(spec: Object) -> edge.FieldCondition:
    limits = spec.get("values_count")
    return edge.FieldCondition(
        spec["key"],
        match=_match(spec.get("match")),
        range=_range(spec.get("range")),
        geo_bounding_box=_box(spec.get("geo_bounding_box")),
        geo_radius=_radius(spec.get("geo_radius")),
        values_count=edge.ValuesCount(**_only(limits, _BOUNDS)) if limits else None,
        is_empty=spec.get("is_empty"),
        is_null=spec.get("is_null"),
    )


def _match(spec: Json) -> Any:
    if spec is None:
        return None
    for name, kind in _MATCHES.items():
        if name in spec:
            return kind(spec[name])
    raise BadFormat(f"not a match: {spec!r}")


def _range(spec: Json) -> edge.RangeFloat | edge.RangeDateTime | None:
    if spec is None:
        return None
    bounds = _only(spec, _BOUNDS)
    if any(isinstance(bound, str) for bound in bounds.values()):
        return edge.RangeDateTime(**bounds)
    return edge.RangeFloat(**bounds)


def _box(spec: Json) -> edge.GeoBoundingBox | None:
    if spec is None:
        return None
    return edge.GeoBoundingBox(
        edge.GeoPoint(**spec["top_left"]), edge.GeoPoint(**spec["bottom_right"])
    )


def _radius(spec: Json) -> edge.GeoRadius | None:
    return edge.GeoRadius(edge.GeoPoint(**spec["center"]), spec["radius"]) if spec else None


def _only(spec: Object, names: tuple[str, ...]) -> Object:
    return {name: spec[name] for name in names if spec.get(name) is not None}
