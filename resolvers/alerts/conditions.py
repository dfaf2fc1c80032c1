"""Whether what was seen is what a rule waits for.

Every type of rule comes down to one number and, for a threshold in percent, the same number
`timeframe_minutes` ago. What the number is:

| type | value | baseline |
|---|---|---|
| price_change | price, USD | price then |
| tvl_change | value locked, USD | value then |
| volume_spike | volume within the timeframe, USD | `usual` volume of earlier timeframes |
| gas_price | price of gas, gwei | price then |
| portfolio_value | net value, USD; negative with more debt than assets | value then |
| risk_score | overall danger, 0 to 1 | danger then |
| security_risk | open findings | findings then |
| whale_movement | transfers of `WHALE_USD` or more within the timeframe | those of the one before |
| smart_money | wallets that trade well and traded it, or trades of one, likewise | those before |
| new_listing | pools or protocols first seen within the timeframe | those of the one before |

What is unknown never fires a rule, and neither does a change from nothing, which has no percentage.
Numbers are compared exactly: nothing is divided and nothing rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from resolvers.alerts.enums import AlertType, ConditionOperator, ThresholdType

# From how much one transfer is a whale's, USD.
WHALE_USD: Final = Decimal(1_000_000)
# Earlier timeframes that have to be known before there is a usual volume.
LEAST_WINDOWS: Final = 3

# Room for products of two numeric(76,18).
EXACT: Final = Context(prec=400, Emax=MAX_EMAX, Emin=MIN_EMIN, rounding=ROUND_HALF_EVEN, traps=[])
_LARGEST: Final = Decimal(10) ** 58
_FINEST: Final = Decimal("1e-18")
_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Condition:
    """What a rule waits for.

    Attributes:
        alert_type: what it watches.
        operator: how it compares.
        threshold: with what, in the unit of what is watched or in percent.
        threshold_type: which of the two.
    """

    alert_type: AlertType
    operator: ConditionOperator
    threshold: Decimal
    threshold_type: ThresholdType


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of one thing.

    Attributes:
        value: the number the type of rule is about; None when unknown.
        baseline: what a change is measured from; None when unknown or not asked.
        is_least: the value is at least this, because some parts of it are unknown. Then only what
            a greater value could not undo fires.
    """

    value: Decimal | None
    baseline: Decimal | None = None
    is_least: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """Two numbers whose order is that of what was seen and a threshold.

    A threshold `t` is reached when `number` stands to `t * scale` as the operator says.
    """

    number: Decimal
    scale: Decimal


def holds(condition: Condition, seen: Observation) -> bool:
    """Whether what was seen is what the rule waits for."""
    compared = compared_of(condition.threshold_type, seen)
    if compared is None or not _is_storable(condition.threshold):
        return False
    limit = EXACT.multiply(condition.threshold, compared.scale)
    return reaches(condition.operator, compared.number, limit, is_least=seen.is_least)


def compared_of(type_: ThresholdType, seen: Observation) -> Compared | None:
    """What is compared with thresholds of a type; None when it is not known."""
    if not _is_storable(seen.value):
        return None
    assert seen.value is not None
    if type_ is ThresholdType.ABSOLUTE:
        return Compared(seen.value, Decimal(1))
    if not _is_storable(seen.baseline) or not seen.baseline:
        return None
    change = EXACT.subtract(seen.value, seen.baseline)
    # A debt that shrinks is a rise, so the scale has no sign.
    return Compared(EXACT.multiply(change, _HUNDRED), seen.baseline.copy_abs())


def reaches(
    operator: ConditionOperator, number: Decimal, limit: Decimal, *, is_least: bool = False
) -> bool:
    """Whether a number stands to a limit as an operator says; `is_least` as in `Observation`."""
    if operator is ConditionOperator.GT:
        return number > limit
    if operator is ConditionOperator.GTE:
        return number >= limit
    if is_least:
        return operator is ConditionOperator.NE and number > limit
    if operator is ConditionOperator.LT:
        return number < limit
    if operator is ConditionOperator.LTE:
        return number <= limit
    return (number == limit) is (operator is ConditionOperator.EQ)


def change_pct(seen: Observation) -> Decimal | None:
    """Change since the baseline in percent, to 18 decimals; None when it is not known."""
    compared = compared_of(ThresholdType.PERCENTAGE, seen)
    if compared is None:
        return None
    change = EXACT.divide(compared.number, compared.scale)
    return change.quantize(_FINEST, context=EXACT)


def usual(volumes: Sequence[Decimal | None]) -> Decimal | None:
    """The median of the known volumes of earlier timeframes; None when fewer than three are.

    A median, because an earlier spike must not hide the next one.
    """
    known = sorted(volume for volume in volumes if _is_storable(volume) and volume is not None)
    if len(known) < LEAST_WINDOWS:
        return None
    middle = len(known) // 2
    if len(known) % 2:
        return known[middle]
    both = EXACT.add(known[middle - 1], known[middle])
    return EXACT.divide(both, Decimal(2))


def _is_storable(value: Decimal | None) -> bool:
    """Whether a number is known and can be written into an event."""
    return value is not None and value.is_finite() and value.copy_abs() < _LARGEST
