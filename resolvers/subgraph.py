"""What a router of Apollo Federation is told of types and fields, from what they declare."""

from __future__ import annotations

from typing import Any

from strawberry.federation.schema_directives import Inaccessible, Key, Tag
from strawberry.federation.types import FieldSet

from resolvers.permissions import Access, Tier


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
