"""Forecasts are part of a paid tier; how good the models are, everybody may know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.context import RequestContext, Viewer
from resolvers.ids import encode_id
from resolvers.permissions import Tier
from resolvers.predictions.types import Prediction
from resolvers.reflection import entity_of
from stores.clickhouse.client import ClickHouse
from stores.errors import StoreUnavailable
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.graph import ask

CHAIN = 961_004
ETHER, LENDER, STRANGE = uuid4(), uuid4(), uuid4()
FIRST, SECOND, THIRD, OPEN, TVL = (uuid4() for _ in range(5))
NOON = datetime(2025, 5, 5, 12, tzinfo=UTC)
MODEL = f"model-{uuid4().hex[:8]}"
PAYING = Viewer(uuid4(), "user", tier=Tier.BASIC)

LIST = """query ($model: String!) { predictions(where: {modelName: {eq: $model}}) { nodes {
  predictionType targetId madeAt holdsFor horizonHours predictedValue actualValue confidence error
  errorPct modelVersion asset { symbol } protocol { name } chain { slug } } } }"""
ONE = "query ($id: ID!) { prediction(id: $id) { predictedValue } }"
ACCURACY = """query ($models: [String!], $types: [PredictionType!], $targets: [String!]) {
  predictionAccuracy(models: $models, types: $types, targetIds: $targets,
      from: "2025-05-01", to: "2025-06-01") {
    predictionType modelName modelVersion horizonHours forecasts openForecasts meanError
    meanAbsoluteError rootMeanSquareError meanAbsoluteErrorPct within10Pct } }"""


@pytest.fixture(scope="module", autouse=True)
async def forecasts(worker_stores: Stores) -> AsyncIterator[None]:
    """Three forecasts of a price with an outcome and one without; one of value locked."""
    postgres = worker_stores.postgres
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )
    await postgres.copy_rows("catalog.assets", ("id", "symbol", "name"), [(ETHER, "FETH", "Ether")])
    await postgres.copy_rows(
        "catalog.protocols",
        ("id", "slug", "name", "category"),
        [(LENDER, f"lender-{LENDER}", "Lender", "Lending")],
    )

    def row(
        id_: UUID, kind: str, target: object, value: int, actual: int | None, **more: Any
    ) -> tuple[Any, ...]:
        values = {"version": "1", "hours": 24, "day": 0, "chain": None, **more}
        holds_for = NOON + timedelta(days=values["day"])
        made_at = holds_for - timedelta(hours=values["hours"])
        return (
            *(made_at, id_, kind, str(target), values["chain"], Decimal(value), 0.5),
            *(values["hours"], None if actual is None else Decimal(actual), MODEL),
            *(values["version"], holds_for),
        )

    columns = (
        *("ts", "prediction_id", "prediction_type", "target_id", "chain_id", "predicted_value"),
        *("confidence_score", "prediction_horizon_hours", "actual_value", "model_name"),
        *("model_version", "prediction_for"),
    )
    await worker_stores.clickhouse.insert(
        "predictions", columns, [row(FIRST, "token_price", ETHER, 110, None)]
    )
    await worker_stores.clickhouse.insert(
        "predictions",
        columns,
        [
            row(FIRST, "token_price", ETHER, 110, 100),  # the outcome came later
            row(SECOND, "token_price", ETHER, 150, 200, day=1),
            row(THIRD, "token_price", ETHER, 7, 0, day=2),
            row(OPEN, "token_price", ETHER, 130, None, day=3),
            row(TVL, "protocol_tvl", LENDER, 1000, 1000, version="2", hours=1, chain=CHAIN),
        ],
    )
    yield
    for table, key in (("catalog.assets", ETHER), ("catalog.protocols", LENDER)):
        text = f"DELETE FROM {table} WHERE id = $1"
        await postgres.execute(Statement("tidy", text, ("id",), "exec"), key)


async def test_forecasts_come_with_what_came_of_them(stores: Stores) -> None:
    answer = await ask(stores, LIST, viewer=PAYING, model=MODEL)
    assert not answer.errors
    nodes = answer.data["predictions"]["nodes"]
    # Those for the latest instants first; the last two are for the same one.
    assert [Decimal(node["predictedValue"]) for node in nodes[:3]] == [130, 7, 150]
    assert [_known(node) for node in nodes[:3]] == [
        (None, None, None),
        (0, 7, None),
        (200, -50, -25),
    ]
    by_value = {Decimal(node["predictedValue"]): node for node in nodes}
    assert len(by_value) == 5
    price, tvl = by_value[Decimal(110)], by_value[Decimal(1000)]
    assert (price["asset"], price["protocol"], price["chain"]) == ({"symbol": "FETH"}, None, None)
    assert tvl["asset"] is None
    assert (tvl["protocol"], tvl["chain"]) == ({"name": "Lender"}, {"slug": f"chain-{CHAIN}"})
    assert (price["madeAt"], price["holdsFor"]) == ("2025-05-04T12:00:00Z", "2025-05-05T12:00:00Z")
    assert (price["horizonHours"], price["confidence"]) == (24, 0.5)
    assert Decimal(price["error"]) == Decimal(price["errorPct"]) == 10
    assert (price["predictionType"], price["targetId"]) == ("TOKEN_PRICE", str(ETHER))


def _known(node: dict[str, Any]) -> tuple[Decimal | None, ...]:
    values = (node["actualValue"], node["error"], node["errorPct"])
    return tuple(None if value is None else Decimal(value) for value in values)


async def test_one_forecast_is_found_by_its_id(stores: Stores) -> None:
    for key, found in ((SECOND, {"predictedValue": "150.000000000000000000"}), (STRANGE, None)):
        id_ = encode_id(entity_of(Prediction), key)
        answer = await ask(stores, ONE, viewer=PAYING, id=id_)
        assert not answer.errors
        assert answer.data == {"prediction": found}


@pytest.mark.parametrize(
    ("viewer", "code"),
    [(Viewer(), "UNAUTHENTICATED"), (Viewer(uuid4(), "user"), "FORBIDDEN")],
)
async def test_forecasts_are_for_those_who_pay(stores: Stores, viewer: Viewer, code: str) -> None:
    id_ = encode_id(entity_of(Prediction), FIRST)
    asked: list[tuple[str, dict[str, Any]]] = [(LIST, {"model": MODEL}), (ONE, {"id": id_})]
    for query, variables in asked:
        answer = await ask(stores, query, viewer=viewer, **variables)
        assert [code for _, code in answer.codes] == [code]
        assert answer.statements == []
    answer = await ask(stores, "query ($id: ID!) { node(id: $id) { id } }", viewer=viewer, id=id_)
    assert [code for _, code in answer.codes] == [code]


async def test_accuracy_is_by_model_version_and_horizon(stores: Stores) -> None:
    answer = await ask(stores, ACCURACY, models=[MODEL])
    assert not answer.errors
    tvl, price = answer.data["predictionAccuracy"]
    assert (tvl["predictionType"], tvl["modelVersion"], tvl["horizonHours"]) == (
        "PROTOCOL_TVL",
        "2",
        1,
    )
    assert (tvl["forecasts"], tvl["openForecasts"]) == (1, 0)
    assert Decimal(tvl["within10Pct"]) == 100
    assert Decimal(tvl["meanAbsoluteError"]) == tvl["rootMeanSquareError"] == 0
    assert (price["forecasts"], price["openForecasts"], price["horizonHours"]) == (3, 1, 24)
    # Off by 10 of 100, -50 of 200 and 7 of 0.
    assert Decimal(price["meanError"]) == -11
    assert Decimal(price["meanAbsoluteError"]) == Decimal("22.333333333333333333")
    assert price["rootMeanSquareError"] == pytest.approx(((100 + 2500 + 49) / 3) ** 0.5)
    assert Decimal(price["meanAbsoluteErrorPct"]) == Decimal("17.5")
    assert Decimal(price["within10Pct"]) == Decimal("33.333333")


async def test_accuracy_is_narrowed_by_type_and_target(stores: Stores) -> None:
    cases: list[tuple[dict[str, Any], list[int]]] = [
        ({"types": ["TOKEN_PRICE"]}, [3]),
        ({"targets": [str(LENDER)]}, [1]),
        ({"types": ["GAS_PRICE"]}, []),
        ({"types": ["TOKEN_PRICE"], "targets": [str(LENDER)]}, []),
    ]
    for variables, forecasts in cases:
        answer = await ask(stores, ACCURACY, models=[MODEL], **variables)
        assert not answer.errors
        assert [group["forecasts"] for group in answer.data["predictionAccuracy"]] == forecasts
    for span in (
        'from: "2025-05-02", to: "2025-05-01"',
        'to: "0001-01-01"',
        'from: "0001-01-01", to: "0002-01-01"',
    ):
        answer = await ask(stores, f"{{ predictionAccuracy({span}) {{ forecasts }} }}")
        assert answer.codes == [("predictionAccuracy", "BAD_USER_INPUT")]


async def test_a_span_without_outcomes_has_no_figures(stores: Stores) -> None:
    query = """query ($model: String!) { predictionAccuracy(models: [$model],
      from: "2025-05-08", to: "2025-05-09") { forecasts openForecasts meanError meanAbsoluteError
        rootMeanSquareError meanAbsoluteErrorPct within10Pct } }"""
    answer = await ask(stores, query, model=MODEL)
    assert answer.data["predictionAccuracy"] == [
        {
            "forecasts": 0,
            "openForecasts": 1,
            "meanError": None,
            "meanAbsoluteError": None,
            "rootMeanSquareError": None,
            "meanAbsoluteErrorPct": None,
            "within10Pct": None,
        }
    ]


async def test_without_their_store_forecasts_are_null(stores: Stores) -> None:
    nobody = ClickHouse("http://127.0.0.1:9/default")
    context = RequestContext(PAYING, replace(stores, clickhouse=nobody))
    answer = await ask(
        stores,
        "{ predictions { nodes { id } } predictionAccuracy { forecasts } }",
        context=context,
    )
    await nobody.close()
    assert answer.data == {"predictions": None, "predictionAccuracy": None}
    assert all(isinstance(error.original_error, StoreUnavailable) for error in answer.errors)
