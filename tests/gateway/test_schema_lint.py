"""What a schema owes its readers, on small schemas with one fault each."""

from __future__ import annotations

import pytest
from graphql import build_schema

from gateway.schema_lint import lint

GOOD = '''
"""Roots."""
type Query {
  """Things."""
  things(
    """How many."""
    first: Int
    """Where to go on."""
    after: String
  ): ThingConnection
  """Of old."""
  old: Int @deprecated(reason: "Use `things`.")
}
"""A page."""
type ThingConnection {
  """Rows."""
  edges: [ThingEdge!]!
  """Place."""
  pageInfo: PageInfo!
}
"""A row."""
type ThingEdge {
  """It."""
  node: Thing
  """Its place."""
  cursor: String!
}
"""A thing."""
type Thing {
  """Its kind."""
  kind: Kind
}
"""Kinds."""
enum Kind {
  """Red."""
  RED
}
"""Place of a page."""
type PageInfo {
  """After."""
  hasNextPage: Boolean!
  """Before."""
  hasPreviousPage: Boolean!
  """First."""
  startCursor: String
  """Last."""
  endCursor: String
}
'''


def test_a_schema_that_owes_nothing() -> None:
    assert lint(build_schema(GOOD)) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"""A thing."""\n', "", "Thing has no description"),
        ('  """Its kind."""\n', "", "Thing.kind has no description"),
        ('    """How many."""\n', "", "Query.things(first:) has no description"),
        ('  """Red."""\n', "", "Kind.RED has no description"),
        ("pageInfo: PageInfo!", "pageInfo: PageInfo", "ThingConnection has no pageInfo: PageInfo!"),
        ("edges: [ThingEdge!]!", "edges: ThingEdge", "ThingConnection has no list of edges"),
        ("node: Thing", "row: Thing", "ThingEdge has no node"),
        ("cursor: String!", "cursor: Int!", "ThingEdge has no cursor: String!"),
        ("startCursor: String", "start: String", "PageInfo has no startCursor: String"),
        ("after: String", "behind: String", "Query.things gives a connection without first"),
        ('reason: "Use `things`."', 'reason: " "', "Query.old is deprecated without a reason"),
        ('(reason: "Use `things`.")', "", "Query.old is deprecated without a reason"),
        ("  old: Int", "  old_one: Int", "Query.old_one is not in camelCase"),
        ("  RED", "  Red", "Kind.Red is not in capitals"),
        ("Kind", "Kind_s", "Kind_s is not in PascalCase"),
    ],
)
def test_each_fault_is_named(old: str, new: str, says: str) -> None:
    assert old in GOOD
    faults = lint(build_schema(GOOD.replace(old, new)))

    assert any(fault.startswith(says) for fault in faults), faults
