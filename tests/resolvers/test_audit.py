"""The lists that must be empty for a schema to be fit for use."""

from __future__ import annotations

import strawberry

from resolvers import audit
from tests.resolvers.shop import SCHEMA


def test_the_shop_owes_nothing(schema: strawberry.Schema) -> None:
    assert audit.fragile(schema) == []
    # Federation adds it where a graph has none of its own.
    assert audit.unguarded(schema) == ["Query._service"]


def test_columns_are_collected_from_every_kind_of_declaration(schema: strawberry.Schema) -> None:
    used = audit.columns_used(schema)
    assert dict(used["clickhouse", f"{SCHEMA}.trades"]) == {
        "id": "uuid",
        "pool_id": "uuid",
        "traded_at": "timestamp",
        "amount": "decimal",
        "note": "text",
    }
    assert set(used["postgres", f"{SCHEMA}.protocols"]) == {
        "id",
        "slug",
        "name",
        "score",
        "created_at",
        "token_id",
    }
    assert used["postgres", f"{SCHEMA}.notes"]["user_id"] == "uuid"


def test_what_is_missing_is_named() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def hello(self, name: str) -> str:
            return name

    schema = strawberry.Schema(Query)
    assert audit.unguarded(schema) == ["Query.hello"]
