"""Root fields of alerts."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import Info

from resolvers.alerts.destination import ADVICE_ON_ACCOUNT
from resolvers.alerts.types import (
    AlertDelivery,
    AlertDestination,
    AlertEvent,
    AlertMailBounce,
    AlertRule,
)
from resolvers.connection import Connection
from resolvers.fields import root_field, root_one, root_page
from resolvers.permissions import Access


@strawberry.type(description="What the viewer wants to be told, and was told.")
class AlertsQuery:
    """Root fields of alerts."""

    alert_rule: AlertRule | None = root_one(
        "One rule of the viewer's; null when they have none with this id.",
        by=("id",),
        access=Access.OWNER,
    )
    alert_rules: Connection[AlertRule] | None = root_page(
        "The viewer's rules, newest first.", access=Access.OWNER
    )
    alert_events: Connection[AlertEvent] | None = root_page(
        "Firings of the viewer's rules, newest first.", access=Access.OWNER
    )
    alert_deliveries: Connection[AlertDelivery] | None = root_page(
        "What was sent to the viewer, newest first.", access=Access.OWNER
    )
    alert_destinations: Connection[AlertDestination] | None = root_page(
        "Where the viewer wants to be told, by label.", access=Access.OWNER
    )

    @root_field(
        "That mail to the address of the viewer's account comes back, so that alerts are not sent "
        "there; null while it does not.",
        access=Access.OWNER,
    )
    async def alert_mail_bounce(self, info: Info) -> AlertMailBounce | None:
        """One statement, which says nothing of an address that was changed since."""
        user_id = info.context.viewer.user_id
        rows: list[Any] = await info.context.postgres("alerts.mail_bounce", user_id, as_viewer=True)
        return AlertMailBounce(**rows[0], advice=ADVICE_ON_ACCOUNT) if rows else None
