"""Rules are read for the index, and fire: at most one of any number of workers lets one fire.

What may not fire says until when, so that the index can let it sleep:

    index = RuleIndex()
    await load_rules(stores, index)
    ...
    reacting = index.reacting(topic, seen)
    outcome = await fire(stores, index, [Reaction(rule, seen[rule.timeframe], at) ...])
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from resolvers.alerts.conditions import Condition, Observation, change_pct
from resolvers.alerts.enums import AlertTargetType, AlertType, ConditionOperator, ThresholdType
from resolvers.alerts.index import RuleIndex, Topic, WatchedRule
from resolvers.alerts.rules import CHAINLESS, condition_in_words
from resolvers.alerts.target import column_of
from stores.lifecycle import Stores
from stores.queries import load_queries

# Rules of one statement; each has its event and deliveries.
MOST: Final = 500

_PAGE: Final = 10_000
_NOBODY: Final = UUID(int=0)
_DANGER: Final = Decimal("0.8")


@dataclass(frozen=True, slots=True)
class Reaction:
    """A rule and what made it react.

    Attributes:
        rule: the rule.
        seen: what was seen; its value is known.
        seen_at: when it held (UTC), not in the future. A rule fires once for it, however often it
            is offered.
    """

    rule: WatchedRule
    seen: Observation
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that fired.

    Attributes:
        rule_id: the rule.
        event_id: the event.
        triggered_at: when (UTC).
        quiet_until: when it may fire again at the earliest (UTC).
        delivery_count: how many deliveries are planned.
    """

    rule_id: UUID
    event_id: UUID
    triggered_at: datetime
    quiet_until: datetime
    delivery_count: int


async def load_rules(
    stores: Stores, index: RuleIndex, kinds: Collection[AlertType] = tuple(AlertType)
) -> int:
    """Put every rule of some types that may fire into an index; how many."""
    query = load_queries("postgres")["alert_engine.rules"]
    types = [kind.value for kind in kinds]
    after, number = _NOBODY, 0
    while rows := await stores.postgres.fetch(
        query, *query.arguments(after=after, types=types, most=_PAGE)
    ):
        index.put(watched_rule(row) for row in rows)
        after, number = rows[-1]["id"], number + len(rows)
    return number


async def reload_rules(
    stores: Stores,
    index: RuleIndex,
    rule_ids: Iterable[UUID],
    kinds: Collection[AlertType] = tuple(AlertType),
) -> None:
    """Bring rules that were made, edited, paused or thrown away up to date in an index."""
    query = load_queries("postgres")["alert_engine.rules_by_id"]
    ids = list(rule_ids)
    types = [kind.value for kind in kinds]
    rows = await stores.postgres.fetch(query, *query.arguments(ids=ids, types=types))
    index.remove(set(ids) - {row["id"] for row in rows})
    index.put(watched_rule(row) for row in rows)


async def fire(
    stores: Stores,
    index: RuleIndex | None,
    reactions: Sequence[Reaction],
    *,
    at: datetime | None = None,
) -> list[Fired]:
    """Let rules fire that may, and let all of them sleep for as long as they may not.

    Rule, event, deliveries and outbox are written together or not at all.

    Args:
        stores: opened as the role `worker`.
        index: where the rules sleep; rules that were edited meanwhile are read again. None where
            they are kept nowhere.
        reactions: what made which rule react; the last one counts where a rule comes twice.
        at: the present (UTC); None for that of the database, as it should be.

    Raises:
        StoreError: Postgres does not answer; what was not written before will react again.
    """
    latest = list({reaction.rule.id: reaction for reaction in reactions}.values())
    fired: list[Fired] = []
    async for part in _parts(stores, latest, at):
        fired += part
        if index is not None:
            for each in part:
                index.sleep([each.rule_id], each.quiet_until)
    refused = {reaction.rule.id for reaction in latest} - {each.rule_id for each in fired}
    if refused and index is not None:
        await _let_sleep(stores, index, refused, at)
    return fired


