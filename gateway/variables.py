"""Coerces the variables of a prepared operation: what does not depend on their values, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    coerce_input_value,
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
class Variables:
    """The variables an operation declares.

    Attributes:
        operation: the operation.
        leaves: what was found out about them; None when there are lists or objects, about which
            graphql-core is asked each time.
    """

    operation: OperationDefinitionNode
    leaves: tuple[GraphQLVariableSignature, ...] | None

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
    found: list[GraphQLVariableSignature] = []
    for node in operation.variable_definitions or ():
        signature = get_variable_signature(schema, node)
        if isinstance(signature, GraphQLError) or not is_leaf_type(
            get_nullable_type(signature.type)
        ):
            return Variables(operation, None)
        found.append(signature)
    return Variables(operation, tuple(found))


def _coerce(
    signatures: tuple[GraphQLVariableSignature, ...], given: Mapping[str, Any]
) -> VariableValues | None:
    """The values; None when one does not fit, for graphql-core to say why."""
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    for signature in signatures:
        name, type_ = signature.name, signature.type
        if name not in given:
            if signature.default is not None or is_non_null_type(type_):
                return None
            sources[name] = VariableValueSource(signature)
            continue
        value = coerce_input_value(given[name], type_)
        if value is Undefined:
            return None
        sources[name] = VariableValueSource(signature, given[name])
        coerced[name] = value
    return VariableValues(sources, coerced)
