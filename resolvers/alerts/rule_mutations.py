"""Rules are made, edited, paused, tried out and thrown away."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import strawberry

from resolvers.alerts.enums import AlertChannel, AlertType, ConditionOperator, ThresholdType
from resolvers.alerts.rule_inputs import (
    CreateAlertRuleInput,
    CreateAlertRulePayload,
    DeleteAlertRuleInput,
    DeleteAlertRulePayload,
    PauseAlertRuleInput,
    PauseAlertRulePayload,
    ResumeAlertRuleInput,
    ResumeAlertRulePayload,
    TestAlertRuleInput,
    TestAlertRulePayload,
    UpdateAlertRuleInput,
    UpdateAlertRulePayload,
)
from resolvers.alerts.rules import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    LONGEST_PAUSE,
    MAX_MINUTES,
    MAX_RULES,
    MAX_TRIGGERS_PER_DAY,
    check_channels,
    check_operator,
    check_target,
    check_threshold,
    condition_in_words,
)
from resolvers.alerts.target import column_of
from resolvers.alerts.types import AlertRule
from resolvers.catalog.chains import chain_number
from resolvers.errors import BadInput
from resolvers.ids import encode_id
from resolvers.mutation import Change, UserErrorCode, clash, given, mutation
from resolvers.reflection import entity_of

# How often a rule may be tried out within an hour: each try tells people.
TESTS_PER_HOUR: Final = 5
_RULES: Final = "alerts.rules"
_ABSENT: Final = clash(
    "target_id", UserErrorCode.NOT_FOUND, "There is no such thing. Take ids from a field `id`."
)
_TARGETS: Final = {
    f"rules_{name}_fkey": _ABSENT
    for name in ("protocol_id", "asset_id", "wallet_id", "chain_id", "portfolio_id_user_id")
}


@strawberry.type(description="Changes of the viewer's rules.")
class AlertRuleMutation:
    """Changes of the viewer's rules."""

    @mutation(
        f"Makes a rule. A user has at most {MAX_RULES:,} that were not thrown away.",
        clashes=_TARGETS,
    )
    async def create_alert_rule(
        self, change: Change, input: CreateAlertRuleInput
    ) -> CreateAlertRulePayload:
        """Type and target settle what else may be said."""
        kind, type_ = input.alert_type, input.threshold_type
        values = {
            **await _target(change, input),
            **_limits(change, input),
            "name": change.text("name", input.name, longest=LONGEST_NAME),
            "description": change.text(
                "description", input.description, longest=LONGEST_DESCRIPTION, required=False
            ),
            "threshold_value": check_threshold(change, kind, input.threshold_value, type_),
            "notification_channels": check_channels(change, input.notification_channels),
        }
        check_operator(change, kind, input.condition_operator)
        known = await change.one("alerts.count_rules", user_id=change.user_id, most=MAX_RULES)
        if known is not None and known["rule_count"] >= MAX_RULES:
            message = f"You have {MAX_RULES:,} rules. Throw some away first."
            change.refuse("", UserErrorCode.LIMIT_REACHED, message)
        row = await change.found(
            "target_id",
            "target",
            "alerts.create_rule",
            user_id=change.user_id,
            alert_type=kind.value,
            condition_operator=input.condition_operator.value,
            threshold_type=type_.value,
            **values,
        )
        change.created(_RULES, row)
        return CreateAlertRulePayload(alert_rule=row["id"])

    @mutation("Changes a rule of the viewer's; what it watches and what it is about stay.")
    async def update_alert_rule(
        self, change: Change, input: UpdateAlertRuleInput
    ) -> UpdateAlertRulePayload:
        """Operator and threshold are looked at together, as they will stand."""
        values = {
            **_limits(change, input),
            "name": _kept_text(change, input.name),
            "description": change.text(
                "description", input.description, longest=LONGEST_DESCRIPTION, required=False
            ),
            "is_described": given(input.description),
            "notification_channels": _kept_channels(change, input),
            "is_active": _kept(input.is_active),
        }
        before = await _locked(change, input)
        condition = _condition(change, input, before)
        after = await change.found(
            "id", "AlertRule", "alerts.update_rule", **_key(change, before), **values, **condition
        )
        change.updated(_RULES, before, after)
        return UpdateAlertRulePayload(alert_rule=before["id"])

    @mutation(
        "Keeps a rule of the viewer's quiet for a while; a rule that is quiet takes the new end."
    )
    async def pause_alert_rule(
        self, change: Change, input: PauseAlertRuleInput
    ) -> PauseAlertRulePayload:
        """It neither fires nor is counted meanwhile."""
        now = change.context.clock()
        until = change.moment("until", input.until, earliest=now, latest=now + LONGEST_PAUSE)
        before = await _locked(change, input)
        await _paused(change, before, is_paused=True, until=until)
        return PauseAlertRulePayload(alert_rule=before["id"])

    @mutation("Lets a rule of the viewer's fire again.")
    async def resume_alert_rule(
        self, change: Change, input: ResumeAlertRuleInput
    ) -> ResumeAlertRulePayload:
        """Nothing is made up for."""
        before = await _locked(change, input)
        await _paused(change, before, is_paused=False, until=None)
        return ResumeAlertRulePayload(alert_rule=before["id"])

    @mutation("Throws a rule of the viewer's away; its events stay.")
    async def delete_alert_rule(
        self, change: Change, input: DeleteAlertRuleInput
    ) -> DeleteAlertRulePayload:
        """The row stays for its events, and is shown nowhere."""
        before = await _locked(change, input)
        await change.found("id", "AlertRule", "alerts.delete_rule", **_key(change, before))
        change.deleted(_RULES, before)
        shown = encode_id(entity_of(AlertRule), before["id"])
        return DeleteAlertRulePayload(deleted_id=strawberry.ID(shown))

    @mutation(
        "Tries a rule of the viewer's out: an event marked as a test is written and told over the "
        f"rule's channels. It counts for no limit of the rule; at most {TESTS_PER_HOUR} an hour."
    )
    async def test_alert_rule(
        self, change: Change, input: TestAlertRuleInput
    ) -> TestAlertRulePayload:
        """The event holds the threshold as the value that was reached."""
        rule = await _found(change, input.id)
        tests = await change.one("alerts.count_tests", **_key(change, rule))
        if tests is not None and tests["test_count"] >= TESTS_PER_HOUR:
            message = (
                f"This rule was tried out {TESTS_PER_HOUR} times within an hour. Wait a while."
            )
            change.refuse("id", UserErrorCode.LIMIT_REACHED, message)
        condition = condition_in_words(
            rule["alert_type"],
            rule["condition_operator"],
            rule["threshold_value"],
            rule["threshold_type"],
        )
        silent = await _silent_channels(change, rule)
        event = await change.found(
            "id",
            "AlertRule",
            "alerts.create_test_event",
            condition_met=condition,
            title=f"Test: {rule['name']}",
            message=f"This is a test of your rule. It fires when {condition}; nothing happened."
            + _told_nowhere(silent),
            **_key(change, rule),
        )
        change.created(
            "alerts.events",
            event,
            rule_id=rule["id"],
            is_test=True,
            notification_channels=event["notification_channels"],
        )
        return TestAlertRulePayload(alert_event=event["id"], channels_without_destination=silent)


