"""Dashboards as their maker sees them, and as others do."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import strawberry
from strawberry.scalars import JSON

from resolvers.fields import column, entity
from resolvers.node import Node
from resolvers.plan import Owner, Table
from resolvers.scalars import BigInt

DASHBOARDS = Table(
    "postgres", "account.own_dashboards", order=("-created_at",), owner=Owner("user_id")
)
PUBLISHED = Table("postgres", "account.public_dashboards", order=("-view_count",))

_LAYOUT: Final = "Where the widgets sit; `dashboardSchema` says how that is written."
_WIDGETS: Final = "What the widgets show, as a list; `dashboardSchema` says how that is written."
_VIEWS: Final = "How often it was opened by others."


@entity(DASHBOARDS, description="A dashboard of the viewer.")
class Dashboard(Node):
    """A dashboard of the viewer."""

    name: str = column("Its title.")
    description: str | None = column("What it shows.")
    is_default: bool = column("Whether it opens first.")
    is_public: bool = column("Whether everybody may look at it.")
    layout: JSON = column(_LAYOUT)
    widgets: JSON = column(_WIDGETS)
    shared_until: datetime | None = column(
        "Until when its link works; null when there is no link that works."
    )
    view_count: BigInt = column(_VIEWS)
    version: int = column("How often it was edited, counted from 1; views do not count.")
    created_at: datetime = column("When it was made.")
    updated_at: datetime = column("When it was last edited.")


@entity(PUBLISHED, description="A dashboard somebody published. Who made it is not told.")
class PublicDashboard(Node):
    """A dashboard somebody published."""

    name: str = column("Its title.")
    description: str | None = column("What it shows.")
    layout: JSON = column(_LAYOUT)
    widgets: JSON = column(_WIDGETS)
    view_count: BigInt = column(_VIEWS)
    created_at: datetime = column("When it was made.")
    updated_at: datetime = column("When it was last edited.")


@strawberry.type(description="A dashboard behind a link. Who made it is not told.")
class SharedDashboard:
    """A dashboard behind a link."""

    name: str = strawberry.field(description="Its title.")
    description: str | None = strawberry.field(description="What it shows.")
    layout: JSON = strawberry.field(description=_LAYOUT)
    widgets: JSON = strawberry.field(description=_WIDGETS)
    view_count: BigInt = strawberry.field(description=_VIEWS)
    shared_until: datetime = strawberry.field(description="Until when the link works.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last edited.")
