"""500,000 rules against price ticks: CPU of finding those that react, and of loading them."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from bench.measure import Figure
from resolvers.alerts.conditions import Condition, Observation
from resolvers.alerts.enums import AlertTargetType, AlertType, ConditionOperator, ThresholdType
from resolvers.alerts.index import NOW, RuleIndex, Topic, WatchedRule

_RULES = 500_000
# Each tick is about one asset, and one rule in a hundred is about it.
_ASSETS = 100
_TICKS = 1_000
_TIMEFRAMES = (5, 15, 60, 240, 1_440)
_COOLDOWN = timedelta(hours=1)
_START = datetime(2026, 1, 1, tzinfo=UTC)
_CENT = Decimal("0.01")


def measure() -> Iterator[Figure]:
    """Load the rules, then a second of market time a tick, one asset after the other.

    The same share of a tenth and a hundredth of the rules is about each asset, so what a tick costs
    may grow no faster than the rules do.
    """
    for count in (_RULES // 100, _RULES // 10, _RULES):
        chance = random.Random(7)  # noqa: S311
        rules = [_rule(chance, number) for number in range(count)]
        index = RuleIndex()
        before = time.process_time()
        index.put(rules)
        yield Figure(f"{count:,} alert rules indexed", time.process_time() - before, "CPU s")
        kinds = (("100 assets in turn", True),)
        for name, moving in (("one asset", False), *kinds) if count == _RULES else kinds:
            yield from _ticks(index, chance, f"{count:,} rules, {name}", moving)


def _ticks(index: RuleIndex, chance: random.Random, name: str, moving: bool) -> Iterator[Figure]:
    prices = [Decimal(100)] * _ASSETS
    now = _START if moving else _START + timedelta(days=30)
    index.wake(now)
    taken, fired = 0.0, 0
    for tick in range(_TICKS):
        asset = tick % _ASSETS if moving else 0
        prices[asset] = (prices[asset] * Decimal(str(chance.gauss(1, 0.01)))).quantize(_CENT)
        seen = _seen(chance, prices[asset])
        now += timedelta(seconds=1)
        before = time.process_time()
        index.wake(now)
        topic = Topic(AlertType.PRICE_CHANGE, AlertTargetType.ASSET, UUID(int=asset))
        reacting = index.reacting(topic, seen)
        index.sleep([rule.id for rule in reacting], now + _COOLDOWN)
        taken += time.process_time() - before
        fired += len(reacting)
    yield Figure(f"1,000 ticks, {name}", taken, "CPU s", 1.0)
    yield Figure(f"fired meanwhile, {name}", fired, "rules")


def _seen(chance: random.Random, price: Decimal) -> dict[int, Observation]:
    """The price now, and beside what it was before each timeframe."""
    seen = {NOW: Observation(price)}
    for minutes in _TIMEFRAMES:
        then = (price * Decimal(str(chance.gauss(1, 0.02)))).quantize(_CENT)
        seen[minutes] = Observation(price, then)
    return seen


def _rule(chance: random.Random, number: int) -> WatchedRule:
    """Half of them a level around 100 USD, half a change around nothing."""
    type_ = chance.choice(list(ThresholdType))
    centre = 100 if type_ is ThresholdType.ABSOLUTE else 0
    threshold = Decimal(str(round(chance.gauss(centre, 20), 2)))
    rising = threshold > centre
    operator = ConditionOperator.GT if rising else ConditionOperator.LT
    return WatchedRule(
        UUID(int=number),
        1,
        Topic(AlertType.PRICE_CHANGE, AlertTargetType.ASSET, UUID(int=number % _ASSETS)),
        Condition(AlertType.PRICE_CHANGE, operator, threshold, type_),
        chance.choice(_TIMEFRAMES),
    )
