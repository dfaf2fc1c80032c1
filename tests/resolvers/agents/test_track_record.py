"""Track records and reputations by hand, and against numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest

from resolvers.agents.track_record import TrackRecord, lower_bound, reputation, track_record


def test_nothing_known_is_unknown() -> None:
    nothing = TrackRecord(None, None, None)
    assert track_record([]) == track_record([math.nan, math.inf, 1e300]) == nothing


def test_yield_is_the_mean_of_a_month_and_a_steady_one_has_no_ratio() -> None:
    record = track_record([100.0] * 10 + [12.0] * 30)
    assert record.avg_yield_pct == 12
    assert record.max_drawdown == 0
    assert track_record([12.0] * 40).sharpe_ratio is None
    assert track_record([5.0, 15.0]) == TrackRecord(10, 0, None)


def test_the_deepest_fall_counts_from_the_peak() -> None:
    # Days of plus 10, minus 50, plus 10 and minus 20 percent: 1.1, 0.55, 0.605, 0.484.
    record = track_record([each * 365 for each in (10.0, -50.0, 10.0, -20.0)])
    assert record.max_drawdown == pytest.approx(1 - 0.484 / 1.1)
    assert track_record([-200.0 * 365, 100.0]).max_drawdown == 1


def test_the_ratio_is_that_of_numpy() -> None:
    yields = np.random.default_rng(3).normal(10, 40, 200)
    returns = yields / 100 / 365
    record = track_record(yields.tolist())
    assert record.sharpe_ratio == pytest.approx(returns.mean() / returns.std(ddof=1) * 365**0.5)
    worth = np.cumprod(1 + returns)
    peaks = np.maximum.accumulate(np.maximum(worth, 1))
    assert record.max_drawdown == pytest.approx((1 - worth / peaks).max())


def test_reputation_needs_work_and_many_good_runs() -> None:
    assert reputation(29, 0, 1.0) is None
    # Wilson's interval of 90 in 100, as published tables have it.
    assert lower_bound(90, 100) == pytest.approx(0.8256, abs=1e-4)
    assert lower_bound(0, 50) == pytest.approx(0)
    few, many = reputation(30, 0, None), reputation(3_000, 0, None)
    assert few is not None
    assert many is not None
    assert 0.88 < few < many < 1
    assert reputation(90, 10, 0.5) == pytest.approx(0.7 * lower_bound(90, 100) + 0.3 * 0.5)
