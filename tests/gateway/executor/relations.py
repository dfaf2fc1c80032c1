"""Every relation of the graph, found in the schema, and a query that asks it of so many parents.

A relation is a field that is more than a value of its row: one with a declaration other than a
column, or with a resolver of its own. Parents that have global ids are reached by `nodes`, others
the shortest way from such parents, or through a root field that is a list.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
)
from strawberry.types.field import StrawberryField

from gateway.schema import GatewaySchema
from resolvers.plan import EXEC, Column, GlobalId, One

# Under which an answer holds the parents, or what leads to them.
START: Final = "start"

_ROOTS: Final = {"Query", "Mutation", "Subscription", "PageInfo"}
_VALUES: Final = {"String": '"lending"', "ChainId": '"eip155:1"'}
# A search over several kinds of things is a statement for each, however few it finds.
_GIVEN: Final = {
    "Query.search": {"text": '"e"', "kinds": "[ASSET]"},
    "Query.bridgeFees": {"from": '"eip155:1"', "to": '"eip155:10"'},
    "Query.dexVolume": {"by": "[PAIR, CHAIN]", "from": '"2024-01-05"', "to": '"2024-01-06"'},
}


@dataclass(frozen=True, slots=True)
class Way:
    """How objects of a type are reached.

    Attributes:
        source: type with global ids at which it starts; None for a list of the root.
        opening: text of the query up to the fields of the objects.
        steps: fields between the start and the objects.
    """

    source: str | None
    opening: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation.

    Attributes:
        parent: type it is a field of.
        name: its name.
        declared: kind of its declaration, such as `One`; `NoneType` for a bare resolver.
        way: how its parents are reached.
        selection: the field as it is asked, with arguments and what is below it.
        joined: its rows may come with those of the parents.
    """

    parent: str
    name: str
    declared: str
    way: Way
    selection: str
    joined: bool

    def __str__(self) -> str:
        return f"{self.parent}.{self.name}"

    @property
    def query(self) -> str:
        """Asks it of every parent. Its variable is `ids`, or `first` for a list of the root."""
        return self._query(f"__typename {self.selection}")

    @property
    def query_of_parents(self) -> str:
        """Asks the same parents for nothing but their type."""
        return self._query("__typename")

    def values(self, data: Any) -> list[list[Any]]:
        """What the parents in an answer have, in order, apart for each start of the way."""
        return [self._values(start) for start in data[START] or [] if start]

    def _values(self, start: Any) -> list[Any]:
        parents = [start]
        for step in self.way.steps:
            parents = [inner for outer in parents for inner in _several(outer[step])]
        return [parent.get(self.name) for parent in parents]

    def _query(self, fields: str) -> str:
        opening = self.way.opening
        return f"{opening} {fields}{' }' * opening.count('{')}"


def is_filled(value: Any) -> bool:
    """Whether a relation leads to something."""
    return bool(_several(value)) if isinstance(value, dict | list) else value is not None


def relations(schema: GatewaySchema) -> tuple[list[Relation], set[str]]:
    """Every relation, and the types with relations of which an answer never holds a list."""
    ways = _ways(schema)
    found: list[Relation] = []
    alone: set[str] = set()
    for type_ in _objects(schema).values():
        for name, field in type_.fields.items():
            declared = _declared(field)
            if declared is None:
                continue
            if type_.name not in ways:
                alone.add(type_.name)
                continue
            selection = f"{name}{_arguments(field, '')}{_below(field)}"
            way, joined = ways[type_.name], _is_joined(field)
            found.append(Relation(type_.name, name, declared, way, selection, joined))
    return found, alone


def _objects(schema: GatewaySchema) -> dict[str, GraphQLObjectType]:
    """The types that are things: no roots, connections, edges and answers of mutations."""
    return {
        name: type_
        for name, type_ in schema.graphql_schema.type_map.items()
        if isinstance(type_, GraphQLObjectType)
        and name not in _ROOTS
        and not name.startswith("__")
        and not name.endswith(("Connection", "Edge", "Payload"))
    }


