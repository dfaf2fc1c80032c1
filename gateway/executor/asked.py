"""What the text of an operation says before it is planned: flags, and names of guarded fields."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    InlineFragmentNode,
    VariableNode,
)

from gateway.executor.classify import origin_of
from resolvers.reflection import entity_of, is_entity

if TYPE_CHECKING:
    from graphql import GraphQLSchema, SelectionNode, SelectionSetNode
    from graphql.execution import Executor

    from resolvers.reflection import Entity


class Unplannable(Exception):
    """The operation uses what only graphql-core does; the text says what."""


def flags(executor: Executor[Any]) -> tuple[str, ...]:
    """Variables of `@skip` and `@include`, on which the plan depends.

    Raises:
        Unplannable: other directives, or fragments with variables.
    """
    found: dict[str, None] = {}
    operation = executor.operation
    if operation.directives:
        raise Unplannable("a directive on the operation")
    if any(each.variable_signatures for each in executor.fragments.values()):
        raise Unplannable("variables of a fragment")
    sets: list[SelectionSetNode] = [operation.selection_set]
    sets += [each.selection_set for each in executor.fragment_definitions.values()]
    for node in (item for each in sets for item in _below(each)):
        for directive in node.directives or ():
            if directive.name.value not in ("skip", "include"):
                raise Unplannable(f"the directive @{directive.name.value}")
            for argument in directive.arguments or ():
                if isinstance(argument.value, VariableNode):
                    found[argument.value.name.value] = None
    return tuple(found)


def _below(selections: SelectionSetNode) -> Iterator[SelectionNode]:
    waiting = list(selections.selections)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
            waiting.extend(node.selection_set.selections)
        elif not isinstance(node, FieldNode | InlineFragmentNode | FragmentSpreadNode):
            raise Unplannable("an unknown kind of selection")


def is_guarded(executor: Executor[Any]) -> bool:
    """Whether an operation may name a field of rows that not every reader of the type may see."""
    names = _guarded_names(executor.schema)
    if not names:
        return False
    sets: list[SelectionSetNode] = [executor.operation.selection_set]
    sets += [each.selection_set for each in executor.fragment_definitions.values()]
    nodes = (node for each in sets for node in _below(each))
    return any(isinstance(node, FieldNode) and node.name.value in names for node in nodes)


@functools.lru_cache(maxsize=8)
def _guarded_names(schema: GraphQLSchema) -> frozenset[str]:
    types = (each for each in schema.type_map.values() if isinstance(each, GraphQLObjectType))
    found = (entity_behind(type_) for type_ in types if not type_.name.startswith("__"))
    return frozenset(name for entity in found if entity is not None for name in entity.guards)


def entity_behind(type_: GraphQLObjectType) -> Entity | None:
    """The entity that a type of the schema shows; None for a type that is none."""
    cls = origin_of(type_)
    return entity_of(cls) if is_entity(cls) else None
