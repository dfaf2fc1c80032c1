"""What a change of a rule takes and gives back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

import strawberry

from resolvers.alerts.enums import AlertChannel, AlertType, ConditionOperator, ThresholdType
from resolvers.alerts.rules import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    MAX_MINUTES,
    MAX_TRIGGERS_PER_DAY,
)
from resolvers.alerts.types import AlertEvent, AlertRule
from resolvers.mutation import (
    IdempotentInput,
    Payload,
    ReplayablePayload,
    VersionedInput,
    changed,
    outcome,
)
from resolvers.scalars import ChainId

_DEFAULT_MINUTES: Final = 60
_DEFAULT_TRIGGERS: Final = 10

_NAME: Final = f"What to call it, at most {LONGEST_NAME} characters."
_DESCRIPTION: Final = f"What it is for, at most {LONGEST_DESCRIPTION:,} characters."
_THRESHOLD: Final = (
    "What the value is compared with: of a PERCENTAGE a change of at least -100, of RISK_SCORE 0 "
    "to 1, else not negative, save for a portfolio's value."
)
_TIMEFRAME: Final = f"How far back the baseline of a change lies, 1 to {MAX_MINUTES:,} minutes."
_COOLDOWN: Final = f"Quiet time after it fired, 0 to {MAX_MINUTES:,} minutes."
_TRIGGERS: Final = f"How often it may fire on one day, 1 to {MAX_TRIGGERS_PER_DAY:,}."


@strawberry.input(description="What to be told.")
class CreateAlertRuleInput(IdempotentInput):
    """What to be told."""

    name: str = strawberry.field(description=_NAME)
    description: str | None = strawberry.field(default=strawberry.UNSET, description=_DESCRIPTION)
    alert_type: AlertType = strawberry.field(description="What to watch; it cannot be changed.")
    target_id: strawberry.ID = strawberry.field(
        description="Global id of what it is about, which cannot be changed: an Asset for "
        "PRICE_CHANGE; a Protocol for TVL_CHANGE; either for VOLUME_SPIKE; a Chain for GAS_PRICE; "
        "a Portfolio of the viewer for PORTFOLIO_VALUE; a Protocol, Asset, Wallet or Portfolio for "
        "SECURITY_RISK and RISK_SCORE; an Asset, Wallet or Chain for WHALE_MOVEMENT; an Asset or "
        "Wallet for SMART_MONEY; a Protocol or Chain for NEW_LISTING."
    )
    chain: ChainId | None = strawberry.field(
        default=strawberry.UNSET,
        description="Look at the target on this chain only: a CAIP-2 id, an EVM chain id or a "
        "slug. Not together with a Chain as target, and without effect on PRICE_CHANGE, "
        "PORTFOLIO_VALUE and RISK_SCORE, which are one number for all chains.",
    )
    condition_operator: ConditionOperator = strawberry.field(
        description="How to compare; EQ and NE only for SECURITY_RISK, WHALE_MOVEMENT, SMART_MONEY "
        "and NEW_LISTING."
    )
    threshold_value: Decimal = strawberry.field(description=_THRESHOLD)
    threshold_type: ThresholdType = strawberry.field(
        default=ThresholdType.ABSOLUTE, description="What the threshold is."
    )
    timeframe_minutes: int = strawberry.field(default=_DEFAULT_MINUTES, description=_TIMEFRAME)
    notification_channels: list[AlertChannel] = strawberry.field(
        default_factory=lambda: [AlertChannel.EMAIL],
        description="Which ways to tell; at least one.",
    )
    cooldown_minutes: int = strawberry.field(default=_DEFAULT_MINUTES, description=_COOLDOWN)
    max_triggers_per_day: int = strawberry.field(default=_DEFAULT_TRIGGERS, description=_TRIGGERS)


@strawberry.type(description="What came of making a rule.")
class CreateAlertRulePayload(ReplayablePayload):
    """What came of making a rule."""

    alert_rule: AlertRule | None = changed("The rule; null when it was not made.")


@strawberry.input(description="What to change of a rule; what is left out stays.")
class UpdateAlertRuleInput(VersionedInput):
    """What to change of a rule; what is left out stays."""

    id: strawberry.ID = strawberry.field(description="The rule.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description=_NAME)
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_DESCRIPTION} Null takes it away."
    )
    condition_operator: ConditionOperator | None = strawberry.field(
        default=strawberry.UNSET, description="How to compare."
    )
    threshold_value: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description=_THRESHOLD
    )
    threshold_type: ThresholdType | None = strawberry.field(
        default=strawberry.UNSET, description="What the threshold is."
    )
    timeframe_minutes: int | None = strawberry.field(
        default=strawberry.UNSET, description=_TIMEFRAME
    )
    notification_channels: list[AlertChannel] | None = strawberry.field(
        default=strawberry.UNSET, description="Which ways to tell; at least one."
    )
    cooldown_minutes: int | None = strawberry.field(default=strawberry.UNSET, description=_COOLDOWN)
    max_triggers_per_day: int | None = strawberry.field(
        default=strawberry.UNSET, description=_TRIGGERS
    )
    is_active: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether it is switched on."
    )


@strawberry.type(description="What came of changing a rule.")
class UpdateAlertRulePayload(Payload):
    """What came of changing a rule."""

    alert_rule: AlertRule | None = changed("The rule as it is now; null when it was not changed.")


@strawberry.input(description="Which rule to keep quiet, and until when.")
class PauseAlertRuleInput(VersionedInput):
    """Which rule to keep quiet, and until when."""

    id: strawberry.ID = strawberry.field(description="The rule.")
    until: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="When the pause ends by itself, a year ahead at most; without it the pause "
        "lasts until `resumeAlertRule`.",
    )


@strawberry.type(description="What came of keeping a rule quiet.")
class PauseAlertRulePayload(Payload):
    """What came of keeping a rule quiet."""

    alert_rule: AlertRule | None = changed("The rule as it is now; null when there is none.")


@strawberry.input(description="Which rule to let fire again.")
class ResumeAlertRuleInput(VersionedInput):
    """Which rule to let fire again."""

    id: strawberry.ID = strawberry.field(description="The rule.")


@strawberry.type(description="What came of letting a rule fire again.")
class ResumeAlertRulePayload(Payload):
    """What came of letting a rule fire again."""

    alert_rule: AlertRule | None = changed("The rule as it is now; null when there is none.")


@strawberry.input(description="Which rule to throw away.")
class DeleteAlertRuleInput(VersionedInput):
    """Which rule to throw away."""

    id: strawberry.ID = strawberry.field(description="The rule.")


@strawberry.type(description="What came of throwing a rule away.")
class DeleteAlertRulePayload(Payload):
    """What came of throwing a rule away."""

    deleted_id: strawberry.ID | None = outcome(
        "Global id the rule had; null when there is none. Its events stay."
    )


@strawberry.input(description="Which rule to try out.")
class TestAlertRuleInput(IdempotentInput):
    """Which rule to try out."""

    id: strawberry.ID = strawberry.field(description="The rule; it may be paused or switched off.")


@strawberry.type(description="What came of trying a rule out.")
class TestAlertRulePayload(ReplayablePayload):
    """What came of trying a rule out."""

    alert_event: AlertEvent | None = changed(
        "The event, marked as a test; null when none was made."
    )
    channels_without_destination: list[AlertChannel] | None = outcome(
        "Channels of the rule over which nobody is told, because there is no destination that is "
        "switched on; for e-mail, the address of the account suffices once it is verified."
    )
