"""Variables coerced from what was found out once are those that graphql-core coerces each time."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError, OperationDefinitionNode, get_variable_values, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.variables import variables_of
from tests.gateway.graph import make_graph

SCHEMA = make_graph().graphql_schema

TYPES = ["Int", "Int!", "Int = 3", "Int! = 4", "String", "String! = null", "Boolean!", "Float"]
OTHERS = ["ID!", "Token", 'Token! = "good"', "JSON", "[Int!]", '[String]! = ["a"]', "[[Int]]"]
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, 0, 7, 2**31, 2**80, 1.5, 1e400, True, "", "good", "bad", "7", [], [1], [None, "x"], {}]
)


def operation_of(types: list[str]) -> OperationDefinitionNode:
    declared = ", ".join(f"$v{number}: {type_}" for number, type_ in enumerate(types))
    (operation,) = parse(f"query ({declared}) {{ hello }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation


def told(found: Any) -> Any:
    """What can be compared of values or of errors."""
    if isinstance(found, list):
        errors: list[GraphQLError] = found
        return [(error.message, error.locations, type(error.original_error)) for error in errors]
    sources = {name: (source.value, source.signature.name) for name, source in found[0].items()}
    return sources, found.coerced


@given(
    st.lists(st.sampled_from(TYPES + OTHERS), min_size=1, max_size=4),
    st.dictionaries(st.sampled_from(["v0", "v1", "v2", "v3", "other"]), VALUES),
)
def test_same_values_or_the_same_errors(types: list[str], given_values: dict[str, Any]) -> None:
    operation = operation_of(types)
    expected = get_variable_values(
        SCHEMA, operation.variable_definitions or (), given_values, max_errors=50
    )
    found = variables_of(SCHEMA, operation).coerce(SCHEMA, given_values)
    assert told(found) == told(expected)


@pytest.mark.parametrize("type_", ["Int", "Token!", "JSON", "Boolean! = true"])
def test_leaves_are_coerced_without_looking_at_the_document_again(type_: str) -> None:
    variables = variables_of(SCHEMA, operation_of([type_]))
    assert variables.leaves is not None
    assert [leaf.name for leaf in variables.leaves] == ["v0"]
