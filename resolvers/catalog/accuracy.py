"""How good the forecasts of gas prices were, by model and horizon."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Annotated, Any, Final

import strawberry

from resolvers.errors import BadInput

if TYPE_CHECKING:
    from resolvers.context import RequestContext

_DEFAULT_DAYS: Final = 30
_GWEI: Final = Decimal("0.000000001")
_PERCENT: Final = Decimal("0.000001")
To = Annotated[
    datetime | None, strawberry.argument(description="Last instant, exclusive; now when not given.")
]
From = Annotated[
    datetime | None,
    strawberry.argument(
        name="from",
        description=f"First instant, inclusive; {_DEFAULT_DAYS} days before `to` when absent.",
    ),
]


@strawberry.enum(description="How far ahead a forecast looks.")
class GasHorizon(enum.Enum):
    """How far ahead a forecast looks; the value is the longest, in seconds."""

    MIN_5 = strawberry.enum_value(300, description="Five minutes at most.")
    MIN_15 = strawberry.enum_value(900, description="More, up to a quarter of an hour.")
    HOUR = strawberry.enum_value(3600, description="More, up to one hour.")
    HOUR_4 = strawberry.enum_value(14_400, description="More, up to four hours.")
    DAY = strawberry.enum_value(86_400, description="More, up to one day.")
    LONGER = strawberry.enum_value(0, description="More than a day.")


@strawberry.type(
    description="How good the forecasts of one model were, over those whose outcome is known."
)
class GasAccuracy:
    """How good the forecasts of one model were at one horizon."""

    model_version: str = strawberry.field(description="Version of the model.")
    horizon: GasHorizon = strawberry.field(description="How far ahead the forecasts looked.")
    forecasts: int = strawberry.field(description="Forecasts with a known outcome.")
    mean_error_gwei: Decimal = strawberry.field(
        description="Mean of `errorGwei`, gwei: above zero when the model tends to forecast too "
        "much."
    )
    mean_absolute_error_gwei: Decimal = strawberry.field(
        description="Mean distance from the price that came, gwei."
    )
    mean_absolute_error_pct: Decimal | None = strawberry.field(
        description="Mean distance in percent of the price that came; null when gas was always "
        "free."
    )
    within_10_pct: Decimal = strawberry.field(
        name="within10Pct",
        description="Forecasts that were at most 10 percent of the price away from it, in percent "
        "of all.",
    )


async def gas_accuracy(
    context: RequestContext, keys: list[int], *, from_: From = None, to: To = None
) -> Mapping[int, list[GasAccuracy]]:
    """Accuracy of the forecasts for instants in a span, by model and horizon; one statement."""
    end = to or context.clock()
    try:
        start = end - timedelta(days=_DEFAULT_DAYS) if from_ is None else from_
    except OverflowError:
        raise BadInput("`to` is out of range.") from None
    if start >= end:
        raise BadInput("`from` is not before `to`.")
    values = {"keys": keys, "start": start, "end": end}
    rows: list[Any] = await context.clickhouse("trading.gas_accuracy", values, keys=len(keys))
    found: defaultdict[int, list[GasAccuracy]] = defaultdict(list)
    with localcontext(prec=100):
        for chain_id, model, horizon, count, off, distance, pct_sum, priced, near in rows:
            found[chain_id].append(
                GasAccuracy(
                    model_version=model,
                    horizon=GasHorizon(horizon),
                    forecasts=count,
                    mean_error_gwei=(off / count).quantize(_GWEI),
                    mean_absolute_error_gwei=(distance / count).quantize(_GWEI),
                    mean_absolute_error_pct=(pct_sum / priced).quantize(_PERCENT)
                    if priced
                    else None,
                    within_10_pct=(Decimal(near) * 100 / count).quantize(_PERCENT),
                )
            )
    return found
