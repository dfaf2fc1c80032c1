"""Relay connections: pages of a list, with cursors and a count that is only made when asked for."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Generic, TypeVar

import strawberry
from strawberry.federation.schema_directives import Shareable

T = TypeVar("T")


@strawberry.type(description="How many rows a list has. Counting stops at 10,000.")
class Count:
    """A bounded count."""

    value: int = strawberry.field(description="Number of rows, 10,000 at most.")
    exact: bool = strawberry.field(
        description="Whether that is all of them; false when there are more than 10,000."
    )


# Every graph with connections has this type.
@strawberry.type(description="Where a page lies in its list.", directives=[Shareable()])
class PageInfo:
    """Where a page lies in its list."""

    has_next_page: bool = strawberry.field(description="Whether rows follow after this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows come before this page.")
    start_cursor: str | None = strawberry.field(
        description="Cursor of the first row, for `before`; null when the page is empty."
    )
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last row, for `after`; null when the page is empty."
    )


@strawberry.type(description="A row of a list and its place there.")
class Edge(Generic[T]):
    """A row of a list and its place there."""

    node: T = strawberry.field(description="The row.")
    cursor: str = strawberry.field(
        description="Place of the row in this ordering, for `after` and `before`."
    )


@strawberry.type(
    description="One page of a list. Ask for the next one with `after: pageInfo.endCursor`."
)
class Connection(Generic[T]):
    """One page of a list."""

    edges: list[Edge[T]] = strawberry.field(description="The rows with their cursors.")
    nodes: list[T] = strawberry.field(description="The rows alone.")
    page_info: PageInfo = strawberry.field(description="Whether there are more rows, and where.")
    total_count: Count | None = strawberry.field(
        description="Number of rows over all pages; counted only when selected."
    )


def connection(
    nodes: list[Any], cursors: list[str], page_info: PageInfo | None, count: Awaitable[Count] | None
) -> Connection[Any]:
    """A page of rows.

    Args:
        nodes: the rows.
        cursors: one a row, or empty when no cursor was selected.
        page_info: None when it was not selected.
        count: resolves to the count; None when it was not selected.
    """
    page = object.__new__(Connection)
    edges = [_edge(node, cursors[place] if cursors else "") for place, node in enumerate(nodes)]
    page.__dict__.update(edges=edges, nodes=nodes, page_info=page_info, total_count=count)
    return page


def _edge(node: Any, cursor: str) -> Edge[Any]:
    edge = object.__new__(Edge)
    edge.__dict__.update(node=node, cursor=cursor)
    return edge
