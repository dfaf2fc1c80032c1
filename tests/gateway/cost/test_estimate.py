"""Estimates of real questions, added up by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse, validate

from gateway.cost.estimate import Estimator, TooManySelections
from gateway.cost.figures import Cost
from gateway.schema import build_schema
from resolvers.series import MAX_POINTS, Interval

SCHEMA: Final = build_schema().graphql_schema
ESTIMATOR: Final = Estimator(SCHEMA)


def cost(text: str, **variables: Any) -> tuple[int, int]:
    """Result cost and rows of a document's only operation, for coerced variables."""
    document = parse(text)
    assert not validate(SCHEMA, document)
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    (operation,) = (
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    )
    found = ESTIMATOR.estimate(operation, fragments).at(variables)
    assert isinstance(found, Cost)
    return found.result, found.rows


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Each object weighs one, what a page is made of and scalars nothing.
        ("{ chains(first: 5) { nodes { name slug } pageInfo { hasNextPage } } }", (5, 5)),
        ("{ chains(first: 5) { edges { cursor node { name } } } }", (5, 5)),
        ("{ chains { nodes { name } } }", (20, 20)),
        ("{ chains(last: 7) { nodes { name } } }", (7, 7)),
        ("{ chains(first: 3) { totalCount { value } } }", (0, 103)),
        # A list multiplies what is inside.
        ("{ chains(first: 5) { nodes { wallets(first: 3) { nodes { address } } } } }", (20, 20)),
        (
            "{ chains(first: 2) { nodes { wallets(first: 3) { nodes { chain { name } } } } } }",
            (2 + 6 + 6, 2 + 6 + 6),
        ),
        # Equal fields are merged, under another name they are another selection.
        ("{ chains(first: 5) { nodes { name } nodes { slug } } }", (5, 5)),
        ("{ a: chains(first: 5) { nodes { id } } b: chains(first: 5) { nodes { id } } }", (10, 10)),
        (
            "{ chains(first: 5) { ...F ...G } } fragment F on ChainConnection { nodes { id } }"
            " fragment G on ChainConnection { nodes { name } ...F }",
            (5, 5),
        ),
        # Of several types the dearest counts.
        (
            '{ node(id: "x") { id ... on Chain { name }'
            " ... on Wallet { chain { name wallets(first: 4) { nodes { id } } } } } }",
            (1 + 1 + 4, 1 + 1 + 4),
        ),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', (3, 3)),
        ("{ __typename }", (0, 0)),
    ],
)
def test_what_is_certain_is_added_up(text: str, expected: tuple[int, int]) -> None:
    assert cost(text) == expected


def test_variables_say_how_long_lists_are() -> None:
    text = """query ($n: Int, $m: Int = 2) { chains(first: $n) { nodes {
        wallets(first: $m) { nodes { address } } } } }"""
    assert cost(text, n=10, m=3) == (10 + 30, 10 + 30)
    assert cost(text, m=2) == (20 + 40, 20 + 40)
    assert cost(text, n=None, m=2) == (20 + 40, 20 + 40)


def test_ids_in_a_variable_are_counted() -> None:
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Wallet { chain { name } } } }"
    assert cost(text, ids=["x"] * 7) == (14, 14)


def test_a_series_costs_its_points() -> None:
    text = """query ($from: DateTime, $to: DateTime, $interval: Interval! = DAY) {
      asset(id: "x") { priceHistory(from: $from, to: $to, interval: $interval) {
        points { open } } } }"""
    span = {"from": datetime(2024, 1, 1, tzinfo=UTC), "to": datetime(2024, 1, 3, tzinfo=UTC)}
    days = cost(text, **span, interval=Interval.DAY)
    hours = cost(text, **span, interval=Interval.HOUR)
    assert hours[0] - days[0] == 48 - 2
    long = {**span, "to": datetime(2034, 1, 1, tzinfo=UTC)}
    assert cost(text, **long, interval=Interval.HOUR)[0] - days[0] == MAX_POINTS - 2


def test_a_mutation_weighs_more_than_it_shows() -> None:
    text = 'mutation { deletePortfolio(input: {id: "x"}) { userErrors { code } } }'
    result, _ = cost(text)
    assert result == 10 + 1 + 10


def test_interfaces_inside_interfaces_are_estimated_once() -> None:
    inner = "id"
    for _ in range(5):
        inner = f"... on Node {{ id }} ... on AlertRule {{ target {{ {inner} }} }}"
    assert cost(f'{{ node(id: "x") {{ {inner} }} }}') == (6, 1)


def test_fragments_that_multiply_are_added_up_all_the_same() -> None:
    spreads = " ".join(
        f"fragment F{n} on Chain {{ a{n}: wallets {{ nodes {{ chain {{ ...F{n + 1} }} }} }}"
        f" b{n}: wallets {{ nodes {{ chain {{ ...F{n + 1} }} }} }} }}"
        for n in range(20)
    )
    text = f"{{ chains {{ nodes {{ ...F0 }} }} }} {spreads} fragment F20 on Chain {{ id }}"
    assert cost(text)[0] > 20**20


def test_selections_without_end_are_given_up() -> None:
    text = f'{{ node(id: "x") {{ {"... on Node { id } " * 400} }} }}'
    with pytest.raises(TooManySelections):
        cost(text)
