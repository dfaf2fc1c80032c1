"""Decides how a field gets its value, once a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from strawberry.types.field import StrawberryField

from gateway.executor.plan import How
from resolvers.fields import ComputedField, DeclaredField, GuardedColumn
from resolvers.plan import (
    EXEC,
    Batch,
    Column,
    Declaration,
    GlobalId,
    Many,
    One,
    Page,
    Root,
)

if TYPE_CHECKING:
    from graphql import GraphQLObjectType

    from resolvers.reflection import Entity

# Where graphql-core's types and fields hold the Strawberry definitions they were made from.
DEFINITION: Final = "strawberry-definition"


def origin_of(type_: GraphQLObjectType) -> Any:
    """The class a type was made from; of a generic type, the class with its parameters open."""
    definition = type_.extensions.get(DEFINITION)
    concrete = getattr(definition, "concrete_of", None)
    return getattr(concrete or definition, "origin", None)


def classify(
    field: StrawberryField | None, entity: Entity | None, is_root: bool
) -> tuple[How, Declaration | None]:
    """How a field is resolved.

    Args:
        field: as Strawberry knows it; None for fields of graphql-core's own.
        entity: the entity it belongs to, if its type is one.
        is_root: it belongs to the operation's root type.
    """
    if field is None or field.extensions or field.is_subscription:
        # The resolver of a subscription makes the stream; its field takes the event.
        return How.WRAPPED, None
    declared: Declaration | None = field.metadata.get(EXEC)
    if isinstance(field, DeclaredField):
        return _declared(declared, entity)
    if isinstance(field, GuardedColumn) and entity is not None:
        # Who may not see it never gets here: the planner asks first.
        return How.CHILD, declared
    if isinstance(declared, GlobalId) and entity is not None:
        return How.GLOBAL_ID, declared
    if field.is_basic_field and not is_root and field.default_resolver is getattr:
        return How.CHILD, declared if isinstance(declared, Column) else None
    return (How.DIRECT if _is_direct(field) else How.WRAPPED), declared


def _declared(
    declared: Declaration | None, entity: Entity | None
) -> tuple[How, Declaration | None]:
    match declared:
        case Page(remote=None):
            return How.PAGE, declared
        case Root():
            return How.ROOT, declared
        case One() if entity is not None:
            return How.ONE, declared
        case Many() if entity is not None:
            return How.MANY, declared
        case Page() if entity is not None:
            return How.PAGE, declared
        case Batch() if entity is not None:
            return How.BATCH, declared
        case _:
            return How.WRAPPED, declared


def _is_direct(field: StrawberryField) -> bool:
    """A function of its own object alone: nothing of Strawberry's wrappers would be used."""
    resolver = field.base_resolver
    if resolver is None or type(field) not in (ComputedField, StrawberryField):
        return False
    return (
        not resolver.arguments
        and resolver.info_parameter is None
        and resolver.root_parameter is None
        and resolver.parent_parameter is None
        and resolver.self_parameter is not None
    )
