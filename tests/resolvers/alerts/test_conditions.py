"""Whether a rule holds: by hand for each type, and laws for any numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.alerts.conditions import (
    EXACT,
    Condition,
    Observation,
    change_pct,
    holds,
    usual,
)
from resolvers.alerts.enums import AlertType, ConditionOperator, ThresholdType

OPERATORS = st.sampled_from(ConditionOperator)
TYPES = st.sampled_from(ThresholdType)
AMOUNTS = st.decimals(
    min_value=Decimal("-1e30"), max_value=Decimal("1e30"), places=18, allow_nan=False
)
ODD = [None, Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1e999999")]


def condition(kind: str, operator: str, threshold: str, type_: str = "absolute") -> Condition:
    return Condition(
        AlertType(kind), ConditionOperator(operator), Decimal(threshold), ThresholdType(type_)
    )


def seen(value: str | None, baseline: str | None = None) -> Observation:
    return Observation(
        None if value is None else Decimal(value),
        None if baseline is None else Decimal(baseline),
    )


@pytest.mark.parametrize(
    ("rule", "observation", "expected"),
    [
        # A price above a level, and one that fell by a tenth within the hour.
        (condition("price_change", "gt", "3500"), seen("3500.000000000000000001"), True),
        (condition("price_change", "gt", "3500"), seen("3500"), False),
        (condition("price_change", "lte", "-10", "percentage"), seen("90", "100"), True),
        (condition("price_change", "lte", "-10", "percentage"), seen("90.01", "100"), False),
        # A rule in percent never looks at the price itself.
        (condition("price_change", "gt", "10", "percentage"), seen("3500", "3500"), False),
        (condition("tvl_change", "lt", "1000000"), seen("999999.99"), True),
        (condition("tvl_change", "gte", "25", "percentage"), seen("125", "100"), True),
        (condition("volume_spike", "gte", "200", "percentage"), seen("300", "100"), True),
        (condition("volume_spike", "gte", "200", "percentage"), seen("299", "100"), False),
        (condition("gas_price", "lt", "15"), seen("14.9"), True),
        (condition("gas_price", "lt", "15"), seen("15"), False),
        # Net debt that shrinks from -200 to -100 is a rise by half.
        (condition("portfolio_value", "gte", "50", "percentage"), seen("-100", "-200"), True),
        (condition("portfolio_value", "lt", "0"), seen("-0.01"), True),
        (condition("risk_score", "gte", "0.7"), seen("0.7"), True),
        (condition("security_risk", "gt", "0"), seen("1"), True),
        (condition("security_risk", "ne", "0"), seen("0"), False),
        (condition("whale_movement", "eq", "2"), seen("2"), True),
        (condition("whale_movement", "eq", "2"), seen("3"), False),
        (condition("smart_money", "gte", "3"), seen("3"), True),
        (condition("new_listing", "ne", "0"), seen("1"), True),
        (condition("new_listing", "gt", "0"), seen("0"), False),
    ],
)
def test_rules_of_each_type(rule: Condition, observation: Observation, expected: bool) -> None:
    assert holds(rule, observation) is expected


@given(OPERATORS, TYPES, AMOUNTS, st.sampled_from(ODD), st.sampled_from([*ODD, Decimal(1)]))
def test_what_is_unknown_never_fires(
    operator: ConditionOperator,
    type_: ThresholdType,
    threshold: Decimal,
    value: Decimal | None,
    baseline: Decimal | None,
) -> None:
    rule = Condition(AlertType.NEW_LISTING, operator, threshold, type_)
    assert not holds(rule, Observation(value, baseline))
    unknown = Observation(Decimal(1), value)
    assert type_ is ThresholdType.ABSOLUTE or not holds(rule, unknown)


@given(OPERATORS, AMOUNTS, AMOUNTS)
def test_a_change_from_nothing_has_no_percentage(
    operator: ConditionOperator, threshold: Decimal, value: Decimal
) -> None:
    rule = Condition(AlertType.NEW_LISTING, operator, threshold, ThresholdType.PERCENTAGE)
    assert not holds(rule, Observation(value, Decimal(0)))


@given(TYPES, AMOUNTS, AMOUNTS, AMOUNTS.filter(bool))
def test_exactly_one_of_less_equal_and_greater_holds(
    type_: ThresholdType, threshold: Decimal, value: Decimal, baseline: Decimal
) -> None:
    held = {
        str(operator.value): holds(
            Condition(AlertType.NEW_LISTING, operator, threshold, type_),
            Observation(value, baseline),
        )
        for operator in ConditionOperator
    }
    assert [held["lt"], held["eq"], held["gt"]].count(True) == 1
    assert held["lte"] is (held["lt"] or held["eq"])
    assert held["gte"] is (held["gt"] or held["eq"])
    assert held["ne"] is not held["eq"]


@given(OPERATORS, AMOUNTS, AMOUNTS, st.decimals(min_value=0, max_value=10**30, places=18))
def test_a_least_value_fires_only_what_more_would_not_undo(
    operator: ConditionOperator, threshold: Decimal, value: Decimal, more: Decimal
) -> None:
    rule = Condition(AlertType.WHALE_MOVEMENT, operator, threshold, ThresholdType.ABSOLUTE)
    if holds(rule, Observation(value, is_least=True)):
        assert holds(rule, Observation(value))
        assert holds(rule, Observation(EXACT.add(value, more)))


def test_a_third_is_compared_exactly() -> None:
    rule = condition("price_change", "gt", "33.333333333333333333", "percentage")
    assert holds(rule, seen("4", "3"))
    rule = condition("price_change", "gte", "33.333333333333333334", "percentage")
    assert not holds(rule, seen("4", "3"))
    assert change_pct(seen("4", "3")) == Decimal("33.333333333333333333")
    assert change_pct(seen("4", "0")) is None


def test_the_usual_volume_is_a_median_of_what_is_known() -> None:
    volumes = [Decimal(100), None, Decimal(900), Decimal(120), Decimal("NaN")]
    assert usual(volumes) == 120
    assert usual([*volumes, Decimal(130)]) == 125
    assert usual(volumes[:3]) is None
