"""Measures by hand, and against numpy on anything."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal

import numpy
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from resolvers.portfolio.collateral import (
    Account,
    Collateral,
    liquidation_distance,
    nearest_liquidation,
)
from resolvers.portfolio.diversification import (
    correlation,
    correlation_matrix,
    diversification,
    mean_correlation,
)
from resolvers.portfolio.measures import (
    annual_return,
    historical_cvar,
    historical_var,
    max_drawdown,
    period_return,
    sharpe_ratio,
    simple_returns,
    time_weighted_return,
    volatility,
    wealth,
)

RETURNS = st.lists(
    st.floats(min_value=-0.9, max_value=3, allow_nan=False, allow_subnormal=False),
    min_size=3,
    max_size=80,
)


def worths(*values: int | str) -> list[Decimal]:
    return [Decimal(value) for value in values]


def test_what_is_paid_in_is_no_return() -> None:
    assert period_return(Decimal(100), Decimal(110)) == pytest.approx(0.1)
    assert period_return(Decimal(100), Decimal(165), Decimal(50)) == pytest.approx(0.1)
    assert period_return(Decimal(100), Decimal(45), Decimal(-50)) == pytest.approx(-0.1)


def test_debts_above_what_is_held_lose_more_than_everything() -> None:
    assert period_return(Decimal(100), Decimal(-50)) == pytest.approx(-1.5)


@pytest.mark.parametrize(("before", "flow"), [(0, 0), (-5, 100), (100, -100), (100, -120)])
def test_nothing_has_no_return(before: int, flow: int) -> None:
    assert period_return(Decimal(before), Decimal(7), Decimal(flow)) is None


def test_returns_of_a_series_are_those_of_its_steps() -> None:
    assert simple_returns(worths(100, 110, 0, 5)) == [pytest.approx(0.1), -1.0, None]
    assert simple_returns(worths(100)) == []


def test_linked_returns_by_hand() -> None:
    assert time_weighted_return([0.1, -0.2, 0.05]) == pytest.approx(1.1 * 0.8 * 1.05 - 1)
    assert time_weighted_return([]) is None
    assert time_weighted_return([0.5, -1.5, -1.5]) == -1
    assert wealth([1.0, -0.5]) == [1, 2, 1]


def test_a_return_as_of_a_year_by_hand() -> None:
    assert annual_return(0.21, 730) == pytest.approx(0.1)
    assert [annual_return(0.21, 29), annual_return(None, 90), annual_return(-1, 90)] == [None] * 3


def test_volatility_and_sharpe_by_hand() -> None:
    # Mean 0.02, squares 0.0004 + 0 + 0.0004 over 2: the root of 0.0004.
    returns = [0.0, 0.02, 0.04]
    assert volatility(returns) == pytest.approx(0.02)
    assert sharpe_ratio(returns) == pytest.approx(math.sqrt(365))
    assert sharpe_ratio(returns, riskless=0.01, periods_a_year=4) == pytest.approx(1)


def test_too_few_returns_have_no_spread_and_equal_ones_no_ratio() -> None:
    assert [volatility([]), volatility([0.1]), sharpe_ratio([0.1])] == [None] * 3
    assert volatility([0.1, 0.1, 0.1]) == pytest.approx(0)
    assert sharpe_ratio([0.1, 0.1, 0.1]) is None


def test_the_deepest_fall_is_from_the_peak_before_it() -> None:
    assert max_drawdown([100, 120, 90, 200, 160]) == pytest.approx(0.25)
    assert max_drawdown([1, 2, 3]) == 0
    assert max_drawdown([1, 0, 5]) == 1
    assert [max_drawdown([]), max_drawdown([5]), max_drawdown([0, 0])] == [None] * 3


def test_value_at_risk_of_twenty_days_by_hand() -> None:
    # Losses 1..20 in order: place 19 * 0.95 = 18.05, so 19 + 0.05; only 20 lies beyond.
    outcomes = [-float(loss) for loss in range(1, 21)]
    assert historical_var(outcomes) == pytest.approx(19.05)
    assert historical_cvar(outcomes) == pytest.approx(20)
    assert historical_var(outcomes, 0.5) == pytest.approx(10.5)
    assert historical_cvar(outcomes, 0.5) == pytest.approx(15.5)


def test_value_at_risk_needs_an_outcome_beyond_it() -> None:
    assert [historical_var([-1.0] * 19), historical_cvar([-1.0] * 19)] == [None, None]
    assert [historical_var([-1.0] * 20), historical_var([-1.0] * 99, 0.99)] == [1, None]


def test_who_only_gains_risks_nothing() -> None:
    gains = [float(each) for each in range(1, 31)]
    assert [historical_var(gains), historical_cvar(gains)] == [0, 0]


def test_correlation_by_hand() -> None:
    assert correlation([1, 2, 3], [2, 4, 6]) == pytest.approx(1)
    assert correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    # Deviations (-1, 0, 1) and (-1, 2, -1): their products sum to 0.
    assert correlation([1, 2, 3], [0, 3, 0]) == pytest.approx(0)
    assert correlation([1, 2], [3, 4]) is None
    assert correlation([1, 2, 3], [0.1, 0.1, 0.1]) is None
    with pytest.raises(ValueError, match="3 points of one series and 2"):
        correlation([1, 2, 3], [1, 2])


def test_pairs_are_compared_over_the_days_both_have() -> None:
    days = [date(2025, 1, 1) + timedelta(days=each) for each in range(4)]
    series = {
        "a": dict(zip(days, [0.1, 0.2, 0.3, 9.0], strict=True)),
        "b": dict(zip(days[:3], [0.3, 0.2, 0.1], strict=True)),
        "c": {days[0]: 1.0},
    }
    matrix = correlation_matrix(series)
    assert matrix == {("a", "b"): pytest.approx(-1)}
    assert mean_correlation(matrix) == pytest.approx(-1)
    assert [correlation_matrix(series, least=4), mean_correlation({})] == [{}, None]


def test_spread_by_hand() -> None:
    assert diversification(worths(5)) == 0
    assert diversification(worths(1, 1, 1, 1)) == Decimal("0.75")
    assert diversification(worths(75, 25, -50, 0)) == Decimal("0.375")
    assert [diversification([]), diversification(worths(-3))] == [None, None]


def lent(worth: int, threshold: str | None) -> Collateral:
    return Collateral(Decimal(worth), None if threshold is None else Decimal(threshold))


def test_distance_to_liquidation_by_hand() -> None:
    # 1000 * 0.8 + 500 * 0.4 = 1000 may be owed; 250 is: a quarter is left of the collateral then.
    safe = Account([lent(1000, "0.8"), lent(500, "0.4")], Decimal(250))
    assert liquidation_distance(safe) == Decimal("0.75")
    assert liquidation_distance(Account([lent(100, "0.8")], Decimal(80))) == 0
    assert liquidation_distance(Account([], Decimal(1))) is None
    unpriced = Collateral(None, Decimal("0.8"))
    assert liquidation_distance(Account([unpriced], Decimal(1))) is None
    unknown = Account([lent(100, None)], Decimal(1))
    assert liquidation_distance(unknown) is None
    assert liquidation_distance(Account([lent(100, "0.8")], Decimal(0))) is None
    assert liquidation_distance(Account([lent(100, "0.8")], None)) is None


def test_the_nearest_account_counts_and_an_unknown_one_hides_it() -> None:
    safe = Account([lent(100, "0.5")], Decimal(10))
    tight = Account([lent(100, "0.5")], Decimal(40))
    free = Account([lent(100, None)], Decimal(0))
    assert nearest_liquidation([safe, tight, free]) == Decimal("0.2")
    assert nearest_liquidation([free]) is None
    assert nearest_liquidation([]) is None
    assert nearest_liquidation([safe, Account([lent(9, None)], Decimal(1))]) is None
    assert nearest_liquidation([safe, Account([lent(9, "0.5")], None)]) is None


@given(RETURNS)
def test_spreads_and_falls_are_those_of_numpy(returns: list[float]) -> None:
    values = numpy.array(returns)
    assert volatility(returns) == pytest.approx(values.std(ddof=1), rel=1e-9, abs=1e-12)
    levels = numpy.concatenate([[1.0], numpy.cumprod(1 + values)])
    assert wealth(returns) == pytest.approx(levels.tolist(), rel=1e-9)
    falls = 1 - levels / numpy.maximum.accumulate(levels)
    assert max_drawdown(wealth(returns)) == pytest.approx(falls.max(), rel=1e-9, abs=1e-12)
    ratio = sharpe_ratio(returns)
    if ratio is not None:
        expected = values.mean() / values.std(ddof=1) * numpy.sqrt(365)
        assert ratio == pytest.approx(expected, rel=1e-6, abs=1e-9)


@given(
    st.lists(st.floats(min_value=-1e6, max_value=1e6, allow_subnormal=False), min_size=20),
    st.sampled_from([0.5, 0.9, 0.95]),
)
def test_quantiles_of_losses_are_those_of_numpy(outcomes: list[float], level: float) -> None:
    border = float(numpy.quantile(-numpy.array(outcomes), level))
    var, cvar = historical_var(outcomes, level), historical_cvar(outcomes, level)
    assert var is not None
    assert cvar is not None
    assert var == pytest.approx(max(0.0, border), rel=1e-9, abs=1e-9)
    assert 0 <= var <= cvar + 1e-9
    assert cvar <= max(0.0, -min(outcomes)) + 1e-9


@given(RETURNS, st.floats(min_value=-1, max_value=1), st.integers(0, 2**32 - 1))
def test_correlations_are_those_of_numpy(first: list[float], share: float, seed: int) -> None:
    noise = numpy.random.default_rng(seed).normal(size=len(first))
    second = (share * numpy.array(first) + noise).tolist()
    assume(numpy.std(first) > 1e-6)
    expected = numpy.corrcoef(first, second)[0, 1]
    assert correlation(first, second) == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert correlation(second, first) == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert correlation(first, first) == pytest.approx(1)


@given(st.lists(st.decimals(min_value=1, max_value=10**6, places=2), min_size=1, max_size=20))
def test_spread_lies_between_one_asset_and_equal_shares(values: list[Decimal]) -> None:
    found = diversification(values)
    assert found is not None
    assert -Decimal("1e-20") <= found <= 1 - Decimal(1) / len(values) + Decimal("1e-20")
    assert found == pytest.approx(diversification([each * 7 for each in values]))
