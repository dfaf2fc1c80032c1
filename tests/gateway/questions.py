"""Questions made from the schema: every root field, every mutation, with ids of a user's things."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_interface_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

_DEPTH: Final = 4
_VALUES: Final[Mapping[str, Any]] = {
    "Address": "0x00000000000000000000000000000000000000aa",
    "BigInt": "1",
    "Boolean": False,
    "ChainId": "eip155:1",
    "Date": "2026-01-01",
    "DateTime": "2026-01-01T00:00:00Z",
    "Decimal": "1",
    "Float": 1.0,
    "Hash": "0x" + "ab" * 32,
    "Int": 1,
    "JSON": {},
    "String": "text",
    "UUID": "00000000-0000-4000-8000-000000000001",
    "_Any": {"__typename": "Protocol", "id": "x"},
}


@dataclass(frozen=True)
class Things:
    """Ids to ask with: those of a user's rows, by type."""

    ids: Mapping[str, str]

    def for_argument(self, name: str, about: GraphQLNamedType | None) -> str:
        """The id that an argument means: by its own name, or by what its field leads to."""
        wanted = name.removesuffix("Ids").removesuffix("Id").lower()
        for type_name, given in self.ids.items():
            if wanted and (type_name.lower() == wanted or type_name.lower().endswith(wanted)):
                return given
        return self.ids.get(about.name if about else "", self.ids["Portfolio"])


Override = Callable[[Things], Any]


@dataclass(frozen=True)
class Asking:
    """Writes questions about a schema; `reached` are the types they ask about."""

    schema: GraphQLSchema
    things: Things
    overrides: Mapping[str, Override]
    reached: set[str] = attribute(default_factory=set)

    def query(self, name: str) -> tuple[str, dict[str, Any]]:
        """A root field with everything below it that takes no arguments, to some depth."""
        root = self.schema.query_type
        assert root is not None
        return self._operation("query", name, root.fields[name])

    def mutation(self, name: str) -> tuple[str, dict[str, Any]]:
        """A mutation, its input filled in."""
        root = self.schema.mutation_type
        assert root is not None
        return self._operation("mutation", name, root.fields[name])

    def leaves(self, type_name: str) -> str:
        """Plain fields of a type."""
        type_: Any = self.schema.type_map[type_name]
        return " ".join(
            name
            for name, field in type_.fields.items()
            if is_leaf_type(get_named_type(field.type)) and not _demanding(field)
        )

    def names(self, name: str, ids: Iterable[str]) -> bool:
        """Whether a mutation is told one of some ids."""
        _, variables = self.mutation(name)
        return not set(ids).isdisjoint(_texts(variables))

    def _operation(self, kind: str, name: str, field: GraphQLField) -> tuple[str, dict[str, Any]]:
        variables: dict[str, Any] = {}
        declared, given = [], []
        about = _led_to(field)
        for argument, item in field.args.items():
            if not is_required_argument(item) and not _is_id(item.type):
                continue
            declared.append(f"${argument}: {item.type}")
            given.append(f"{argument}: ${argument}")
            variables[argument] = self._value(f"{name}.{argument}", argument, item.type, about)
        head = f"{kind}({', '.join(declared)})" if declared else kind
        call = f"{name}({', '.join(given)})" if given else name
        return f"{head} {{ {call} {self._below(get_named_type(field.type), _DEPTH)} }}", variables

    def _below(self, type_: GraphQLNamedType, depth: int) -> str:
        if is_leaf_type(type_):
            return ""
        if isinstance(type_, GraphQLUnionType) or is_interface_type(type_):
            members = self.schema.get_possible_types(type_)
            parts = (f"... on {each.name} {self._plain(each)}" for each in members)
            return f"{{ __typename {' '.join(parts)} }}"
        assert isinstance(type_, GraphQLObjectType)
        self.reached.add(type_.name)
        chosen = []
        for name, field in type_.fields.items():
            leads_to = get_named_type(field.type)
            if _demanding(field):
                continue
            if is_leaf_type(leads_to):
                chosen.append(name)
            elif depth > 1 and isinstance(leads_to, GraphQLObjectType):
                chosen.append(f"{name} {self._below(leads_to, depth - 1)}")
        return f"{{ {' '.join(chosen) or '__typename'} }}"

    def _plain(self, type_: GraphQLObjectType) -> str:
        # Aliases keep fields of one name and several types apart.
        names = self.leaves(type_.name).split()
        return f"{{ {' '.join(f'{type_.name}_{name}: {name}' for name in names)} }}"

    def _value(
        self, path: str, name: str, type_: GraphQLInputType, about: GraphQLNamedType | None
    ) -> Any:
        if path in self.overrides:
            return self.overrides[path](self.things)
        inner: Any = get_nullable_type(type_)
        if isinstance(inner, GraphQLList):
            return [self._value(path, name, inner.of_type, about)]
        if isinstance(inner, GraphQLInputObjectType):
            return self._input(path, inner, about)
        if isinstance(inner, GraphQLEnumType):
            return next(iter(inner.values))
        if inner.name == "ID":
            return self.things.for_argument(name, about)
        if name == "idempotencyKey":
            return secrets.token_hex(8)
        return _VALUES[inner.name]

    def _input(
        self, path: str, type_: GraphQLInputObjectType, about: GraphQLNamedType | None
    ) -> dict[str, Any]:
        operation = path.partition(".")[0]
        if type_.is_one_of:
            (name, field), *_ = type_.fields.items()
            return {name: self._value(f"{operation}.{name}", name, field.type, about)}
        return {
            name: self._value(f"{operation}.{name}", name, field.type, about)
            for name, field in type_.fields.items()
            if is_required_input_field(field)
            or _is_id(field.type)
            or f"{operation}.{name}" in self.overrides
        }


def _demanding(field: GraphQLField) -> bool:
    return any(is_required_argument(argument) for argument in field.args.values())


def _is_id(type_: GraphQLInputType) -> bool:
    return bool(get_named_type(type_).name == "ID")


def _led_to(field: GraphQLField) -> GraphQLNamedType | None:
    """The type that a field is about: the nodes of a connection, what a payload shows."""
    type_: Any = get_named_type(field.type)
    if not isinstance(type_, GraphQLObjectType):
        return None
    if "nodes" in type_.fields:
        found: GraphQLNamedType = get_named_type(type_.fields["nodes"].type)
        return found
    if type_.name.endswith("Payload"):
        shown = (get_named_type(each.type) for each in type_.fields.values())
        objects = (each for each in shown if isinstance(each, GraphQLObjectType))
        return next((each for each in objects if each.name != "UserError"), type_)
    return type_


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [str(value)]
