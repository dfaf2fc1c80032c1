"""Coerces the variables of a prepared operation: what does not depend on their values, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

_MOST_ERRORS: Final = 50  # as graphql-core has it


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A variable of a scalar or an enum.

    Attributes:
        signature: as graphql-core has it.
        required: whether null does not fit.
        coerce: the type's own function; raises what is wrong with a value.
    """

    name: str
    signature: GraphQLVariableSignature
    required: bool
    coerce: Callable[[Any], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Variables:
    """The variables an operation declares.

    Attributes:
        operation: the operation.
        leaves: what was found out about them; None when there are lists or objects, about which
            graphql-core is asked each time.
    """

    operation: OperationDefinitionNode
    leaves: tuple[Leaf, ...] | None

    def coerce(
        self, schema: GraphQLSchema, given: Mapping[str, Any]
    ) -> VariableValues | list[GraphQLError]:
        """The values, or what is wrong with them, as `graphql.get_variable_values` has both."""
        if self.leaves is not None:
            values = _coerce(self.leaves, given)
            if values is not None:
                return values
        return get_variable_values(
            schema,
            self.operation.variable_definitions or (),
            dict(given),
            max_errors=_MOST_ERRORS,
        )


def variables_of(schema: GraphQLSchema, operation: OperationDefinitionNode) -> Variables:
    """What a validated operation declares."""
    found: list[Leaf] = []
    for node in operation.variable_definitions or ():
        signature = get_variable_signature(schema, node)
        if isinstance(signature, GraphQLError):
            return Variables(operation, None)
        type_ = get_nullable_type(signature.type)
        if not is_leaf_type(type_):
            return Variables(operation, None)
        required = is_non_null_type(signature.type)
        found.append(Leaf(signature.name, signature, required, type_.coerce_input_value))
    return Variables(operation, tuple(found))


def _coerce(leaves: tuple[Leaf, ...], given: Mapping[str, Any]) -> VariableValues | None:
    """The values; None when one does not fit, for graphql-core to say why."""
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    for leaf in leaves:
        name = leaf.name
        value = given.get(name, Undefined)
        if value is Undefined:
            if leaf.required or leaf.signature.default is not None:
                return None
        elif value is None:
            if leaf.required:
                return None
            coerced[name] = None
        else:
            try:
                fitting = leaf.coerce(value)
            except Exception:  # noqa: BLE001 - whatever a scalar raises about a value
                return None
            if fitting is Undefined:
                return None
            coerced[name] = fitting
        sources[name] = VariableValueSource(leaf.signature, value)
    return VariableValues(sources, coerced)
