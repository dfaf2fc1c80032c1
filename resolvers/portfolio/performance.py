"""How portfolios did: figures over a span, and the measures recorded with each snapshot."""

from __future__ import annotations

import enum
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry

from resolvers.errors import BadInput
from resolvers.portfolio.measures import (
    DAYS_A_YEAR,
    annual_return,
    max_drawdown,
    period_return,
    sharpe_ratio,
    time_weighted_return,
    volatility,
    wealth,
)
from resolvers.scalars import exact
from resolvers.series import (
    Fill,
    FillArgument,
    From,
    IncludeOpen,
    Interval,
    IntervalArgument,
    Series,
    To,
    series,
    window,
)

if TYPE_CHECKING:
    from resolvers.context import RequestContext

_DEFAULT_DAYS: Final = 90
_MAX_DAYS: Final = 3_660
_DIGITS: Final = Decimal("0.000001")


@strawberry.enum(description="What is recorded of a portfolio with each snapshot.")
class PerformanceMeasure(enum.Enum):
    """What is recorded of a portfolio with each snapshot."""

    DAILY_PNL_USD = strawberry.enum_value(
        "daily_pnl_usd", description="Profit since the day before, US dollars."
    )
    DAILY_PNL_PCT = strawberry.enum_value(
        "daily_pnl_pct", description="Profit since the day before, percent."
    )
    TOTAL_PNL_USD = strawberry.enum_value(
        "total_pnl_usd", description="Profit since the first snapshot, US dollars."
    )
    TOTAL_PNL_PCT = strawberry.enum_value(
        "total_pnl_pct", description="Profit since the first snapshot, percent."
    )
    TOTAL_RETURN_PCT = strawberry.enum_value(
        "total_return", description="Return since the first snapshot, percent."
    )
    DAILY_RETURN_PCT = strawberry.enum_value(
        "daily_return", description="Return since the day before, percent."
    )
    SHARPE_RATIO = strawberry.enum_value(
        "sharpe_ratio", description="Sharpe ratio over the history known by then."
    )
    MAX_DRAWDOWN_PCT = strawberry.enum_value(
        "max_drawdown", description="Deepest fall from a peak by then, percent of the peak."
    )
    VOLATILITY_PCT = strawberry.enum_value(
        "volatility", description="Standard deviation of daily returns by then, percent."
    )


@strawberry.type(
    description="How a portfolio did over whole days, from the last snapshot of each. Returns "
    "leave out what was paid in or taken out, where snapshots say so."
)
class PortfolioPerformance:
    """How a portfolio did over a span of days."""

    from_date: date = strawberry.field(description="First day with a snapshot.")
    to_date: date = strawberry.field(description="Last day with a snapshot.")
    days: int = strawberry.field(description="Days with a snapshot.")
    start_value_usd: Decimal = strawberry.field(description="Worth on the first, US dollars.")
    end_value_usd: Decimal = strawberry.field(description="Worth on the last, US dollars.")
    return_pct: Decimal | None = strawberry.field(
        description="Return over the span, percent; null before there are two days."
    )
    annual_return_pct: Decimal | None = strawberry.field(
        description="The same return each year, compounded, percent; null for spans of less than "
        "30 days, which say little about a year."
    )
    volatility_pct: Decimal | None = strawberry.field(
        description="Standard deviation of daily returns, as of a year (times the root of 365), "
        "percent; null before there are two returns."
    )
    sharpe_ratio: Decimal | None = strawberry.field(
        description="Mean daily return over its standard deviation, as of a year, against a "
        "riskless rate of zero; null when nothing moved."
    )
    max_drawdown_pct: Decimal | None = strawberry.field(
        description="Deepest fall from a peak within the span, percent of the peak, not negative."
    )
    best_day_pct: Decimal | None = strawberry.field(description="Best daily return, percent.")
    worst_day_pct: Decimal | None = strawberry.field(description="Worst daily return, percent.")


@dataclass(frozen=True, slots=True)
class Day:
    """The last snapshot of a day; `daily_return` is a ratio, None when it was not recorded."""

    day: date
    value: Decimal
    daily_return: float | None


FromDay = Annotated[
    date | None,
    strawberry.argument(name="from", description="First day; 90 days before `to` when absent."),
]
ToDay = Annotated[
    date | None, strawberry.argument(description="Day after the last; tomorrow when absent.")
]
MeasureArgument = Annotated[
    PerformanceMeasure, strawberry.argument(description="What to show over time.")
]


