"""The graph over the sample, which `tests/fixtures/sample.py` loads once."""

from __future__ import annotations

import pytest

from gateway.documents import Documents
from gateway.limits import Limits
from gateway.schema import GatewaySchema, build_schema
from stores.lifecycle import Stores
from tests.gateway.golden.recording import Graph
from tests.gateway.golden.rounds import in_rounds


@pytest.fixture(scope="session")
def schema() -> GatewaySchema:
    """The graph of every domain."""
    return build_schema()


@pytest.fixture(scope="session")
def graph(schema: GatewaySchema, sample: Stores) -> Graph:
    """Both, as the edge puts them together."""
    return Graph(schema, Documents(schema.graphql_schema, Limits()), in_rounds(sample))
