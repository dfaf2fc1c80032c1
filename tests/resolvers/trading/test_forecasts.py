"""Forecasts of gas beside what came, and how good their models are."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from stores.lifecycle import Stores
from tests.resolvers.graph import ask, kinds_of_calls
from tests.resolvers.trading.conftest import AWAY, DAY, HOME, QUIET, at_noon

NOON = DAY + timedelta(hours=12)
MODEL, OTHER_MODEL = "t-model-1", "t-model-2"


def forecast(
    ahead_s: int, medium: str, actual: str | None, *, model: str = MODEL, chain: int = HOME
) -> tuple[Any, ...]:
    """A forecast for noon."""
    made = NOON - timedelta(seconds=ahead_s)
    price = Decimal(medium)
    came = None if actual is None else Decimal(actual)
    return (made, chain, NOON, model, price / 2, price, price * 2, price * 3, came, 0.75)


@pytest.fixture(scope="module", autouse=True)
async def forecasts(worker_stores: Stores) -> None:
    """Two models on one chain, one forecast without outcome."""
    columns = (
        *("ts", "chain_id", "prediction_for", "model_version", "predicted_low"),
        *("predicted_medium", "predicted_high", "predicted_instant", "actual_gas_price"),
        "confidence_score",
    )
    first = forecast(300, "22", None)
    rows = [
        forecast(300, "22", "20"),
        forecast(200, "19", "20"),
        forecast(3600, "30", "20"),
        forecast(7200, "10", "0"),
        forecast(90_000, "25", "20", model=OTHER_MODEL),
        (*first[:2], NOON + timedelta(days=1), *first[3:]),
    ]
    await worker_stores.clickhouse.insert("gas_predictions", columns, [first])
    # The same forecast once more, now with its outcome: it replaces the row above.
    await worker_stores.clickhouse.insert("gas_predictions", columns, rows)


ALL = """query ($chain: ChainId!) { gas(chain: $chain) { forecasts(first: 10) {
  totalCount { value } nodes {
    madeAt holdsFor modelVersion lowGwei mediumGwei highGwei instantGwei actualGwei confidence
    horizonS errorGwei errorPct chain { slug } } } } }"""


async def test_a_forecast_stands_beside_what_came(stores: Stores) -> None:
    answer = await ask(stores, ALL, chain=str(HOME))

    assert not answer.errors
    found = answer.data["gas"]["forecasts"]
    assert found["totalCount"] == {"value": 6}
    unknown, *known = found["nodes"]
    assert (unknown["actualGwei"], unknown["errorGwei"], unknown["errorPct"]) == (None, None, None)
    # The latest instant first, then the forecast made last.
    assert [node["horizonS"] for node in known] == [200, 300, 3600, 7200, 90_000]
    assert known[1] == {
        "madeAt": "2025-05-05T11:55:00Z",
        "holdsFor": "2025-05-05T12:00:00Z",
        "modelVersion": MODEL,
        "lowGwei": "11.000000000",
        "mediumGwei": "22.000000000",
        "highGwei": "44.000000000",
        "instantGwei": "66.000000000",
        "actualGwei": "20.000000000",
        "confidence": 0.75,
        "horizonS": 300,
        "errorGwei": "2.000000000",
        "errorPct": "10.000000",
        "chain": {"slug": f"home-{HOME}"},
    }
    errors = [(node["errorGwei"], node["errorPct"]) for node in known]
    assert errors[0] == ("-1.000000000", "-5.000000")
    # Gas was free: there is a distance, but no share of nothing.
    assert errors[3] == ("10.000000000", None)


async def test_forecasts_are_filtered_and_ordered(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($model: String!) { gasForecasts(first: 2,
             where: {modelVersion: {eq: $model}, actualGwei: {isNull: false}},
             orderBy: [{field: MEDIUM_GWEI, direction: DESC}]) { nodes { mediumGwei } } }""",
        model=MODEL,
    )

    assert not answer.errors
    prices = [node["mediumGwei"] for node in answer.data["gasForecasts"]["nodes"]]
    assert prices == ["30.000000000", "22.000000000"]


ACCURACY = """query ($chain: ChainId!, $start: DateTime, $end: DateTime) { gas(chain: $chain) {
  accuracy(from: $start, to: $end) { modelVersion horizon forecasts meanErrorGwei
    meanAbsoluteErrorGwei meanAbsoluteErrorPct within10Pct } } }"""


async def test_models_are_judged_by_what_came_of_their_forecasts(stores: Stores) -> None:
    answer = await ask(stores, ACCURACY, context=at_noon(stores), chain=str(HOME))

    assert not answer.errors
    assert [tuple(row.values()) for row in answer.data["gas"]["accuracy"]] == [
        # Off by 2 and by -1 of 20: mean 0.5, distance 1.5, which is 7.5 percent; both within ten.
        (MODEL, "MIN_5", 2, "0.500000000", "1.500000000", "7.500000", "100.000000"),
        (MODEL, "HOUR", 1, "10.000000000", "10.000000000", "50.000000", "0.000000"),
        (MODEL, "HOUR_4", 1, "10.000000000", "10.000000000", None, "0.000000"),
        (OTHER_MODEL, "LONGER", 1, "5.000000000", "5.000000000", "25.000000", "0.000000"),
    ]


async def test_a_span_without_outcomes_judges_nobody(stores: Stores) -> None:
    answer = await ask(
        stores, ACCURACY, chain=str(HOME), start=NOON.isoformat(), end=NOON.isoformat()
    )
    before = await ask(
        stores,
        ACCURACY,
        chain=str(HOME),
        start=(NOON - timedelta(days=1)).isoformat(),
        end=NOON.isoformat(),
    )

    first_day = await ask(stores, ACCURACY, chain=str(HOME), end="0001-01-01")

    assert answer.codes == first_day.codes == [("gas.accuracy", "BAD_USER_INPUT")]
    assert before.data == {"gas": {"accuracy": []}}


async def test_statements_do_not_grow_with_chains(stores: Stores) -> None:
    query = """query ($slugs: [String!]!) { chains(where: {slug: {in: $slugs}}) { nodes { gas {
      forecasts(first: 1) { nodes { mediumGwei } } accuracy { forecasts } } } } }"""
    slugs = [f"home-{HOME}", f"away-{AWAY}", f"quiet{QUIET}"]

    answers = [await ask(stores, query, slugs=slugs[:count]) for count in (1, 2, 3)]

    assert [answer.errors for answer in answers] == [[], [], []]
    assert [len(answer.data["chains"]["nodes"]) for answer in answers] == [1, 2, 3]
    for answer in answers:
        assert kinds_of_calls(answer) == ["clickhouse", "clickhouse", "postgres"]
