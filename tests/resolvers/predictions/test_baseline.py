"""The baseline by hand: level, season, what gaps do, and how sure it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from resolvers.predictions.baseline import Forecast, evenly, forecast, quantile, smoothed

START = datetime(2025, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_level_follows_its_values() -> None:
    assert smoothed([10, 20, 20, 0]) == pytest.approx([10, 13, 15.1, 10.57])


def test_what_never_moves_is_sure_to_stay() -> None:
    assert forecast([7.0] * 48, 5, 24) == Forecast(7, 7, 7, 7, 1.0)
    assert forecast([0.0] * 12, 1, 24) == Forecast(0, 0, 0, 0, None)
    assert forecast([0.0] * 30, 1, 24) == Forecast(0, 0, 0, 0, 1.0)


def test_half_is_what_it_was_a_season_ago() -> None:
    values = [1.0, 3.0, 5.0] * 10
    level = smoothed(values)[-1]
    for ahead, then in ((1, 1.0), (2, 3.0), (3, 5.0), (4, 1.0), (7, 1.0)):
        made = forecast(values, ahead, 3)
        assert made is not None
        assert made.value == pytest.approx((level + then) / 2)
        assert made.low <= made.value <= made.high <= made.highest
    # Two seasons are not known: the level alone.
    made = forecast(values, 1, 24)
    assert made is not None
    assert made.value == pytest.approx(level)


def test_bands_are_the_errors_it_made() -> None:
    # Always ten too low from the first try on: the level is 0 as long as nothing moved.
    values = [0.0] * 12 + [10.0]
    made = forecast(values, 1, 24)
    assert made is not None
    assert (made.value, made.low, made.high, made.highest) == pytest.approx((3, 3, 13, 13))
    assert made.confidence == 0


@pytest.mark.parametrize("values", [[1.0] * 11, [], [1.0] * 20 + [float("nan")]])
def test_too_little_is_not_forecast(values: list[float]) -> None:
    assert forecast(values, 1, 24) is None


def test_quantiles_lie_between_values() -> None:
    assert [quantile([4, 1, 3, 2], share) for share in (0, 0.5, 1)] == [1, 2.5, 4]
    assert quantile([5], 0.9) == 5


def test_a_gap_has_the_value_before_it_and_a_long_one_ends_the_series() -> None:
    def at(*hours: int) -> list[tuple[datetime, float]]:
        return [(START + hour * HOUR, float(hour)) for hour in hours]

    end = START + 6 * HOUR
    assert evenly(at(2, 3, 5), end, HOUR, 1) == [2, 3, 3, 5]
    assert evenly(at(0, 3, 4, 7), end, HOUR, 1) == [3, 4, 4]
    assert evenly(at(0, 1), end, HOUR, 1) is None
    assert evenly([], end, HOUR, 1) is None
