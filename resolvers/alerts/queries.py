"""Root fields of alerts."""

from __future__ import annotations

import strawberry

from resolvers.alerts.types import AlertDelivery, AlertDestination, AlertEvent, AlertRule
from resolvers.connection import Connection
from resolvers.fields import root_one, root_page
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
