"""How good models were, over the forecasts whose outcome is known."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final

import strawberry

from resolvers.errors import BadInput
from resolvers.predictions.types import PredictionType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolvers.context import RequestContext

DEFAULT_DAYS: Final = 90
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_VALUE: Final = Decimal("0.000000000000000001")
_PERCENT: Final = Decimal("0.000001")


@strawberry.type(
    description="How good one version of a model was at one horizon, over the forecasts whose "
    "outcome is known."
)
class PredictionAccuracy:
    """How good one version of a model was at one horizon."""

    prediction_type: PredictionType = strawberry.field(description="What it forecasts.")
    model_name: str = strawberry.field(description="The model.")
    model_version: str = strawberry.field(description="Its version.")
    horizon_hours: int = strawberry.field(description="How far ahead the forecasts looked, hours.")
    forecasts: int = strawberry.field(description="Forecasts with a known outcome.")
    open_forecasts: int = strawberry.field(
        description="Forecasts for the same span whose outcome is not known; they count nowhere "
        "else."
    )
    mean_error: Decimal | None = strawberry.field(
        description="Mean of forecast less outcome, in the unit of the type: above zero when the "
        "model tends to forecast too much. Null without outcomes."
    )
    mean_absolute_error: Decimal | None = strawberry.field(
        description="Mean distance from the outcome, in the unit of the type; null without "
        "outcomes."
    )
    root_mean_square_error: float | None = strawberry.field(
        description="Root of the mean squared distance, which weighs large misses more, in the "
        "unit of the type; null without outcomes."
    )
    mean_absolute_error_pct: Decimal | None = strawberry.field(
        description="Mean distance in percent of the outcome, over outcomes other than zero; null "
        "without any."
    )
    within_10_pct: Decimal | None = strawberry.field(
        name="within10Pct",
        description="Forecasts at most 10 percent of the outcome away from it, in percent of those "
        "with an outcome; null without any.",
    )


async def accuracies(
    context: RequestContext,
    *,
    types: Sequence[PredictionType] = (),
    models: Sequence[str] = (),
    targets: Sequence[str] = (),
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[PredictionAccuracy]:
    """Accuracy by type, model, version and horizon; one statement, at most a thousand groups.

    Args:
        context: of the request.
        types: of these types; all when empty.
        models: of these models; all when empty.
        targets: about these things; all when empty.
        start: forecasts for this instant or later; 90 days before the end when not given.
        end: forecasts for before this instant; now when not given.

    Raises:
        BadInput: the span is empty, or before 1970.
    """
    until = end or context.clock()
    if until < _EARLIEST + timedelta(days=DEFAULT_DAYS) or (start or until) < _EARLIEST:
        raise BadInput(f"There are no forecasts for before {_EARLIEST.date()}.")
    since = until - timedelta(days=DEFAULT_DAYS) if start is None else start
    if since >= until:
        raise BadInput("`from` is not before `to`.")
    rows: list[Any] = await context.clickhouse(
        "predictions.accuracy",
        {
            "start": since,
            "end": until,
            "types": [each.value for each in types],
            "models": list(models),
            "targets": list(targets),
        },
    )
    return [_accuracy(row) for row in rows]


def _accuracy(row: Any) -> PredictionAccuracy:
    (
        kind,
        model,
        version,
        horizon,
        known,
        still_open,
        off,
        distance,
        square,
        pct,
        comparable,
        near,
    ) = row
    with localcontext(prec=100):
        return PredictionAccuracy(
            prediction_type=PredictionType(kind),
            model_name=model,
            model_version=version,
            horizon_hours=horizon,
            forecasts=known,
            open_forecasts=still_open,
            mean_error=(off / known).quantize(_VALUE) if known else None,
            mean_absolute_error=(distance / known).quantize(_VALUE) if known else None,
            root_mean_square_error=math.sqrt(square / known) if known else None,
            mean_absolute_error_pct=(pct / comparable).quantize(_PERCENT) if comparable else None,
            within_10_pct=(Decimal(near) * 100 / known).quantize(_PERCENT) if known else None,
        )
