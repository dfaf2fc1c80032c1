"""What a schema owes its readers, whoever wrote it: descriptions, Relay's connections, reasons."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from graphql import (
    DEFAULT_DEPRECATION_REASON,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

_PAGE_INFO: Final = {
    "hasNextPage": "Boolean!",
    "hasPreviousPage": "Boolean!",
    "startCursor": "String",
    "endCursor": "String",
}
_FORWARD: Final = {"first": ("Int", "Int!"), "after": ("String",)}
_BACKWARD: Final = {"last": ("Int", "Int!"), "before": ("String",)}
_TYPE_NAME: Final = re.compile(r"_{0,2}[A-Za-z][A-Za-z0-9]*(__[A-Za-z]+)?")
_FIELD_NAME: Final = re.compile(r"_?[a-z][A-Za-z0-9]*")
_VALUE_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]*")


def lint(schema: GraphQLSchema) -> list[str]:
    """Everything that is amiss, one sentence each, by name."""
    found = [
        *(f"{name} has no description" for name in undescribed(schema)),
        *_connections(schema),
        *_deprecations(schema),
        *_names(schema),
    ]
    return sorted(found)


def undescribed(schema: GraphQLSchema) -> list[str]:
    """Types, fields, arguments and enum values without a description, by name."""
    return [name for name, element in _elements(schema) if not element.description]


def _connections(schema: GraphQLSchema) -> Iterator[str]:
    """Relay's connections by their specification."""
    for name, type_ in _own(schema):
        if name.endswith("Connection"):
            yield from _connection(name, type_)
        if name == "PageInfo":
            yield from _page_info(type_)
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in type_.fields.items():
                if get_named_type(field.type).name.endswith("Connection"):
                    yield from _paged(f"{name}.{field_name}", field)


def _connection(name: str, type_: Any) -> Iterator[str]:
    if not isinstance(type_, GraphQLObjectType):
        yield f"{name} is no object type"
        return
    fields = type_.fields
    if "pageInfo" not in fields or str(fields["pageInfo"].type) != "PageInfo!":
        yield f"{name} has no pageInfo: PageInfo!"
    edge = get_named_type(fields["edges"].type) if "edges" in fields else None
    if not isinstance(edge, GraphQLObjectType) or "[" not in str(fields["edges"].type):
        yield f"{name} has no list of edges"
        return
    if not edge.name.endswith("Edge"):
        yield f"{edge.name}, the edges of {name}, does not end in Edge"
    if "node" not in edge.fields or "[" in str(edge.fields["node"].type):
        yield f"{edge.name} has no node"
    if "cursor" not in edge.fields or str(edge.fields["cursor"].type) not in ("String!", "String"):
        yield f"{edge.name} has no cursor: String!"


def _page_info(type_: Any) -> Iterator[str]:
    for name, wanted in _PAGE_INFO.items():
        field = type_.fields.get(name)
        if field is None or str(field.type) not in (wanted, wanted + "!"):
            yield f"PageInfo has no {name}: {wanted}"


def _paged(path: str, field: GraphQLField) -> Iterator[str]:
    """A field that gives a connection goes forward, backward, or both."""
    types = {name: str(argument.type) for name, argument in field.args.items()}
    ways = [
        all(types.get(name) in wanted for name, wanted in way.items())
        for way in (_FORWARD, _BACKWARD)
    ]
    if not any(ways):
        yield f"{path} gives a connection without first and after, or last and before"


def _deprecations(schema: GraphQLSchema) -> Iterator[str]:
    for name, element in _elements(schema):
        reason = getattr(element, "deprecation_reason", None)
        if reason is not None and reason.strip() in ("", DEFAULT_DEPRECATION_REASON):
            yield f"{name} is deprecated without a reason that says what to use instead"


def _names(schema: GraphQLSchema) -> Iterator[str]:
    for name, type_ in _own(schema):
        if not _TYPE_NAME.fullmatch(name):
            yield f"{name} is not in PascalCase"
        if isinstance(type_, GraphQLEnumType):
            for value in type_.values:
                if not _VALUE_NAME.fullmatch(value):
                    yield f"{name}.{value} is not in capitals"
        for field in getattr(type_, "fields", ()):
            if not _FIELD_NAME.fullmatch(field):
                yield f"{name}.{field} is not in camelCase"


def _own(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    """Types other than those of introspection, by name."""
    for name, type_ in sorted(schema.type_map.items()):
        if not name.startswith("__"):
            yield name, type_


def _elements(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    """Types, fields, arguments and enum values with their names."""
    for name, type_ in _own(schema):
        yield name, type_
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{name}.{value}", item) for value, item in type_.values.items())
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in type_.fields.items():
                yield f"{name}.{field_name}", field
                arguments: Mapping[str, Any] = getattr(field, "args", {})
                for argument, item in arguments.items():
                    yield f"{name}.{field_name}({argument}:)", item
