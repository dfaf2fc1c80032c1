"""Ways to ask the shop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import strawberry

from resolvers.context import RequestContext, Viewer
from stores.lifecycle import Stores
from tests.resolvers import shop


@pytest.fixture(scope="session")
def schema() -> strawberry.Schema:
    """The shop's schema."""
    return shop.make_schema()


@dataclass(frozen=True)
class Answer:
    """What a query gave, and the context it ran in."""

    data: Any
    errors: list[Any]
    context: RequestContext

    @property
    def statements(self) -> list[tuple[str, str]]:
        """Store and name of every call, sorted, repeated as often as made."""
        return sorted(self.context.calls.elements())

    @property
    def codes(self) -> list[tuple[str, str]]:
        """Path and code of every error."""
        return [
            (".".join(map(str, error.path or ())), (error.extensions or {}).get("code", ""))
            for error in self.errors
        ]


Ask = Callable[..., Awaitable[Answer]]


@pytest.fixture
def ask(shop_stores: Stores, schema: strawberry.Schema) -> Ask:
    """Runs a query, as nobody or as a viewer, and traces its statements."""

    async def run(query: str, *, viewer: Viewer | None = None, **variables: Any) -> Answer:
        context = RequestContext(viewer or Viewer(), shop_stores, trace=[])
        result = await schema.execute(query, variable_values=variables, context_value=context)
        return Answer(result.data, result.errors or [], context)

    return run
