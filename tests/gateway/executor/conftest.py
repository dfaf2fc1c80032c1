"""Ways to ask a graph on one path or on both, and to see which one it was."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from strawberry.schema.config import StrawberryConfig

from gateway.encoding import encode
from gateway.errors import present
from gateway.schema import EXECUTOR, GatewaySchema, make_schema
from resolvers.context import RequestContext, Viewer
from resolvers.scalars import SCALARS
from stores.lifecycle import Stores
from tests.resolvers import shop

Way = Literal["compiled", "exact", "plain"]


def over_shop(query: type = shop.Query, **options: Any) -> GatewaySchema:
    """A schema with the scalars of the shop."""
    return make_schema(query, config=StrawberryConfig(scalar_map=dict(SCALARS)), **options)


@dataclass(frozen=True)
class Answer:
    """What a question gave.

    Attributes:
        data: as plain JSON.
        errors: as the transport shows them.
        ways: operations by the way they went, and bugs.
        context: the question ran in.
    """

    data: Any
    errors: list[dict[str, Any]]
    ways: Counter[str]
    context: Any

    @property
    def codes(self) -> list[tuple[str, str]]:
        """Path and code of every error, sorted."""
        return sorted(
            (".".join(map(str, error.get("path", ()))), error["extensions"]["code"])
            for error in self.errors
        )

    @property
    def calls(self) -> dict[str, int]:
        """How often each statement was sent, the shop's name left out."""
        return {
            name.replace(f"{shop.SCHEMA}.", ""): count
            for (_, name), count in self.context.calls.items()
        }

    def texts(self, name: str) -> list[str]:
        """Statements of a name, as sent."""
        return [step.text for step in self.context.trace if step.name.endswith(name)]

    def keys(self, name: str) -> list[int]:
        """How many keys each statement of a name asked for."""
        return [step.keys for step in self.context.trace if step.name.endswith(name)]


@dataclass(slots=True)
class Asker:
    """Asks a schema; contexts are made by `context` unless one is given."""

    schema: GatewaySchema
    context: Callable[[Viewer], Any] = field(default=lambda viewer: None)

    async def __call__(
        self,
        query: str,
        *,
        path: str = "compiled",
        viewer: Viewer | None = None,
        context: Any = None,
        **variables: Any,
    ) -> Answer:
        scope = self.context(viewer or Viewer()) if context is None else context
        before = self.schema.engine.metrics.copy()
        result: Any = await self.schema.execute(
            query,
            variable_values=variables,
            context_value=scope,
            operation_extensions={EXECUTOR: path},
        )
        data = json.loads(encode({"data": result.data}))["data"]
        return Answer(
            data, present(result.errors or []), self.schema.engine.metrics - before, scope
        )

    async def both(self, query: str, *, way: Way = "compiled", **options: Any) -> Answer:
        """Ask on both paths: equal answers, and the compiled one came by the way expected."""
        compiled = await self(query, **options)
        plain = await self(query, path="plain", **options)
        assert compiled.ways == {way: 1}
        assert not plain.ways
        assert compiled.data == plain.data
        assert compiled.codes == plain.codes
        return compiled


@pytest.fixture(scope="session")
def shop_graph() -> GatewaySchema:
    """The shop behind the edge's schema class."""
    return over_shop()


@pytest.fixture
def ask(shop_graph: GatewaySchema, shop_stores: Stores) -> Asker:
    """Asks the shop; every context traces its statements."""
    return Asker(shop_graph, lambda viewer: RequestContext(viewer, shop_stores, trace=[]))
