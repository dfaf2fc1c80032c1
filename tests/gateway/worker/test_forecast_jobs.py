"""Forecasts are made of what goes on, and what came of any forecast is written when it is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from stores.lifecycle import Stores
from tests.gateway.worker.test_figure_jobs import series
from tests.gateway.worker.test_jobs import perform

pytestmark = pytest.mark.xdist_group("figures")
CHAIN = 962_102
ASSET, QUIET, PROTOCOL, MADE = (UUID(int=0x96_6000 + number) for number in range(4))
NOW = datetime.now(UTC)
HOUR = NOW.replace(minute=0, second=0, microsecond=0)
DAY = HOUR.replace(hour=0)


@pytest.fixture(scope="module")
async def histories(figure_stores: Stores) -> Stores:
    """Gas of 20 gwei, a price of 100 USD and 1,000 USD locked, for days; one price that stopped."""
    hours = [HOUR - timedelta(hours=number) for number in range(1, 73)]
    insert = figure_stores.clickhouse.insert
    await insert(
        "gas_prices",
        ("ts", "chain_id", "source", "price_gwei"),
        [(at, CHAIN, "t", Decimal(20)) for at in hours],
    )
    await insert(
        "market_data",
        ("ts", "asset_id", "source", "price"),
        [
            *((at, ASSET, "t", Decimal(100)) for at in hours),
            *((at - timedelta(days=1), QUIET, "t", Decimal(1)) for at in hours),
        ],
    )
    await insert(
        "protocol_metrics",
        ("ts", "protocol_id", "chain_id", "metric_type", "value", "source"),
        [
            (DAY - timedelta(days=number, hours=-6), PROTOCOL, chain, "tvl", Decimal(500), "t")
            for number in range(1, 21)
            for chain in (CHAIN, CHAIN + 1)
        ],
    )
    return figure_stores


async def test_fresh_series_are_forecast_once(histories: Stores) -> None:
    for _ in range(2):
        await perform(histories, "forecast_hours")
        await perform(histories, "forecast_days")
    gas = await series(
        histories,
        "SELECT dateDiff('hour', ts, prediction_for) AS h, predicted_low, predicted_medium,"
        " predicted_instant, confidence_score, actual_gas_price FROM gas_predictions FINAL"
        " WHERE chain_id = {chain:Int64} AND model_version = 'baseline-1' ORDER BY h",
        chain=CHAIN,
    )
    assert gas == [(hours, 20, 20, 20, 1.0, None) for hours in (1, 6, 24)]
    text = (
        "SELECT prediction_horizon_hours AS h, prediction_for, predicted_value, confidence_score"
        " FROM forecasts WHERE target_id = {id:String} AND model_name = 'baseline' ORDER BY h"
    )
    assert await series(histories, text, id=str(ASSET)) == [
        (hours, HOUR + timedelta(hours=hours), 100, 1.0) for hours in (1, 24)
    ]
    assert await series(histories, text, id=str(PROTOCOL)) == [
        (24 * days, DAY + timedelta(days=days), 1_000, 1.0) for days in (1, 7)
    ]
    assert await series(histories, text, id=str(QUIET)) == []


async def test_outcomes_fill_in_and_open_ones_stay(histories: Stores) -> None:
    columns = (
        *("ts", "prediction_id", "prediction_type", "target_id", "chain_id", "predicted_value"),
        *("prediction_horizon_hours", "model_name", "model_version", "prediction_for"),
    )

    def row(
        number: int, kind: str, target: UUID, chain: int | None, until: datetime
    ) -> tuple[object, ...]:
        made = UUID(int=MADE.int + number)
        value = Decimal(110 if kind == "token_price" else 900)
        return (
            until - timedelta(hours=5),
            made,
            kind,
            str(target),
            chain,
            value,
            5,
            "theirs",
            "9",
            until,
        )

    await histories.clickhouse.insert(
        "predictions",
        columns,
        [
            row(0, "token_price", ASSET, None, HOUR),
            row(1, "token_price", ASSET, None, HOUR + timedelta(hours=1)),
            row(2, "token_price", ASSET, None, HOUR - timedelta(days=8)),
            row(3, "token_price", QUIET, None, HOUR - timedelta(hours=2)),
            row(4, "protocol_tvl", PROTOCOL, None, DAY),
            row(5, "protocol_tvl", PROTOCOL, CHAIN, DAY - timedelta(days=1)),
        ],
    )
    gas = (*("ts", "chain_id", "prediction_for", "model_version", "predicted_low"),
           *("predicted_medium", "predicted_high", "predicted_instant"))  # fmt: skip
    await histories.clickhouse.insert(
        "gas_predictions",
        gas,
        [
            (
                HOUR - timedelta(hours=9),
                CHAIN,
                HOUR - ago,
                "theirs",
                *map(Decimal, (15, 17, 25, 30)),
            )
            for ago in (timedelta(hours=1), timedelta(minutes=-1), timedelta(days=6))
        ],
    )
    for _ in range(2):
        await perform(histories, "fill_outcomes")
    found = await series(
        histories,
        "SELECT prediction_id, actual_value, prediction_error FROM predictions FINAL"
        " WHERE model_name = 'theirs' ORDER BY toString(prediction_id)",
    )
    assert [row[1:] for row in found] == [
        *((100, 10), (None, None), (None, None), (None, None), (1_000, -100), (500, 400))
    ]
    assert await series(
        histories,
        "SELECT actual_gas_price, prediction_error FROM gas_predictions FINAL"
        " WHERE chain_id = {chain:Int64} AND model_version = 'theirs' ORDER BY prediction_for",
        chain=CHAIN,
    ) == [(None, None), (20, -3), (None, None)]