async def _silent_channels(change: Change, rule: Mapping[str, Any]) -> list[AlertChannel]:
    """Channels of a rule over which nothing can be told now, in the order of the rule."""
    reached = await change.one("alerts.reached_channels", user_id=change.user_id)
    heard = () if reached is None else reached["channels"]
    return [AlertChannel(each) for each in rule["notification_channels"] if each not in heard]


def _told_nowhere(silent: list[AlertChannel]) -> str:
    if not silent:
        return ""
    names = " and ".join(str(channel.value) for channel in silent)
    return f" Over {names} it is told nowhere: add a destination by `addAlertDestination`."


async def _target(change: Change, input: CreateAlertRuleInput) -> dict[str, Any]:
    """Columns of what a rule is about, and of the chain it is looked at on."""
    columns: dict[str, Any] = dict.fromkeys(
        ("target_type", "protocol_id", "asset_id", "wallet_id", "portfolio_id", "chain_id")
    )
    target, key = check_target(change, input.alert_type, input.target_id)
    if given(input.chain) and input.chain is not None:
        try:
            columns["chain_id"] = await chain_number(change.context, input.chain)
        except BadInput as unknown:
            change.refuse("chain", UserErrorCode.NOT_FOUND, str(unknown))
    if target is None:
        return columns
    columns["target_type"] = target.value
    if column_of(target) == "chain_id" and columns["chain_id"] not in (None, key):
        message = "The rule is about another chain; leave this out."
        change.refuse("chain", UserErrorCode.INVALID, message)
    columns[column_of(target)] = key
    return columns


def _limits(change: Change, input: Any) -> dict[str, int | None]:
    """How often and how soon again; None for what stays."""
    bounds = {
        "timeframe_minutes": (1, MAX_MINUTES),
        "cooldown_minutes": (0, MAX_MINUTES),
        "max_triggers_per_day": (1, MAX_TRIGGERS_PER_DAY),
    }
    return {
        name: change.whole(name, getattr(input, name), least=least, most=most)
        for name, (least, most) in bounds.items()
    }


def _kept(value: Any) -> Any:
    """None for what stays."""
    return value if given(value) else None


def _kept_text(change: Change, value: str | None) -> str | None:
    if _kept(value) is None:
        return None
    return change.text("name", value, longest=LONGEST_NAME)


def _kept_channels(change: Change, input: UpdateAlertRuleInput) -> list[str] | None:
    if _kept(input.notification_channels) is None:
        return None
    return check_channels(change, input.notification_channels)


def _condition(
    change: Change, input: UpdateAlertRuleInput, before: Mapping[str, Any]
) -> dict[str, Any]:
    """Operator and threshold as they will stand."""
    kind = AlertType(before["alert_type"])
    operator = _kept(input.condition_operator) or ConditionOperator(before["condition_operator"])
    type_ = _kept(input.threshold_type) or ThresholdType(before["threshold_type"])
    value = _kept(input.threshold_value)
    threshold: Decimal = before["threshold_value"] if value is None else value
    check_operator(change, kind, operator)
    return {
        "condition_operator": operator.value,
        "threshold_type": type_.value,
        "threshold_value": check_threshold(change, kind, threshold, type_),
    }


async def _found(change: Change, id_: strawberry.ID) -> Mapping[str, Any]:
    """A rule of the viewer's that was not thrown away, held until the change is made."""
    key = change.key("id", id_, AlertRule)
    return await change.found("id", "AlertRule", "alerts.lock_rule", id=key, user_id=change.user_id)


async def _locked(change: Change, input: Any) -> Mapping[str, Any]:
    """The same in the version the caller read."""
    before = await _found(change, input.id)
    change.expect(before)
    return before


def _key(change: Change, row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": row["id"], "user_id": change.user_id}


async def _paused(
    change: Change, before: Mapping[str, Any], *, is_paused: bool, until: Any
) -> None:
    after = await change.found(
        "id",
        "AlertRule",
        "alerts.pause_rule",
        is_paused=is_paused,
        paused_until=until,
        **_key(change, before),
    )
    change.updated(_RULES, before, after)
