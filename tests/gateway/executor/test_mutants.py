"""The oracle sees deliberate bugs: each is planted in turn and must be found."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
import pytest_asyncio

from gateway.documents import Documents
from stores.urls import StoreUrls
from tests.conftest import NOTE
from tests.gateway.executor.oracle import nasty
from tests.gateway.executor.oracle.campaign import ask_all, own_cases
from tests.gateway.executor.oracle.compare import compare
from tests.gateway.executor.oracle.mutants import MUTANTS, Plant
from tests.gateway.executor.oracle.synthetic import LIMITS, Synthetic, synthetic
from tests.gateway.executor.oracle.tables import data_sets

# As many as one run of `test_oracle.py` asks of the synthetic graph by our own generator.
MOST = 600
SEED = "mutants"

pytestmark = pytest.mark.timeout(300)


@pytest_asyncio.fixture(scope="module")
async def graph(engine_urls: StoreUrls) -> AsyncIterator[Synthetic]:
    """The synthetic graph over all of its data sets."""
    async with data_sets(engine_urls) as sets:
        yield await synthetic(sets)


def without_plans(graph: Synthetic) -> Synthetic:
    """The same graph, as if nothing had been asked."""
    schema = nasty.build()
    return replace(graph, schema=schema, documents=Documents(schema.graphql_schema, LIMITS))


@pytest.mark.parametrize(
    "plant",
    [
        pytest.param(plant, id=plant.__name__, marks=pytest.mark.xdist_group(f"mutants-{n % 2}"))
        for n, plant in enumerate(MUTANTS)
    ],
)
async def test_mutant_is_found(
    graph: Synthetic,
    plant: Plant,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    with monkeypatch.context() as patch:
        plant(patch)
        tally = await ask_all(without_plans(graph), own_cases(graph, SEED, MOST))

    assert tally.differences, f"not found by {MOST} documents"
    seed = f"{SEED}/{tally.cases - 1}"
    # It was the mutant that was found.
    await compare(without_plans(graph), graph.case(seed))
    record_property(NOTE, f"oracle: mutant {plant.__name__} is found by seed {seed}")


def test_there_are_mutants_enough() -> None:
    assert len(MUTANTS) >= 25
