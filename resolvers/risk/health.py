"""How protocols are, and the figures that warn early."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from resolvers.fields import column, entity, one
from resolvers.plan import Table
from resolvers.risk.enums import ProtocolHealthStatus

if TYPE_CHECKING:
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.incident import Incident
    from resolvers.catalog.protocol import Protocol

HEALTH = Table(
    "postgres",
    "risk.protocol_health",
    key="chain_id",
    key_kind="int",
    order=("-tvl_usd",),
    tie=("protocol_id", "chain_id"),
)
INDICATORS = Table(
    "postgres",
    "risk.protocol_risk_indicators",
    key="indicator",
    key_kind="text",
    order=("-breached", "indicator"),
    tie=("protocol_id", "indicator"),
)

_Protocol = Annotated["Protocol", strawberry.lazy("resolvers.catalog.protocol")]


@entity(HEALTH, description="How a protocol is on one chain at the moment.")
class ProtocolHealth:
    """How a protocol is on one chain at the moment."""

    status: ProtocolHealthStatus = column("How it is.")
    tvl_usd: Decimal | None = column("Value locked there, US dollars; null when unknown.")
    tvl_change_24h_pct: Decimal | None = column(
        "Change of value locked over 24 hours, percent; null when unknown."
    )
    uptime: Decimal | None = column("Share of checks it answered, 0 to 1; null when unknown.")
    indicators: JSON = column("Figures behind the status, by name.")
    observed_at: datetime = column("When it was checked.")
    protocol: _Protocol | None = one("The protocol.", local="protocol_id")
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain.", local="chain_id"
    )
    incident: Annotated[Incident, strawberry.lazy("resolvers.catalog.incident")] | None = one(
        "The incident it suffers from; null when there is none.", local="incident_id"
    )


@entity(INDICATORS, description="A figure of a protocol that is watched because it warns early.")
class RiskIndicator:
    """A figure of a protocol that is watched because it warns early."""

    indicator: str = column("What is watched, such as oracle_deviation.")
    value: Decimal | None = column("Newest value, in the indicator's own unit; null when unknown.")
    threshold: Decimal | None = column("Value from which it warns; null when none was set.")
    breached: bool = column("Whether it warns now.")
    observed_at: datetime = column("When it was measured.")
    protocol: _Protocol | None = one("The protocol.", local="protocol_id")