def _declared(field: GraphQLField) -> str | None:
    """The kind of a relation, None when the field is none."""
    item: Any = field.extensions.get("strawberry-definition")
    if not isinstance(item, StrawberryField):
        return None
    declared = item.metadata.get(EXEC)
    if isinstance(declared, Column | GlobalId) or (declared is None and item.is_basic_field):
        return None
    return type(declared).__name__


def _is_joined(field: GraphQLField) -> bool:
    """Whether rows may come in the statement of their parents."""
    declared = field.extensions["strawberry-definition"].metadata.get(EXEC)
    return isinstance(declared, One) and declared.joined


def _ways(schema: GatewaySchema) -> dict[str, Way]:
    """How each type is reached, by the fewest steps."""
    types = _objects(schema)
    ways = {
        name: Way(name, f"query($ids: [ID!]!) {{ {START}: nodes(ids: $ids) {{ ... on {name} {{")
        for name, type_ in types.items()
        if any(each.name == "Node" for each in type_.interfaces)
    }
    waiting = deque(ways)
    while waiting:
        name = waiting.popleft()
        for field_name, field in types[name].fields.items():
            below = _thing(field)
            if below in types and below not in ways:
                given = _arguments(field, "")
                nodes = " nodes {" if _is_connection(field) else ""
                opening = f"{ways[name].opening} {field_name}{given} {{{nodes}"
                ways[below] = Way(ways[name].source, opening, (*ways[name].steps, field_name))
                waiting.append(below)
    return {**_root_lists(schema), **ways}


def _root_lists(schema: GatewaySchema) -> dict[str, Way]:
    """Types that root fields give plain lists of."""
    query = schema.graphql_schema.query_type
    assert query is not None
    found = {}
    for name, field in query.fields.items():
        if is_list_type(get_nullable_type(field.type)) and "first" in field.args:
            given = _arguments(field, f"Query.{name}", first="$first")
            opening = f"query($first: Int!) {{ {START}: {name}{given} {{"
            found[get_named_type(field.type).name] = Way(None, opening)
    return found


def _thing(field: GraphQLField) -> str:
    """Name of the type a field leads to, behind its connection."""
    inner: Any = get_named_type(field.type)
    return _thing(inner.fields["nodes"]) if _is_connection(field) else str(inner.name)


def _is_connection(field: GraphQLField) -> bool:
    return get_named_type(field.type).name.endswith("Connection")


def _arguments(field: GraphQLField, path: str, **known: str) -> str:
    """Values for the arguments that must be given."""
    given = {**_GIVEN.get(path, {}), **known}
    for name, argument in field.args.items():
        if is_required_argument(argument) and name not in given:
            inner = get_named_type(argument.type)
            first = next(iter(inner.values)) if isinstance(inner, GraphQLEnumType) else None
            given[name] = first or _VALUES[inner.name]
    return f"({', '.join(f'{name}: {value}' for name, value in given.items())})" if given else ""


def _below(field: GraphQLField) -> str:
    """What is asked below a relation: counts, and every plain value."""
    inner: Any = get_named_type(field.type)
    if is_leaf_type(inner):
        return ""
    if _is_connection(field):
        nodes = _below(inner.fields["nodes"])
        return f" {{ totalCount {{ value exact }} pageInfo {{ hasNextPage }} nodes{nodes} }}"
    plain = [
        name
        for name, below in inner.fields.items()
        if is_leaf_type(get_named_type(below.type)) and _declared(below) is None
    ]
    return f" {{ {' '.join(['__typename', *plain])} }}"


def _several(value: Any) -> list[Any]:
    """The objects in a value: of a connection, a list, or the one."""
    if isinstance(value, dict) and "nodes" in value:
        value = value["nodes"]
    return [each for each in value if each] if isinstance(value, list) else [value] * bool(value)
