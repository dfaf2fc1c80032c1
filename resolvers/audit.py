"""What a schema owes its readers and its stores, as lists that must be empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
)
from strawberry import Schema

from resolvers.plan import EXEC, Batch, Computed, Many, One, Page, Root
from resolvers.reflection import Entity, entity_of, is_entity, target_of
from stores.relational.conditions import Kind


def entities(schema: Schema) -> list[Entity]:
    """Every entity of a schema, by name."""
    core: GraphQLSchema = schema._schema
    found = []
    for name in sorted(core.type_map):
        origin: Any = getattr(schema.get_type_by_name(name), "origin", None)
        if is_entity(origin):
            found.append(entity_of(origin))
    return found


def columns_used(schema: Schema) -> Mapping[tuple[str, str], Mapping[str, Kind]]:
    """Columns that declarations name, with their kinds, by store and relation."""
    used: dict[tuple[str, str], dict[str, Kind]] = {}

    def note(entity: Entity, *columns: str | None) -> None:
        relation = used.setdefault((entity.table.store, entity.table.relation), {})
        relation.update({name: entity.kind(name) for name in columns if name})

    for entity in entities(schema):
        table = entity.table
        note(entity, table.key, *table.tie, *table.kinds, *entity.columns)
        note(entity, *(name.removeprefix("-") for name in table.order))
        if table.owner is not None:
            note(entity, table.owner.column)
        for needs in entity.needs.values():
            note(entity, *(needs or ()))
    for _, field in _declared(schema):
        match field.metadata[EXEC]:
            case One(_, remote) | Many(remote) | Page(remote):
                note(target_of(field), remote)
            case Root(by):
                note(target_of(field), *by)
    return used


def fragile(schema: Schema) -> list[str]:
    """Fields that are not nullable though a store other than Postgres feeds them."""
    found = []
    for path, field in _declared(schema):
        declared = field.metadata[EXEC]
        match declared:
            case Batch():
                store = declared.store
            case One() | Many() | Page() | Root():
                store = target_of(field).table.store
            case _:
                continue
        type_name, _, field_name = path.partition(".")
        type_: Any = schema._schema.type_map[type_name]
        if store != "postgres" and isinstance(type_.fields[field_name].type, GraphQLNonNull):
            found.append(path)
    return found


def unguarded(schema: Schema) -> list[str]:
    """Root fields that do not declare who may use them."""
    found = []
    core = schema._schema
    for type_ in filter(None, (core.query_type, core.mutation_type, core.subscription_type)):
        definition: Any = schema.get_type_by_name(type_.name)
        for field in definition.fields:
            declared = field.metadata.get(EXEC)
            access = getattr(declared, "access", None)
            if access is None or not isinstance(declared, Computed | Page | Root | Batch):
                found.append(f"{type_.name}.{field.python_name}")
    return found


def _declared(schema: Schema) -> Iterator[tuple[str, Any]]:
    """Every field with a declaration, with its `Type.field` name."""
    for name, type_ in sorted(schema._schema.type_map.items()):
        if not isinstance(type_, GraphQLObjectType) or name.startswith("__"):
            continue
        for field_name, field in type_.fields.items():
            strawberry_field = field.extensions.get("strawberry-definition")
            if strawberry_field is not None and EXEC in strawberry_field.metadata:
                yield f"{name}.{field_name}", strawberry_field
