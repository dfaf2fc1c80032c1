"""What holds for the whole graph, whatever domain a field belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
)

import gateway
from gateway.schema import GatewaySchema, build_schema
from gateway.schema_lint import lint
from resolvers.context import RequestContext, Viewer
from resolvers.plan import EXEC, Batch
from resolvers.reflection import Entity, entity_of, is_entity
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.queries import Statement

# What a column must be in each store for values of a kind to come out right.
_POSTGRES_TYPES = {
    "text": {"text"},
    "uuid": {"uuid"},
    "int": {"bigint", "integer", "smallint"},
    "decimal": {"numeric"},
    "float": {"double precision"},
    "bool": {"boolean"},
    "timestamp": {"timestamp with time zone"},
    "date": {"date"},
    "enum": {"USER-DEFINED", "text"},
    "json": {"jsonb"},
    "array": {"ARRAY"},
}


@pytest.fixture(scope="module")
def schema() -> GatewaySchema:
    return build_schema()


def _types(schema: GatewaySchema) -> list[GraphQLNamedType]:
    named = schema.graphql_schema.type_map.values()
    return [item for item in named if not item.name.startswith("__")]


def _elements(item: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    """Path and description of a type and everything in it."""
    yield item.name, item.description
    if isinstance(item, GraphQLEnumType):
        for name, value in item.values.items():
            yield f"{item.name}.{name}", value.description
    if isinstance(item, GraphQLInputObjectType):
        for name, entry in item.fields.items():
            yield f"{item.name}.{name}", entry.description
    if isinstance(item, GraphQLObjectType | GraphQLInterfaceType):
        for name, field in item.fields.items():
            yield f"{item.name}.{name}", field.description
            for argument, about in field.args.items():
                yield f"{item.name}.{name}({argument}:)", about.description


def entities(schema: GatewaySchema) -> list[Entity]:
    """Every type of the graph that declares a table."""
    found = []
    for item in _types(schema):
        cls: Any = getattr(schema.get_type_by_name(item.name), "origin", None)
        if is_entity(cls):
            found.append(entity_of(cls))
    return found


def test_every_element_is_described_and_shaped_as_analysts_expect(schema: GatewaySchema) -> None:
    assert lint(schema.graphql_schema) == []


def test_committed_schema_is_the_one_that_is_built(schema: GatewaySchema) -> None:
    committed = Path(gateway.__file__).parent / "schema.graphql"

    assert committed.read_text() == schema.as_str().rstrip() + "\n", "run make generate"


def test_no_argument_has_a_default_that_says_nothing(schema: GatewaySchema) -> None:
    assert "= null" not in schema.as_str()


def test_the_only_way_to_name_a_row_is_required(schema: GatewaySchema) -> None:
    query = schema.graphql_schema.query_type
    assert query is not None
    optional = []
    for name, field in query.fields.items():
        arguments = [item.type for item in field.args.values()]
        if len(arguments) == 1 and str(arguments[0]) == "ID":
            optional.append(name)

    assert optional == []


def test_percent_fields_say_so_in_their_name(schema: GatewaySchema) -> None:
    silent = [
        path
        for item in _types(schema)
        if isinstance(item, GraphQLObjectType)
        for path, about in _elements(item)
        if "." in path and "percent" in (about or "").lower() and "pct" not in path.lower()
    ]

    assert silent == []


def test_no_store_but_postgres_can_null_the_page(schema: GatewaySchema) -> None:
    fragile = []
    for entity in entities(schema):
        definition = schema.graphql_schema.type_map[entity.name]
        assert isinstance(definition, GraphQLObjectType)
        for name, field in entity.fields.items():
            declared = field.metadata.get(EXEC)
            elsewhere = isinstance(declared, Batch) and declared.store != "postgres"
            if elsewhere and isinstance(definition.fields[name].type, GraphQLNonNull):
                fragile.append(f"{entity.name}.{name}")

    assert fragile == []


def test_a_root_field_that_fails_leaves_the_others(schema: GatewaySchema) -> None:
    query = schema.graphql_schema.query_type
    assert query is not None
    required = [
        name for name, field in query.fields.items() if isinstance(field.type, GraphQLNonNull)
    ]

    # The first two are as Federation wants them, and their rows may be null; the last reads
    # nothing itself.
    assert required == ["_service", "_entities", "_meta"]


async def test_without_postgres_the_rest_is_answered(
    schema: GatewaySchema, store_options: StoreOptions
) -> None:
    nowhere = replace(store_options.urls, postgres="postgresql://gateway:x@127.0.0.1:1/onchain")
    async with await open_stores(replace(store_options, urls=nowhere)) as stores:
        result = await schema.execute(
            """{ protocols { nodes { name } } search(text: "aave") { title }
                 topMovers(by: PRICE, window: H24, direction: UP) { value }
                 _meta { stores { store isUp } } }""",
            context_value=RequestContext(Viewer(), stores),
        )
    assert result.data is not None
    assert (result.data["protocols"], result.data["search"]) == (None, None)
    assert result.data["topMovers"] is not None
    up = {store["store"]: store["isUp"] for store in result.data["_meta"]["stores"]}
    assert up == {"POSTGRES": False, "CLICKHOUSE": True, "REDIS": True, "QDRANT": True}
    failed = sorted(str(error.path) for error in result.errors or ())
    assert failed == ["['protocols']", "['search']"]


async def test_declared_columns_are_those_of_the_live_stores(
    schema: GatewaySchema, worker_stores: Stores
) -> None:
    postgres = await worker_stores.postgres.fetch(_POSTGRES_COLUMNS)
    types = {(row[0], row[1]): row[2] for row in postgres}
    clickhouse = await worker_stores.clickhouse.fetch(_CLICKHOUSE_COLUMNS, {})
    names = {(str(row[0]), str(row[1])) for row in clickhouse}
    wrong = []
    for entity in entities(schema):
        for column in _columns(entity):
            place = (entity.table.relation, column)
            if entity.table.store == "clickhouse":
                if place not in names:
                    wrong.append(f"{entity.name}: no column {place}")
            elif types.get(place) not in _POSTGRES_TYPES[entity.kind(column)]:
                wrong.append(f"{entity.name}: {place} is {types.get(place)}")

    assert wrong == []


def _columns(entity: Entity) -> set[str]:
    """Columns that some field of an entity needs, and those its pages are ordered by."""
    table = entity.table
    needed = {table.key, *entity.columns, *table.tie}
    needed |= {name.removeprefix("-") for name in table.order}
    for needs in entity.needs.values():
        needed |= set(needs or ())
    return needed


_POSTGRES_COLUMNS = Statement(
    "columns",
    """
    SELECT n.nspname || '.' || c.relname, a.attname,
           CASE WHEN t.typcategory = 'A' THEN 'ARRAY' WHEN t.typtype = 'e' THEN 'USER-DEFINED'
                ELSE format_type(t.oid, NULL) END
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_type AS t ON t.oid = a.atttypid
    WHERE a.attnum > 0 AND NOT a.attisdropped
    """,
)
_CLICKHOUSE_COLUMNS = Statement(
    "columns", "SELECT table, name FROM system.columns WHERE database = currentDatabase()"
)
