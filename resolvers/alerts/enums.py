"""Words of alerts."""

from __future__ import annotations

import enum
from typing import Final

import strawberry

_SIGNS: Final = {"gt": ">", "gte": "≥", "lt": "<", "lte": "≤", "eq": "=", "ne": "≠"}


@strawberry.enum(description="What a rule watches.")
class AlertType(enum.Enum):
    """What a rule watches."""

    PRICE_CHANGE = strawberry.enum_value("price_change", description="Price of an asset.")
    TVL_CHANGE = strawberry.enum_value("tvl_change", description="Value locked in a protocol.")
    VOLUME_SPIKE = strawberry.enum_value(
        "volume_spike", description="Volume of an asset or a protocol."
    )
    GAS_PRICE = strawberry.enum_value("gas_price", description="Price of gas on a chain.")
    PORTFOLIO_VALUE = strawberry.enum_value(
        "portfolio_value", description="Value of a portfolio of the viewer."
    )
    SECURITY_RISK = strawberry.enum_value(
        "security_risk",
        description="Findings about the security of a protocol, asset, wallet or portfolio.",
    )
    RISK_SCORE = strawberry.enum_value(
        "risk_score",
        description="Overall danger of a protocol, asset, wallet or portfolio, 0 safe to 1 "
        "dangerous.",
    )
    WHALE_MOVEMENT = strawberry.enum_value(
        "whale_movement", description="Large transfers of an asset or a wallet, or on a chain."
    )
    SMART_MONEY = strawberry.enum_value(
        "smart_money", description="What wallets that trade well do with an asset, or one does."
    )
    NEW_LISTING = strawberry.enum_value(
        "new_listing", description="New pools of a protocol, or new protocols on a chain."
    )


@strawberry.enum(description="What kind of thing a rule is about.")
class AlertTargetType(enum.Enum):
    """What kind of thing a rule is about."""

    PROTOCOL = strawberry.enum_value("protocol", description="A DeFi protocol.")
    ASSET = strawberry.enum_value("asset", description="A coin or token.")
    WALLET = strawberry.enum_value("wallet", description="An address on one chain.")
    CHAIN = strawberry.enum_value("chain", description="A whole chain.")
    PORTFOLIO = strawberry.enum_value("portfolio", description="A portfolio of the viewer.")


@strawberry.enum(description="How a value is compared with the threshold.")
class ConditionOperator(enum.Enum):
    """How a value is compared with the threshold."""

    GT = strawberry.enum_value("gt", description="Greater than it.")
    GTE = strawberry.enum_value("gte", description="Greater than it, or equal.")
    LT = strawberry.enum_value("lt", description="Less than it.")
    LTE = strawberry.enum_value("lte", description="Less than it, or equal.")
    EQ = strawberry.enum_value("eq", description="Equal to it; only for what is counted.")
    NE = strawberry.enum_value("ne", description="Different from it; only for what is counted.")

    @property
    def sign(self) -> str:
        """As it is written between two numbers."""
        return _SIGNS[str(self.value)]


@strawberry.enum(description="What a threshold is.")
class ThresholdType(enum.Enum):
    """What a threshold is."""

    ABSOLUTE = strawberry.enum_value(
        "absolute", description="A value, in the unit of what is watched."
    )
    PERCENTAGE = strawberry.enum_value(
        "percentage", description="A change in percent since `timeframeMinutes` ago."
    )


@strawberry.enum(description="Which way a notification goes.")
class AlertChannel(enum.Enum):
    """Which way a notification goes."""

    EMAIL = strawberry.enum_value("email", description="E-mail.")
    WEBHOOK = strawberry.enum_value("webhook", description="A signed request to a URL.")
    TELEGRAM = strawberry.enum_value("telegram", description="A chat of Telegram.")
    DISCORD = strawberry.enum_value("discord", description="A channel of Discord.")
    SMS = strawberry.enum_value("sms", description="A text message to a telephone.")
    PUSH = strawberry.enum_value("push", description="A notification of an app.")


@strawberry.enum(description="What became of a notification.")
class DeliveryStatus(enum.Enum):
    """What became of a notification."""

    PENDING = strawberry.enum_value("pending", description="Waiting to be sent.")
    SENT = strawberry.enum_value("sent", description="Taken by the service that carries it.")
    DELIVERED = strawberry.enum_value("delivered", description="Arrived.")
    FAILED = strawberry.enum_value("failed", description="Not taken; tried again for a while.")
    BOUNCED = strawberry.enum_value("bounced", description="Sent back.")
