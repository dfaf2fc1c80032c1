"""Buckets, gaps, caps and changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.context import RequestContext, Viewer
from resolvers.errors import BadInput
from resolvers.series import (
    MAX_POINTS,
    ChangeWindow,
    Fill,
    Interval,
    change_of,
    filled,
    floor,
    histories,
    window,
)
from stores.lifecycle import Stores
from stores.queries import Statement

NOW = datetime(2024, 5, 15, 13, 37, tzinfo=UTC)
DAY = timedelta(days=1)


def day(number: int) -> datetime:
    """A midnight of May 2024."""
    return datetime(2024, 5, number, tzinfo=UTC)


def test_weeks_begin_on_monday_and_days_at_midnight() -> None:
    assert floor(NOW, Interval.WEEK) == day(13)
    assert day(13).weekday() == 0
    assert floor(NOW, Interval.DAY) == day(15)
    assert floor(NOW, Interval.MIN_15) == NOW.replace(minute=30)


def test_the_open_bucket_is_left_out_unless_asked_for() -> None:
    closed = window(NOW, from_=day(13))
    assert closed.starts == [day(13), day(14)]
    open_ = window(NOW, from_=day(13), include_open=True)
    assert open_.starts == [day(13), day(14), day(15)]


def test_the_range_covers_whole_buckets() -> None:
    chosen = window(NOW, from_=day(3) + timedelta(hours=5), to=day(5) + timedelta(hours=1))
    assert chosen.starts == [day(3), day(4), day(5)]
    exact = window(NOW, from_=day(3), to=day(5))
    assert exact.starts == [day(3), day(4)]


def test_without_a_start_a_hundred_buckets_are_given() -> None:
    assert len(window(NOW, interval=Interval.HOUR).starts) == 100


def test_a_future_range_is_empty() -> None:
    assert window(NOW, from_=NOW + DAY, to=NOW + 2 * DAY).starts == []


def test_too_many_points_say_what_to_do() -> None:
    with pytest.raises(BadInput) as raised:
        window(NOW, from_=NOW - 400 * DAY, interval=Interval.MIN_5)
    text = str(raised.value)
    assert text == (
        "The range holds 115,200 buckets of MIN_5, above the maximum of 2,000. Use the interval "
        "DAY or longer, or a shorter range."
    )
    assert len(window(NOW, from_=NOW - 400 * DAY, interval=Interval.DAY).starts) <= MAX_POINTS


@pytest.mark.parametrize("from_", [day(10), day(11)])
def test_a_range_must_go_forward(from_: datetime) -> None:
    with pytest.raises(BadInput, match="`from` is not before `to`"):
        window(NOW, from_=from_, to=day(10))


def test_ranges_at_the_ends_of_time_are_refused_or_empty() -> None:
    with pytest.raises(BadInput):
        window(NOW, from_=datetime(1, 1, 1, tzinfo=UTC), interval=Interval.WEEK)
    with pytest.raises(BadInput):
        window(NOW, to=datetime(1, 1, 1, tzinfo=UTC), interval=Interval.WEEK)


def test_previous_values_before_the_beginning_of_time_are_not_looked_for() -> None:
    dawn = datetime(1, 1, 1, tzinfo=UTC)
    chosen = window(NOW, from_=dawn, to=dawn + timedelta(days=3), fill=Fill.PREVIOUS)
    assert chosen.read_from == dawn


ROWS = [(day(1), Decimal(1)), (day(4), Decimal(4)), (day(6), Decimal(6))]


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        (Fill.NONE, [(4, 4), (6, 6)]),
        (Fill.ZERO, [(3, 0), (4, 4), (5, 0), (6, 6), (7, 0)]),
        (Fill.PREVIOUS, [(3, 1), (4, 4), (5, 4), (6, 6), (7, 6)]),
    ],
)
def test_gaps_are_filled_as_asked(fill: Fill, expected: list[tuple[int, int]]) -> None:
    chosen = window(NOW, from_=day(3), to=day(8), fill=fill)
    assert filled(chosen, ROWS, Decimal(0)) == [(day(d), Decimal(v)) for d, v in expected]


def test_nothing_known_before_is_null() -> None:
    chosen = window(NOW, from_=day(3), to=day(6), fill=Fill.PREVIOUS)
    assert filled(chosen, [(day(4), 7)], 0) == [(day(3), None), (day(4), 7), (day(5), 7)]


def test_only_previous_reads_before_the_window() -> None:
    for fill in Fill:
        chosen = window(NOW, from_=day(13), fill=fill)
        assert (chosen.read_from < chosen.start) is (fill is Fill.PREVIOUS)


@given(
    st.sampled_from(list(Interval)),
    st.integers(0, 500),
    st.integers(1, 500),
    st.booleans(),
)
def test_buckets_are_aligned_contiguous_and_within_bounds(
    interval: Interval, back: int, length: int, include_open: bool
) -> None:
    to = NOW - back * interval.step / 3
    from_ = to - length * interval.step / 3
    chosen = window(NOW, from_=from_, to=to, interval=interval, include_open=include_open)
    starts = chosen.starts
    assert all(floor(start, interval) == start for start in starts)
    assert all(b - a == interval.step for a, b in pairwise(starts))
    assert all(from_ - interval.step < start < to for start in starts)
    if not include_open:
        assert all(start + interval.step <= NOW for start in starts)


def test_changes() -> None:
    change = change_of(Decimal("1.5"), Decimal(1))
    assert change is not None
    assert (change.abs, change.pct) == (Decimal("0.5"), Decimal(50))
    fall = change_of(Decimal(-3), Decimal(-2))
    assert fall is not None
    assert fall.pct == Decimal(-50)
    from_zero = change_of(Decimal(1), Decimal(0))
    assert from_zero is not None
    assert from_zero.pct is None
    assert change_of(None, Decimal(1)) is None
    assert change_of(Decimal(1), None) is None
    huge = change_of(Decimal("1" * 58 + "." + "1" * 18), Decimal("1e-18"))
    assert huge is not None
    assert str(huge.abs).startswith("1" * 58)
    assert ChangeWindow.H24.span == DAY


async def test_histories_of_many_keys_are_one_statement(shop_stores: Stores) -> None:
    query = Statement(
        "test.history",
        """SELECT arrayJoin({keys:Array(String)}) AS key, ts, v FROM (
             SELECT toDateTime64({start:DateTime64(3, 'UTC')}, 3, 'UTC')
                      + toIntervalSecond({step_s:UInt32} * number * 2) AS ts,
                    toDecimal128(number, 8) AS v FROM numbers(3))
           WHERE ts < {end:DateTime64(3, 'UTC')} ORDER BY key, ts""",
    )
    context = RequestContext(Viewer(), shop_stores)
    chosen = window(NOW, from_=day(10), fill=Fill.ZERO)
    found = await histories(context, query, ["a", "b"], chosen)
    assert list(found) == ["a", "b"]
    assert found["a"].t == chosen.starts
    assert found["a"].v == found["b"].v == [0, 0, 1, 0, 2]
    assert context.calls == {("clickhouse", "test.history"): 1}
