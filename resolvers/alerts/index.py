"""Rules in the order of their thresholds, so that a number meets only those it makes fire.

Rules about one thing form a `Topic`; within it those that compare the same number (threshold type
and, where the number depends on it, timeframe) are sorted by threshold, one list an operator. Where
a number stands is then found by bisection, and the rules on one side of it are exactly those that
fire. Rules that have fired sleep outside of their lists until they may fire again: a price that
stays beyond a threshold costs nothing meanwhile.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import count
from operator import attrgetter
from typing import Final
from uuid import UUID

from resolvers.alerts.conditions import EXACT, Compared, Condition, Observation, compared_of
from resolvers.alerts.enums import AlertTargetType, AlertType, ConditionOperator, ThresholdType
from resolvers.alerts.rules import COUNTED

# Timeframe of numbers that are what they are now.
NOW: Final = 0

# What is counted or summed up within the timeframe, whatever the threshold.
WINDOWED: Final = COUNTED - {AlertType.SECURITY_RISK} | {AlertType.VOLUME_SPIKE}
_threshold: Final = attrgetter("threshold")


@dataclass(frozen=True, slots=True)
class Topic:
    """What a number is about.

    Attributes:
        alert_type: which number.
        target_type: what kind of thing.
        target: key of the thing.
        chain_id: the chain it is looked at on; None for all, where the thing is a chain, and where
            chains do not matter.
    """

    alert_type: AlertType
    target_type: AlertTargetType
    target: UUID | int
    chain_id: int | None = None


@dataclass(frozen=True, slots=True)
class WatchedRule:
    """A rule as the index knows it.

    Attributes:
        id: its key.
        version: in which it was read; it fires in no other.
        topic: what it is about.
        condition: what it waits for; its type is the topic's.
        timeframe_minutes: how far it looks back.
    """

    id: UUID
    version: int
    topic: Topic
    condition: Condition
    timeframe_minutes: int

    @property
    def timeframe(self) -> int:
        """Minutes its number depends on; `NOW` for none."""
        changes = self.condition.threshold_type is ThresholdType.PERCENTAGE
        return self.timeframe_minutes if changes or self.topic.alert_type in WINDOWED else NOW


class _Entry:
    """A rule's place in the index.

    Attributes:
        rule: the rule.
        threshold, operator: of its condition, at hand.
        bands: where it is listed when it is awake.
        until: when it wakes up; None while it is awake.
        is_listed: whether it stands in its list.
    """

    __slots__ = ("bands", "is_listed", "operator", "rule", "threshold", "until")

    def __init__(self, rule: WatchedRule, bands: _Bands) -> None:
        self.rule = rule
        self.threshold = rule.condition.threshold
        self.operator = rule.condition.operator
        self.bands = bands
        self.until: datetime | None = None
        self.is_listed = False


class _Bands:
    """Rules that compare the same number, one list sorted by threshold for each operator."""

    __slots__ = ("known", "lists")

    def __init__(self) -> None:
        self.lists: dict[ConditionOperator, list[_Entry]] = {}
        # How many there are, those asleep too.
        self.known = 0

    def reached(self, compared: Compared, *, is_least: bool) -> Iterator[_Entry]:
        """Rules whose threshold is reached, an operator after the other."""
        read = _scaled(compared.scale)
        for operator, entries in self.lists.items():
            below = bisect_left(entries, compared.number, key=read)
            if operator is ConditionOperator.GT:
                yield from entries[:below]
                continue
            through = bisect_right(entries, compared.number, lo=below, key=read)
            if operator is ConditionOperator.GTE:
                yield from entries[:through]
            elif operator is ConditionOperator.NE:
                yield from entries[:below]
                if not is_least:
                    yield from entries[through:]
            elif is_least:
                continue
            elif operator is ConditionOperator.LT:
                yield from entries[through:]
            elif operator is ConditionOperator.LTE:
                yield from entries[below:]
            else:
                yield from entries[below:through]


_Place = tuple[ThresholdType, int]


@dataclass(slots=True)
class RuleIndex:
    """The rules of one process. Not for threads: one event loop owns it."""

    _entries: dict[UUID, _Entry] = field(default_factory=dict)
    _topics: dict[Topic, dict[_Place, _Bands]] = field(default_factory=dict)
    # Those put to sleep together wake up together; the number keeps equal times apart.
    _waking: list[tuple[datetime, int, list[_Entry]]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, rule_id: UUID) -> WatchedRule | None:
        """A rule by its key."""
        entry = self._entries.get(rule_id)
        return None if entry is None else entry.rule

    def topics(self) -> Iterable[Topic]:
        """What there are rules about."""
        return self._topics.keys()

    def timeframes(self, topic: Topic) -> frozenset[int]:
        """Timeframes in minutes that rules about a thing depend on, `NOW` among them."""
        return frozenset(minutes for _, minutes in self._topics.get(topic, ()))

    def put(self, rules: Iterable[WatchedRule]) -> None:
        """Add rules, or replace those known by the same key; they are awake afterwards."""
        latest = {rule.id: rule for rule in rules}
        self.remove(latest)
        entries = [_Entry(rule, self._bands_for(rule)) for rule in latest.values()]
        self._entries.update(zip(latest, entries, strict=True))
        _list(entries)

    def remove(self, rule_ids: Iterable[UUID]) -> None:
        """Forget rules; unknown keys are passed over."""
        popped = (self._entries.pop(rule_id, None) for rule_id in rule_ids)
        gone = [entry for entry in popped if entry is not None]
        _unlist(gone)
        for entry in gone:
            entry.until = None
            entry.bands.known -= 1
            if not entry.bands.known:
                self._forget(entry.rule)

    def sleep(self, rule_ids: Iterable[UUID], until: datetime) -> None:
        """Let rules be met by nothing until they may fire again."""
        found = (self._entries.get(rule_id) for rule_id in rule_ids)
        entries = [entry for entry in found if entry is not None]
        _unlist(entries)
        for entry in entries:
            entry.until = until
        if entries:
            heapq.heappush(self._waking, (until, next(self._numbers), entries))

    def wake(self, now: datetime) -> int:
        """Put back the rules whose sleep is over; how many."""
        woken: list[_Entry] = []
        while self._waking and self._waking[0][0] <= now:
            until, _, entries = heapq.heappop(self._waking)
            for entry in entries:
                # Unless it was replaced, removed or put to sleep again meanwhile.
                if entry.until == until:
                    entry.until = None
                    woken.append(entry)
        _list(woken)
        return len(woken)

    def reacting(self, topic: Topic, seen: Mapping[int, Observation]) -> list[WatchedRule]:
        """Rules about a thing that what was seen makes fire, those asleep left out.

        Args:
            topic: the thing.
            seen: what was seen, by timeframe in minutes; `NOW` for what it is now. Rules of a
                timeframe that is missing do not fire.
        """
        found: list[WatchedRule] = []
        for (type_, minutes), bands in self._topics.get(topic, {}).items():
            observation = seen.get(minutes)
            if observation is None:
                continue
            compared = compared_of(type_, observation)
            if compared is not None:
                reached = bands.reached(compared, is_least=observation.is_least)
                found.extend(entry.rule for entry in reached)
        return found

    def _bands_for(self, rule: WatchedRule) -> _Bands:
        places = self._topics.setdefault(rule.topic, {})
        bands = places.setdefault((rule.condition.threshold_type, rule.timeframe), _Bands())
        bands.known += 1
        return bands

    def _forget(self, rule: WatchedRule) -> None:
        places = self._topics[rule.topic]
        del places[rule.condition.threshold_type, rule.timeframe]
        if not places:
            del self._topics[rule.topic]


def _list(entries: Iterable[_Entry]) -> None:
    """Put rules into their lists."""
    touched: dict[int, list[_Entry]] = {}
    for entry in entries:
        entry.is_listed = True
        listed = entry.bands.lists.setdefault(entry.operator, [])
        listed.append(entry)
        touched[id(listed)] = listed
    for listed in touched.values():
        # Nearly in order, which this sort makes use of.
        listed.sort(key=_threshold)


def _unlist(entries: Iterable[_Entry]) -> None:
    """Take rules out of their lists, as far as they are in them."""
    touched: dict[int, list[_Entry]] = {}
    for entry in entries:
        if entry.is_listed:
            entry.is_listed = False
            listed = entry.bands.lists[entry.operator]
            touched[id(listed)] = listed
    for listed in touched.values():
        listed[:] = [entry for entry in listed if entry.is_listed]


def _scaled(scale: Decimal) -> Callable[[_Entry], Decimal]:
    """How a rule's threshold is read beside a number of this scale."""
    if scale == 1:
        return _threshold

    def read(entry: _Entry) -> Decimal:
        return EXACT.multiply(entry.threshold, scale)

    return read