async def _parts(
    stores: Stores, reactions: Sequence[Reaction], at: datetime | None
) -> AsyncIterator[list[Fired]]:
    query = load_queries("postgres")["alert_engine.fire"]
    for start in range(0, len(reactions), MOST):
        part = reactions[start : start + MOST]
        arguments = query.arguments(at=at, **_columns(part))
        rows = await stores.postgres.fetch(query, *arguments)
        yield [Fired(**row) for row in rows]


async def _let_sleep(
    stores: Stores, index: RuleIndex, refused: set[UUID], at: datetime | None
) -> None:
    query = load_queries("postgres")["alert_engine.quiet"]
    arguments = query.arguments(rule_ids=list(refused), at=at)
    rows = {row["id"]: row for row in await stores.postgres.fetch(query, *arguments)}
    index.remove(refused - rows.keys())
    edited = []
    for rule_id, row in rows.items():
        known = index.get(rule_id)
        if known is None or known.version != row["version"]:
            edited.append(rule_id)
        elif row["quiet_until"] is not None:
            index.sleep([rule_id], row["quiet_until"])
    if edited:
        await reload_rules(stores, index, edited)


def watched_rule(row: Any) -> WatchedRule:
    """A rule from its row."""
    kind, target = AlertType(row["alert_type"]), AlertTargetType(row["target_type"])
    without = target is AlertTargetType.CHAIN or kind in CHAINLESS
    return WatchedRule(
        row["id"],
        row["version"],
        Topic(kind, target, row[column_of(target)], None if without else row["chain_id"]),
        Condition(
            kind,
            ConditionOperator(row["condition_operator"]),
            row["threshold_value"],
            ThresholdType(row["threshold_type"]),
        ),
        row["timeframe_minutes"],
    )


def severity_of(kind: AlertType, value: Decimal) -> str:
    """How serious it is that a rule of a type fired at a value."""
    if kind is AlertType.RISK_SCORE:
        return "critical" if value >= _DANGER else "high"
    if kind is AlertType.SECURITY_RISK:
        return "high"
    return "medium" if kind in (AlertType.WHALE_MOVEMENT, AlertType.PORTFOLIO_VALUE) else "info"


def in_words(value: Decimal) -> str:
    """A number without zeros at its end."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _columns(reactions: Sequence[Reaction]) -> dict[str, list[Any]]:
    """What is asked, a list a column."""
    columns: dict[str, list[Any]] = {
        name: []
        for name in (
            *("rule_ids", "versions", "seen_at", "values", "baselines"),
            *("conditions", "messages", "severities", "metadata"),
        )
    }
    for reaction in reactions:
        rule, seen = reaction.rule, reaction.seen
        assert seen.value is not None
        condition = rule.condition
        changes = condition.threshold_type is ThresholdType.PERCENTAGE
        words = condition_in_words(
            str(condition.alert_type.value),
            str(condition.operator.value),
            condition.threshold,
            str(condition.threshold_type.value),
        )
        change = change_pct(seen) if changes else None
        values = (
            rule.id,
            rule.version,
            reaction.seen_at,
            seen.value,
            seen.baseline if changes else None,
            words,
            _message(words, seen, change),
            severity_of(condition.alert_type, seen.value),
            {} if change is None else {"change_pct": in_words(change)},
        )
        for column, value in zip(columns.values(), values, strict=True):
            column.append(value)
    return columns


def _message(words: str, seen: Observation, change: Decimal | None) -> str:
    """What the notification says, such as "price_change > 5 %: 105, from 100 (+5 %)."."""
    assert seen.value is not None
    least = "at least " if seen.is_least else ""
    value = f"{least}{in_words(seen.value)}"
    if change is None or seen.baseline is None:
        return f"{words}: {value}."
    sign = "+" if change > 0 else ""
    shown = in_words(change.quantize(Decimal("0.01")))
    return f"{words}: {value}, from {in_words(seen.baseline)} ({sign}{shown} %)."
