"""Values over time: intervals, gaps, points and changes.

A bucket is named by its start, `from` is inclusive, `to` exclusive, the newest stands last. All
intervals count from Monday 1970-01-05 UTC, so weeks begin on Mondays and days at midnight; a named
query buckets the same way with `toStartOfInterval(toDateTime(ts, 'UTC'),
toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC'))`.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, cast

import strawberry

from resolvers.errors import BadInput

if TYPE_CHECKING:
    from resolvers.context import RequestContext
    from stores.queries import Statement

MAX_POINTS: Final = 2000
_DEFAULT_POINTS: Final = 100
# How far before the window a value is looked for that PREVIOUS can carry into it.
_LOOKBACK: Final = 30
_ORIGIN: Final = datetime(1970, 1, 5, tzinfo=UTC)
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_PERCENT: Final = Decimal("0.000001")

V = TypeVar("V")


@strawberry.enum(description="Length of a bucket of a series.")
class Interval(enum.Enum):
    """Length of a bucket; the value is in seconds."""

    MIN_5 = strawberry.enum_value(300, description="Five minutes.")
    MIN_15 = strawberry.enum_value(900, description="A quarter of an hour.")
    HOUR = strawberry.enum_value(3600, description="One hour.")
    HOUR_4 = strawberry.enum_value(14_400, description="Four hours.")
    DAY = strawberry.enum_value(86_400, description="One day, midnight to midnight in UTC.")
    WEEK = strawberry.enum_value(604_800, description="One week from Monday, in UTC.")

    @property
    def step(self) -> timedelta:
        """Length of a bucket."""
        return timedelta(seconds=cast("int", self.value))


@strawberry.enum(description="What stands in buckets without a measurement.")
class Fill(enum.Enum):
    """What stands in buckets without a measurement."""

    NONE = strawberry.enum_value("NONE", description="Nothing: the bucket is left out.")
    ZERO = strawberry.enum_value("ZERO", description="Zero, for what counts events.")
    PREVIOUS = strawberry.enum_value(
        "PREVIOUS",
        description="The value before it, for what stays as it is; null where none is known.",
    )


@strawberry.enum(description="Span over which a change is measured, up to now.")
class ChangeWindow(enum.Enum):
    """Span over which a change is measured; the value is in seconds."""

    H1 = strawberry.enum_value(3600, description="One hour.")
    H24 = strawberry.enum_value(86_400, description="24 hours.")
    D7 = strawberry.enum_value(604_800, description="Seven days.")
    D30 = strawberry.enum_value(2_592_000, description="30 days.")
    D90 = strawberry.enum_value(7_776_000, description="90 days.")
    Y1 = strawberry.enum_value(31_536_000, description="365 days.")

    @property
    def span(self) -> timedelta:
        """Length of the span."""
        return timedelta(seconds=cast("int", self.value))


From = Annotated[
    datetime | None,
    strawberry.argument(
        name="from", description="First instant, inclusive; 100 intervals before `to` when absent."
    ),
]
To = Annotated[
    datetime | None,
    strawberry.argument(description="Last instant, exclusive; now when not given."),
]
IntervalArgument = Annotated[Interval, strawberry.argument(description="Length of a bucket.")]
FillArgument = Annotated[
    Fill, strawberry.argument(description="What stands in buckets without a measurement.")
]
IncludeOpen = Annotated[
    bool,
    strawberry.argument(
        description="Whether the bucket that has not ended yet is returned, as it stands now."
    ),
]


@strawberry.type(description="A value at a time.")
class Point:
    """A value at a time."""

    t: datetime = strawberry.field(description="Start of the bucket.")
    v: Decimal | None = strawberry.field(description="Value; null when unknown.")


@strawberry.type(description="Values over time, oldest first, as columns or as points.")
class Series:
    """Values over time; select `t` and `v` for charts, they are much smaller than points."""

    interval: Interval = strawberry.field(description="Length of a bucket.")
    t: list[datetime] = strawberry.field(description="Starts of the buckets.")
    v: list[Decimal | None] = strawberry.field(
        description="Values, one for each entry of `t`; null when unknown."
    )

    @strawberry.field(description="The same as a list of pairs.")  # type: ignore[untyped-decorator]
    def points(self) -> list[Point]:
        """The same as a list of pairs."""
        return [Point(t=t, v=v) for t, v in zip(self.t, self.v, strict=True)]


@strawberry.type(description="How much a value changed over a span.")
class Change:
    """How much a value changed over a span."""

    abs: Decimal = strawberry.field(description="Difference, in the unit of the value.")
    pct: Decimal | None = strawberry.field(
        description="Difference in percent of the earlier value; null when that was zero."
    )


@dataclass(frozen=True, slots=True)
class Window:
    """The buckets of one series.

    Attributes:
        start: start of the first bucket.
        end: end of the last bucket; equal to `start` when there is none.
        interval: length of a bucket.
        fill: what stands in gaps.
    """

    start: datetime
    end: datetime
    interval: Interval
    fill: Fill

    @property
    def read_from(self) -> datetime:
        """From when on to read: earlier than the window when a value may be carried into it."""
        if self.fill is not Fill.PREVIOUS:
            return self.start
        back = _LOOKBACK * self.interval.step
        return self.start - min(back, self.start - _EARLIEST)

    @property
    def starts(self) -> list[datetime]:
        """Starts of all buckets."""
        number = (self.end - self.start) // self.interval.step
        return [self.start + place * self.interval.step for place in range(number)]


def floor(moment: datetime, interval: Interval) -> datetime:
    """Start of the bucket that holds a moment."""
    return _ORIGIN + (moment - _ORIGIN) // interval.step * interval.step


def window(
    now: datetime,
    *,
    from_: datetime | None = None,
    to: datetime | None = None,
    interval: Interval = Interval.DAY,
    fill: Fill = Fill.NONE,
    include_open: bool = False,
) -> Window:
    """The buckets a caller asks for.

    Raises:
        BadInput: `from` is not before `to`, or there are more than `MAX_POINTS` buckets.
    """
    step = interval.step
    last = min(to or now, now)
    end = floor(last, interval)
    if end < last and (include_open or (end + step <= now)):
        end += step
    try:
        start = end - _DEFAULT_POINTS * step if from_ is None else floor(from_, interval)
    except OverflowError:
        raise BadInput("`from` or `to` is out of range.") from None
    if from_ is not None and to is not None and from_ >= to:
        raise BadInput("`from` is not before `to`.")
    start = min(start, end)
    number = (end - start) // step
    if number > MAX_POINTS:
        longer = next((i for i in Interval if (end - start) / i.step <= MAX_POINTS), None)
        advice = f"Use the interval {longer.name} or longer" if longer else "Use WEEK"
        raise BadInput(
            f"The range holds {number:,} buckets of {interval.name}, above the maximum of "
            f"{MAX_POINTS:,}.",
            hint=f"{advice}, or a shorter range.",
        )
    return Window(start, end, interval, fill)


def filled(
    window: Window, rows: Iterable[tuple[datetime, V]], zero: V
) -> list[tuple[datetime, V | None]]:
    """The buckets of a window with their values.

    Args:
        window: which buckets.
        rows: bucket starts and values in order of time; those before the window only serve
            PREVIOUS, of two in one bucket the later stands.
        zero: what ZERO puts into gaps.
    """
    known: dict[datetime, V] = {}
    previous: V | None = None
    for moment, value in rows:
        if moment < window.start:
            previous = value
        elif moment < window.end:
            known[floor(moment, window.interval)] = value
    if window.fill is Fill.NONE:
        return list(known.items())
    result: list[tuple[datetime, V | None]] = []
    for start in window.starts:
        if start in known:
            previous = known[start]
            result.append((start, previous))
        else:
            result.append((start, zero if window.fill is Fill.ZERO else previous))
    return result


def series(window: Window, rows: Iterable[tuple[datetime, Decimal]]) -> Series:
    """The series of a window, gaps filled."""
    buckets = filled(window, rows, Decimal(0))
    return Series(interval=window.interval, t=[t for t, _ in buckets], v=[v for _, v in buckets])


async def histories(
    context: RequestContext,
    query: str | Statement,
    keys: Sequence[Any],
    window: Window,
    **more: object,
) -> Mapping[Any, Series]:
    """A series for each key, from one named ClickHouse query.

    Args:
        context: of the request.
        query: `<domain>.<query>`; takes `keys`, `start`, `end` (exclusive), `step_s` and whatever
            `more` holds, and returns key, bucket start and value, by key and time.
        keys: distinct keys, at least one.
        window: which buckets.
        **more: further parameters.
    """
    values = {
        "keys": [str(key) for key in keys],
        "start": window.read_from,
        "end": window.end,
        "step_s": window.interval.value,
        **more,
    }
    found: defaultdict[str, list[tuple[datetime, Decimal]]] = defaultdict(list)
    if window.start < window.end:
        for key, moment, value in await context.clickhouse(query, values, keys=len(keys)):
            found[str(key)].append((cast("datetime", moment), cast("Decimal", value)))
    return {key: series(window, found[str(key)]) for key in keys}


def change_of(now: Decimal | None, before: Decimal | None) -> Change | None:
    """The change between two values; None when either is unknown."""
    if now is None or before is None:
        return None
    with localcontext(prec=200):  # the stores keep more digits than the default context
        difference = now - before
        percent = (difference / abs(before) * 100).quantize(_PERCENT) if before else None
    return Change(abs=difference, pct=percent)
