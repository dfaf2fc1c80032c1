"""Documents of hypothesis-graphql, a generator we did not write, and changes made to them.

Its documents are shallow, have neither duplicates nor variables, and its arguments know nothing of
the data, so each is changed as well: directives are put on fields, selections into fragments,
literals into variables, arguments that fit in place of others, and fields are asked once more.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any, Final

import hypothesis
from graphql import (
    REMOVE,
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    NameNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    is_required_argument,
    is_scalar_type,
    is_specified_scalar_type,
    parse,
    parse_type,
    parse_value,
    print_ast,
    specified_rules,
    validate,
    value_from_ast_untyped,
    visit,
)
from graphql.language.visitor import VisitorActionEnum
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis_graphql import from_schema

from tests.gateway.executor.oracle.generator import Generated
from tests.gateway.executor.oracle.inputs import Inputs, Pools, literal

_TEXTS: Final = {
    "BigInt": ("7", "-1", "99999999999999999999"),
    "Decimal": ("1.5", "0.25", "-3"),
    "DateTime": ("2024-05-01T00:00:00Z", "2024-05-01T00:03:00.000005Z"),
    "Date": ("2020-01-03", "2024-02-29"),
    "UUID": ("00000000-0000-0005-0000-000000000002",),
    "Address": (f"0x{7:040x}", f"0x{1:040x}"),
    "ChainId": ("eip155:1", "ethereum"),
}


def documents(schema: GraphQLSchema, text: str, seed: int, count: int) -> list[str]:
    """So many documents that follow from a seed.

    Args:
        schema: the graph.
        text: its definition.
        seed: for hypothesis.
        count: how many, fewer when there are no more.
    """
    scalars: dict[str, st.SearchStrategy[Any]] = {
        name: st.sampled_from([StringValueNode(value=each) for each in _TEXTS.get(name, ("a",))])
        for name, type_ in schema.type_map.items()
        if is_scalar_type(type_) and not is_specified_scalar_type(type_)
    }
    found: list[str] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(from_schema(text, custom_scalars=scalars))
    def collect(document: str) -> None:
        found.append(document)

    collect()
    return found


def changed(schema: GraphQLSchema, text: str, rng: random.Random, pools: Pools) -> Generated:
    """The document with a few changes, or as it is where they would make it invalid."""
    change = _Change(schema, rng, pools)
    made = visit(parse(text), TypeInfoVisitor(change.types, change))
    document = replace(made, definitions=(*made.definitions, *change.fragments))
    if validate(schema, document, specified_rules, max_errors=1):
        return Generated(text, ({},))
    return Generated(print_ast(document), (change.values,))


class _Change(Visitor):
    """Changes one document while walking through it, from the leaves upwards.

    Attributes:
        types: which type is where.
        fragments: those that were made.
        values: of the variables that were made.
    """

    def __init__(self, schema: GraphQLSchema, rng: random.Random, pools: Pools) -> None:
        super().__init__()
        self.types = TypeInfo(schema)
        self.fragments: list[FragmentDefinitionNode] = []
        self.values: dict[str, Any] = {}
        self._rng = rng
        self._inputs = Inputs(rng, pools)
        self._variables: list[VariableDefinitionNode] = []

    def leave_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> Node:
        """Declare what was made below."""
        definitions = (*(node.variable_definitions or ()), *self._variables)
        return replace(node, variable_definitions=definitions)

    def leave_argument(self, node: ArgumentNode, *_: Any) -> Node | VisitorActionEnum | None:
        """A literal becomes one that fits the data, or a variable, or goes: all are given."""
        type_, about = self.types.get_input_type(), self.types.get_argument()
        if type_ is None or about is None:
            return None
        if not is_required_argument(about) and self._rng.random() < 0.6:
            return REMOVE
        if self._rng.random() < 0.7:
            value = self._inputs.value(type_, node.name.value)
            node = replace(node, value=parse_value(literal(type_, value)))
        if self._rng.random() > 0.3:
            return node
        variable = self._variable(str(type_), value_from_ast_untyped(node.value))
        return replace(node, value=variable)

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> Node | None:
        """Duplicates, fragments and directives."""
        made: list[SelectionNode] = []
        for each in node.selections:
            made.append(self._maybe_skipped(each))
            if isinstance(each, FieldNode) and self._rng.random() < 0.2:
                made.append(self._part_of(each))
        parent = self.types.get_parent_type()
        if parent is not None and len(made) > 1 and self._rng.random() < 0.3:
            place = self._rng.randrange(1, len(made))
            made = [*made[:place], self._fragment(parent.name, tuple(made[place:]))]
        return replace(node, selections=tuple(made))

    def _part_of(self, field: FieldNode) -> FieldNode:
        """The same field with a part of its selections."""
        below = field.selection_set
        if below is None:
            return field
        count = self._rng.randrange(1, len(below.selections) + 1)
        chosen = tuple(self._rng.sample(list(below.selections), count))
        return replace(field, selection_set=replace(below, selections=chosen))

    def _fragment(self, on: str, selections: tuple[SelectionNode, ...]) -> SelectionNode:
        body = SelectionSetNode(selections=selections)
        condition = NamedTypeNode(name=NameNode(value=on))
        if self._rng.random() < 0.5:
            return InlineFragmentNode(type_condition=condition, selection_set=body)
        name = NameNode(value=f"F{len(self.fragments)}")
        self.fragments.append(
            FragmentDefinitionNode(name=name, type_condition=condition, selection_set=body)
        )
        return FragmentSpreadNode(name=name)

    def _maybe_skipped(self, each: SelectionNode) -> SelectionNode:
        if self._rng.random() > 0.1:
            return each
        flag = self._rng.random() < 0.5
        literal = self._rng.random() < 0.5
        value = BooleanValueNode(value=flag) if literal else self._variable("Boolean!", flag)
        name = NameNode(value=self._rng.choice(("skip", "include")))
        condition = ArgumentNode(name=NameNode(value="if"), value=value)
        directive = DirectiveNode(name=name, arguments=(condition,))
        return replace(each, directives=(*(each.directives or ()), directive))

    def _variable(self, type_: str, value: Any) -> VariableNode:
        name = f"v{len(self._variables)}"
        variable = VariableNode(name=NameNode(value=name))
        self._variables.append(VariableDefinitionNode(variable=variable, type=parse_type(type_)))
        self.values[name] = value
        return variable
