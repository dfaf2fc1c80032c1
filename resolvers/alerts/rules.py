"""What makes sense as a rule: which types suit which targets and operators, and how far numbers go.

The table checks the same; here it is said in words, by value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from resolvers.alerts.enums import (
    AlertChannel,
    AlertTargetType,
    AlertType,
    ConditionOperator,
    ThresholdType,
)
from resolvers.alerts.target import target_types
from resolvers.errors import BadInput
from resolvers.ids import decode_id, parse_key
from resolvers.mutation import AMOUNT, Checks, UserErrorCode, not_found
from resolvers.reflection import entity_of

# Rules of one user that were not thrown away.
MAX_RULES: Final = 1000
LONGEST_NAME: Final = 200
LONGEST_DESCRIPTION: Final = 2000
MAX_MINUTES: Final = 43_200
LONGEST_PAUSE: Final = timedelta(days=366)
MAX_TRIGGERS_PER_DAY: Final = 1000

_P, _A, _W, _C, _F = (
    AlertTargetType.PROTOCOL,
    AlertTargetType.ASSET,
    AlertTargetType.WALLET,
    AlertTargetType.CHAIN,
    AlertTargetType.PORTFOLIO,
)
TARGETS: Final[Mapping[AlertType, tuple[AlertTargetType, ...]]] = {
    AlertType.PRICE_CHANGE: (_A,),
    AlertType.TVL_CHANGE: (_P,),
    AlertType.VOLUME_SPIKE: (_A, _P),
    AlertType.GAS_PRICE: (_C,),
    AlertType.PORTFOLIO_VALUE: (_F,),
    AlertType.SECURITY_RISK: (_P, _A, _W, _F),
    AlertType.RISK_SCORE: (_P, _A, _W, _F),
    AlertType.WHALE_MOVEMENT: (_A, _W, _C),
    AlertType.SMART_MONEY: (_A, _W),
    AlertType.NEW_LISTING: (_P, _C),
}
# What they watch is counted; the rest is measured, and never exactly what somebody wrote down.
COUNTED: Final = frozenset(
    {
        AlertType.SECURITY_RISK,
        AlertType.WHALE_MOVEMENT,
        AlertType.SMART_MONEY,
        AlertType.NEW_LISTING,
    }
)
# What they watch is one number, whatever the chain.
CHAINLESS: Final = frozenset(
    {AlertType.PRICE_CHANGE, AlertType.PORTFOLIO_VALUE, AlertType.RISK_SCORE}
)
_EQUALITY: Final = (ConditionOperator.EQ, ConditionOperator.NE)


def check_target(check: Checks, kind: AlertType, given: str) -> tuple[AlertTargetType | None, Any]:
    """The target's kind and key, from its global id; both None when it was refused."""
    try:
        name, text = decode_id(given)
    except BadInput:
        name, text = "", ""
    for target, cls in target_types().items():
        if entity_of(cls).name != name:
            continue
        if target not in TARGETS[kind]:
            break
        try:
            return target, parse_key(entity_of(cls), text, given)
        except BadInput:
            check.refuse("target_id", UserErrorCode.NOT_FOUND, not_found(name))
            return None, None
    suited = " or ".join(entity_of(target_types()[each]).name for each in TARGETS[kind])
    message = f"A rule of type {kind.name} is about one {suited}; give the global id of one."
    check.refuse("target_id", UserErrorCode.INVALID, message)
    return None, None


def check_operator(check: Checks, kind: AlertType, operator: ConditionOperator) -> None:
    """Equality is for what is counted."""
    if operator in _EQUALITY and kind not in COUNTED:
        message = (
            f"What {kind.name} watches is measured and hardly ever equals a number; use GT, GTE, "
            "LT or LTE."
        )
        check.refuse("condition_operator", UserErrorCode.INVALID, message)


def check_threshold(
    check: Checks, kind: AlertType, value: Decimal, type_: ThresholdType
) -> Decimal | None:
    """A value that what is watched can reach."""
    if type_ is ThresholdType.PERCENTAGE:
        # Nothing falls by more than all of it, but for a portfolio with debt.
        least = None if kind is AlertType.PORTFOLIO_VALUE else Decimal(-100)
        return check.number("threshold_value", value, least=least, digits=AMOUNT)
    if kind is AlertType.RISK_SCORE:
        return check.number("threshold_value", value, least=0, most=1, digits=AMOUNT)
    least = None if kind is AlertType.PORTFOLIO_VALUE else Decimal(0)
    return check.number("threshold_value", value, least=least, digits=AMOUNT)


def check_channels(check: Checks, given: Sequence[AlertChannel] | None) -> list[str]:
    """At least one channel, each once."""
    found = check.listed("notification_channels", given, most=len(AlertChannel), least=1)
    return list(dict.fromkeys(channel.value for channel in found))


def condition_in_words(kind: str, operator: str, value: Decimal, type_: str) -> str:
    """Such as `price_change > 5 %`."""
    unit = " %" if ThresholdType(type_) is ThresholdType.PERCENTAGE else ""
    number = format(value.normalize(), "f")
    return f"{kind} {ConditionOperator(operator).sign} {number}{unit}"
