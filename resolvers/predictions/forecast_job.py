"""Writes the baseline's forecasts: the body of a job, run over stores opened as worker.

Forecasts are made as of a full hour or day and their ids follow from what they are of, so a run
that happens twice writes the same rows. Series that stopped are not forecast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from resolvers.context import named_queries
from resolvers.predictions.baseline import MODEL, VERSION, Forecast, evenly, forecast

if TYPE_CHECKING:
    from stores.lifecycle import Stores

BATCH: Final = 200
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_FIRST: Final = UUID(int=0)
_IDS: Final = UUID("5e0d2c5b-57c4-4f0e-8f0c-0a6d3f0b8c21")
_GWEI: Final = Decimal("0.000000001")
_VALUE: Final = Decimal("0.000000000000000001")
_MOST: Final = 1e30
_GAS_COLUMNS: Final = (
    *("ts", "chain_id", "prediction_for", "model_version", "predicted_low", "predicted_medium"),
    *("predicted_high", "predicted_instant", "confidence_score"),
)
_COLUMNS: Final = (
    *("ts", "prediction_id", "prediction_type", "target_id", "predicted_value"),
    *("confidence_score", "prediction_horizon_hours", "model_name", "model_version"),
    "prediction_for",
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is forecast, from which series.

    Attributes:
        prediction_type: as `PredictionType` has it.
        targets: query for what has a fresh series, after an id.
        series: query for the series of some of them.
        step: length of a step of the series.
        season: steps after which it tends to repeat itself.
        known: how far the series is looked back.
        fresh: how old its newest value may be.
        horizons: steps that are forecast.
    """

    prediction_type: str
    targets: str
    series: str
    step: timedelta
    season: int
    known: timedelta
    fresh: timedelta
    horizons: tuple[int, ...]


PRICES: Final = Subject(
    prediction_type="token_price",
    targets="priced_assets",
    series="price_series",
    step=_HOUR,
    season=24,
    known=timedelta(days=21),
    fresh=3 * _HOUR,
    horizons=(1, 24),
)
TVL: Final = Subject(
    prediction_type="protocol_tvl",
    targets="measured_protocols",
    series="tvl_series",
    step=_DAY,
    season=7,
    known=timedelta(days=120),
    fresh=2 * _DAY,
    horizons=(1, 7),
)
_GAS_HORIZONS: Final = (1, 6, 24)


async def forecast_gas(stores: Stores, now: datetime) -> int:
    """Forecast the price of gas of every chain one, six and 24 hours ahead; how many forecasts.

    A price of an hour is the mean of its readings.

    Args:
        stores: opened as worker.
        now: aware; forecasts are made as of its full hour.
    """
    made_at = _floor(now, _HOUR)
    rows: list[Any] = await stores.clickhouse.fetch(
        named_queries("clickhouse")["predictions.gas_series"],
        {"start": made_at - PRICES.known, "end": made_at},
    )
    found: list[tuple[object, ...]] = []
    for chain, points in rows:
        values = evenly(points, made_at, _HOUR, _missing(PRICES))
        for ahead in _GAS_HORIZONS if values else ():
            # The first step ahead is the hour that began when the forecast is made.
            made = forecast(values or (), ahead + 1, PRICES.season)
            if made is not None and made.highest < _MOST:
                found.append(_gas_row(made_at, chain, ahead, made))
    await stores.clickhouse.insert("gas_predictions", _GAS_COLUMNS, found)
    return len(found)


async def forecast_subject(
    stores: Stores,
    subject: Subject,
    now: datetime,
    *,
    batch: int = BATCH,
    done: Callable[[int], None] = lambda _: None,
) -> int:
    """Forecast everything of a kind that has a fresh series; how many forecasts.

    Args:
        stores: opened as worker.
        subject: what is forecast.
        now: aware; forecasts are made as of its full hour or day.
        batch: series in one step.
        done: told how many forecasts a step wrote.

    Raises:
        StoreError: steps before the failing one stay written.
    """
    series = named_queries("clickhouse")
    made_at, after, total = _floor(now, subject.step), _FIRST, 0
    while True:
        targets: list[Any] = await stores.clickhouse.fetch(
            series[f"predictions.{subject.targets}"],
            {"after": str(after), "since": made_at - subject.fresh, "count": batch},
        )
        if not targets:
            return total
        rows: list[Any] = await stores.clickhouse.fetch(
            series[f"predictions.{subject.series}"],
            {
                "keys": [str(target) for (target,) in targets],
                "start": made_at - subject.known,
                "end": made_at,
            },
        )
        found = [each for key, points in rows for each in _rows(subject, made_at, key, points)]
        await stores.clickhouse.insert("predictions", _COLUMNS, found)
        done(len(found))
        after, total = targets[-1][0], total + len(found)


def _rows(
    subject: Subject, made_at: datetime, target: UUID, points: Sequence[tuple[datetime, float]]
) -> list[tuple[object, ...]]:
    values = evenly(points, made_at, subject.step, _missing(subject))
    if values is None:
        return []
    found: list[tuple[object, ...]] = []
    for ahead in subject.horizons:
        made = forecast(values, ahead, subject.season)
        if made is None or abs(made.value) >= _MOST:
            continue
        span = ahead * subject.step
        name = f"{subject.prediction_type}|{target}|{MODEL}|{VERSION}|{made_at}|{span}"
        found.append(
            (
                made_at,
                uuid5(_IDS, name),
                subject.prediction_type,
                str(target),
                _exact(made.value, _VALUE),
                made.confidence,
                span // _HOUR,
                MODEL,
                VERSION,
                made_at + span,
            )
        )
    return found


def _gas_row(made_at: datetime, chain: int, ahead: int, made: Forecast) -> tuple[object, ...]:
    prices = (made.low, made.value, made.high, made.highest)
    return (
        *(made_at, chain, made_at + ahead * _HOUR, f"{MODEL}-{VERSION}"),
        *(_exact(price, _GWEI) for price in prices),
        made.confidence,
    )


def _exact(value: float, step: Decimal) -> Decimal:
    """The value as its column keeps it; none of what is forecast can be below zero."""
    with localcontext(prec=60):
        return Decimal(repr(max(value, 0.0))).quantize(step)


def _missing(subject: Subject) -> int:
    """Steps that may lack a value: as many as the newest value may be old."""
    return subject.fresh // subject.step - 1


def _floor(now: datetime, step: timedelta) -> datetime:
    """The start of the hour or day (UTC)."""
    floored = now.replace(minute=0, second=0, microsecond=0)
    return floored if step < _DAY else floored.replace(hour=0)
