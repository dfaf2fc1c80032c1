"""Words of risk."""

from __future__ import annotations

import enum

import strawberry


@strawberry.enum(description="What kind of thing is assessed.")
class RiskTargetType(enum.Enum):
    """What kind of thing is assessed."""

    PROTOCOL = strawberry.enum_value("protocol", description="A DeFi protocol.")
    ASSET = strawberry.enum_value("asset", description="A coin or token.")
    WALLET = strawberry.enum_value("wallet", description="An address on one chain.")
    CONTRACT = strawberry.enum_value("contract", description="A smart contract.")
    TRANSACTION = strawberry.enum_value("transaction", description="One entry of a wallet.")
    PORTFOLIO = strawberry.enum_value("portfolio", description="What a user holds.")


@strawberry.enum(description="Which danger a score measures.")
class RiskDimension(enum.Enum):
    """Which danger a score measures."""

    OVERALL = strawberry.enum_value("overall", description="All dangers together.")
    LIQUIDITY = strawberry.enum_value("liquidity", description="Not getting out at a fair price.")
    SMART_CONTRACT = strawberry.enum_value("smart_contract", description="Faults of the code.")
    GOVERNANCE = strawberry.enum_value("governance", description="Power in few hands.")
    MARKET = strawberry.enum_value("market", description="Falling prices.")
    LIQUIDATION = strawberry.enum_value("liquidation", description="Collateral being sold.")
    CORRELATION = strawberry.enum_value("correlation", description="Everything falling at once.")
    PROTOCOL = strawberry.enum_value("protocol", description="Failure of the protocols used.")
    REGULATORY = strawberry.enum_value("regulatory", description="Law and sanctions.")
    SECURITY = strawberry.enum_value("security", description="Theft and fraud.")


@strawberry.enum(description="How serious something is.")
class Severity(enum.Enum):
    """How serious something is."""

    INFO = strawberry.enum_value("info", description="Good to know.")
    LOW = strawberry.enum_value("low", description="Little harm is possible.")
    MEDIUM = strawberry.enum_value("medium", description="Some harm is possible.")
    HIGH = strawberry.enum_value("high", description="Much harm is likely.")
    CRITICAL = strawberry.enum_value("critical", description="Act now.")


@strawberry.enum(description="What a warning is about.")
class RiskAlertType(enum.Enum):
    """What a warning is about."""

    LIQUIDATION_RISK = strawberry.enum_value(
        "liquidation_risk", description="Collateral may be sold soon."
    )
    HIGH_CORRELATION = strawberry.enum_value(
        "high_correlation", description="Holdings move together."
    )
    PROTOCOL_RISK = strawberry.enum_value("protocol_risk", description="A protocol is in trouble.")
    UNUSUAL_ACTIVITY = strawberry.enum_value(
        "unusual_activity", description="Something moves that usually rests."
    )
    MALICIOUS_CONTRACT = strawberry.enum_value(
        "malicious_contract", description="A contract in use was reported as harmful."
    )
    APPROVAL_RISK = strawberry.enum_value(
        "approval_risk", description="Somebody may take tokens who should not."
    )


@strawberry.enum(description="Where a scan stands.")
class ScanStatus(enum.Enum):
    """Where a scan stands."""

    QUEUED = strawberry.enum_value("queued", description="Waiting for its turn.")
    RUNNING = strawberry.enum_value("running", description="Being done.")
    COMPLETED = strawberry.enum_value("completed", description="Done.")
    FAILED = strawberry.enum_value("failed", description="Ended without a result.")


@strawberry.enum(description="How a protocol is at the moment.")
class ProtocolHealthStatus(enum.Enum):
    """How a protocol is at the moment."""

    HEALTHY = strawberry.enum_value("healthy", description="Works as it should.")
    DEGRADED = strawberry.enum_value("degraded", description="Works with limits.")
    UNHEALTHY = strawberry.enum_value("unhealthy", description="Does not work.")
    UNKNOWN = strawberry.enum_value("unknown", description="Nobody could tell.")
