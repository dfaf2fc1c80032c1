"""Estimates an operation from its text, fragments expanded and equal fields merged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    value_from_ast,
)

from gateway.cost.figures import Cost
from gateway.cost.terms import Number, Term, times, total
from gateway.cost.weights import ASSUMED_SIZE, Size, Weight, weight_of

#: Selections looked at in one operation, fragments expanded; about 5 ms of work.
MOST_SELECTIONS: Final = 10_000
# A whole introspection is some thousand objects, written without a store.
_INTROSPECTION: Final = Term(Cost(result=100))

_Sets: TypeAlias = Sequence[SelectionSetNode]


class TooManySelections(Exception):
    """Fragments expand to more than anybody could want."""


class Estimator:
    """Estimates operations of one schema; what it finds out about fields is kept."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema: Final = schema
        self._weights: dict[tuple[str, str], Weight] = {}

    def estimate(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> Term:
        """The cost of a valid operation; whatever `@skip` and `@include` may leave out counts.

        Raises:
            TooManySelections: see MOST_SELECTIONS.
        """
        root = self.schema.get_root_type(operation.operation)
        assert root is not None  # validation has seen to it
        (term,) = _Estimate(self, fragments).inside(root, (operation.selection_set,), ASSUMED_SIZE)
        return term

    def weight(self, parent: GraphQLCompositeType, name: str, field: GraphQLField) -> Weight:
        """What a field weighs."""
        key = (parent.name, name)
        if (known := self._weights.get(key)) is None:
            owner = parent if isinstance(parent, GraphQLObjectType) else None
            mutation = parent is self.schema.mutation_type
            known = self._weights[key] = weight_of(owner, field, mutation=mutation)
        return known


class _Estimate:
    """One operation being estimated."""

    def __init__(
        self, estimator: Estimator, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self._estimator = estimator
        self._schema = estimator.schema
        self._fragments = fragments
        self._looked_at = 0
        # What the same selections cost of an object of the same type: types of an interface share
        # most of what is below them.
        self._known: dict[tuple[str, tuple[int, ...], Number], Term] = {}
        self._numbers: dict[tuple[int, int], Number] = {}

    def inside(self, type_: GraphQLCompositeType, sets: _Sets, length: Number) -> tuple[Term, ...]:
        """What is selected of one object: a term for each type that it may have.

        Args:
            type_: of the object.
            sets: what is selected.
            length: of lists in it that tell nothing of their own.
        """
        if is_abstract_type(type_):
            kinds = self._kinds(type_, sets)
            return tuple(self._object(kind, sets, length) for kind in kinds)
        return (self._object(type_, sets, length),)

    def _object(self, type_: GraphQLCompositeType, sets: _Sets, length: Number) -> Term:
        key = (type_.name, tuple(map(id, sets)), length)
        if (known := self._known.get(key)) is None:
            known = self._known[key] = self._selected(type_, sets, length)
        return known

    def _selected(self, type_: GraphQLCompositeType, sets: _Sets, length: Number) -> Term:
        fields: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for each in sets:
            for node in self._fields(type_, each, seen):
                fields.setdefault((node.alias or node.name).value, []).append(node)
        return total(self._field(type_, nodes, length) for nodes in fields.values())

    def _field(self, parent: GraphQLCompositeType, nodes: list[FieldNode], length: Number) -> Term:
        name = nodes[0].name.value
        if name.startswith("__"):
            return Term() if name == "__typename" else _INTROSPECTION
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        field = parent.fields[name]
        weight = self._estimator.weight(parent, name, field)
        own = Term(Cost(weight.once, weight.once_rows))
        named = get_named_type(field.type)
        if not is_composite_type(named):
            return own
        told = None if weight.size is None else self._number(weight.size, field, nodes[0])
        known = length if weight.inherits else ASSUMED_SIZE
        number = (known if told is None else told) if weight.is_list else 1
        rows = number if told is None else told
        sets = [node.selection_set for node in nodes if node.selection_set is not None]
        passed = ASSUMED_SIZE if weight.is_list or told is None else told
        inner = tuple(
            total((Term(Cost(result=weight.each)), each))
            for each in self.inside(named, sets, passed)
        )
        return total((own, times(rows, (Term(Cost(rows=weight.rows)),)), times(number, inner)))

    def _number(self, size: Size, field: GraphQLField, node: FieldNode) -> Number:
        key = (id(field), id(node))
        if (known := self._numbers.get(key)) is None:
            known = self._numbers[key] = _number(size, field, node)
        return known

    def _fields(
        self, type_: GraphQLCompositeType, node: SelectionSetNode, seen: set[str]
    ) -> Iterator[FieldNode]:
        """Fields selected of an object of a type; each fragment is entered once."""
        for selection in node.selections:
            self._looked_at += 1
            if self._looked_at > MOST_SELECTIONS:
                raise TooManySelections
            if isinstance(selection, FieldNode):
                yield selection
            elif (inner := self._entered(type_, selection, seen)) is not None:
                yield from self._fields(type_, inner, seen)

    def _entered(
        self, type_: GraphQLCompositeType, selection: SelectionNode, seen: set[str]
    ) -> SelectionSetNode | None:
        """What a fragment selects, if it is for such objects and was not entered before."""
        fragment: InlineFragmentNode | FragmentDefinitionNode | None
        if isinstance(selection, FragmentSpreadNode):
            name = selection.name.value
            fragment = None if name in seen else self._fragments.get(name)
            seen.add(name)
        else:
            assert isinstance(selection, InlineFragmentNode)
            fragment = selection
        if fragment is None or not self._is_for(fragment, type_):
            return None
        return fragment.selection_set

    def _is_for(
        self, fragment: InlineFragmentNode | FragmentDefinitionNode, type_: GraphQLCompositeType
    ) -> bool:
        if fragment.type_condition is None:
            return True
        condition = self._schema.get_type(fragment.type_condition.name.value)
        if condition is type_:
            return True
        return is_abstract_type(condition) and self._schema.is_sub_type(condition, type_)

    def _kinds(self, type_: GraphQLAbstractType, sets: _Sets) -> list[GraphQLCompositeType]:
        """Types an object may have, as far as the selections make a difference."""
        possible = self._schema.get_possible_types(type_)
        named = {name for each in sets for name in self._conditions(each, set())}
        told = [each for each in possible if each.name in named]
        others = [each for each in possible if each.name not in named]
        # An interface among the conditions may hold for any of the others.
        if any(is_abstract_type(self._schema.get_type(name)) for name in named):
            return [*told, *others]
        return [*told, *others[:1]]

    def _conditions(self, node: SelectionSetNode, seen: set[str]) -> Iterator[str]:
        for selection in node.selections:
            self._looked_at += 1
            if self._looked_at > MOST_SELECTIONS:
                raise TooManySelections
            fragment: InlineFragmentNode | FragmentDefinitionNode | None = None
            if isinstance(selection, InlineFragmentNode):
                fragment = selection
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in seen:
                seen.add(selection.name.value)
                fragment = self._fragments.get(selection.name.value)
            if fragment is not None:
                if fragment.type_condition is not None:
                    yield fragment.type_condition.name.value
                yield from self._conditions(fragment.selection_set, seen)


def _number(size: Size, field: GraphQLField, node: FieldNode) -> Number:
    """How many objects a selection gives: at once when no variable is involved."""
    given: dict[str, Any] = {}
    variables: dict[str, str] = {}
    nodes = {argument.name.value: argument.value for argument in node.arguments or ()}
    for name in size.arguments:
        if name not in field.args:
            continue
        default = field.args[name].default_value
        value: Any = default
        match nodes.get(name):
            case VariableNode(name=named):
                variables[name] = named.value
            case ListValueNode(values=values):
                value = values  # which ones they are makes no difference
            case ValueNode() as literal:
                value = value_from_ast(literal, field.args[name].type)
        if value is not Undefined:
            given[name] = value
    if not variables:
        return size.of(given)

    def number(values: Mapping[str, Any]) -> int:
        named = {name: values[of] for name, of in variables.items() if of in values}
        return size.of({**given, **named})

    return number
