"""Which rows come with the read of the rows that lead to them, as a LEFT JOIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import get_named_type, is_leaf_type

from gateway.executor.classify import DEFINITION, classify
from gateway.executor.plan import How, PlannedField, Selection
from resolvers.permissions import Access, Tier
from resolvers.plan import One
from resolvers.reflection import target_of

if TYPE_CHECKING:
    from graphql import GraphQLObjectType, GraphQLSchema

    from resolvers.reflection import Entity


def is_joinable(parent: Selection, field: PlannedField) -> bool:
    """Whether the read of its parent can bring the row that a field leads to by its key.

    Sets the field's target.
    """
    declared = field.declaration
    assert isinstance(declared, One)
    assert field.strawberry is not None
    if not parent.rows or parent.prefix or not declared.joined:
        return False
    field.target = target_of(field.strawberry)
    held = parent.layout.joins.get(declared.local, field.target)
    return held is field.target and _beside(parent, declared, field.target)


def is_shown(schema: GraphQLSchema, type_: GraphQLObjectType, entity: Entity, name: str) -> bool:
    """Whether a field of an entity's type is nothing but a value of its row."""
    if name == "__typename":
        return True
    if name in entity.guards:
        return False
    definition = schema.get_field(type_, name)
    if definition is None or not is_leaf_type(get_named_type(definition.type)):
        return False
    how, _ = classify(definition.extensions.get(DEFINITION), entity, is_root=False)
    return how in (How.CHILD, How.GLOBAL_ID)


def _beside(parent: Selection, declared: One, target: Entity) -> bool:
    """Whether rows that anybody may read stand beside the parent's, found by their key."""
    return (
        parent.entity is not None
        and parent.entity.table.store == target.table.store == "postgres"
        and declared.remote in (None, target.table.key)
        and declared.access in (None, Access.PUBLIC)
        and target.table.access is Access.PUBLIC
        and max(declared.tier, target.table.tier) is Tier.FREE
    )
