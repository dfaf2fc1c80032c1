"""Asks the whole graph over the real stores."""

from __future__ import annotations

import functools
from typing import Any

import strawberry

from gateway.schema import build_schema
from resolvers.context import RequestContext, Viewer
from stores.lifecycle import Stores
from tests.resolvers.conftest import Answer


@functools.cache
def graph() -> strawberry.Schema:
    """The schema of every domain."""
    return build_schema()


async def ask(
    stores: Stores,
    query: str,
    *,
    viewer: Viewer | None = None,
    context: RequestContext | None = None,
    **variables: Any,
) -> Answer:
    """Run a query, as nobody or as a viewer."""
    context = context or RequestContext(viewer or Viewer(), stores, trace=[])
    result = await graph().execute(query, variable_values=variables, context_value=context)
    return Answer(result.data, result.errors or [], context)


def kinds_of_calls(answer: Answer) -> list[str]:
    """Stores that were called, once for each call."""
    return [store for store, _ in answer.statements]
