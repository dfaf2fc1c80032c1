"""The oracle sees deliberate bugs: each is planted in turn and must be found."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from itertools import islice

import pytest
import pytest_asyncio

from gateway.documents import Documents
from stores.urls import StoreUrls
from tests.conftest import NOTE
from tests.gateway.executor.oracle import nasty
from tests.gateway.executor.oracle.campaign import ask_all, own_cases
from tests.gateway.executor.oracle.compare import FAILED, Case, compare
from tests.gateway.executor.oracle.mutants import MUTANTS, POINTED, Plant
from tests.gateway.executor.oracle.synthetic import LIMITS, Synthetic, synthetic
from tests.gateway.executor.oracle.tables import data_sets

# Fewer than one run of `test_oracle.py` asks of the synthetic graph by our own generator.
MOST = 300
SEED = "mutants"

pytestmark = [
    pytest.mark.timeout(300),
    # graphql-core leaves coroutines behind where a sibling has failed.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Coroutines of graphql-core go while their warnings are ignored, not in some later test."""
    yield
    gc.collect()


@pytest_asyncio.fixture(scope="module")
async def graph(engine_urls: StoreUrls) -> AsyncIterator[Synthetic]:
    """The synthetic graph over all of its data sets."""
    async with data_sets(engine_urls) as sets:
        yield await synthetic(sets)


def without_plans(graph: Synthetic) -> Synthetic:
    """The same graph, as if nothing had been asked."""
    schema = nasty.build()
    return replace(graph, schema=schema, documents=Documents(schema.graphql_schema, LIMITS))


def cases(graph: Synthetic, plant: Plant) -> Iterator[Case]:
    """What the mutant is asked: as `test_oracle.py` asks, or what would show a rare one soon."""
    about = POINTED.get(plant)
    if about is None:
        yield from own_cases(graph, SEED, MOST)
        return
    for number in range(MOST):
        yield graph.pointed(f"{SEED}/{number}", about.rows, about.faults, about.fields)


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
        tally = await ask_all(without_plans(graph), cases(graph, plant))

    assert tally.differences, f"not found by {MOST} documents"
    # A wrong answer, not one that could not be made because the mutant itself is wrong.
    assert FAILED not in tally.differences[0]
    seed = f"{SEED}/{tally.cases - 1}"
    # It was the mutant that was found.
    (found,) = islice(cases(graph, plant), tally.cases - 1, tally.cases)
    await compare(without_plans(graph), found)
    record_property(NOTE, f"oracle: mutant {plant.__name__} is found by seed {seed}")


def test_there_are_mutants_enough() -> None:
    assert len(MUTANTS) >= 25
