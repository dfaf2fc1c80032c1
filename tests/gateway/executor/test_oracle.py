"""Both paths of execution give the same answers: a thousand documents with each run of the tests.

Half of them follow from a seed that never changes, half from one that is new each time and is shown
at the end of the run. `make fuzz` asks many more; `make fuzz ARGS="--only SEED"` one again.
"""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from stores.embedded import start
from stores.lifecycle import StoreOptions, Stores
from stores.urls import StoreUrls
from tests.conftest import NOTE
from tests.gateway.executor.oracle.campaign import Tally, ask_all, own_cases, their_cases
from tests.gateway.executor.oracle.compare import Case, compare
from tests.gateway.executor.oracle.real import Real, real
from tests.gateway.executor.oracle.records import SPOIL
from tests.gateway.executor.oracle.synthetic import Synthetic, synthetic
from tests.gateway.executor.oracle.tables import data_sets

FIXED = "fixed"
FRESH = os.environ.get("ORACLE_SEED") or secrets.token_hex(4)
SEEDS = {"fixed": FIXED, "fresh": FRESH}
# Documents for each seed; 1,000 in all.
OWN, THEIRS, REAL_OWN, REAL_THEIRS = 290, 60, 120, 30

pytestmark = [
    pytest.mark.timeout(300),
    # graphql-core leaves coroutines behind where a sibling has failed.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]
each_seed = pytest.mark.parametrize(
    "seed",
    [pytest.param(name, marks=pytest.mark.xdist_group(f"oracle-{name}")) for name in SEEDS],
)


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


@pytest_asyncio.fixture(scope="module")
async def real_graph(sample: Stores, sample_options: StoreOptions) -> AsyncIterator[Real]:
    """The real graph over the sample."""
    async with real(sample_options.urls, sample, sample_options.qdrant_prefix) as found:
        yield found


@each_seed
async def test_synthetic_graph_answers_the_same_on_both_paths(
    graph: Synthetic, seed: str, record_property: Callable[[str, object], None]
) -> None:
    tally = await ask_all(graph, own_cases(graph, SEEDS[seed], OWN))
    judge(tally, f"own generator, synthetic graph, seed {SEEDS[seed]}", record_property, 0.4)


@each_seed
async def test_synthetic_graph_answers_documents_of_others_the_same(
    graph: Synthetic, seed: str, record_property: Callable[[str, object], None]
) -> None:
    tally = await ask_all(graph, their_cases(graph, SEEDS[seed], THEIRS))
    judge(tally, f"hypothesis-graphql, synthetic graph, seed {SEEDS[seed]}", record_property, 0.1)


@pytest.mark.xdist_group("golden")
@pytest.mark.parametrize("seed", SEEDS)
async def test_real_graph_answers_the_same_on_both_paths(
    real_graph: Real, seed: str, record_property: Callable[[str, object], None]
) -> None:
    tally = await ask_all(real_graph, own_cases(real_graph, SEEDS[seed], REAL_OWN))
    judge(tally, f"own generator, real graph, seed {SEEDS[seed]}", record_property, 0.3)


@pytest.mark.xdist_group("golden")
@pytest.mark.parametrize("seed", SEEDS)
async def test_real_graph_answers_documents_of_others_the_same(
    real_graph: Real, seed: str, record_property: Callable[[str, object], None]
) -> None:
    tally = await ask_all(real_graph, their_cases(real_graph, SEEDS[seed], REAL_THEIRS))
    judge(tally, f"hypothesis-graphql, real graph, seed {SEEDS[seed]}", record_property, 0.0)


def judge(
    tally: Tally, name: str, record_property: Callable[[str, object], None], least: float
) -> None:
    """Nothing differs, and it was the compiled path that was asked."""
    if tally.differences:
        pytest.fail(f"{name}\n{tally.differences[0]}", pytrace=False)
    record_property(NOTE, f"oracle: {name}: {tally}")
    assert tally.share("plain") < 0.15
    # The rest had faults, or arguments that are refused.
    assert tally.share("compiled") >= least


async def test_paths_agree_while_an_engine_is_killed_and_started_again(
    engine_urls: StoreUrls, short_directory: Path
) -> None:
    """The paths also agree behind addresses nobody listens at; this one has answered before."""
    own = await asyncio.to_thread(start, short_directory, stores=["clickhouse"], durable=False)
    urls = replace(engine_urls, clickhouse=own.urls.clickhouse)
    fields = ("sales", "items", "lastSale", "nodes")
    try:
        async with data_sets(urls) as sets:
            graph = await synthetic(sets)
            cases = [graph.pointed(f"killed/{n}", "clean", (), fields) for n in range(12)]

            before = await ask_all(graph, cases)
            own["clickhouse"].kill()
            killed = await ask_all(graph, cases)
            await asyncio.to_thread(own["clickhouse"].start)
            after = await ask_all(graph, cases)
    finally:
        await asyncio.to_thread(own.stop)
    assert [*before.differences, *killed.differences, *after.differences] == []
    assert before.ways["exact"] == after.ways["exact"] < killed.ways["exact"]


@pytest.mark.xdist_group("oracle-fixed")
async def test_a_function_that_changes_its_arguments_leaves_the_next_request_alone(
    graph: Synthetic,
) -> None:
    query = f'{{ maker(slug: "m-1") {{ labels(wish: {{words: ["{SPOIL}"]}}) }} }}'
    setting = {"rows": "clean", "faults": [], "viewer": "nobody"}

    await compare(graph, Case(query, ({}, {}, {}), "hook", setting))


def test_there_are_a_thousand() -> None:
    assert len(SEEDS) * (OWN + THEIRS + REAL_OWN + REAL_THEIRS) == 1000
