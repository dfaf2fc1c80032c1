"""What a router of Apollo Federation is told of types and fields, from what they declare."""

from __future__ import annotations

from typing import Any, Final

from graphql import GraphQLSchema
from strawberry.federation.schema_directives import Inaccessible, Key, Tag
from strawberry.federation.types import FieldSet

from resolvers.permissions import Access, Tier

# Types that Federation brings along without a word.
_DESCRIPTIONS: Final = {
    "_Any": "A reference to a row: an object with `__typename` and the fields of one of its keys.",
    "_FieldSet": "Fields of a type, as a selection without braces.",
    "link__Import": "What is taken over from a linked specification.",
    "link__Purpose": "What a linked specification is for.",
    "link__Purpose.SECURITY": "It must be understood, or data may be shown to the wrong people.",
    "link__Purpose.EXECUTION": "It must be understood to execute operations.",
}


def describe(schema: GraphQLSchema) -> None:
    """Describe the types of Federation, so that a reader of the schema finds no blank."""
    for name, text in _DESCRIPTIONS.items():
        type_name, _, value = name.partition(".")
        type_: Any = schema.type_map.get(type_name)
        if type_ is not None:
            element = type_.values[value] if value else type_
            element.description = element.description or text


def keys(names: tuple[str, ...]) -> list[object]:
    """Directives of a type whose rows other subgraphs may refer to by each of these fields."""
    return [Key(fields=FieldSet(name)) for name in names]


def keys_of(cls: type[Any]) -> tuple[str, ...]:
    """Fields by which other subgraphs may refer to rows of a type; none for most types."""
    definition: Any = getattr(cls, "__strawberry_definition__", None)
    directives = getattr(definition, "directives", None) or ()
    return tuple(str(each.fields) for each in directives if isinstance(each, Key))


def marks(access: Access | None, tier: Tier) -> list[object]:
    """Directives of a field: operators ask only here; what is paid for has its tier's tag."""
    found: list[object] = []
    if access is Access.ADMIN:
        found.append(Inaccessible())
    if tier > Tier.FREE:
        found.append(Tag(name=tier.word))
    return found
