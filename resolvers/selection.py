"""Look-ahead: which fields a selection asks for, and so which columns a statement needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLResolveInfo,
    InlineFragmentNode,
    SelectionNode,
    VariableNode,
    is_abstract_type,
)
from graphql.type import GraphQLAbstractType, GraphQLObjectType

from resolvers.permissions import admits

if TYPE_CHECKING:
    from strawberry import Info

    from resolvers.context import RequestContext, Viewer
    from resolvers.reflection import Entity

Selection = dict[str, list[FieldNode]]


def selected(info: Info, nodes: Iterable[FieldNode], type_name: str | None) -> Selection:
    """Fields selected on an object below some field nodes, by field name (not alias).

    Args:
        info: of the field being resolved.
        nodes: the field whose selection is looked at; several when the document merges them.
        type_name: type of the object; None takes every fragment whatever its type.
    """
    raw = info._raw_info
    found: Selection = {}
    for node in nodes:
        if node.selection_set is not None:
            for item in _fields(raw, node.selection_set.selections, type_name):
                found.setdefault(item.name.value, []).append(item)
    return found


def selected_columns(
    info: Info, entity: Entity, path: tuple[str, ...] = (), also: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Columns that the selection below the current field needs.

    Args:
        info: of the field being resolved.
        entity: type of the rows.
        path: fields between the current one and the rows, such as `edges`, `node`.
        also: columns needed whatever is selected.
    """
    context: RequestContext = info.context
    nodes = info._raw_info.field_nodes
    # The same nodes are looked at once for every parent; they live as long as the operation.
    identity = ("columns", entity.cls, path, also, *map(id, nodes))
    return context.loaders.remember(identity, lambda: (nodes, _columns(info, entity, path, also)))[
        1
    ]


def _columns(
    info: Info, entity: Entity, path: tuple[str, ...], also: tuple[str, ...]
) -> tuple[str, ...]:
    nodes: list[FieldNode] = list(info._raw_info.field_nodes)
    for name in path:
        nodes = selected(info, nodes, None).get(name, [])
    viewer = info.context.viewer
    return needed(viewer, entity, selected(info, nodes, entity.name), also)


def needed(
    viewer: Viewer, entity: Entity, fields: Iterable[str], also: Iterable[str]
) -> tuple[str, ...]:
    """Columns that some fields of an entity need, each once; only for what the viewer may see."""
    columns = dict.fromkeys(also)
    for name in fields:
        guard = entity.guards.get(name)
        if guard is not None and not admits(viewer, *guard):
            continue
        needs = entity.needs.get(name, ())
        columns.update(
            dict.fromkeys((*entity.columns, entity.table.key) if needs is None else needs)
        )
    return tuple(columns)


def _fields(
    info: GraphQLResolveInfo[Any], selections: Iterable[SelectionNode], type_name: str | None
) -> Iterator[FieldNode]:
    for item in selections:
        if not _included(info, item):
            continue
        if isinstance(item, FieldNode):
            yield item
        elif isinstance(item, InlineFragmentNode):
            condition = item.type_condition
            if condition is None or _applies(info, condition.name.value, type_name):
                yield from _fields(info, item.selection_set.selections, type_name)
        elif isinstance(item, FragmentSpreadNode):
            fragment = info.fragments.get(item.name.value)
            # The definition stands behind one more attribute in newer releases of graphql-core.
            fragment = getattr(fragment, "definition", fragment)
            if fragment and _applies(info, fragment.type_condition.name.value, type_name):
                yield from _fields(info, fragment.selection_set.selections, type_name)


def _applies(info: GraphQLResolveInfo[Any], condition: str, type_name: str | None) -> bool:
    if type_name is None or condition == type_name:
        return True
    abstract, concrete = info.schema.get_type(condition), info.schema.get_type(type_name)
    return (
        is_abstract_type(abstract)
        and isinstance(concrete, GraphQLObjectType)
        and info.schema.is_sub_type(_abstract(abstract), concrete)
    )


def _abstract(type_: Any) -> GraphQLAbstractType:
    found: GraphQLAbstractType = type_
    return found


def _included(info: GraphQLResolveInfo[Any], node: SelectionNode) -> bool:
    """Whether `@skip` and `@include` let it stand; too much is harmless, too little is not."""
    values: Any = info.variable_values
    values = getattr(values, "coerced", values)
    for directive in node.directives or ():
        name = directive.name.value
        if name not in ("skip", "include"):
            continue
        for argument in directive.arguments or ():
            value: object = None
            if isinstance(argument.value, BooleanValueNode):
                value = argument.value.value
            elif isinstance(argument.value, VariableNode):
                value = values.get(argument.value.name.value)
            if (name == "skip" and value is True) or (name == "include" and value is False):
                return False
    return True
