"""Warnings to users about what they hold or use."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import Info
from strawberry.scalars import JSON

from resolvers.fields import column, computed, entity, one
from resolvers.node import Node
from resolvers.plan import Owner, Table
from resolvers.risk.enums import RiskAlertType, RiskTargetType, Severity
from resolvers.risk.target import TARGET, load_target

if TYPE_CHECKING:
    from resolvers.portfolio.types import Portfolio

ALERTS = Table("postgres", "risk.alerts", order=("-created_at",), owner=Owner("user_id"))


@entity(ALERTS, description="A warning to the viewer about something they hold or use.")
class RiskAlert(Node):
    """A warning to the viewer about something they hold or use."""

    alert_type: RiskAlertType = column("What it is about.")
    severity: Severity = column("How serious it is.")
    message: str = column("The warning in words.")
    details: JSON = column("Figures behind it, by name.")
    target_type: RiskTargetType | None = column(
        "What kind of thing is dangerous; null when it is no single thing."
    )
    is_acknowledged: bool = column("Whether the viewer has seen it.")
    acknowledged_at: datetime | None = column("When it was seen; null until then.")
    resolved_at: datetime | None = column("When the danger was over; null while it lasts.")
    created_at: datetime = column("When the warning was given.")
    portfolio: Annotated[Portfolio, strawberry.lazy("resolvers.portfolio.types")] | None = one(
        "The portfolio in danger; null when it is about none.", local="portfolio_id"
    )

    @computed(TARGET, requires=("target_type", "target_id"))
    async def target(self, info: Info) -> Node | None:
        """One statement a kind and level."""
        columns = self.__dict__
        found: Node | None = await load_target(info, columns["target_type"], columns["target_id"])
        return found
