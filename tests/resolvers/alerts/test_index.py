"""The index meets exactly the rules that hold, and lets those that fired sleep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from resolvers.alerts.conditions import Condition, Observation, holds
from resolvers.alerts.enums import AlertTargetType, AlertType, ConditionOperator, ThresholdType
from resolvers.alerts.index import NOW, RuleIndex, Topic, WatchedRule

ASSET, OTHER = uuid4(), uuid4()
AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
SMALL = st.integers(-4, 4).map(Decimal)
TIMEFRAMES = (NOW, 5, 60)


@st.composite
def rules(draw: st.DrawFn) -> WatchedRule:
    kind = draw(st.sampled_from([AlertType.PRICE_CHANGE, AlertType.WHALE_MOVEMENT]))
    condition = Condition(
        kind,
        draw(st.sampled_from(ConditionOperator)),
        draw(SMALL) * draw(st.sampled_from([1, 25])),
        draw(st.sampled_from(ThresholdType)),
    )
    topic = Topic(
        kind,
        AlertTargetType.ASSET,
        draw(st.sampled_from([ASSET, OTHER])),
        draw(st.sampled_from([None, 1])),
    )
    return WatchedRule(uuid4(), 1, topic, condition, draw(st.sampled_from(TIMEFRAMES[1:])))


OBSERVATIONS = st.builds(
    Observation, st.one_of(st.none(), SMALL), st.one_of(st.none(), SMALL), st.booleans()
)


def ids(found: list[WatchedRule]) -> list[UUID]:
    return sorted(rule.id for rule in found)


@given(
    st.lists(rules(), max_size=40),
    st.fixed_dictionaries(dict.fromkeys(TIMEFRAMES, OBSERVATIONS)),
    st.data(),
)
def test_exactly_the_rules_that_hold_react(
    known: list[WatchedRule], seen: dict[int, Observation], data: st.DataObject
) -> None:
    index = RuleIndex()
    index.put(known)
    gone = set(data.draw(st.lists(st.sampled_from(known)))) if known else set()
    index.remove(rule.id for rule in gone)
    left = [rule for rule in known if rule not in gone]
    assert len(index) == len(left)
    assert set(index.topics()) == {rule.topic for rule in left}
    for topic in {rule.topic for rule in known}:
        about = [rule for rule in left if rule.topic == topic]
        assert index.timeframes(topic) == {rule.timeframe for rule in about}
        holding = [rule for rule in about if holds(rule.condition, seen[rule.timeframe])]
        assert ids(index.reacting(topic, seen)) == ids(holding)


def above(threshold: int, rule_id: UUID | None = None) -> WatchedRule:
    condition = Condition(
        AlertType.PRICE_CHANGE,
        ConditionOperator.GT,
        Decimal(threshold),
        ThresholdType.ABSOLUTE,
    )
    topic = Topic(AlertType.PRICE_CHANGE, AlertTargetType.ASSET, ASSET)
    return WatchedRule(rule_id or uuid4(), 1, topic, condition, 60)


def react(index: RuleIndex, price: int) -> list[UUID]:
    topic = Topic(AlertType.PRICE_CHANGE, AlertTargetType.ASSET, ASSET)
    return ids(index.reacting(topic, {NOW: Observation(Decimal(price))}))


def test_a_rule_that_fired_sleeps_until_it_may_fire_again() -> None:
    index = RuleIndex()
    low, high = above(10), above(20)
    index.put([low, high])
    assert react(index, 15) == [low.id]
    index.sleep([low.id], AT + timedelta(hours=1))
    assert react(index, 15) == []
    assert react(index, 25) == [high.id]
    assert index.wake(AT + timedelta(minutes=59)) == 0
    assert index.wake(AT + timedelta(hours=1)) == 1
    assert react(index, 15) == [low.id]


def test_sleeping_again_counts_from_the_later_moment() -> None:
    index = RuleIndex()
    rule = above(10)
    index.put([rule])
    index.sleep([rule.id], AT + timedelta(hours=1))
    index.sleep([rule.id], AT + timedelta(hours=2))
    assert index.wake(AT + timedelta(hours=1)) == 0
    assert index.wake(AT + timedelta(hours=2)) == 1
    assert react(index, 11) == [rule.id]


def test_an_edited_rule_is_awake_in_its_new_form() -> None:
    index = RuleIndex()
    rule = above(10)
    index.put([rule])
    index.sleep([rule.id], AT + timedelta(hours=1))
    index.put([above(30, rule.id)])
    assert react(index, 25) == []
    assert react(index, 31) == [rule.id]
    assert index.wake(AT + timedelta(hours=1)) == 0
    assert react(index, 31) == [rule.id]
    index.remove([rule.id, uuid4()])
    assert (len(index), react(index, 31), list(index.topics())) == (0, [], [])
