"""The declared collections can be built and searched, by vector and by every payload field."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any
from uuid import uuid4

import pytest
from qdrant_client import AsyncQdrantClient, models

INDEX_TYPES = {kind.value for kind in models.PayloadSchemaType}
VECTORS = {
    "market_sentiment": 384, "protocol_analysis": 768, "trading_patterns": 512,
    "agent_profiles": 384,
}  # fmt: skip
SEED_FIELDS = {
    "market_sentiment": {
        "timestamp", "source", "sentiment_score", "confidence", "asset_mentioned", "content_hash",
    },
    "protocol_analysis": {
        "protocol_name", "chain_id", "risk_score", "tvl", "audit_status", "analysis_date",
    },
    "trading_patterns": {
        "pattern_type", "success_rate", "market_conditions", "timeframe", "assets_involved",
    },
}  # fmt: skip


def collections() -> dict[str, dict[str, Any]]:
    text = resources.files("sql").joinpath("qdrant", "collections.toml").read_text("utf-8")
    return tomllib.loads(text)


DECLARED = collections()


def test_exactly_these_collections_are_declared() -> None:
    assert {alias: declared["size"] for alias, declared in DECLARED.items()} == VECTORS


@pytest.mark.parametrize("alias", DECLARED)
def test_collection_is_versioned_behind_its_alias(alias: str) -> None:
    declared = DECLARED[alias]
    assert declared["name"] == f"{alias}_v1"
    assert declared["distance"] in {distance.value for distance in models.Distance}
    assert declared["description"].endswith(".")
    assert declared["point_id"]


@pytest.mark.parametrize("alias", DECLARED)
def test_004_26_payload_types_exist_and_ids_and_model_are_there(alias: str) -> None:
    payload = DECLARED[alias]["payload"]
    assert set(payload.values()) <= INDEX_TYPES
    assert payload.keys() >= SEED_FIELDS.get(alias, set()) | {"model", "model_version"}
    assert "uuid" in payload.values()
    assert all(kind == "uuid" for name, kind in payload.items() if name.endswith("_ids"))
    assert not payload.keys() & set(DECLARED[alias]["on_disk"])


EXAMPLES: dict[str, object] = {
    "keyword": ["one", "two"],
    "integer": 7,
    "float": 0.5,
    "datetime": "2024-01-05T12:00:00Z",
    "bool": True,
}


def conditions(payload: dict[str, str], values: dict[str, object]) -> dict[str, models.Condition]:
    """One condition a field that the point with these values meets."""
    found: dict[str, models.Condition] = {}
    for field, kind in payload.items():
        if kind == "float":
            found[field] = models.FieldCondition(key=field, range=models.Range(gte=0.4, lt=0.6))
        elif kind == "datetime":
            span = models.DatetimeRange.model_validate({"gte": "2024-01-05T00:00:00Z"})
            found[field] = models.FieldCondition(key=field, range=span)
        elif kind == "integer":
            found[field] = models.FieldCondition(key=field, match=models.MatchValue(value=7))
        else:
            value = values[field]
            one = value[-1] if isinstance(value, list) else value
            match = models.MatchValue.model_validate({"value": one})
            found[field] = models.FieldCondition(key=field, match=match)
    return found


@pytest.mark.parametrize("alias", DECLARED)
async def test_collection_can_be_built_and_filtered_by_every_field(
    qdrant: AsyncQdrantClient, alias: str
) -> None:
    declared, name = DECLARED[alias], f"test_{uuid4().hex}"
    size = declared["size"]
    await qdrant.create_collection(
        name,
        vectors_config=models.VectorParams(
            size=size, distance=models.Distance(declared["distance"])
        ),
    )
    try:
        for field, kind in declared["payload"].items():
            await qdrant.create_payload_index(
                name, field, field_schema=models.PayloadSchemaType(kind), wait=True
            )
        values = {
            field: EXAMPLES.get(kind, str(uuid4())) for field, kind in declared["payload"].items()
        }
        point_id = str(uuid4())
        near, far = [1.0] + [0.0] * (size - 1), [0.0, 1.0] + [0.0] * (size - 2)
        await qdrant.upsert(
            name,
            [
                models.PointStruct(id=point_id, vector=near, payload=values),
                models.PointStruct(id=str(uuid4()), vector=far, payload={}),
            ],
            wait=True,
        )
        for field, condition in conditions(declared["payload"], values).items():
            answer = await qdrant.query_points(
                name, query=far, query_filter=models.Filter(must=[condition]), limit=5
            )
            assert [point.id for point in answer.points] == [point_id], field
        answer = await qdrant.query_points(name, query=near, limit=2)
        assert [round(point.score, 3) for point in answer.points] == [1.0, 0.0]
    finally:
        await qdrant.delete_collection(name)