async def performances(
    context: RequestContext, keys: list[UUID], *, from_: FromDay = None, to: ToDay = None
) -> Mapping[UUID, PortfolioPerformance]:
    """Figures over a span, one statement; portfolios without snapshots in it are missing."""
    start, end = _span(context.clock(), from_, to)
    values = {
        "keys": [str(key) for key in keys],
        "user_id": str(context.viewer.user_id),
        "start": start,
        "end": end,
    }
    rows: list[Any] = await context.clickhouse("portfolio.days", values, keys=len(keys))
    found: defaultdict[UUID, list[Day]] = defaultdict(list)
    for key, day, value, daily_return in rows:
        found[key].append(Day(day, value, daily_return))
    return {key: performance(days) for key, days in found.items()}


async def measure_history(
    context: RequestContext,
    keys: list[UUID],
    *,
    measure: MeasureArgument,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    fill: FillArgument = Fill.NONE,
    include_open: IncludeOpen = False,
) -> Mapping[UUID, Series]:
    """One measure over time, one statement."""
    return await measured(
        context,
        "portfolio.measures",
        keys,
        str(measure.value),
        window(
            context.clock(),
            from_=from_,
            to=to,
            interval=interval,
            fill=fill,
            include_open=include_open,
        ),
    )


async def measured(
    context: RequestContext, query: str, keys: list[UUID], measure: str, wanted: Any
) -> Mapping[UUID, Series]:
    """Series of a measure kept as a float, of portfolios that were read as the viewer's own."""
    values = {
        "keys": [str(key) for key in keys],
        "user_id": str(context.viewer.user_id),
        "measure": measure,
        "start": wanted.read_from,
        "end": wanted.end,
        "step_s": wanted.interval.value,
    }
    found: defaultdict[UUID, list[tuple[datetime, Decimal]]] = defaultdict(list)
    if wanted.start < wanted.end:
        for key, moment, value in await context.clickhouse(query, values, keys=len(keys)):
            number = exact(value)
            if number is not None:
                found[key].append((moment, number))  # type: ignore[index, arg-type]
    return {key: series(wanted, found[key]) for key in keys}


def performance(days: Sequence[Day]) -> PortfolioPerformance:
    """Figures over days in order, at least one.

    A return that was not recorded is that of the worth; it is unknown after a day worth nothing.
    """
    first, last = days[0], days[-1]
    returns = [_return(before, after) for before, after in pairwise(days)]
    known = [each for each in returns if each is not None]
    whole = time_weighted_return(known)
    spread = volatility(known)
    span = (last.day - first.day).days
    return PortfolioPerformance(
        from_date=first.day,
        to_date=last.day,
        days=len(days),
        start_value_usd=first.value,
        end_value_usd=last.value,
        return_pct=_percent(whole),
        annual_return_pct=_percent(annual_return(whole, span)),
        volatility_pct=None if spread is None else _percent(spread * math.sqrt(DAYS_A_YEAR)),
        sharpe_ratio=_decimal(sharpe_ratio(known)),
        max_drawdown_pct=_percent(max_drawdown(wealth(known))),
        best_day_pct=_percent(max(known)) if known else None,
        worst_day_pct=_percent(min(known)) if known else None,
    )


def _span(now: datetime, from_: date | None, to: date | None) -> tuple[date, date]:
    end = min(to or date.max, now.date() + timedelta(days=1))
    try:
        start = from_ or end - timedelta(days=_DEFAULT_DAYS)
    except OverflowError:
        raise BadInput("`to` is out of range.") from None
    if start >= end:
        raise BadInput("`from` is not before `to`.")
    if (end - start).days > _MAX_DAYS:
        raise BadInput(f"The span is longer than {_MAX_DAYS:,} days.", hint="Ask for less.")
    return start, end


def _return(before: Day, after: Day) -> float | None:
    if after.daily_return is not None and math.isfinite(after.daily_return):
        return after.daily_return
    return period_return(before.value, after.value)


def _percent(ratio: float | None) -> Decimal | None:
    return None if ratio is None else _decimal(ratio * 100)


def _decimal(value: float | None) -> Decimal | None:
    if value is None or not math.isfinite(value) or abs(value) >= 1e20:
        return None
    return Decimal(value).quantize(_DIGITS)
